"""A score in words for the reviewer: each reason with its points and the words of the names that it is about."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dealreg.matching.names import tables
from dealreg.matching.names.align import Alignment, Kind
from dealreg.matching.names.normalise import Name
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.score import Score

_SMALLEST = 0.15
_RARE = 11


@dataclass(frozen=True, slots=True)
class Explanation:
    reason: Reason
    points: float
    """Above 0 speaks for the same company."""
    text: str


def explain(score: Score, country: str | None = None, other_country: str | None = None) -> list[Explanation]:
    """The reasons that count, the weightiest first."""
    parts = sorted(score.parts.items(), key=lambda part: -abs(part[1]))
    return [
        Explanation(
            reason,
            points,
            _country(country, other_country) if reason is Reason.COUNTRY else _TEXTS[reason](score.alignment),
        )
        for reason, points in parts
        if abs(points) >= _SMALLEST
    ]


def summary(score: Score, country: str | None = None, other_country: str | None = None) -> str:
    """One line: `rare word zwack in both; legal form differs; same country`."""
    return "; ".join(one.text for one in explain(score, country, other_country)[:4])


def _rare_word(found: Alignment) -> str:
    shared = [
        (link.bits, found.left.written[link.left[0]]) for link in found.links if link.kind in (Kind.SAME, Kind.JOINED)
    ]
    if not shared:
        return "no word in both"
    rare = [word for bits, word in sorted(shared, reverse=True) if bits >= _RARE]
    if rare:
        return f"rare {'word' if len(rare) == 1 else 'words'} {_listed(rare)} in both"
    return f"only common words in both: {_listed([word for _, word in shared])}"


def _extra_words(found: Alignment) -> str:
    left, right = _written(found.left, found.left_rest), _written(found.right, found.right_rest)
    if left and right:
        return f"{_listed(left)} in one, {_listed(right)} in the other"
    return f"only one has {_listed(left or right)}" if left or right else "no word is left over"


def _place(found: Alignment) -> str:
    places = [word for word in _rest(found) if word in tables.places()]
    return f"place {_listed(places)} in one name" if places else "no place differs"


def _kind(found: Alignment) -> str:
    left, right = found.left.kinds, found.right.kinds
    if left and right and left != right:
        return f"one is of the kind {_listed(sorted(left))}, the other {_listed(sorted(right))}"
    return (
        f"kind of organisation: {_listed(sorted(left or right))}"
        if left or right
        else "no kind of organisation is named"
    )


def _legal_form(found: Alignment) -> str:
    left, right = sorted(found.left.forms), sorted(found.right.forms)
    if left and right:
        return (
            f"same legal form {_listed(left)}"
            if left == right
            else f"legal form differs: {_listed(left)}, {_listed(right)}"
        )
    return f"only one has a legal form: {_listed(left or right)}" if left or right else "no legal form"


def _number(found: Alignment) -> str:
    left, right = ([word for word in name.words if word.isdigit()] for name in (found.left, found.right))
    return f"numbers differ: {_listed(left) or 'none'}, {_listed(right) or 'none'}" if left != right else "same numbers"


def _spelling(found: Alignment) -> str:
    other = [_pair(found, place) for place, link in enumerate(found.links) if link.kind in (Kind.SLIP, Kind.SPELLING)]
    return f"other spelling: {_listed(other)}" if other else "no slip of the keys"


def _translated(found: Alignment) -> str:
    pairs = [
        _pair(found, place)
        for place, link in enumerate(found.links)
        if link.kind is Kind.SAME and found.left.written[link.left[0]] != found.right.written[link.right[0]]
    ]
    return f"the same in other words: {_listed(pairs)}" if pairs else "nothing is translated"


def _acronym(found: Alignment) -> str:
    pairs = [_pair(found, place) for place, link in enumerate(found.links) if link.kind is Kind.ACRONYM]
    return f"initials: {_listed(pairs)}" if pairs else "no initials of the other name"


def _letters(found: Alignment) -> str:
    left, right = found.left.grams, found.right.grams
    return f"{200 * len(left & right) // (len(left) + len(right))} % of the letters are alike"


def _first_word(found: Alignment) -> str:
    same = any(link.left[0] == 0 and link.right[0] == 0 for link in found.links)
    return "first words belong together" if same else "first words differ"


def _same_words(found: Alignment) -> str:
    left, right = len(found.left.words) - len(found.left_rest), len(found.right.words) - len(found.right_rest)
    return f"{left} of {len(found.left.words)} and {right} of {len(found.right.words)} words belong together"


def _word_order(found: Alignment) -> str:
    places = sorted((link.left[0], link.right[0]) for link in found.links)
    return "other word order" if places != sorted(places, key=lambda pair: pair[1]) else "same word order"


def _name_equal(_: Alignment) -> str:
    return "names equal but for form, case and order"


def _country(one: str | None, other: str | None) -> str:
    if not one or not other:
        return "country unknown"
    return f"same country {one}" if one == other else f"country differs: {one}, {other}"


_TEXTS: dict[Reason, Callable[[Alignment], str]] = {
    Reason.RARE_WORD: _rare_word,
    Reason.FIRST_WORD: _first_word,
    Reason.SAME_WORDS: _same_words,
    Reason.EXTRA_WORDS: _extra_words,
    Reason.PLACE_DIFFERS: _place,
    Reason.KIND: _kind,
    Reason.LEGAL_FORM: _legal_form,
    Reason.NUMBER: _number,
    Reason.SPELLING: _spelling,
    Reason.TRANSLATED: _translated,
    Reason.LETTERS: _letters,
    Reason.WORD_ORDER: _word_order,
    Reason.ACRONYM: _acronym,
    Reason.NAME_EQUAL: _name_equal,
}


def _rest(found: Alignment) -> list[str]:
    return [found.left.words[place] for place in found.left_rest] + [
        found.right.words[place] for place in found.right_rest
    ]


def _written(name: Name, places: Sequence[int]) -> list[str]:
    return [name.written[place] for place in places]


def _pair(found: Alignment, number: int) -> str:
    link = found.links[number]
    return f"{' '.join(_written(found.left, link.left))} ~ {' '.join(_written(found.right, link.right))}"


def _listed(words: Sequence[str]) -> str:
    return ", ".join(words)
