"""The tables of the matcher, read once on first use. `python -m local.tables` makes them."""

from functools import cache
from pathlib import Path

_DATA = Path(__file__).parent.parent / "data"
RAREST = 15
"""How rare a word is that the table does not have, in bits: about one name in 40,000."""


@cache
def legal_forms() -> dict[str, str]:
    """A spelling, its words joined by `_`, to its kind."""
    return _groups("legal_forms.txt")


@cache
def generic_words() -> dict[str, str]:
    """A word to the one that stands for all that mean the same."""
    return _groups("generic_words.txt")


@cache
def rarity() -> dict[str, int]:
    """A word that many names have to its rarity in bits: one name in 2 ** bits has it."""
    lines = (_DATA / "rarity.txt").read_text("ascii").splitlines()
    return {word: int(bits) for bits, *words in map(str.split, lines) for word in words}


@cache
def org_kinds() -> dict[str, frozenset[str]]:
    """A word to the kinds of organisation that it says."""
    found: dict[str, frozenset[str]] = {}
    for line in (_DATA / "org_kinds.txt").read_text("ascii").splitlines():
        kind, *words = line.split()
        found.update((word, found.get(word, frozenset()) | {kind}) for word in words)
    return found


@cache
def places() -> frozenset[str]:
    return frozenset((_DATA / "places.txt").read_text("ascii").split())


def bits(word: str) -> int:
    return rarity().get(word, RAREST)


def _groups(name: str) -> dict[str, str]:
    lines = (_DATA / name).read_text("ascii").splitlines()
    return {word: first for first, *words in map(str.split, lines) for word in words}
