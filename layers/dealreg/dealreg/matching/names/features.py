"""What two names have in common, as numbers: the same whichever name comes first.

`_lo` and `_hi` are the smaller and the larger of the two names' values. Rarity is in bits (see `tables.bits`).
"""

from collections.abc import Mapping, Sequence

from dealreg.matching.names import tables
from dealreg.matching.names.align import Alignment
from dealreg.matching.names.links import LinkSums
from dealreg.matching.names.normalise import Name, initials, kinds_of
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.words import common_start, grams_of, slips

FEATURES: dict[str, Reason] = {
    "top": Reason.RARE_WORD,
    "top_first": Reason.RARE_WORD,
    "top_over_rest": Reason.RARE_WORD,
    "second": Reason.RARE_WORD,
    "shared_bits": Reason.RARE_WORD,
    "shared_points": Reason.RARE_WORD,
    "rarest_linked": Reason.RARE_WORD,
    "first_bits": Reason.FIRST_WORD,
    "lead": Reason.FIRST_WORD,
    "last": Reason.FIRST_WORD,
    "same_lo": Reason.SAME_WORDS,
    "covered_lo": Reason.SAME_WORDS,
    "covered_hi": Reason.SAME_WORDS,
    "covered": Reason.SAME_WORDS,
    "letters_hi": Reason.SAME_WORDS,
    "words_hi": Reason.SAME_WORDS,
    "rest_points_lo": Reason.EXTRA_WORDS,
    "rest_points_hi": Reason.EXTRA_WORDS,
    "rest_bits_hi": Reason.EXTRA_WORDS,
    "rest_top_lo": Reason.EXTRA_WORDS,
    "rest_words_lo": Reason.EXTRA_WORDS,
    "rest_where": Reason.EXTRA_WORDS,
    "rest_kind": Reason.EXTRA_WORDS,
    "rest_places": Reason.PLACE_DIFFERS,
    "kinds": Reason.KIND,
    "kind_pair": Reason.KIND,
    "kind_hi": Reason.KIND,
    "shared_kind": Reason.KIND,
    "forms": Reason.LEGAL_FORM,
    "numbers": Reason.NUMBER,
    "slips": Reason.SPELLING,
    "slip_closeness": Reason.SPELLING,
    "slip_length": Reason.SPELLING,
    "slip_unknown": Reason.SPELLING,
    "slip_kind": Reason.SPELLING,
    "name_slips": Reason.SPELLING,
    "name_slip_share": Reason.SPELLING,
    "stems": Reason.SPELLING,
    "rest_alike": Reason.SPELLING,
    "translated": Reason.TRANSLATED,
    "letters_alike": Reason.LETTERS,
    "beginning": Reason.LETTERS,
    "length": Reason.LETTERS,
    "length_ratio": Reason.LETTERS,
    "order": Reason.WORD_ORDER,
    "acronym": Reason.ACRONYM,
    "aside": Reason.ACRONYM,
}
"""Every feature in the order of `measure`, and the reason that its points go to."""
_KINDS = ("edu", "med", "gov", "fund", "bank", "sci", "ngo", "food", "shop")
_NO_KIND = len(_KINDS)
_MAX_SLIPS = 3
_GRAMS_OF_A_SLIP = 4
"""Two letters swapped change four runs of three; every other slip changes fewer."""
WordPoints = Mapping[str, Sequence[float]]
"""A word, or `#` and its bits, to its learned points as an extra word, as a replaced one, and as a shared one."""


def measure(found: Alignment, points: WordPoints) -> list[float]:
    """The values of FEATURES."""
    links = LinkSums(found)
    return [
        *_shared(found, links, points),
        *_coverage(found, links),
        *_rest(found, points),
        *_kinds(found, links),
        _forms(found.left, found.right),
        _numbers(found.left, found.right),
        links.slips,
        links.slip_closeness,
        links.slip_length,
        links.slip_unknown,
        links.slip_kind,
        *_slips(found.left, found.right),
        links.stems,
        _rest_alike(found),
        links.translated,
        *_letters(found.left, found.right),
        links.inversions,
        max(links.acronym, _initials_of_all(found)),
        _aside(found.left, found.right),
    ]


