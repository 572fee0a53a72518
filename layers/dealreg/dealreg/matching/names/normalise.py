"""A company's name as the matcher sees it: words in ASCII, generic words of all languages alike, legal forms apart."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dealreg.matching.domains import known_label
from dealreg.matching.names import tables
from dealreg.matching.names.letters import LEGAL_FORM, signs, split, to_ascii
from dealreg.matching.names.remarks import without_remarks
from dealreg.matching.names.words import grams

_MAX_NAME = 200
_MAX_WORDS = 16
_STATE = re.compile(r"\s*/[A-Za-z]{2,3}/?\s*$")
"""`/DE/`: the state that a filer at the SEC has behind its name."""
_BRACKETS = re.compile(r"[(\[（【]([^()\[\]（）【】]*)[)\]）】]")
_DOMAIN = re.compile(r"\s*(?:https?://)?(?:www\.)?(?:[a-z0-9-]{2,}\.)+[a-z]{2,}/?\s*", re.I)
_SHORT_AND = re.compile(r"\b(\w{1,2})(\s?)[&+]\2(?!(?:co|ag)\b)(\w{1,2})\b(?!\.\w)")
"""Initials such as `H&M`; not `A+ AG`, nor `A & S.p.A.`, whose second half is a legal form."""
_ROMAN = {
    "i": "1",
    "ii": "2",
    "iii": "3",
    "iv": "4",
    "v": "5",
    "vi": "6",
    "vii": "7",
    "viii": "8",
    "ix": "9",
    "x": "10",
}
_STOP = frozenset(
    "the a an of and or for in on at to by from with und der die das des dem den fur im am zu vom von et de la le les"
    " du d l aux au en pour y e el los las del al o os do da dos das em para di dei degli della delle dell il lo gli"
    " per van het voor te i og av na w z ve sur per a dal nel och".split()
)
_ENDING_FORMS = frozenset(
    "gmbh ggmbh gesmbh mbh kg ohg gbr srl sarl llc llp ltd limited inc bv bvba sro doo kft pty pvt sdn bhd oy lda"
    " ltda".split()
)
"""Behind these no name goes on: what stands there is a place, a branch, a remark."""
_NAME_GOES_ON = frozenset("and co und et y series class fund etf etn trust bank bancorp foundation stiftung".split())
_FORM_FIRST = frozenset("pt ooo oao zao pao ab uab sia jsc ojsc pjsc cjsc".split())


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """What is compared; `words` is never empty."""

    original: str
    words: tuple[str, ...]
    """In their order, without legal forms and words like "of"; generic words as the first of their group."""
    written: tuple[str, ...]
    """The same words as they are written."""
    spoken: tuple[str, ...]
    """Every word but legal forms, for initials."""
    forms: frozenset[str]
    """The legal forms that were taken off."""
    aside: tuple[str, ...]
    """Words that stood in brackets; they are in `words` too unless they are the name's own initials."""
    bits: tuple[int, ...]
    """How rare each word is."""
    kinds: frozenset[str]
    """Kinds of organisation that the words say."""
    joined: str
    grams: frozenset[str]
    """Runs of three letters of the joined name."""


@lru_cache(maxsize=4096)
def normalise(name: str) -> Name:
    """Pure and quick: about 20 microseconds."""
    text = _typed_as_domain(without_remarks(_STATE.sub("", name[:_MAX_NAME])).name)
    text = LEGAL_FORM.sub(" ", text) if not text.isascii() else text
    outside = _BRACKETS.sub(" ", text)
    aside = [word for part in _BRACKETS.findall(text) for word in _split(part)] if outside != text else []
    spoken = _split(outside) or aside or _split(name) or [signs(name.strip())]
    bare, forms = _without_forms(spoken)
    inside, more_forms = _without_forms(aside, least=0) if spoken is not aside else ([], set[str]())
    if inside and not (outer := _without_forms(spoken, least=0))[0]:
        bare, forms = inside, outer[1]
    elif inside and not (len(inside) == 1 and inside[0] in initials(bare)):
        bare = bare + inside
    written = (tuple(word for word in bare if word not in _STOP) or tuple(bare))[:_MAX_WORDS]
    words = tuple(map(canonical, written))
    letters = "".join(written)
    return Name(
        original=name,
        words=words,
        written=written,
        spoken=tuple(bare),
        forms=frozenset(forms | more_forms),
        aside=tuple(inside),
        bits=tuple(map(tables.bits, words)),
        kinds=kinds_of(words),
        joined=letters,
        grams=grams(letters),
    )


