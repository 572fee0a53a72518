"""A deal under review and the questions about it."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from approvals import apply as apply_function
from approvals import ask as ask_function
from approvals import assess as assess_function
from dealreg.approvals.model import Approval, approval_from_item
from dealreg.deals import commands, register, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, NewDeal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from tests.integration.conftest import body
from tests.template import ROOT
from tests.unit.deals.samples import JANA

HANDLERS: dict[str, Callable[[Any, object], Any]] = {
    "approvals-assess": assess_function.handler,
    "approvals-ask": ask_function.handler,
    "approvals-apply": apply_function.handler,
}


def run(sample: str, **changes: Any) -> Any:
    """A task of the state machine on its sample event."""
    event = json.loads((ROOT / "events" / f"{sample}.json").read_text()) | changes
    return HANDLERS[sample.partition("/")[0]](event, None)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


@pytest.fixture
def deal(new_partner: Callable[[str], Caller], context: CommandContext) -> Deal:
    new = parse_values(NewDeal, body(), register.validation_context())
    return deals.locate(json.loads(register.register(new_partner("North"), new, None, context).body)["id"])


@pytest.fixture
def ask(deal: Deal) -> Callable[..., Approval]:
    """Asks the approver of a step; gives the question as it is stored."""

    def put(step: int = 1, token: str = "token 1") -> Approval:
        run("approvals-ask/first-step", deal_id=deal.id, step=step, task_token=token)
        return next(question for question in questions(deal) if question.step == step)

    return put


@pytest.fixture
def question(ask: Callable[..., Approval]) -> Approval:
    return ask()


def questions(deal: Deal) -> list[Approval]:
    rows = dynamo.every(deals.table(), place_of(deal.id).pk, "APPROVAL#")
    return sorted((approval_from_item(row) for row in rows), key=lambda question: question.step)


def withdraw(deal: Deal, now: datetime) -> Deal:
    return commands.apply(deal, lambda read: rules.withdraw(read, commands.context_at(now), "Customer stopped."))


def comment(deal: Deal, now: datetime) -> Deal:
    return commands.apply(deal, lambda read: rules.comment(read, commands.context_at(now), "Any news?", JANA))
