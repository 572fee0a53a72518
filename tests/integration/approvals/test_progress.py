"""What a partner sees of a review: who has it, by title, and when we are late. Never a person."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dealreg.approvals import review
from dealreg.deals import progress, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners import routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.platform.http import Caller
from tests.integration.moving import registered
from tests.reviews import decide, question_of

CHANNEL = Step("channel", ("ada@acme.example",), title="Channel team")
FINANCE, LEGAL = Step("finance", ("fin@acme.example",), title="Finance"), Step("legal", ("lea@acme.example",))


@pytest.fixture
def deal(program: Program, new_partner: Callable[[str], Caller], context: CommandContext, now: datetime) -> Deal:
    routing = Routing((Rule("rest", steps=((CHANNEL,), (FINANCE, LEGAL))),), None, 2)
    save_program(replace(program, worked=routing_text.to_text(routing)), "test")
    return registered(new_partner("North"), context)


def test_before_anybody_is_asked_there_is_none(deal: Deal, now: datetime) -> None:
    shown = progress.view_with_progress(deal, now)
    assert (shown["review"], shown["next"]) == (None, "A reviewer decides by 25 Nov 2026.")


def test_who_has_it_and_how_far_it_has_come(deal: Deal, now: datetime) -> None:
    review.ask(deal.id, 1, "token", now)
    shown = progress.view_with_progress(deal, now)
    assert shown["review"] == {
        "step": "Channel team",
        "number": 1,
        "of": 2,
        "since": "2026-11-23T10:00:00.000Z",
        "decide_by": "2026-11-25T17:00:00.000Z",
        "late": False,
    }
    assert shown["next"] == "Channel team (1 of 2) looks at it. You get a decision by 25 Nov 2026."
    decide(question_of(deal), "approve", now=now)
    review.ask(deal.id, 1, "token 2", now)
    assert progress.view_with_progress(store.locate(deal.id), now)["next"].startswith("Finance, legal (2 of 2)")


def test_that_we_are_late_is_said(deal: Deal, now: datetime) -> None:
    review.ask(deal.id, 1, "token", now)
    shown = progress.view_with_progress(deal, now + timedelta(days=3))
    assert shown["review"]
    assert shown["review"]["late"]
    assert shown["next"].startswith("We promised a decision by 25 Nov 2026 and are late.")


def test_the_one_step_of_a_program_without_rules_is_a_reviewer(
    program: Program, new_partner: Callable[[str], Caller], context: CommandContext, now: datetime
) -> None:
    plain = registered(new_partner("North"), context)
    review.ask(plain.id, 1, "token", now)
    assert progress.view_with_progress(plain, now)["next"] == (
        "A reviewer looks at it. You get a decision by 25 Nov 2026."
    )


def test_one_that_is_decided_shows_none(deal: Deal, context: CommandContext, now: datetime) -> None:
    assert progress.view_with_progress(replace(deal, status="approved"), now)["review"] is None