def _typed_as_domain(text: str) -> str:
    """The name in a domain that stands for a name: `sportsdirect` of `www.sportsdirect.com`."""
    label = known_label(text) if "." in text and " " not in text and _DOMAIN.fullmatch(text) else None
    return label or text


def initials(words: list[str] | tuple[str, ...]) -> tuple[str, str]:
    """First letters of all words, and of those that count."""
    return "".join(word[0] for word in words), "".join(word[0] for word in words if word not in _STOP)


@lru_cache(maxsize=65536)
def canonical(word: str) -> str:
    """The first of a word's group (`group` of `gruppe`), its singular, or an arabic number for a roman one."""
    known = tables.generic_words().get(word)
    if known:
        return known
    if word in _ROMAN and len(word) > 1:
        return _ROMAN[word]
    stem = singular(word)
    return tables.generic_words().get(stem, stem)


def kinds_of(words: Iterable[str]) -> frozenset[str]:
    known = tables.org_kinds()
    return frozenset(kind for word in words for kind in known.get(word, ()))


def singular(word: str) -> str:
    """Without a plural's s: enough for English, French, Spanish and Portuguese."""
    if len(word) < 5 or word[-1] != "s" or word[-2] in "sui":
        return word
    return word[:-3] + "y" if word.endswith("ies") else word[:-1]


def _split(text: str) -> list[str]:
    if "&" in text or "+" in text:
        text = _SHORT_AND.sub(r"\1\3", to_ascii(text)).replace("&", " and ").replace("+", " and ")
    return split(text)


def _without_forms(words: list[str], least: int = 1) -> tuple[list[str], set[str]]:
    """Takes legal forms off the end, and a few off the beginning, as long as `least` words stay."""
    forms = tables.legal_forms()
    found: set[str] = set()
    bare = list(words)
    shortened = True
    while shortened and len(bare) > least:
        shortened = False
        if bare[-1] in _STOP:
            bare.pop()
            shortened = True
            continue
        for length in range(min(5, len(bare) - least), 0, -1):
            form = "_".join(bare[-length:])
            if form in forms:
                found.add(form)
                del bare[-length:]
                shortened = True
                break
    while len(bare) > 1 and bare[0] in _FORM_FIRST:
        found.add(bare.pop(0))
    if _ENDING_FORMS.isdisjoint(bare[1:]):
        return bare, found
    form, end = _form_within(bare)
    if not form:
        return bare, found
    bare, more = _without_forms(bare[:end])
    return bare, found | more | {form}


def _form_within(words: list[str]) -> tuple[str, int]:
    """A legal form with words behind it that are no part of the name, and where it begins.

    Funds are named behind their company's form, `II` is another company, and so is the one of `GmbH & Co. Objekt 3 KG`.
    """
    start = next(place for place, word in enumerate(words) if place and word in _ENDING_FORMS)
    parts = ("_".join(words[start:end]) for end in range(min(len(words), start + 5), start, -1))
    form = next(form for form in parts if form in tables.legal_forms() or "_" not in form)
    rest = words[start + form.count("_") + 1 :]
    if "kg" in rest and {"and", "co"}.issuperset(rest[: rest.index("kg")]):
        rest = rest[rest.index("kg") + 1 :]
    is_name = any(word in _NAME_GOES_ON or word.isdigit() or canonical(word).isdigit() for word in rest)
    return ("", 0) if is_name or "fund" in kinds_of(map(canonical, rest)) else (form, start)