def _shared(found: Alignment, links: LinkSums, points: WordPoints) -> list[float]:
    left, right = found.left, found.right
    return [
        links.top,
        links.top_first,
        links.top - _rest_top(found),
        links.second,
        links.shared_bits,
        sum(points[word][2] for word in links.same_words if word in points),
        max(_rarest_linked(left, links.left_strength), _rarest_linked(right, links.right_strength)),
        links.first_bits,
        (0 in found.left_rest) + (0 in found.right_rest),
        links.last,
    ]


def _coverage(found: Alignment, links: LinkSums) -> list[float]:
    left, right = found.left, found.right
    total_left, total_right = sum(left.bits), sum(right.bits)
    one, other = links.soft_left / total_left, links.soft_right / total_right
    return [
        min(links.same_left / total_left, links.same_right / total_right),
        min(one, other),
        max(one, other),
        (links.soft_left + links.soft_right) / (total_left + total_right),
        max(links.letters_left / len(left.joined), links.letters_right / len(right.joined)),
        max(len(left.words), len(right.words)),
    ]


def _rest(found: Alignment, points: WordPoints) -> list[float]:
    one, other = _rest_points(found, points)
    bits_left = sum(found.left.bits[place] for place in found.left_rest)
    bits_right = sum(found.right.bits[place] for place in found.right_rest)
    return [
        min(one, other),
        max(one, other),
        max(bits_left, bits_right),
        _rest_top(found),
        min(len(found.left_rest), len(found.right_rest)),
        _where(found),
        _rest_kind(found),
        _places(found),
    ]


def _kinds(found: Alignment, links: LinkSums) -> list[float]:
    left, right = found.left.kinds, found.right.kinds
    first, second = sorted((_kind(left), _kind(right)))
    return [_agreement(left, right), first * 10 + second, second, _kind(kinds_of(links.same_words))]


def _letters(left: Name, right: Name) -> list[float]:
    shorter, longer = sorted((len(left.joined), len(right.joined)))
    return [
        2 * len(left.grams & right.grams) / (len(left.grams) + len(right.grams)),
        common_start(left.joined, right.joined) / shorter,
        shorter,
        shorter / longer,
    ]


def _slips(left: Name, right: Name) -> tuple[int, float]:
    """Slips of the keys between the whole names, and their share of the letters; 4 if there are more than 3."""
    apart = max(len(left.grams), len(right.grams)) - len(left.grams & right.grams)
    if apart > _MAX_SLIPS * _GRAMS_OF_A_SLIP:
        return _MAX_SLIPS + 1, 1.0
    count = slips(left.joined, right.joined, _MAX_SLIPS)
    return count, count / max(len(left.joined), len(right.joined)) if count <= _MAX_SLIPS else 1.0


def _rest_top(found: Alignment) -> int:
    """The rarest word that stands alone, of the name where it is less rare."""
    left = max((found.left.bits[place] for place in found.left_rest), default=0)
    return min(left, max((found.right.bits[place] for place in found.right_rest), default=0))


def _rest_points(found: Alignment, points: WordPoints) -> tuple[float, float]:
    column = 1 if found.left_rest and found.right_rest else 0

    def of(name: Name, rest: Sequence[int]) -> float:
        total = 0.0
        for place in rest:
            for key in (name.words[place], f"#{name.bits[place]}"):
                if key in points:
                    total += points[key][column]
        return total

    return of(found.left, found.left_rest), of(found.right, found.right_rest)


def _rarest_linked(name: Name, strengths: Sequence[int]) -> int:
    rarest = max(name.bits)
    return max(strength for strength, bits in zip(strengths, name.bits, strict=True) if bits == rarest)


