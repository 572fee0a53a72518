"""The page says what a choice will do: whether others must agree too, and whether a no is the last word."""

from dataclasses import replace
from datetime import datetime
from typing import Literal

import pytest

from dealreg.approvals import review
from dealreg.deals import commands
from dealreg.deals.model import Deal
from dealreg.partners import routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Rule, Step
from tests.integration.approvals_page.conftest import path_of
from tests.integration.forms.visitor import Visitor
from tests.reviews import questions_of

ADA, BO = "ada@acme.example", "bo@acme.example"
ALONE, OTHERS = "The partner is protected and told.", "Others must agree too."


def step(step_id: str, *people: str, need: Literal["any", "all"] = "any") -> tuple[Step, ...]:
    return (Step(step_id, people, need=need),)


@pytest.fixture
def program(program: Program, request: pytest.FixtureRequest) -> Program:
    """With one rule of the steps that a test names."""
    steps = getattr(request, "param", (step("channel", ADA),))
    worked = routing_text.to_text(Routing((Rule("all", steps=steps),), ADA, 2))
    return save_program(replace(program, worked=worked), "test")


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ((step("channel", ADA, BO),), ALONE),
        ((step("channel", ADA, BO, need="all"),), OTHERS),
        ((step("channel", ADA), step("finance", BO)), OTHERS),
        ((step("channel", ADA), step("finance", ADA)), ALONE),
    ],
    ids=["one of two", "both of two", "another step", "another step of the same person"],
    indirect=["program"],
)
def test_a_yes_is_the_last_or_others_must_agree_too(visitor: Visitor, link: str, told: str) -> None:
    page = visitor.get(link).html
    assert [words for words in (ALONE, OTHERS) if words in page] == [told]


def test_a_no_may_be_appealed_once(visitor: Visitor, link: str, deal: Deal, today: datetime) -> None:
    assert "The partner is told why, and may appeal once." in visitor.get(link).html
    context = commands.context_at(today)
    rejected = commands.apply_decision(deal, deal.review_version, "reject", context, ADA, reason="Not now.")
    appealed = commands.appeal(rejected, context, "Look again.")
    review.ask(deal.id, appealed.review_version, "task token", today)
    assert "Final. The partner is told why." in visitor.get(path_of(questions_of(deal)[-1])).html
