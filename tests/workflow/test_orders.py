"""Several steps, in order and side by side, by the real state machine: one wait for each order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Thread

import pytest

from dealreg.approvals import deciding, review
from dealreg.approvals.answering import Said
from dealreg.deals import commands, edits, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.partners import routing_text
from dealreg.partners.program import save_program
from dealreg.partners.routing import Rejection, Routing, Rule, Step, When
from tests.reviews import Put, decide, questions_of, review_of, strike
from tests.workflow.conftest import FIRST, PROGRAM
from tests.workflow.interpreter import MOTO_CONFIG, Execution, Machine

pytestmark = pytest.mark.parametrize("aws", [MOTO_CONFIG], indirect=True, ids=["interpreter"])

ADA, FIN, LEA, LEO, CSO = (f"{name}@vendor.example" for name in ("ada", "fin", "lea", "leo", "cso"))
CHANNEL = Step("channel", (ADA,), title="Channel team", escalate_to=(CSO,))
FINANCE = Step("finance", (FIN,), reads=("amount", "products"))
LEGAL = Step("legal", (LEA, LEO), need="all")
HEAD = Step("head", (CSO,))
TASKS_AND_ROUTES = ["Assess", "Route", "Ask", "Route", "Ask", "Route", "Ask", "Route", "Apply"]

Began = tuple[Deal, Execution]


def ruled(*orders: tuple[Step, ...], **others: Rule) -> None:
    rules = (*others.values(), Rule("rest", steps=orders))
    save_program(replace(PROGRAM, worked=routing_text.to_text(Routing(rules, FIRST, 2))), by="test")


@pytest.fixture
def begin(machine: Machine, new_deal: Callable[[str], Deal]) -> Callable[..., Began]:
    """A review of these orders that has asked its first people."""

    def start(*orders: tuple[Step, ...]) -> Began:
        ruled(*orders)
        deal = new_deal("48000.00")
        execution = machine.start(deal)
        machine.wait_for("askFunctionArn")
        return deal, execution

    return start


def pending(deal: Deal) -> dict[str, Put]:
    return {put.approver: put for put in questions_of(deal) if put.status == "pending"}


def approve(deal: Deal, person: str, now: datetime) -> None:
    put = decide(pending(deal)[person], "approve", now=now)
    if put.review.state != "open":
        strike(put, now)


def status_of(deal: Deal) -> str:
    return deals.locate(deal.id).status


def test_a_chain_of_three_takes_nine_states(machine: Machine, begin: Callable[..., Began], now: datetime) -> None:
    deal, execution = begin((CHANNEL,), (FINANCE,), (HEAD,))
    for person in (ADA, FIN, CSO):
        assert list(pending(deal)) == [person]
        approve(deal, person, now)
        if person != CSO:
            machine.wait_for("askFunctionArn")
    assert execution.finish()["status"] == "SUCCEEDED"
    assert execution.states_entered() == TASKS_AND_ROUTES
    assert status_of(deal) == "approved"
    event = deals.events_of(deals.locate(deal.id))[-1]
    assert [one["by"] for one in event.internal["signatures"]] == [ADA, FIN, CSO]


def test_an_order_side_by_side_is_one_wait(machine: Machine, begin: Callable[..., Began], now: datetime) -> None:
    deal, execution = begin((FINANCE, LEGAL))
    assert set(pending(deal)) == {FIN, LEA, LEO}
    for person in (LEO, FIN, LEA):
        assert status_of(deal) == "in_review"
        approve(deal, person, now)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert len(execution.states_entered()) + 1 <= 6
    assert status_of(deal) == "approved"


def test_of_simultaneous_last_answers_one_completes_the_step(
    machine: Machine, begin: Callable[..., Began], now: datetime
) -> None:
    deal, execution = begin((FINANCE, LEGAL))
    threads = [Thread(target=decide, args=(put, "approve"), kwargs={"now": now}) for put in pending(deal).values()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert {put.status for put in questions_of(deal)} == {"decided"}
    strike(review_of(deal), now)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert [event.type for event in deals.events_of(deals.locate(deal.id))] == ["deal.submitted", "deal.approved"]


def test_the_first_no_ends_it_for_all(machine: Machine, begin: Callable[..., Began], now: datetime) -> None:
    deal, execution = begin((FINANCE, LEGAL), (HEAD,))
    strike(decide(pending(deal)[LEA], "reject", "Not in this country.", now=now), now)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert status_of(deal) == "rejected"
    assert {put.approver: put.status.value for put in questions_of(deal)} == {
        FIN: "superseded",
        LEA: "decided",
        LEO: "superseded",
    }


@pytest.mark.parametrize(
    ("patch", "asked"),
    [({"notes": "A pilot runs."}, {LEA, LEO}), ({"amount": {"amount": "90000.00", "currency": "EUR"}}, {ADA})],
    ids=["without a changed amount", "with one"],
)
def test_after_information_only_who_reads_what_changed_is_asked_again(
    machine: Machine, begin: Callable[..., Began], now: datetime, patch: dict[str, object], asked: set[str]
) -> None:
    channel = replace(CHANNEL, reads=("amount", "customer"))
    deal, first = begin((channel,), (FINANCE, LEGAL))
    approve(deal, ADA, now)
    machine.wait_for("askFunctionArn")
    approve(deal, FIN, now)
    fields = ["notes", "amount"]
    strike(decide(pending(deal)[LEA], "request_info", "Is there a budget?", fields, now=now), now)
    first.finish()
    again = edits.resubmit(deals.locate(deal.id), patch, commands.context_at(now))
    second = machine.start(again)
    machine.wait_for("askFunctionArn")
    assert set(pending(deal)) == asked
    while status_of(deal) == "in_review":
        for person in list(pending(deal)):
            approve(deal, person, now)
        if review_of(deal).state == "passed":
            machine.wait_for("askFunctionArn")
        if review_of(deal).state == "decided":
            second.finish()
    assert status_of(deal) == "approved"


def test_a_withdrawal_in_the_second_order_ends_it(machine: Machine, begin: Callable[..., Began], now: datetime) -> None:
    deal, execution = begin((CHANNEL,), (HEAD,))
    approve(deal, ADA, now)
    machine.wait_for("askFunctionArn")
    read = deals.locate(deal.id)
    withdrawn = commands.apply(read, lambda read: rules.withdraw(read, commands.context_at(now), ""))
    review.close_for(deals.events_of(withdrawn)[-1], now)
    strike(review_of(deal), now)
    assert execution.finish()["status"] == "SUCCEEDED"
    assert (status_of(deal), pending(deal)) == ("withdrawn", {})


class TestAnAdmin:
    def test_decides_one_step_while_it_waits(
        self, machine: Machine, begin: Callable[..., Began], now: datetime
    ) -> None:
        deal, execution = begin((FINANCE, LEGAL), (HEAD,))
        deciding.decide_as_admin(deals.locate(deal.id), Said("approve"), now, "admin_1", step="legal")
        assert set(pending(deal)) == {FIN}
        approve(deal, FIN, now)
        machine.wait_for("askFunctionArn")
        approve(deal, CSO, now)
        assert execution.finish()["status"] == "SUCCEEDED"
        assert status_of(deal) == "approved"

    def test_decides_the_whole_while_it_waits(
        self, machine: Machine, begin: Callable[..., Began], now: datetime
    ) -> None:
        deal, execution = begin((FINANCE, LEGAL), (HEAD,))
        deciding.decide_as_admin(deals.locate(deal.id), Said("approve"), now, "admin_1")
        strike(review_of(deal), now)
        assert execution.finish()["status"] == "SUCCEEDED"
        assert (status_of(deal), pending(deal)) == ("approved", {})


def test_others_are_asked_in_the_second_order_without_a_transition(
    machine: Machine, begin: Callable[..., Began], now: datetime
) -> None:
    deal, execution = begin((HEAD,), (CHANNEL,))
    approve(deal, CSO, now)
    machine.wait_for("askFunctionArn")
    strike(pending(deal)[ADA], now + timedelta(days=30))
    assert set(pending(deal)) == {FIRST}, "who approved the first step does not approve this one by waiting"
    approve(deal, FIRST, now + timedelta(days=30))
    assert execution.finish()["status"] == "SUCCEEDED"
    assert len(execution.states_entered()) + 1 <= 8


def test_a_rule_that_rejects_needs_nobody(machine: Machine, new_deal: Callable[[str], Deal]) -> None:
    no = Rejection("out_of_territory", "Not in this country.")
    ruled((HEAD,), here=Rule("no-germany", When(country=("DE",)), reject=no))
    deal = new_deal("48000.00")
    assert machine.start(deal).finish()["status"] == "SUCCEEDED"
    rejected = deals.locate(deal.id)
    assert (rejected.status, rejected.reason_code, rejected.reason) == ("rejected", no.reason_code, no.reason)
    assert questions_of(deal) == []


def test_an_execution_that_is_gone_between_two_orders_loses_nothing(
    machine: Machine, new_deal: Callable[[str], Deal], now: datetime
) -> None:
    ruled((CHANNEL,), (HEAD,))
    deal = new_deal("48000.00")
    review.ask(deal.id, 1, "token of nobody", now)
    approve(deal, ADA, now)
    machine.wait_for("askFunctionArn")
    assert set(pending(deal)) == {CSO}
    approve(deal, CSO, now)
    (took_over,) = machine.executions()
    assert took_over.finish()["status"] == "SUCCEEDED"
    assert status_of(deal) == "approved"
    assert len(questions_of(deal)) == 2
