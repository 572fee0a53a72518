"""An answer that leaves its review waiting for others, given at the instant at which the deal changes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from dealreg.approvals import review
from dealreg.deals import commands, rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners import partners, routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.platform.errors import StateConflict
from dealreg.platform.http import Caller
from tests.integration.approvals.conftest import withdraw
from tests.integration.aws_calls import lose_race_to
from tests.integration.moving import registered
from tests.reviews import Put, decide, questions_of, review_of

ADA, BO = "ada@acme.example", "bo@acme.example"


@pytest.fixture
def deal(program: Program, new_partner: Callable[[str], Caller], context: CommandContext) -> Deal:
    both = Rule("rest", steps=((Step("both", (ADA, BO), need="all"),),))
    save_program(replace(program, worked=routing_text.to_text(Routing((both,), None, 2))), "test")
    return registered(new_partner("North"), context)


@pytest.fixture
def asked(deal: Deal, now: datetime) -> list[Put]:
    review.ask(deal.id, 1, "token", now)
    return questions_of(deal)


def rejudge(deal: Deal, now: datetime) -> None:
    read = deals.locate(deal.id)
    deals.commit(read, rules.rejudge(replace(read, verdict="possible_duplicate"), commands.context_at(now)))


def test_it_counts_for_what_its_giver_saw_and_nothing_else(
    deal: Deal, asked: list[Put], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: rejudge(deal, now))
    decide(asked[0], "approve", now=now)
    decide(asked[1], "approve", now=now)
    assert review_of(deal).state == "passed"

    review.ask(deal.id, 1, "token 2", now)

    again = [put for put in questions_of(deal) if put.status == "pending"]
    assert [put.approver for put in again] == [ADA]
    decide(again[0], "approve", now=now)
    assert review_of(deal).state == "decided"


def test_a_withdrawal_takes_it_along(
    deal: Deal, asked: list[Put], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: withdraw(deal, now))
    decide(asked[0], "approve", now=now)

    review.close_for(deals.events_of(deals.locate(deal.id))[-1], now)

    assert (review_of(deal).state, asked[1].now().status) == ("superseded", "superseded")


def test_while_its_partner_is_suspended_it_is_not_the_last_one(
    deal: Deal, asked: list[Put], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: partners.change(deal.partner_id, {"status": "suspended"}, "test"))
    decide(asked[0], "approve", now=now)
    with pytest.raises(StateConflict, match="suspended"):
        decide(asked[1], "approve", now=now)
    assert review_of(deal).state == "open"
