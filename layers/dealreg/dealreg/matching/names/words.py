"""How alike two words are: a slip of the keys, another spelling, a part of a compound, initials."""

import re
from enum import IntEnum
from functools import lru_cache

_DOUBLED = re.compile(r"(.)\1+")
_SOUNDS = [("ae", "e"), ("oe", "e"), ("ue", "e"), ("ph", "f"), ("th", "t"), ("ch", "s"), ("sh", "s"), ("ck", "k")]
_LETTERS = str.maketrans({"c": "k", "q": "k", "z": "s", "y": "i", "j": "i", "w": "v", "h": ""})
_VOWELS = str.maketrans("", "", "aeiou")


class SlipKind(IntEnum):
    """In the order of how often two words so far apart are two words, not one mistyped."""

    NONE = 0
    SWAPPED = 1
    """Or a letter doubled."""
    INSIDE = 2
    """A letter more or less."""
    CHANGED = 3
    END = 4
    """A letter more or less."""
    FIRST = 5
    SEVERAL = 6


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """A word without what spellings differ in: doubled letters, vowels after the first, ph and f, k and c."""
    for written, heard in _SOUNDS:
        word = word.replace(written, heard)
    word = word.translate(_LETTERS)
    word = f"{word[:-1]}t" if word.endswith("d") else word
    return _DOUBLED.sub(r"\1", word[:1] + word[1:].translate(_VOWELS))


def slips(one: str, other: str, most: int) -> int:
    """Inserted, left out, changed and swapped letters between two words; any number above `most` if there are more."""
    if abs(len(one) - len(other)) > most:
        return most + 1
    start = 0
    shorter = min(len(one), len(other))
    while start < shorter and one[start] == other[start]:
        start += 1
    end = 0
    while end < shorter - start and one[-1 - end] == other[-1 - end]:
        end += 1
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    if not one or not other:
        return max(len(one), len(other))
    return _edits(one, other, most)


def slip_kind(one: str, other: str) -> SlipKind:
    shorter, longer = sorted((one, other), key=len)
    start = common_start(shorter, longer)
    end = common_start(shorter[start:][::-1], longer[start:][::-1])
    missing, more = shorter[start : len(shorter) - end], longer[start : len(longer) - end]
    doubled = not missing and len(more) == 1 and longer[start - 1 : start] == more
    if doubled or (len(more) == 2 and missing == more[::-1]):
        return SlipKind.SWAPPED
    if len(more) != 1:
        return SlipKind.SEVERAL
    if not start:
        return SlipKind.FIRST
    return SlipKind.CHANGED if missing else SlipKind.INSIDE if end else SlipKind.END


def _edits(one: str, other: str, most: int) -> int:
    before: list[int] = []
    last = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        line = [row]
        for column, beside in enumerate(other, 1):
            cost = min(last[column] + 1, line[-1] + 1, last[column - 1] + (letter != beside))
            swapped = row > 1 and column > 1 and letter == other[column - 2] and one[row - 2] == beside
            line.append(min(cost, before[column - 2] + 1) if swapped else cost)
        if min(line) > most:
            return most + 1
        before, last = last, line
    return last[-1]


def allowed_slips(length: int) -> int:
    """Slips that leave a word of this length the same word."""
    return 0 if length < 4 else 1 if length < 6 else 2


def grams(text: str) -> frozenset[str]:
    """Runs of three letters, the ends marked."""
    text = f"^{text}$"
    return frozenset([text[place : place + 3] for place in range(len(text) - 2)])


def common_start(one: str, other: str) -> int:
    """How many letters both begin with."""
    for place, (letter, beside) in enumerate(zip(one, other, strict=False)):
        if letter != beside:
            return place
    return min(len(one), len(other))


@lru_cache(maxsize=4096)
def grams_of(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(gram for word in words for gram in grams(word))
