"""An appeal is asked about anew: an approval of the review that it is against decides nothing."""

from dataclasses import replace
from datetime import datetime

import pytest

from dealreg.approvals import deciding, review
from dealreg.approvals.model import State, Status
from dealreg.deals import commands
from dealreg.deals.model import Deal
from dealreg.partners import routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.platform.errors import InvalidInput
from tests.integration.approvals.conftest import run
from tests.reviews import decide, questions_of, review_of

ADA, BO = "ada@acme.example", "bo@acme.example"


@pytest.fixture
def program(program: Program) -> Program:
    """Two steps; an appeal is looked at by who has the first."""
    steps = ((Step("channel", (ADA,)),), (Step("finance", (BO,)),))
    routing = Routing((Rule("all", steps=steps),), ADA, 2, appeal_step=Step("appeal", (ADA,)))
    return save_program(replace(program, worked=routing_text.to_text(routing)), "test")


def appealed(deal: Deal, now: datetime) -> Deal:
    run("approvals-ask/first-step", deal_id=deal.id, task_token="token 1")
    decide(questions_of(deal)[-1], "approve", now=now)
    run("approvals-ask/first-step", deal_id=deal.id, task_token="token 2")
    decide(questions_of(deal)[-1], "reject", "Too small.", now=now)
    context = commands.context_at(now)
    rejected = commands.apply_decision(deal, deal.review_version, "reject", context, BO, reason="Too small.")
    return commands.appeal(rejected, context, "It grows.")


def test_who_approved_the_first_step_is_asked_again(deal: Deal, now: datetime) -> None:
    again = appealed(deal, now)
    review.ask(deal.id, again.review_version, "token 3", now)
    asked = review_of(deal)
    assert asked.state is State.OPEN
    assert [(one.approver, one.status) for one in asked.questions] == [(ADA, Status.PENDING)]


def test_it_is_not_passed_on_to_who_rejected(deal: Deal, now: datetime) -> None:
    again = appealed(deal, now)
    review.ask(deal.id, again.review_version, "token 3", now)
    with pytest.raises(InvalidInput):
        deciding.delegate_as_admin(again, ADA, BO, now, "key_9")
