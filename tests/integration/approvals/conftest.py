"""A deal under review and the questions about it."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from approvals import apply as apply_function
from approvals import ask as ask_function
from approvals import assess as assess_function
from dealreg.deals import commands, register, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import Program, save_program
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from dealreg.platform.validation import parse_values
from tests.integration.conftest import body
from tests.reviews import Put, questions_of
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
def ask(deal: Deal) -> Callable[..., Put]:
    """Asks who is to be asked next; gives the newest question as it is stored."""

    def put(token: str = "token 1") -> Put:
        run("approvals-ask/first-step", deal_id=deal.id, task_token=token)
        return questions_of(deal)[-1]

    return put


@pytest.fixture
def question(ask: Callable[..., Put]) -> Put:
    return ask()


def withdraw(deal: Deal, now: datetime) -> Deal:
    return commands.apply(deal, lambda read: rules.withdraw(read, commands.context_at(now), "Customer stopped."))


def comment(deal: Deal, now: datetime) -> Deal:
    return commands.apply(deal, lambda read: rules.comment(read, commands.context_at(now), "Any news?", JANA))


def registered_under(program: Program, caller: Caller, context: CommandContext, limit: Money) -> Deal:
    """With a program by which such an amount needs nobody."""
    tiers = tuple(
        replace(tier, auto_approve_limit=limit if tier.id == "registered" else None) for tier in program.tiers
    )
    save_program(replace(program, tiers=tiers), by="test")
    new = parse_values(NewDeal, body(), register.validation_context())
    return deals.locate(json.loads(register.register(caller, new, None, context).body)["id"])
