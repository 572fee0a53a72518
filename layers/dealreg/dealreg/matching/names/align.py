"""Which words of two names belong together, and which stand alone."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dealreg.matching.names.normalise import Name, initials, singular
from dealreg.matching.names.words import allowed_slips, common_start, slips, sound

_MAX_ACRONYM = 8
_SHORTEST_TO_SLIP = 4
_SHORTEST_PART = 3
_COGNATE = 0.45
"""The share of its letters that a word must begin with to be of one root with another."""


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
    """How rare what is linked is."""


@dataclass(slots=True)
class Alignment:
    left: Name
    right: Name
    left_rest: list[int]
    """Places of the words that nothing belongs to."""
    right_rest: list[int]
    links: list[Link] = field(default_factory=list[Link])


def align(left: Name, right: Name) -> Alignment:
    """Links the same words first, then joined ones, other spellings and parts, and initials."""
    found = Alignment(left, right, list(range(len(left.words))), list(range(len(right.words))))
    for step in (_link_same, _link_joined, _link_similar, _link_initials):
        if found.left_rest and found.right_rest:
            step(found)
    return found


def _link_same(found: Alignment) -> None:
    words = found.right.words
    for place, word in enumerate(found.left.words):
        if word in words:
            for other in found.right_rest:
                if words[other] == word:
                    _link(found, Link(Kind.SAME, (place,), (other,), 1.0, found.left.bits[place]))
                    break


def _link_joined(found: Alignment) -> None:
    for place in tuple(found.left_rest):
        run = _run_of(found.left.written[place], found.right.written, found.right_rest)
        if run:
            _link(found, Link(Kind.JOINED, (place,), run, 1.0, _most_bits(found.right, run)))
    for place in tuple(found.right_rest):
        run = _run_of(found.right.written[place], found.left.written, found.left_rest)
        if run:
            _link(found, Link(Kind.JOINED, run, (place,), 1.0, _most_bits(found.left, run)))


def _run_of(word: str, parts: Sequence[str], free: Sequence[int]) -> tuple[int, ...]:
    """The places of the words, two or more in a row, that `word` is joined from; a plural at the end may differ."""
    for start in free:
        if not word.startswith(parts[start]):
            continue
        place, text = start, ""
        while place in free and len(text) < len(word) - 1 and word.startswith(text):
            text += parts[place]
            place += 1
        if place - start > 1 and (text == word or singular(text) == singular(word)):
            return tuple(range(start, place))
    return ()


def _link_similar(found: Alignment) -> None:
    candidates: list[tuple[float, Link]] = []
    for place in found.left_rest:
        for other in found.right_rest:
            link = _likeness(found.left, place, found.right, other)
            if link:
                candidates.append((-link.closeness * link.bits, link))
    candidates.sort(key=lambda one: (one[0], one[1].left, one[1].right))
    for _, link in candidates:
        if link.left[0] in found.left_rest and link.right[0] in found.right_rest:
            _link(found, link)


def _likeness(left: Name, place: int, right: Name, other: int) -> Link | None:
    one, two = singular(left.written[place]), singular(right.written[other])
    if left.words[place].isdigit() or right.words[other].isdigit():
        return None
    shorter, longer = sorted((len(one), len(two)))
    begun = common_start(one, two)
    kind, closeness = Kind.PART, 0.0
    if shorter >= _SHORTEST_PART and begun == shorter:
        closeness = shorter / longer
    if shorter >= _SHORTEST_TO_SLIP:
        most = allowed_slips(shorter)
        count = slips(one, two, most) if begun or one[1:3] == two[1:3] or one[-3:] == two[-3:] else most + 1
        if count <= most:
            kind, closeness = Kind.SLIP, 1 - count / longer
        elif sound(one) == sound(two):
            kind, closeness = Kind.SPELLING, 0.7
        elif not closeness:
            ends = one.endswith(two) or two.endswith(one)
            closeness = shorter / longer if ends else 0.7 * begun / longer if begun > longer * _COGNATE else 0.0
    bits = min(left.bits[place], right.bits[other])
    return Link(kind, (place,), (other,), closeness, bits) if closeness else None


def _link_initials(found: Alignment) -> None:
    for place in tuple(found.left_rest):
        run = _spelt_by(found.left.written[place], found.right, found.right_rest)
        if run:
            _link(found, Link(Kind.ACRONYM, (place,), run, 0.5, 3.0 * len(found.left.written[place])))
    for place in tuple(found.right_rest):
        run = _spelt_by(found.right.written[place], found.left, found.left_rest)
        if run:
            _link(found, Link(Kind.ACRONYM, run, (place,), 0.5, 3.0 * len(found.right.written[place])))


def _spelt_by(word: str, name: Name, free: Sequence[int]) -> tuple[int, ...]:
    """The places of the words whose initials `word` is."""
    size = len(word)
    if not 2 <= size <= _MAX_ACRONYM or len(free) < 2:
        return ()
    if len(free) == len(name.words) and word in initials(name.spoken):
        return tuple(free)
    for start in range(len(free) - size + 1):
        run = free[start : start + size]
        if run[-1] - run[0] == size - 1 and all(name.written[p][0] == word[n] for n, p in enumerate(run)):
            return tuple(run)
    return ()


def _link(found: Alignment, link: Link) -> None:
    found.links.append(link)
    for place in link.left:
        found.left_rest.remove(place)
    for place in link.right:
        found.right_rest.remove(place)


def _most_bits(name: Name, places: Sequence[int]) -> float:
    return max(name.bits[place] for place in places)
