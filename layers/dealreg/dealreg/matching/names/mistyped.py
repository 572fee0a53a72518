"""Whether two names are one name with a slip of the keys in one word, and not those of two companies a letter apart."""

from collections.abc import Sequence

from dealreg.matching.names import tables
from dealreg.matching.names.align import Alignment, Kind
from dealreg.matching.names.normalise import Name
from dealreg.matching.names.words import SlipKind, slip_kind

_MIN_ALONE = {
    SlipKind.SWAPPED: 4,
    SlipKind.INSIDE: 6,
    SlipKind.CHANGED: 7,
    SlipKind.END: 7,
    SlipKind.FIRST: 8,
}
"""Letters from which a word that is the whole name is mistyped rather than another: Tron is not Itron."""
_MIN_LINKED = 4
"""Letters of a word; a shorter one is mistyped only for a word that is known."""
_SHORTEST_FORM = 3
_WHOLE = (Kind.SAME, Kind.JOINED)


def is_mistyped(found: Alignment) -> bool:
    return _in_a_word(found) or _in_a_legal_form(found)


def _in_a_word(found: Alignment) -> bool:
    places = _one_word_each(found)
    if places is None:
        return False
    one, other = found.left.written[places[0]], found.right.written[places[1]]
    unknown = [name.bits[place] == tables.RAREST for name, place in zip((found.left, found.right), places, strict=True)]
    kind, length = slip_kind(one, other), min(len(one), len(other))
    if kind is SlipKind.SEVERAL or not any(unknown):
        return False
    if len(found.left.words) == len(found.right.words) == 1:
        return length >= _MIN_ALONE[kind]
    if length < _MIN_LINKED and (all(unknown) or kind is SlipKind.FIRST):
        return False
    return kind <= SlipKind.INSIDE or "gov" not in found.left.kinds


def _one_word_each(found: Alignment) -> tuple[int, int] | None:
    """The places of the only words that are not the same; None if there are none or more."""
    other = [link for link in found.links if link.kind not in _WHOLE]
    if not found.left_rest and not found.right_rest and len(other) == 1 and other[0].kind is Kind.SLIP:
        return other[0].left[0], other[0].right[0]
    if len(found.left_rest) == len(found.right_rest) == 1 and found.links and not other:
        return found.left_rest[0], found.right_rest[0]
    return None


def _in_a_legal_form(found: Alignment) -> bool:
    """The one word too many is the other name's legal form with a slip."""
    if not found.left_rest:
        return _ends_in_form(found.right, found.right_rest, found.left)
    return not found.right_rest and _ends_in_form(found.left, found.left_rest, found.right)


def _ends_in_form(name: Name, rest: Sequence[int], other: Name) -> bool:
    if list(rest) != [len(name.words) - 1]:
        return False
    forms = {part for form in other.forms for part in form.split("_") if len(part) >= _SHORTEST_FORM}
    return any(slip_kind(name.written[-1], form) is not SlipKind.SEVERAL for form in forms)
