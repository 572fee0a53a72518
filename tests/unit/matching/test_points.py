"""How points add up, reason by reason, and when names alone are the same: with weights made up for it."""

from dataclasses import replace
from typing import Any

import pytest

from dealreg.matching.names.align import align
from dealreg.matching.names.features import FEATURES
from dealreg.matching.names.normalise import Name
from dealreg.matching.names.reasons import Reason
from dealreg.matching.names.score import Node, Score, Weights, as_learned, compare, is_equal, parse, weights
from tests.unit.matching.names import named

END = -1
WORDS, SLIPS, LENGTH, SHARED = (list(FEATURES).index(name) for name in ("words_hi", "slips", "length", "shared_points"))
ONE, TWO = "Kestrel", "Kestrel Otter"
"""Together: two words at most, no slip, seven letters in the shorter one."""


def learned(*trees: tuple[Node, ...], **changes: Any) -> Weights:
    plain = Weights("test", base=1.0, same_name=2.0, possible=0.5, trees=trees, words={}, learned_from="")
    return replace(plain, **changes)


def score(one: str | Name, other: str | Name, known: Weights) -> Score:
    left, right = (named(name) if isinstance(name, str) else name for name in (one, other))
    return compare(left, right, known)


class TestSteps:
    @pytest.mark.parametrize(("limit", "points"), [(1, 0.5), (2, 0.25), (3, 0.25)])
    def test_a_value_at_its_limit_is_not_above_it(self, limit: float, points: float) -> None:
        step: Node = (WORDS, limit, END, END, 0.25, 0.5)
        assert score(ONE, TWO, learned((step,))).parts[Reason.SAME_WORDS] == points

    def test_each_step_names_the_next_and_adds_to_its_own_reason(self) -> None:
        first: Node = (WORDS, 1, END, 2, 0.125, 0.25)
        never: Node = (WORDS, 0, END, END, 100, 100)
        last: Node = (LENGTH, 7, 3, END, 0.5, 100)
        end: Node = (SLIPS, -1, END, END, 100, -0.75)
        said = score(ONE, TWO, learned((first, never, last, end)))
        assert {reason: points for reason, points in said.parts.items() if points} == {
            Reason.SAME_WORDS: 0.25,
            Reason.LETTERS: 0.5,
            Reason.SPELLING: -0.75,
        }
        assert said.points == 1 + 0.25 + 0.5 - 0.75

    def test_features_of_one_reason_and_several_trees_add_up(self) -> None:
        one: Node = (WORDS, 1, END, END, 100, 0.25)
        other: Node = (list(FEATURES).index("covered_hi"), 0, END, END, 100, 0.5)
        assert score(ONE, TWO, learned((one,), (other,), (one,))).parts[Reason.SAME_WORDS] == 1
        below: Node = (WORDS, 2, END, END, 0.25, 100)
        assert score(ONE, TWO, learned((below,), (below,))).parts[Reason.SAME_WORDS] == 0.5

    def test_words_have_points_of_their_own(self) -> None:
        step: Node = (SHARED, 3, END, END, -1, 1)
        assert score(ONE, TWO, learned((step,), words={"kestrel": (0, 0, 4)})).parts[Reason.RARE_WORD] == 1
        assert score(ONE, TWO, learned((step,), words={"otter": (0, 0, 4)})).parts[Reason.RARE_WORD] == -1


class TestNumbers:
    """Too rare to be learned: what they say is set by hand."""

    @pytest.mark.parametrize(
        ("one", "other", "points"),
        [
            pytest.param(named("Kestrel 3"), named("Kestrel 3"), 0, id="the same"),
            pytest.param(named("Kestrel 3"), named("Kestrel III"), 0, id="the same in Roman"),
            pytest.param(named("Kestrel 3"), named("Kestrel 7"), -3.0, id="another number"),
            pytest.param(named("Otter 3"), named("Kestrel 7"), -3.0, id="another number of another name"),
            pytest.param(named("Kestrel 3", 15, 14), named("Kestrel", 15), -1.5, id="none in an almost equal name"),
            pytest.param(named("Kestrel 3", 15, 15), named("Kestrel", 15), 0, id="none where half is not covered"),
        ],
    )
    def test_another_number_is_another_company(self, one: Name, other: Name, points: float) -> None:
        for said in (score(one, other, learned()), score(other, one, learned())):
            assert said.parts.get(Reason.NUMBER, 0) == points
            assert said.points == 1 + points

    def test_they_add_to_what_was_learned(self) -> None:
        step: Node = (list(FEATURES).index("numbers"), 0, END, END, 100, 0.25)
        assert score("Kestrel 3", "Kestrel 7", learned((step,))).parts[Reason.NUMBER] == -2.75


class TestVerdicts:
    STEP: Node = (WORDS, 1, END, END, 100, 0.5)

    def test_a_factor_changes_its_reason_and_a_shift_the_sum(self) -> None:
        known = learned((self.STEP,), factors={Reason.SAME_WORDS: 3.0, Reason.LETTERS: 7.0}, shift=0.25)
        said = score(ONE, TWO, known)
        assert said.parts[Reason.SAME_WORDS] == 1.5
        assert said.points == 1 + 0.25 + 1.5

    def test_what_was_learned_is_without_them(self) -> None:
        bare = as_learned()
        assert (bare.factors, bare.shift) == ({}, 0.0)
        assert replace(bare, factors=weights().factors, shift=weights().shift) == weights()


def test_weights_are_those_of_the_product_where_none_are_given() -> None:
    assert compare(named(ONE), named(TWO)).points == compare(named(ONE), named(TWO), weights()).points


def test_trees_are_read_from_json() -> None:
    content: dict[str, Any] = {"version": "7", "base": 1.0, "same_name": 2.0, "possible": 0.5, "learned_from": "a"}
    content |= {"words": {}, "trees": [[[WORDS, 1, -1, -1, 0.25, 0.5]]]}
    assert parse(content) == learned(((WORDS, 1, -1, -1, 0.25, 0.5),), version="7", learned_from="a")
    assert "trees" in content


@pytest.mark.parametrize(("points", "likelihood"), [(0, 0.5), (2, 0.8808), (-2, 0.1192)])
def test_points_are_log_odds(points: float, likelihood: float) -> None:
    found = align(named(ONE), named(TWO))
    assert Score(points, {}, found).likelihood == pytest.approx(likelihood, abs=1e-4)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        pytest.param("Kestrel Mills GmbH", "MILLS, KESTREL", True, id="but for form, case, marks and order"),
        pytest.param("Soft Ware", "Software", True, id="but for a space"),
        pytest.param("Kestrel Mills", "Kestrel Mill", True, id="but for a plural"),
        pytest.param("Kestrel Mills", "Kestrel", False, id="a word more"),
        pytest.param("Kestrel", "Kestrel Mills", False, id="a word less"),
        pytest.param("Velmadon Mills", "Velmadot Mills", False, id="a slip"),
        pytest.param("KOB", "Kestrel Otter Badger", False, id="initials"),
    ],
)
def test_which_names_are_equal(one: str, other: str, equal: bool) -> None:
    assert is_equal(align(named(one), named(other))) is equal


def test_which_name_comes_first_does_not_matter() -> None:
    """Of two names the same one is on the left either way, so that the same words are linked."""
    one, other = named("Velmadon Igel"), named("Velmadot Velmadok")
    assert compare(one, other).alignment.left is compare(other, one).alignment.left is one
