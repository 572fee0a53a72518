"""Any writing to lower-case ASCII letters and digits: Latin with marks, Greek, Cyrillic, kana, Hangul, Han and more."""

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

_DATA = Path(__file__).parent.parent / "data"
_HAN_FIRST = 0x4E00
_HAN = re.compile("[\u4e00-\u9fa5]+")
_EAST_ASIAN = re.compile("[\u3040-\u30ff\u4e00-\u9fa5\uac00-\ud7a3]")
_SYLLABLE = re.compile(f"{_EAST_ASIAN.pattern}|[A-Za-z0-9]")
LEGAL_FORM = re.compile(
    "(?:株式|有限|合同|合資)会社|(?:股份)?有限(?:公司|责任公司|責任公司)|集团|集團|주식회사|유한회사|[㈱㈲㈜]|[(（][株有주유][)）]"
)
"""In Han or Hangul, at either end of a name and not set off from it."""
_SHORTEST_INSIDE = 3
_WORD = re.compile(r"[a-z0-9]+")
_UNWRITTEN = re.compile(r"[^\W\x00-\x7f][^\s\x00-\x7f]*")
"""A word, from its first letter, of a script that no table has."""
_MOST_SIGNS = 16
_APOSTROPHE = re.compile("['’`]")
_DOTTED = re.compile(r"(?<![a-z0-9])(?:[a-z]\.){2,}[a-z]?(?![a-z0-9])")


@cache
def _letters() -> dict[int, str]:
    lines = (_DATA / "letters.txt").read_text("utf-8").splitlines()
    return {ord(line[0]): line[2:] for line in lines}


@cache
def _han() -> list[str]:
    return (_DATA / "han.txt").read_text("utf-8").split()


def to_ascii(text: str) -> str:
    """Lower case, every letter written in ASCII as far as it is known; punctuation stays."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKC", text).casefold()
    if _HAN.search(text):
        text = _HAN.sub(_syllables, text)
    text = unicodedata.normalize("NFKD", text.translate(_letters()))
    return "".join(character for character in text if not unicodedata.combining(character)).translate(_letters())


def split(text: str) -> list[str]:
    """Words of lower-case ASCII letters and digits. `S.p.A.` is one word, and so are lone letters in a row."""
    text = _APOSTROPHE.sub("", to_ascii(text))
    text = text if text.isascii() else _UNWRITTEN.sub(_by_signs, text)
    text = _DOTTED.sub(lambda found: f" {found[0].replace('.', '')} ", text)
    return _join_letters(_WORD.findall(text))


def is_inside(one: str, other: str) -> bool:
    """Whether of two names in Han, kana or Hangul one is a part of the other, or its beginning and its end.

    Such names have no words by which they could be compared.
    """
    if not _EAST_ASIAN.search(one) or not _EAST_ASIAN.search(other):
        return False
    shorter, longer = sorted((_syllabic(one), _syllabic(other)), key=len)
    size = len(shorter)
    if size < _SHORTEST_INSIDE or size == len(longer):
        return False
    if any(longer[start : start + size] == shorter for start in range(len(longer) - size + 1)):
        return True
    cuts = range(2, size - 1)
    return any(longer[:cut] == shorter[:cut] and longer[cut - size :] == shorter[cut:] for cut in cuts)


@lru_cache(maxsize=4096)
def _syllabic(name: str) -> tuple[str, ...]:
    """A name without its legal form, sign by sign; Han by its sound, traditional as simplified."""
    return tuple(map(to_ascii, _SYLLABLE.findall(LEGAL_FORM.sub("", name))))


def signs(text: str) -> str:
    """A word of letters that cannot be written in ASCII: equal for equal ones, and unlike any other."""
    return "u" + "".join(f"{ord(sign):x}" for sign in text[:_MOST_SIGNS])


def _by_signs(found: re.Match[str]) -> str:
    return f" {signs(found[0])} "


def _join_letters(words: list[str]) -> list[str]:
    """`s p a` to `spa`."""
    joined: list[str] = []
    open_run = False
    for word in words:
        alone = len(word) == 1 and word.isalpha()
        if alone and open_run:
            joined[-1] += word
        else:
            joined.append(word)
        open_run = alone
    return joined


def _syllables(found: re.Match[str]) -> str:
    syllables = _han()
    return "".join(syllables[ord(character) - _HAN_FIRST] for character in found[0])
