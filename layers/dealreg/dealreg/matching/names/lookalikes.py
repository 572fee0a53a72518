"""The candidates of a check, from the entries of the blocks that were read to the few that a reviewer sees."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from dealreg.matching.names import tables
from dealreg.matching.names.align import Alignment
from dealreg.matching.names.letters import is_inside
from dealreg.matching.names.mistyped import is_mistyped
from dealreg.matching.names.normalise import Name, normalise
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.score import Score, compare, is_equal, weights
from dealreg.matching.names.words import slips

KEPT = 3
MAX_CANDIDATES = 80
"""Who shares less with a prospect is not looked at, however many there are in the index."""
_SHARED_COUNTRY = 0.3
"""What a country in common is worth beside blocks in common, of which one of nine entries is worth about as much."""
_COMPARED = 10
"""Candidates that are compared word by word; the rest have too little in common to come first."""
_LETTERS_COUNT = 15.0
_SHORTEST_WITH_SLIPS, _MAX_SLIPS = 10, 2
_ANYWHERE = frozenset(["international", "global", "worldwide"])
_SITES = frozenset("branch filiale filial standort nl hauptsitz zentrale headquarter hq sede".split())
"""Alone or with one word more, such as where it is, it says as little of which company it is as a place does."""
_MAX_SITE = 2
_SAYS_NOTHING = 9
"""Bits up to which an extra word ("group", "services") does not make another company."""


class Outcome(StrEnum):
    """What names alone can say; only an identity (a domain, a tax id) makes a match exact."""

    POSSIBLE = "possible"
    CLEAR = "clear"


class Closeness(StrEnum):
    EQUAL = "equal"
    """But for legal forms, case, marks, word order and spaces."""
    MISTYPED = "mistyped"
    """But for one slip of the keys."""
    SLIPS = "slips"
    """But for one slip or two in a name that is long enough for that to be no chance."""
    SPELLING = "spelling"
    """Every word belongs to one of the other name."""
    PLACE = "place"
    """One name has only a place more, a branch or a word like "international"."""
    COMMON_WORDS = "common_words"
    """One name has only common words, or some and places, more."""
    CONTAINED = "contained"
    APART = "apart"


_SAME_COUNTRY = {
    Closeness.EQUAL: 4.5,
    Closeness.MISTYPED: 5.5,
    Closeness.SLIPS: 4.0,
    Closeness.SPELLING: 2.8,
    Closeness.PLACE: 5.2,
    Closeness.COMMON_WORDS: 2.6,
    Closeness.CONTAINED: 1.0,
    Closeness.APART: 0.2,
}
"""Points. Set by hand: the pairs that the weights are learned from know no countries. The nearer two names, the more a
country in common says, because few countries have two companies of almost one name."""
_NO_COUNTRY = {Closeness.EQUAL: 2.5, Closeness.MISTYPED: 1.5, Closeness.PLACE: 2.2}
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


def candidates(blocks: Iterable[Sequence[Entry]], country: str | None) -> list[Entry]:
    """Of everybody in the blocks that were read, with all their names, those who share most with the prospect.

    A block that few are in says more than a full one.
    """
    shared: dict[str, float] = {}
    names: dict[str, dict[Entry, None]] = {}
    for block in blocks:
        here = dict.fromkeys(entry.id for entry in block)
        for entry in block:
            names.setdefault(entry.id, {})[entry] = None
            if country and entry.country == country:
                shared.setdefault(entry.id, _SHARED_COUNTRY)
        for id_ in here:
            shared[id_] = shared.get(id_, 0.0) + len(here) ** -0.5
    most = sorted(shared, key=lambda id_: -shared[id_])[:MAX_CANDIDATES]
    return [entry for id_ in most for entry in names[id_]]


def best(name: Name, country: str | None, entries: Iterable[Entry], keep: int = KEPT) -> list[LookAlike]:
    """The entries most like the name, the likeliest first; of one that has several names, the nearest."""
    return best_of([name], country, entries, keep)


def best_of(names: Iterable[Name], country: str | None, entries: Iterable[Entry], keep: int = KEPT) -> list[LookAlike]:
    """The same for somebody of several names."""
    every = [(normalise(entry.name), entry) for entry in entries]
    scored = [
        LookAlike(entry, in_countries(compare(name, other), country, entry.country))
        for name in names
        for other, entry in _nearest(name, every, _COMPARED)
    ]
    likeliest: dict[str, LookAlike] = {}
    for one in sorted(scored, key=lambda one: -one.score.points):
        likeliest.setdefault(one.entry.id, one)
    return list(likeliest.values())[:keep]


def nearest(name: Name, entries: Iterable[Entry], count: int) -> list[tuple[Name, Entry]]:
    """Those that share most words and letters with the name."""
    return _nearest(name, [(normalise(entry.name), entry) for entry in entries], count)


def _nearest(name: Name, entries: Iterable[tuple[Name, Entry]], count: int) -> list[tuple[Name, Entry]]:
    return sorted(entries, key=lambda one: -_nearness(name, one[0]))[:count]


def outcome(found: Iterable[LookAlike], possible: float | None = None) -> Outcome:
    """By the program's threshold in points, or the one that the weights come with."""
    limit = weights().possible if possible is None else possible
    return Outcome.POSSIBLE if any(one.score.points >= limit for one in found) else Outcome.CLEAR


