"""Any writing to lower-case ASCII letters and digits: Latin with marks, Greek, Cyrillic, kana, Hangul, Han and more."""

import re
import unicodedata
from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent / "data"
_HAN_FIRST, _HAN_LAST = 0x4E00, 0x9FA5
_HAN = re.compile("[\u4e00-\u9fa5]+")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


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


def plain(text: str) -> str:
    """Words of lower-case ASCII letters and digits, with a space between them; a letter alone joins the next one."""
    words = _NOT_A_WORD.sub(" ", to_ascii(text).replace("'", "").replace("’", "")).split()
    return " ".join(join_letters(words))


def join_letters(words: list[str]) -> list[str]:
    """`s p a` to `spa`: letters that stood alone, or before dots, become one word."""
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
