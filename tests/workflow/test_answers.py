"""Answers to an execution that waits, waits no more, or waits with another token."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals import review, store, workflow
from dealreg.approvals.model import Approval, key_of
from dealreg.deals import commands, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.platform import due, dynamo, times
from tests.integration.aws_calls import intercept
from tests.workflow.conftest import SECOND, approvals_of
from tests.workflow.interpreter import MOTO_CONFIG, Machine

pytestmark = pytest.mark.parametrize("aws", [MOTO_CONFIG], indirect=True, ids=["interpreter"])


@pytest.fixture
def decided(machine: Machine, new_deal: Callable[[str], Deal], now: datetime) -> Approval:
    """A question whose token nobody knows, answered."""
    question = asked_by_an_execution_that_is_gone(new_deal("48000.00"), now)
    return store.decide(store.link_token(question), "approve", "", [], now)


def asked_by_an_execution_that_is_gone(deal: Deal, now: datetime) -> Approval:
    """Stopped by an operator, failed, or a year old: Step Functions has no wait for the token."""
    review.ask(deal.id, 1, 1, "token of nobody", now)
    (question,) = approvals_of(deal)
    return question


def row(approval: Approval) -> dynamo.Item:
    key = key_of(approval.deal_id, approval.id)
    return dynamo.get(key.table, key.pk, key.sk) or {}


def test_a_token_that_came_meanwhile_is_still_owed_the_answer(decided: Approval, now: datetime) -> None:
    seen_by_the_relay = row(decided)
    review.ask(decided.deal_id, 1, 1, "newer token", now)
    workflow.answer(seen_by_the_relay, now)
    assert row(decided)["task_token"] == "newer token"
    assert "due_at" in row(decided)


def test_an_open_question_is_not_answered(machine: Machine, new_deal: Callable[[str], Deal], now: datetime) -> None:
    deal = new_deal("48000.00")
    review.ask(deal.id, 1, 1, "token", now)
    (question,) = approvals_of(deal)
    workflow.answer(row(question), now)
    assert row(question)["task_token"] == "token"


def test_an_answer_that_nobody_waits_for_is_applied_by_another_execution(
    machine: Machine, new_deal: Callable[[str], Deal], now: datetime
) -> None:
    question = asked_by_an_execution_that_is_gone(new_deal("48000.00"), now)
    key, later = key_of(question.deal_id, question.id), now + due.RELAY_GRACE

    workflow.answer(row(store.decide(store.link_token(question), "reject", "Too early for us.", [], now)), now)
    (took_over,) = machine.executions()
    assert took_over.finish()["status"] == "SUCCEEDED"
    assert took_over.states_entered() == ["Assess", "Route", "Apply"]
    assert deals.locate(question.deal_id).status == "rejected"
    assert row(question)["due_at"] == times.to_text(later)

    store.on_due(key, later)
    assert not {"task_token", "due_at", "due_bucket"} & set(row(question))
    assert len(machine.executions()) == 1


def test_an_answer_that_was_taken_and_had_no_effect_is_given_on(
    machine: Machine, new_deal: Callable[[str], Deal], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = asked_by_an_execution_that_is_gone(new_deal("48000.00"), now)
    key, later = key_of(question.deal_id, question.id), now + due.RELAY_GRACE
    decided = row(store.decide(store.link_token(question), "approve", "", [], now))
    with monkeypatch.context() as patch:
        intercept(patch, lambda make, _client, call, _: {} if call == "SendTaskSuccess" else make())
        workflow.answer(decided, now)
        store.on_due(key, later)
    assert machine.executions() == []

    store.on_due(key, later + due.RELAY_GRACE)
    (took_over,) = machine.executions()
    assert took_over.finish()["status"] == "SUCCEEDED"
    assert deals.locate(question.deal_id).status == "approved"


def test_one_that_fails_too_is_followed_by_another_later_and_later(
    machine: Machine, new_deal: Callable[[str], Deal], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    question = asked_by_an_execution_that_is_gone(new_deal("48000.00"), now)
    store.decide(store.link_token(question), "approve", "", [], now)
    names, moment, waits = set[str](), now + due.RELAY_GRACE, list[timedelta]()

    def come_to_nothing(make: Callable[[], Any], _: Any, call: str, request: dict[str, Any]) -> Any:
        return names.add(request["name"]) if call == "StartExecution" else make()

    intercept(monkeypatch, come_to_nothing)
    for _ in range(3):
        store.on_due(key_of(question.deal_id, question.id), moment)
        again = times.from_text(row(question)["due_at"])
        waits.append(again - moment)
        moment = again
    assert waits == [timedelta(minutes=2), timedelta(minutes=4), timedelta(minutes=8)]
    assert len(names) == 3


def test_a_question_that_was_not_answered_in_time_is_handed_on_by_another_execution(
    machine: Machine, new_deal: Callable[[str], Deal], now: datetime
) -> None:
    deal = new_deal("48000.00")
    first = asked_by_an_execution_that_is_gone(deal, now)
    key, ended = key_of(deal.id, first.id), first.expires_at

    store.on_due(key, ended)
    store.on_due(key, ended + due.RELAY_GRACE)
    machine.wait_for("askFunctionArn")
    (_, second) = approvals_of(deal)
    assert (second.step, second.approver) == (2, SECOND)
    store.on_due(key, ended + 2 * due.RELAY_GRACE)
    assert "due_at" not in row(first)

    workflow.answer(row(store.decide(store.link_token(second), "approve", "", [], ended)), ended)
    (took_over,) = machine.executions()
    assert took_over.finish()["status"] == "SUCCEEDED"
    assert deals.locate(deal.id).status == "approved"


def test_no_execution_takes_over_for_a_deal_that_left_its_review(
    machine: Machine, new_deal: Callable[[str], Deal], now: datetime
) -> None:
    question = asked_by_an_execution_that_is_gone(new_deal("48000.00"), now)
    decided = store.decide(store.link_token(question), "approve", "", [], now)
    context = commands.context_at(now)
    commands.apply(deals.locate(decided.deal_id), lambda read: rules.withdraw(read, context, ""))

    workflow.answer(row(decided), now)
    assert machine.executions() == []
    assert "due_at" not in row(decided)


def test_an_execution_that_starts_over_gets_the_answer_that_the_first_one_missed(
    machine: Machine, decided: Approval, now: datetime
) -> None:
    execution = machine.restart(deals.locate(decided.deal_id))
    machine.wait_for("askFunctionArn")
    store.on_due(key_of(decided.deal_id, decided.id), now)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert deals.locate(decided.deal_id).status == "approved"