def may_be_one(name: str, other: str, possible: float | None = None) -> bool:
    """Whether a reviewer would be shown one for the other."""
    limit = weights().possible if possible is None else possible
    return in_countries(compare(normalise(name), normalise(other)), None, None).points >= limit


def in_countries(score: Score, one: str | None, other: str | None) -> Score:
    """With what the countries say.

    An equal name, or one in Han, kana or Hangul inside the other, is always for a reviewer unless the countries are
    known to differ.
    """
    near, learned = closeness(score.alignment), weights()
    reason, points = said_by_countries(near, one, other)
    score = _plus(score, reason, points * learned.factors.get(reason, 1.0))
    missing = learned.possible - score.points
    if missing <= 0 or (one and other and one != other):
        return score
    inside = near is not Closeness.EQUAL and is_inside(score.alignment.left.original, score.alignment.right.original)
    if near is not Closeness.EQUAL and not inside:
        return score
    raised = _plus(score, Reason.LETTERS if inside else Reason.NAME_EQUAL, missing)
    return replace(raised, points=learned.possible)  # a sum of fractions may fall short of it


def said_by_countries(near: Closeness, one: str | None, other: str | None) -> tuple[Reason, float]:
    """In points, before reviewers' verdicts changed them; where a country is not known, the names speak for it."""
    if one and other:
        return Reason.COUNTRY, _SAME_COUNTRY[near] if one == other else _OTHER_COUNTRY
    return Reason.NAME_EQUAL, _NO_COUNTRY.get(near, 0.0)


def closeness(found: Alignment) -> Closeness:
    if is_equal(found):
        return Closeness.EQUAL
    if is_mistyped(found):
        return Closeness.MISTYPED
    rest = [(found.left.words[place], found.left.bits[place]) for place in found.left_rest]
    rest += [(found.right.words[place], found.right.bits[place]) for place in found.right_rest]
    both, places = bool(found.left_rest and found.right_rest), tables.places()
    if rest and not both and _says_where([word for word, _ in rest]):
        return Closeness.PLACE
    if _has_slips(found.left, found.right):
        return Closeness.SLIPS
    if not rest:
        return Closeness.SPELLING
    if both:
        return Closeness.APART
    common = all(bits < _SAYS_NOTHING or word in places for word, bits in rest)
    return Closeness.COMMON_WORDS if common else Closeness.CONTAINED


def _says_where(words: Sequence[str]) -> bool:
    is_site = len(words) <= _MAX_SITE and not _SITES.isdisjoint(words)
    return is_site or all(word in tables.places() or word in _ANYWHERE for word in words)


def _has_slips(one: Name, other: Name) -> bool:
    shorter, longer = sorted((len(one.joined), len(other.joined)))
    if shorter < _SHORTEST_WITH_SLIPS or longer - shorter > _MAX_SLIPS or _numbers(one) != _numbers(other):
        return False
    return slips(one.joined, other.joined, _MAX_SLIPS) <= _MAX_SLIPS


def _numbers(name: Name) -> list[str]:
    return [word for word in name.words if word.isdigit()]


def _plus(score: Score, reason: Reason, points: float) -> Score:
    if not points:
        return score
    parts = {**score.parts, reason: score.parts.get(reason, 0.0) + points}
    return replace(score, points=score.points + points, parts=parts)


def _nearness(one: Name, other: Name) -> float:
    shared = sum(bits for word, bits in zip(one.words, one.bits, strict=True) if word in other.words)
    return shared + _LETTERS_COUNT * 2 * len(one.grams & other.grams) / (len(one.grams) + len(other.grams))
