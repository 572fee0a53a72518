"""What the program's rules mean for a deal itself: by when it is decided, and what an approval is of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from dealreg.deals import commands, edits, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners import routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import AmountRange, Routing, Rule, Step, When
from dealreg.platform.errors import StateConflict
from dealreg.platform.http import Caller
from tests.integration.moving import registered

REVIEW = Step("review", ("approver@acme.example",))
BIG = Rule("big", When(amount=AmountRange("EUR", over=Decimal(100_000))), steps=((REVIEW,),), decide_within_days=4)
REST = Rule("rest", steps=((REVIEW,),))


@pytest.fixture
def ruled(program: Program) -> Callable[..., None]:
    def save(*rules: Rule) -> None:
        save_program(replace(program, worked=routing_text.to_text(Routing(rules, None, 2))), "test")

    return save


@pytest.fixture
def deal(ruled: Callable[..., None], new_partner: Callable[[str], Caller], context: CommandContext) -> Deal:
    ruled(BIG, REST)
    return registered(new_partner("North"), context)


def amount(euros: str) -> dict[str, Any]:
    return {"amount": {"amount": euros, "currency": "EUR"}}


def test_the_rule_says_by_when_it_is_decided(
    ruled: Callable[..., None], new_partner: Callable[[str], Caller], context: CommandContext
) -> None:
    ruled(replace(BIG, when=When(verdict=("clear",))), REST)
    assert registered(new_partner("North"), context).decide_by == "2026-11-27T17:00:00.000Z"


def test_another_rules_days_are_not_its_own(deal: Deal) -> None:
    assert deal.decide_by == "2026-11-25T17:00:00.000Z"


class TestAfterTheApproval:
    @pytest.fixture
    def approved(self, deal: Deal, context: CommandContext) -> Deal:
        return commands.apply_decision(deal, 1, "approve", context, "head")

    def test_an_amount_across_a_rule_would_take_another_approval(self, approved: Deal, context: CommandContext) -> None:
        with pytest.raises(StateConflict) as refused:
            edits.edit(approved, amount("1900000.00"), context)
        assert refused.value.extra["cause"] == "other_rule"
        assert store.locate(approved.id) == approved

    def test_within_its_rule_it_may_change(self, approved: Deal, context: CommandContext) -> None:
        edited = edits.edit(approved, amount("100000.00"), context)
        assert edited.amount.to_wire()["amount"] == "100000.00"

    def test_the_rules_are_those_of_then(
        self, approved: Deal, context: CommandContext, ruled: Callable[..., None]
    ) -> None:
        ruled(REST)
        with pytest.raises(StateConflict):
            edits.edit(approved, amount("1900000.00"), context)

    def test_what_no_rule_asks_for_may_change(self, approved: Deal, context: CommandContext) -> None:
        assert edits.edit(approved, {"notes": "They signed."}, context).notes == "They signed."


def test_a_small_deal_that_nobody_saw_does_not_grow(
    program: Program, new_partner: Callable[..., Caller], context: CommandContext, now: datetime
) -> None:
    """By today's fields: a gold deal of 9,000 needs nobody, one of 1,900,000 does."""
    small = registered(new_partner("North", "gold"), context, **amount("9000.00"))
    approved = commands.apply_decision(small, 1, "approve", context, "automatic")
    with pytest.raises(StateConflict):
        edits.edit(approved, amount("1900000.00"), context)
