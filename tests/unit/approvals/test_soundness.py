"""What is allowed but surely not meant is said, and nothing else."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals.soundness import takes_all_of, warnings_of
from dealreg.matching.rules import Verdict
from dealreg.partners.routing import AmountRange, Rate, Rejection, Routing, Rule, Step, When
from dealreg.partners.rules import Facts, route
from dealreg.platform.money import Money

TODAY = date(2026, 11, 27)
DESK = ((Step("desk", ask=("a@v.example",)),),)
REST = Rule("rest", steps=DESK)


def told(*rules: Rule, **changes: Any) -> dict[str, str]:
    routing = Routing(rules, "last@v.example", 2, **changes)
    return {warning["field"]: warning["message"] for warning in warnings_of(routing, TODAY)}


def test_a_sound_program_is_told_nothing() -> None:
    small = Rule("small", When(tier=("gold",), amount=AmountRange("EUR", up_to=Decimal(5))), approve=True)
    assert told(small, REST, groups={"channel": ("a@v.example",)}) == {}


def test_a_rule_that_an_earlier_one_always_takes() -> None:
    wide = Rule("wide", When(tier=("gold", "plus")), steps=DESK)
    narrow = Rule("narrow", When(tier=("gold",), country=("DE",)), steps=DESK)
    assert told(wide, narrow, REST) == {"rules.1": "narrow: this rule is never reached: wide takes all its deals."}
    assert told(narrow, wide, REST) == {}


def test_an_approval_takes_clear_deals_only() -> None:
    approved = Rule("approved", When(tier=("gold",)), approve=True)
    asked = Rule("asked", When(tier=("gold",)), steps=DESK)
    assert told(approved, asked, REST) == {}
    assert set(told(approved, Rule("again", When(tier=("gold",)), approve=True), REST)) == {"rules.1"}


def test_a_group_without_people() -> None:
    assert told(REST, groups={"channel": ()}) == {"groups.channel": "There is nobody in channel."}


@pytest.mark.parametrize(
    ("rates", "is_told"),
    [((), True), ((Rate("USD", TODAY, Decimal(1)),), False), ((Rate("USD", TODAY + timedelta(1), Decimal(1)),), True)],
)
def test_a_currency_without_a_rate_today(rates: tuple[Rate, ...], is_told: bool) -> None:
    big = Rule("big", When(amount=AmountRange("USD", over=Decimal(5))), steps=DESK)
    assert ("rules.0.when.amount.currency" in told(big, REST, rates=rates)) == is_told


def test_steps_that_together_may_last_longer_than_the_promise() -> None:
    """Sixteen hours are two working days, and of steps side by side the longest counts."""
    (desk,) = DESK
    rules = [Rule("two", steps=(desk, desk)), Rule("one", When(tier=("x",)), steps=((*desk, *desk),)), REST]
    assert told(Rule("two", steps=(desk, desk), when=When(tier=("x",))), REST) == {
        "rules.0.steps": "two: its steps may last 4 working days; 2 are promised."
    }
    assert "rules.1.steps" not in told(*rules)


def test_an_extension_that_may_wait_longer_than_is_promised() -> None:
    step = Step("extension", ask=("a@v.example",), escalate_after=timedelta(hours=24))
    assert told(REST, extension_step=step) == {
        "extension_step": "extension_step: it may last 3 working days; 2 are promised."
    }
    assert told(REST, extension_step=replace(step, escalate_after=timedelta(hours=16))) == {}


LISTED = st.none() | st.lists(st.sampled_from("ab"), min_size=1, unique=True).map(tuple)
ENDS = st.none() | st.sampled_from([Decimal(1), Decimal(2)])
AMOUNTS = st.none() | st.builds(AmountRange, st.just("EUR"), ENDS, ENDS)
RULES = st.builds(
    Rule,
    st.just("r"),
    st.builds(When, tier=LISTED, country=LISTED, amount=AMOUNTS),
    st.booleans(),
)


@given(RULES, RULES, st.sampled_from("ab"), st.sampled_from(["", "a", "b"]), st.integers(50, 250), st.booleans())
def test_a_rule_that_is_said_to_be_taken_never_is_reached(
    earlier: Rule, rule: Rule, tier: str, country: str, minor: int, alike: bool
) -> None:
    if not takes_all_of(earlier, rule):
        return
    facts = Facts(Money(minor, "EUR"), TODAY, tier, "part_1", Verdict.CLEAR, frozenset(), country, "", alike)
    no = Rejection("other", "no")
    named = [
        Rule(name, one.when, one.approve, None if one.approve else no) for name, one in (("1", earlier), ("2", rule))
    ]
    assert route(facts, Routing((*named, REST), None, 2)).rule.id != "2"
