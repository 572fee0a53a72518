"""Which words of two names belong together, and which stand alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dealreg.conflicts import tables
from dealreg.conflicts.normalise import Name, initials
from dealreg.conflicts.words import allowed_slips, slips, sound

_LONGEST_ACRONYM = 8


class Kind(StrEnum):
    """How words belong together."""

    SAME = "same"
    JOINED = "joined"
    SPELLING = "spelling"
    SLIP = "slip"
    PART = "part"
    ACRONYM = "acronym"


@dataclass(frozen=True, slots=True)
class Link:
    kind: Kind
    left: tuple[int, ...]
    """Places in the left name's words."""
    right: tuple[int, ...]
    closeness: float
    """1 for the same."""
    bits: float
    """How much it says: the rarity of the words."""


@dataclass(slots=True)
class Alignment:
    left: Name
    right: Name
    links: list[Link] = field(default_factory=list[Link])
    left_rest: list[int] = field(default_factory=list[int])
    right_rest: list[int] = field(default_factory=list[int])


def align(left: Name, right: Name) -> Alignment:
    """Links the same words first, then joined ones, other spellings and parts, and initials."""
    found = Alignment(left, right, [], list(range(len(left.words))), list(range(len(right.words))))
    _link_same(found)
    if found.left_rest and found.right_rest:
        _link_joined(found)
    if found.left_rest and found.right_rest:
        _link_similar(found)
    if found.left_rest and found.right_rest:
        _link_initials(found)
    return found


def _link_same(found: Alignment) -> None:
    words = found.right.words
    for place, word in enumerate(found.left.words):
        for other in found.right_rest:
            if words[other] == word:
                _link(found, Kind.SAME, (place,), (other,), 1.0, tables.bits(word))
                break


def _link_joined(found: Alignment) -> None:
    for place in tuple(found.left_rest):
        run = _run_of(found.left.written[place], found.right.written, found.right_rest)
        if run:
            _link(found, Kind.JOINED, (place,), run, 1.0, _most_bits(found.right, run))
    for place in tuple(found.right_rest):
        run = _run_of(found.right.written[place], found.left.written, found.left_rest)
        if run:
            _link(found, Kind.JOINED, run, (place,), 1.0, _most_bits(found.left, run))


def _run_of(word: str, parts: Sequence[str], free: Sequence[int]) -> tuple[int, ...]:
    """The places of the words, two or more in a row, that `word` is joined from."""
    for start in free:
        place, text = start, ""
        while place in free and len(text) < len(word) and word.startswith(text):
            text += parts[place]
            place += 1
        if text == word and place - start > 1:
            return tuple(range(start, place))
    return ()


def _link_similar(found: Alignment) -> None:
    candidates: list[tuple[float, Kind, int, int, float]] = []
    for place in found.left_rest:
        for other in found.right_rest:
            likeness = _likeness(found.left, place, found.right, other)
            if likeness:
                kind, closeness, bits = likeness
                candidates.append((closeness * bits, kind, place, other, closeness))
    candidates.sort(key=lambda one: (-one[0], one[2], one[3]))
    for strength, kind, place, other, closeness in candidates:
        if place in found.left_rest and other in found.right_rest:
            _link(found, kind, (place,), (other,), closeness, strength / closeness)


def _likeness(left: Name, place: int, right: Name, other: int) -> tuple[Kind, float, float] | None:
    one, two = left.written[place], right.written[other]
    shorter = min(len(one), len(two))
    bits = min(tables.bits(left.words[place]), tables.bits(right.words[other]))
    if left.words[place].isdigit() or right.words[other].isdigit():
        return None
    if shorter >= 4:
        most = allowed_slips(shorter)
        count = slips(one, two, most)
        if count <= most:
            return Kind.SLIP, 1 - count / max(len(one), len(two)), bits
        if sound(one) == sound(two):
            return Kind.SPELLING, 0.7, bits
    if shorter >= 3 and _is_part(one, two):
        return Kind.PART, shorter / max(len(one), len(two)), bits
    begun = _common_start(one, two)
    longer = max(len(one), len(two))
    if begun >= 4 and begun / longer > 0.45:
        return Kind.PART, 0.7 * begun / longer, bits
    return None


def _common_start(one: str, two: str) -> int:
    place = 0
    for letter, beside in zip(one, two, strict=False):
        if letter != beside:
            break
        place += 1
    return place


def _is_part(one: str, two: str) -> bool:
    short, long = sorted((one, two), key=len)
    return long.startswith(short) or (len(short) >= 4 and long.endswith(short))


def _link_initials(found: Alignment) -> None:
    for place in tuple(found.left_rest):
        run = _spelt_by(found.left.written[place], found.right, found.right_rest)
        if run:
            _link(found, Kind.ACRONYM, (place,), run, 0.5, float(len(found.left.written[place]) * 3))
    for place in tuple(found.right_rest):
        run = _spelt_by(found.right.written[place], found.left, found.left_rest)
        if run:
            _link(found, Kind.ACRONYM, run, (place,), 0.5, float(len(found.right.written[place]) * 3))


def _spelt_by(word: str, name: Name, free: Sequence[int]) -> tuple[int, ...]:
    """The places of the words whose initials `word` is."""
    if not 2 <= len(word) <= _LONGEST_ACRONYM:
        return ()
    if word in initials(name.spoken) and len(free) == len(name.words) > 1:
        return tuple(free)
    size = len(word)
    for start in range(len(free) - size + 1):
        run = free[start : start + size]
        if size > 1 and run[-1] - run[0] == size - 1 and all(name.written[p][0] == word[n] for n, p in enumerate(run)):
            return tuple(run)
    return ()


def _link(found: Alignment, kind: Kind, left: tuple[int, ...], right: tuple[int, ...], near: float, bits: float) -> None:
    found.links.append(Link(kind, left, right, near, bits))
    for place in left:
        found.left_rest.remove(place)
    for place in right:
        found.right_rest.remove(place)


def _most_bits(name: Name, places: Sequence[int]) -> float:
    return max(tables.bits(name.words[place]) for place in places)
