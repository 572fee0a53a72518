"""A review from its start to its end: the real definition and the real functions; the relay's part by its own calls."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals import review
from dealreg.deals import commands, edits, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.platform.errors import Unavailable
from tests.reviews import decide, question_of, questions_of, review_of, strike
from tests.stand_ins import returning
from tests.workflow.conftest import FIRST, SECOND
from tests.workflow.interpreter import MOTO_CONFIG, Machine

pytestmark = pytest.mark.parametrize("aws", [MOTO_CONFIG], indirect=True, ids=["interpreter"])

NewDeal = Callable[[str], Deal]
PAUSE = "moto.stepfunctions.parser.asl.component.common.retry.retrier_decl.time.sleep"
"""Of the interpreter, before it tries a task again."""
MAX_TRANSITIONS = 6


def current(deal: Deal) -> Deal:
    return deals.locate(deal.id)


def test_a_small_clear_deal_is_approved_without_anybody(machine: Machine, new_deal: NewDeal) -> None:
    deal = new_deal("9999.00")
    execution = machine.start(deal)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert execution.states_entered() == ["Assess", "Route", "Apply"]
    assert current(deal).status == "approved"
    assert questions_of(deal) == []
    assert deals.events_of(current(deal))[-1].internal["by"] == "automatic"


@pytest.mark.parametrize(
    ("choice", "reason", "fields", "status", "event"),
    [
        ("approve", "", [], "approved", "deal.approved"),
        ("reject", "Too early for us.", [], "rejected", "deal.rejected"),
        ("request_info", "Which entity buys?", ["customer.tax_id"], "action_required", "deal.action_required"),
    ],
)
def test_the_approvers_choice_reaches_the_deal(
    machine: Machine,
    new_deal: NewDeal,
    now: datetime,
    choice: str,
    reason: str,
    fields: list[str],
    status: str,
    event: str,
) -> None:
    deal = new_deal("48000.00")
    execution = machine.start(deal)
    machine.wait_for("askFunctionArn")
    question = question_of(deal)
    assert question.approver == FIRST

    strike(decide(question, choice, reason, fields, now=now), now)

    assert execution.finish()["status"] == "SUCCEEDED"
    assert current(deal).status == status
    told = deals.events_of(current(deal))[-1]
    assert (told.type, told.internal["by"]) == (event, FIRST)
    assert current(deal).editable == fields
    assert len(execution.states_entered()) + 1 <= MAX_TRANSITIONS


def test_an_unanswered_question_goes_to_the_next_approver(machine: Machine, new_deal: NewDeal, now: datetime) -> None:
    deal = new_deal("48000.00")
    execution = machine.start(deal)
    machine.wait_for("askFunctionArn")

    strike(question_of(deal), now + timedelta(days=30))

    first, second = questions_of(deal)
    assert (first.status, second.status, second.approver) == ("escalated", "pending", SECOND)
    strike(decide(second, "approve", now=now), now)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert current(deal).status == "approved"
    assert deals.events_of(current(deal))[-1].internal["by"] == SECOND


def test_a_withdrawn_deal_ends_the_review(machine: Machine, new_deal: NewDeal, now: datetime) -> None:
    deal = new_deal("48000.00")
    execution = machine.start(deal)
    machine.wait_for("askFunctionArn")
    withdrawn = commands.apply(deal, lambda read: rules.withdraw(read, commands.context_at(now), "Customer stopped."))
    review.close_for(deals.events_of(withdrawn)[-1], now)
    strike(review_of(deal), now)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert execution.states_entered()[-1] == "Ended"
    assert [question.status for question in questions_of(deal)] == ["superseded"]
    assert current(deal).status == "withdrawn"


def test_a_deal_withdrawn_before_anybody_was_asked_ends_it_too(
    machine: Machine, new_deal: NewDeal, now: datetime
) -> None:
    deal = new_deal("48000.00")
    commands.apply(deal, lambda read: rules.withdraw(read, commands.context_at(now), ""))
    execution = machine.restart(deal)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert execution.states_entered() == ["Assess", "Route", "Ended"]


def test_an_answered_request_for_information_is_reviewed_anew(
    machine: Machine, new_deal: NewDeal, now: datetime
) -> None:
    deal = new_deal("48000.00")
    first_review = machine.start(deal)
    machine.wait_for("askFunctionArn")
    question = question_of(deal)
    strike(decide(question, "request_info", "Notes?", ["notes"], now=now), now)
    first_review.finish()

    again = edits.resubmit(current(deal), {"notes": "A pilot runs."}, commands.context_at(now))
    second_review = machine.start(again)
    machine.wait_for("askFunctionArn")
    open_question = question_of(deal)
    assert open_question.review.version == again.version > question.review.version
    strike(decide(open_question, "approve", now=now), now)
    assert second_review.finish()["status"] == "SUCCEEDED"
    assert current(deal).status == "approved"


def test_starting_the_same_review_twice_starts_it_once(machine: Machine, new_deal: NewDeal) -> None:
    deal = new_deal("9999.00")
    machine.start(deal).finish()
    machine.start(deal)
    assert current(deal).status == "approved"
    assert [event.type for event in deals.events_of(current(deal))] == ["deal.submitted", "deal.approved"]


@pytest.mark.parametrize("function", ["assessFunctionArn", "applyFunctionArn"])
def test_a_task_that_fails_once_is_tried_again(
    machine: Machine, new_deal: NewDeal, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    monkeypatch.setattr(PAUSE, returning(None))
    machine.handlers[function] = failing(machine.handlers[function], times=1)
    deal = new_deal("9999.00")
    assert machine.start(deal).finish()["status"] == "SUCCEEDED"
    assert current(deal).status == "approved"


def test_a_question_that_could_not_be_written_is_tried_again(
    machine: Machine, new_deal: NewDeal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PAUSE, returning(None))
    machine.handlers["askFunctionArn"] = failing(machine.handlers["askFunctionArn"], times=1)
    deal = new_deal("48000.00")
    execution = machine.start(deal)
    machine.wait_for("askFunctionArn")
    machine.wait_for("askFunctionArn")
    question = question_of(deal)
    strike(decide(question, "approve", now=now), now)
    assert execution.finish()["status"] == "SUCCEEDED"


def test_a_task_that_fails_for_ever_fails_the_execution_and_a_new_one_repairs_it(
    machine: Machine, new_deal: NewDeal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PAUSE, returning(None))
    sound = machine.handlers["applyFunctionArn"]
    machine.handlers["applyFunctionArn"] = failing(sound, times=1000)
    deal = new_deal("48000.00")
    execution = machine.start(deal)
    machine.wait_for("askFunctionArn")
    question = question_of(deal)
    strike(decide(question, "approve", now=now), now)
    ended = execution.finish()
    assert (ended["status"], ended["error"]) == ("FAILED", "ApprovalFailed")
    assert current(deal).status == "in_review"

    machine.handlers["applyFunctionArn"] = sound
    repaired = machine.restart(deal)
    assert repaired.finish()["status"] == "SUCCEEDED"
    assert current(deal).status == "approved"
    assert len(questions_of(deal)) == 1


def failing(handler: Callable[[Any, object], Any], times: int) -> Callable[[Any, object], Any]:
    left = iter(range(times))

    def call(event: Any, context: object) -> Any:
        if next(left, None) is not None:
            raise Unavailable("for a test")
        return handler(event, context)

    return call