def _where(found: Alignment) -> int:
    """Where the words that stand alone are, in both names: 0 none, 1 behind, 2 before, 3 around, 4 all of them."""
    sides = sorted(
        (
            _side(len(found.left.words), found.left_rest),
            _side(len(found.right.words), found.right_rest),
        )
    )
    return sides[0] * 5 + sides[1]


def _side(count: int, rest: Sequence[int]) -> int:
    if not rest:
        return 0
    linked = [place for place in range(count) if place not in rest]
    if not linked:
        return 4
    return 1 if rest[0] > linked[-1] else 2 if rest[-1] < linked[0] else 3


def _rest_kind(found: Alignment) -> int:
    rest = [found.left.words[p] for p in found.left_rest] + [found.right.words[p] for p in found.right_rest]
    return _kind(kinds_of(rest)) if rest else _NO_KIND + 1


def _kind(kinds: frozenset[str]) -> int:
    return min(map(_KINDS.index, kinds), default=_NO_KIND)


def _agreement(one: frozenset[str], other: frozenset[str]) -> int:
    """0 neither says a kind, 1 one does, 2 the same, 3 one says more, 4 in part, 5 they differ."""
    if not one or not other:
        return 1 if one or other else 0
    return 2 if one == other else 3 if one <= other or other <= one else 4 if one & other else 5


def _places(found: Alignment) -> int:
    """0 no place among the words that stand alone, 1 with others, 2 places alone, 3 a place on either side."""
    places = tables.places()
    left = [found.left.words[place] in places for place in found.left_rest]
    right = [found.right.words[place] in places for place in found.right_rest]
    if any(left) and any(right):
        return 3
    return 2 if all(left) and all(right) and (left or right) else int(any(left) or any(right))


def _forms(left: Name, right: Name) -> int:
    """0 no legal form, 1 in one name, 2 the same, 3 some the same, 4 of one kind, 5 they differ."""
    if not left.forms or not right.forms:
        return 1 if left.forms or right.forms else 0
    if left.forms & right.forms:
        return 2 if left.forms == right.forms else 3
    kind_of = tables.legal_forms()
    return 4 if {kind_of[form] for form in left.forms} & {kind_of[form] for form in right.forms} else 5


def _numbers(left: Name, right: Name) -> int:
    """0 no numbers, 1 the same, 2 more in one name, 3 they differ."""
    one, other = {word for word in left.words if word.isdigit()}, {word for word in right.words if word.isdigit()}
    if not one and not other:
        return 0
    return 1 if one == other else 2 if one <= other or other <= one else 3


def _rest_alike(found: Alignment) -> float:
    """How many runs of three letters the words that stand alone share; -1 if one name has none."""
    if not found.left_rest or not found.right_rest:
        return -1.0
    one = _grams_of(found.left, found.left_rest)
    other = _grams_of(found.right, found.right_rest)
    return 2 * len(one & other) / (len(one) + len(other))


def _grams_of(name: Name, rest: Sequence[int]) -> frozenset[str]:
    return name.grams if len(rest) == len(name.words) else grams_of(tuple(name.written[p] for p in rest))


def _initials_of_all(found: Alignment) -> int:
    """1 if a word that stands alone is made of the other name's initials."""
    for name, rest, other in ((found.left, found.left_rest, found.right), (found.right, found.right_rest, found.left)):
        for place in rest:
            word = name.written[place]
            if 2 <= len(word) <= 8 and any(word in run for run in initials(other.spoken)):
                return 1
    return 0


def _aside(left: Name, right: Name) -> int:
    """2 if one name is what the other has in brackets, 1 if either has brackets."""
    alone = any(len(one.words) == 1 and one.words[0] in other.aside for one, other in ((left, right), (right, left)))
    return 2 if alone else int(bool(left.aside or right.aside))
