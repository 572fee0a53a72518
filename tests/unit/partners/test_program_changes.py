"""What a saved program changed, setting by setting."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dealreg.partners.program_changes import Change, changed, changes

NAMES = st.sampled_from(["name", "days", "limit"])
VALUES = st.none() | st.booleans() | st.integers(0, 9) | st.text(max_size=5) | st.lists(st.integers(0, 9), max_size=3)
ROWS = st.dictionaries(st.sampled_from("abc"), VALUES).map(
    lambda days: [{"id": one, "days": given} for one, given in days.items()]
)
SETTINGS = st.dictionaries(NAMES, VALUES)
PROGRAMS = SETTINGS | st.fixed_dictionaries({"tiers": ROWS, "money": SETTINGS})


@given(PROGRAMS)
def test_of_the_same_program_nothing_differs(program: dict[str, Any]) -> None:
    assert changes(program, program) == []


@given(PROGRAMS, PROGRAMS)
def test_what_differs_differs_the_other_way_round_too(one: dict[str, Any], other: dict[str, Any]) -> None:
    before, after = changed(one, other)
    assert changed(other, one) == (after, before)
    assert all(before[path] != after[path] for path in before)


def test_a_setting_of_one_thing_is_named_by_its_id() -> None:
    before = {"tiers": [{"id": "gold", "days": 90}, {"id": "basic", "days": 30}]}
    after = {"tiers": [{"id": "gold", "days": 120}, {"id": "basic", "days": 30}]}
    assert changes(before, after) == [Change("Tiers › gold › days", "90", "120")]


def test_an_order_is_a_change_too() -> None:
    one, other = {"id": "desk"}, {"id": "legal"}
    assert changes({"steps": [one, other]}, {"steps": [[one, other]]}) == [
        Change("Steps", "desk, legal", "desk + legal")
    ]


def test_amounts_flags_and_nothing_are_told_in_words() -> None:
    before = {"limit": None, "emails": True}
    after = {"limit": {"amount": "10000.00", "currency": "EUR"}, "emails": False}
    assert changes(before, after) == [Change("Limit", "none", "EUR 10,000"), Change("Emails", "yes", "no")]
