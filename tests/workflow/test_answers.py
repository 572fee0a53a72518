"""Answers to an execution that waits, waits no more, or waits with another token."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dealreg.approvals import deciding, review, store, workflow
from dealreg.approvals.answering import Said
from dealreg.approvals.workflow import ASKED_WITHIN
from dealreg.deals import commands, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.store import events_of
from dealreg.platform import due, times
from tests.integration.aws_calls import intercept
from tests.reviews import Put, decide, question_of, questions_of, review_of, row_of, strike
from tests.workflow.conftest import SECOND
from tests.workflow.interpreter import MOTO_CONFIG, Machine

pytestmark = pytest.mark.parametrize("aws", [MOTO_CONFIG], indirect=True, ids=["interpreter"])


@pytest.fixture
def asked(machine: Machine, new_deal: Callable[[str], Deal], now: datetime) -> Put:
    return asked_by_an_execution_that_is_gone(new_deal("48000.00"), now)


@pytest.fixture
def decided(asked: Put, now: datetime) -> Put:
    """A question whose token nobody knows, answered."""
    return decide(asked, "approve", now=now)


def asked_by_an_execution_that_is_gone(deal: Deal, now: datetime) -> Put:
    """Stopped by an operator, failed, or a year old: Step Functions has no wait for the token."""
    review.ask(deal.id, 1, "token of nobody", now)
    return question_of(deal)


def deal_of(put: Put) -> Deal:
    return deals.locate(put.review.deal_id)


def test_a_token_that_came_meanwhile_is_still_owed_the_answer(decided: Put, now: datetime) -> None:
    review.ask(decided.review.deal_id, 1, "newer token", now)
    workflow.answer(decided.review, now)
    assert store.token_of(decided.review) == "newer token"
    assert "due_at" in row_of(decided)


def test_an_open_question_is_not_answered(asked: Put, now: datetime) -> None:
    workflow.answer(asked.review, now)
    assert store.token_of(asked.review) == "token of nobody"


def test_an_answer_that_nobody_waits_for_is_applied_by_another_execution(
    machine: Machine, asked: Put, now: datetime
) -> None:
    later = now + due.RELAY_GRACE
    strike(decide(asked, "reject", "Too early for us.", now=now), now)
    (took_over,) = machine.executions()
    assert took_over.finish()["status"] == "SUCCEEDED"
    assert took_over.states_entered() == ["Assess", "Route", "Apply"]
    assert deal_of(asked).status == "rejected"
    assert row_of(asked)["due_at"] == times.to_text(later)

    strike(asked, later)
    assert not {"due_at", "due_bucket"} & set(row_of(asked))
    assert len(machine.executions()) == 1


def test_an_answer_that_was_taken_and_had_no_effect_is_given_on(
    machine: Machine, asked: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = now + due.RELAY_GRACE
    decided = decide(asked, "approve", now=now)
    with monkeypatch.context() as patch:
        intercept(patch, lambda make, _client, call, _: {} if call == "SendTaskSuccess" else make())
        strike(decided, now)
        strike(decided, later)
    assert machine.executions() == []

    strike(decided, later + due.RELAY_GRACE)
    (took_over,) = machine.executions()
    assert took_over.finish()["status"] == "SUCCEEDED"
    assert deal_of(asked).status == "approved"


def test_one_that_fails_too_is_followed_by_another(
    machine: Machine, decided: Put, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, moment = set[str](), now + due.RELAY_GRACE

    def come_to_nothing(make: Callable[[], Any], _: Any, call: str, request: dict[str, Any]) -> Any:
        return names.add(request["name"]) if call == "StartExecution" else make()

    intercept(monkeypatch, come_to_nothing)
    for _ in range(3):
        strike(decided, moment)
        moment = times.from_text(row_of(decided)["due_at"])
    assert len(names) == 3


def test_others_are_asked_without_an_execution_and_their_answer_counts(
    machine: Machine, asked: Put, now: datetime
) -> None:
    ended = asked.escalate_at
    strike(asked, ended)
    first, second = questions_of(deal_of(asked))
    assert (first.status, second.approver, second.status) == ("escalated", SECOND, "pending")

    strike(decide(second, "approve", now=ended), ended)
    (took_over,) = machine.executions()
    assert took_over.finish()["status"] == "SUCCEEDED"
    assert deal_of(asked).status == "approved"


def test_no_execution_takes_over_for_a_deal_that_left_its_review(machine: Machine, decided: Put, now: datetime) -> None:
    context = commands.context_at(now)
    commands.apply(deal_of(decided), lambda read: rules.withdraw(read, context, ""))

    strike(decided, now)
    assert machine.executions() == []
    assert "due_at" not in row_of(decided)


def test_an_execution_that_starts_over_applies_what_the_first_one_missed(machine: Machine, decided: Put) -> None:
    execution = machine.restart(deal_of(decided))
    assert execution.finish()["status"] == "SUCCEEDED"
    assert execution.states_entered() == ["Assess", "Route", "Apply"]
    assert deal_of(decided).status == "approved"


def test_an_execution_that_starts_over_waits_for_the_questions_that_are_open(
    machine: Machine, asked: Put, now: datetime
) -> None:
    execution = machine.restart(deal_of(asked))
    machine.wait_for("askFunctionArn")
    assert len(questions_of(deal_of(asked))) == 1
    strike(decide(asked, "approve", now=now), now)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert deal_of(asked).status == "approved"


class TestOneThatNeverAsked:
    """Its execution was lost, or failed, before its first question."""

    @pytest.fixture
    def lost(self, machine: Machine, new_deal: Callable[[str], Deal], monkeypatch: pytest.MonkeyPatch) -> Deal:
        deal = new_deal("48000.00")
        (submitted,) = events_of(deal)
        with monkeypatch.context() as patch:
            intercept(patch, lambda make, _client, call, _: {} if call == "StartExecution" else make())
            workflow.start(submitted, submitted.timestamp)
        return deal

    def test_the_clock_has_another_execution_ask(self, machine: Machine, lost: Deal, now: datetime) -> None:
        strike(review_of(lost), now + ASKED_WITHIN)
        (took_over,) = machine.executions()
        machine.wait_for("askFunctionArn")
        strike(decide(question_of(lost), "approve", now=now), now)
        assert took_over.finish()["status"] == "SUCCEEDED"
        assert deals.locate(lost.id).status == "approved"

    def test_an_admin_decides_it_all_the_same(self, machine: Machine, lost: Deal, now: datetime) -> None:
        deciding.decide_as_admin(lost, Said("approve"), now, "admin_1")
        strike(review_of(lost), now)
        (took_over,) = machine.executions()
        assert took_over.finish()["status"] == "SUCCEEDED"
        assert deals.locate(lost.id).status == "approved"

    def test_one_whose_deal_was_withdrawn_is_let_go(self, machine: Machine, lost: Deal, now: datetime) -> None:
        commands.apply(lost, lambda read: rules.withdraw(read, commands.context_at(now), ""))
        strike(review_of(lost), now + ASKED_WITHIN)
        assert machine.executions() == []
        assert "due_at" not in row_of(review_of(lost))
