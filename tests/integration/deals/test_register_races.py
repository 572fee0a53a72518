"""A registration that loses a race judges again by what stood in its way; the partner sees no race."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

import pytest

from dealreg.deals import commands, edits, prospects, queue, register, rules, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.matching import claims, index
from dealreg.partners.program import Program, save_program
from dealreg.platform import dynamo
from dealreg.platform.errors import AlreadyExists, IdempotencyMismatch, RateLimited, StateConflict, Unavailable
from dealreg.platform.http import Caller
from dealreg.platform.paging import PageRequest
from dealreg.platform.validation import parse
from tests.integration.aws_calls import intercept, lose_race_to
from tests.integration.conftest import body

NewPartner = Callable[[str], Caller]
OTHER = {"name": "Other", "domain": "other.example.org"}
WRITE = "TransactWriteItems"


def registered(caller: Caller, context: CommandContext, key: str | None = None, **changes: object) -> Deal:
    new = parse(NewDeal, json.dumps(body(**changes)).encode(), register.validation_context())
    reply = json.loads(register.register(caller, new, key, context).body)
    return store.load(caller.partner_id, reply["id"])


def count_writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    made: list[str] = []

    def note(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        if operation == WRITE:
            made.append(operation)
        return make()

    intercept(monkeypatch, note)
    return made


def test_who_was_faster_has_the_customer_and_the_other_waits(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, south = new_partner("North"), new_partner("South")
    lose_race_to(monkeypatch, lambda: registered(north, context))
    made = count_writes(monkeypatch)
    deal = registered(south, CommandContext(context.now, 1000))
    assert (deal.status, deal.verdict, len(made)) == ("queued", "claimed_by_partner", 3)
    for key in prospects.of_deal(deal).claim_keys:
        assert [row["deal_id"] for row in claims.queue(key)] == [deal.id]


def test_whom_it_would_have_waited_for_may_just_have_gone(
    new_partner: NewPartner, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    holder = registered(new_partner("North"), context)
    south = new_partner("South")

    def withdraw() -> None:
        gone = commands.apply(holder, lambda deal: rules.withdraw(deal, context, ""))
        queue.promote(store.events_of(gone)[-1], context)

    lose_race_to(monkeypatch, withdraw)
    assert registered(south, CommandContext(now, 1000)).status == "in_review"


def test_a_reference_that_was_just_given_away_names_its_deal(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, first = new_partner("North"), list[Deal]()
    lose_race_to(monkeypatch, lambda: first.append(registered(north, context, customer=OTHER)))
    with pytest.raises(AlreadyExists) as refused:
        registered(north, context)
    assert refused.value.extra == {"deal_id": first[0].id}


def test_a_retry_beside_its_first_try_gets_the_same_deal(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    north, first = new_partner("North"), list[Deal]()
    lose_race_to(monkeypatch, lambda: first.append(registered(north, context, "k1")))
    assert registered(north, context, "k1") == first[0]
    assert len(store.list_of_partner(north.partner_id, None, PageRequest(10))["items"]) == 1


class TestTheLimit:
    @pytest.fixture(autouse=True)
    def one_an_hour(self, program: Program) -> None:
        save_program(replace(program, registrations_per_hour=1), by="test")

    def test_two_at_once_cannot_pass_it(
        self, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        north = new_partner("North")
        lose_race_to(monkeypatch, lambda: registered(north, context, customer=OTHER, partner_reference=None))
        with pytest.raises(RateLimited):
            registered(north, context)
        assert len(store.list_of_partner(north.partner_id, None, PageRequest(10))["items"]) == 1
        assert registered(new_partner("South"), context).verdict == "clear"

    def test_a_retry_gets_its_deal_and_what_fails_does_not_count(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        north = new_partner("North")
        deal = registered(north, context, "k1")
        assert registered(north, context, "k1") == deal
        with pytest.raises(AlreadyExists):
            registered(north, context, "k2")
        with pytest.raises(RateLimited):
            registered(north, context, "k3", partner_reference="another")


def test_the_same_key_beside_it_for_something_else_is_refused(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    north = new_partner("North")
    lose_race_to(monkeypatch, lambda: registered(north, context, "k1", notes="another"))
    with pytest.raises(IdempotencyMismatch):
        registered(north, context, "k1")


def test_a_number_that_is_anothers_is_drawn_again(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = registered(new_partner("North"), context)
    draw, drawn = register.new_id, [taken.id]

    def drawn_first(prefix: str, now: datetime) -> str:
        return drawn.pop() if drawn else draw(prefix, now)

    monkeypatch.setattr(register, "new_id", drawn_first)
    other = registered(new_partner("South"), context, customer=OTHER)
    assert other.number != taken.number
    assert store.locate(taken.number) == taken


def test_who_loses_every_race_is_told_to_come_again_and_nothing_is_kept(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another comes and goes before each of its tries."""
    south = new_partner("South")
    key = index.identity_key("domain#mueller-maschinenbau.de", "CLAIM#data")
    claim = {"pk": key.pk, "sk": key.sk, "deal_id": "deal_other", "partner_id": "part_other", "name": "Müller"}
    turns = count()

    def come_or_go(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        if operation == WRITE:
            is_there = next(turns) % 2
            dynamo.write(dynamo.delete(key) if is_there else dynamo.put(key.table, claim))
        return make()

    intercept(monkeypatch, come_or_go)
    with pytest.raises(Unavailable):
        registered(south, context)
    assert next(turns) == 5
    assert store.list_of_partner(south.partner_id, None, PageRequest(10))["items"] == []


def test_who_waits_cannot_get_into_review_by_resubmitting(new_partner: NewPartner, context: CommandContext) -> None:
    registered(new_partner("North"), context)
    waiting = registered(new_partner("South"), CommandContext(context.now, 1000))
    for patch in ({}, {"notes": "please"}):
        with pytest.raises(StateConflict):
            edits.resubmit(waiting, patch, context)
    assert store.locate(waiting.id).status == "queued"
