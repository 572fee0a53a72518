"""The candidates of a check, from the entries of the blocks that were read to the few that a reviewer sees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dealreg.conflicts import tables
from dealreg.conflicts.align import Alignment
from dealreg.conflicts.normalise import Name, normalise
from dealreg.conflicts.reasons import Reason
from dealreg.conflicts.score import Score, compare, is_equal, weights

KEPT = 3
MOST_CANDIDATES = 200
_COMPARED = 16
"""Candidates that are compared word by word; the rest have too little in common to come first."""
_LETTERS_COUNT = 15.0
_SAYS_NOTHING = 9
"""Bits up to which an extra word ("group", "services") does not make another company."""


class Outcome(StrEnum):
    """What names alone can say; only an identity (a domain, a tax id) makes a match exact."""

    POSSIBLE = "possible"
    CLEAR = "clear"


class Closeness(StrEnum):
    EQUAL = "equal"
    """But for legal forms, case, marks, word order and spaces."""
    SPELLING = "spelling"
    """Every word belongs to one of the other name."""
    COMMON_WORDS = "common_words"
    """One name has only common words or places more."""
    CONTAINED = "contained"
    APART = "apart"


_SAME_COUNTRY = {
    Closeness.EQUAL: 4.5,
    Closeness.SPELLING: 3.0,
    Closeness.COMMON_WORDS: 2.5,
    Closeness.CONTAINED: 0.8,
    Closeness.APART: 0.2,
}
"""Points. Set by hand: the pairs that the weights are learned from know no countries. The nearer two names, the more a
country in common says, because few countries have two companies of almost one name."""
_NO_COUNTRY = {Closeness.EQUAL: 2.5, Closeness.SPELLING: 1.0, Closeness.COMMON_WORDS: 1.0}
_OTHER_COUNTRY = -2.0


@dataclass(frozen=True, slots=True)
class Entry:
    """What a block holds of a registration or an account."""

    id: str
    name: str
    country: str | None


@dataclass(frozen=True, slots=True)
class LookAlike:
    entry: Entry
    score: Score


def candidates(blocks: Iterable[Sequence[Entry]]) -> list[Entry]:
    """Everybody in the blocks that were read, the smallest block first because it says most."""
    found = {entry.id: entry for block in sorted(blocks, key=len) for entry in block}
    return list(found.values())[:MOST_CANDIDATES]


def best(name: Name, country: str | None, entries: Iterable[Entry], keep: int = KEPT) -> list[LookAlike]:
    """The entries most like the name, the likeliest first; of one that has several names, the nearest."""
    names = [(normalise(entry.name), entry) for entry in entries]
    near = sorted(names, key=lambda one: -_nearness(name, one[0]))[:_COMPARED]
    scored = [LookAlike(entry, in_countries(compare(name, other), country, entry.country)) for other, entry in near]
    likeliest: dict[str, LookAlike] = {}
    for one in sorted(scored, key=lambda one: -one.score.points):
        likeliest.setdefault(one.entry.id, one)
    return list(likeliest.values())[:keep]


def outcome(found: Iterable[LookAlike], possible: float | None = None) -> Outcome:
    """By the program's threshold in points, or the one that the weights come with."""
    limit = weights().possible if possible is None else possible
    return Outcome.POSSIBLE if any(one.score.points >= limit for one in found) else Outcome.CLEAR


def in_countries(score: Score, one: str | None, other: str | None) -> Score:
    """With what the countries say. An equal name is always for a reviewer unless the countries are known to differ."""
    near = closeness(score.alignment)
    if one and other and one != other:
        return _plus(score, Reason.COUNTRY, _OTHER_COUNTRY)
    points = (_SAME_COUNTRY if one and other else _NO_COUNTRY).get(near, 0.0)
    score = _plus(score, Reason.COUNTRY if one and other else Reason.NAME_EQUAL, points)
    missing = weights().possible - score.points
    return _plus(score, Reason.NAME_EQUAL, missing) if near is Closeness.EQUAL and missing > 0 else score


def closeness(found: Alignment) -> Closeness:
    if is_equal(found):
        return Closeness.EQUAL
    if not found.left_rest and not found.right_rest:
        return Closeness.SPELLING
    if found.left_rest and found.right_rest:
        return Closeness.APART
    rest = [(found.left.words[place], found.left.bits[place]) for place in found.left_rest]
    rest += [(found.right.words[place], found.right.bits[place]) for place in found.right_rest]
    common = all(bits < _SAYS_NOTHING or word in tables.places() for word, bits in rest)
    return Closeness.COMMON_WORDS if common else Closeness.CONTAINED


def _plus(score: Score, reason: Reason, points: float) -> Score:
    if not points:
        return score
    parts = {**score.parts, reason: score.parts.get(reason, 0.0) + points}
    return replace(score, points=score.points + points, parts=parts)


def _nearness(one: Name, other: Name) -> float:
    shared = sum(bits for word, bits in zip(one.words, one.bits, strict=True) if word in other.words)
    return shared + _LETTERS_COUNT * 2 * len(one.grams & other.grams) / (len(one.grams) + len(other.grams))
