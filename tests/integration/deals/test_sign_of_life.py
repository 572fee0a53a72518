"""An approved deal whose partner does nothing for long: asked whether the sale goes on, and ended if nobody says so."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.deals import commands, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import Author, CommandContext, Side
from dealreg.partners.program import Program, save_program
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from deals import api
from tests.integration.moving import registered
from tests.samples import content, sample

REVIEWER = Author("reviewer", "The reviewer", Side.VENDOR)


@pytest.fixture
def north(new_partner: Callable[[str], Caller]) -> Caller:
    return new_partner("North")


@pytest.fixture
def deal(program: Program, north: Caller, context: CommandContext) -> Deal:
    """Approved, of a program that asks after 30 days, and announces no end."""
    save_program(replace(program, stale_after_days=30, expiring_notice_days=()), "test")
    made = registered(north, context)
    return commands.apply_decision(made, made.review_version, "approve", context, "head")


def strike(deal: Deal, now: datetime) -> Deal:
    commands.on_due(store.deal_key(deal.partner_id, deal.id), now)
    return store.locate(deal.id)


def let_pass(deal: Deal, since: datetime, first: int, last: int) -> list[str]:
    """What the clock tells of these days, of which it strikes each, with the day."""
    for day in range(first, last + 1):
        strike(deal, since + timedelta(days=day))
    told = [one for one in store.events_of(store.locate(deal.id)) if one.timestamp >= since + timedelta(days=first)]
    return [f"{one.type} after {(one.timestamp - since).days}" for one in told]


def test_is_asked_once_and_ends_two_weeks_later(deal: Deal, now: datetime) -> None:
    assert let_pass(deal, now, 1, 50) == ["deal.sign_of_life_asked after 30", "deal.expired after 44"]
    assert store.locate(deal.id).reason_code == "stale"


ACTS: dict[str, dict[str, Any]] = {
    "confirm": {},
    "comment": {},
    "edit": {"body": {"notes": "Still waiting for their budget"}},
    "stage": {},
    "extend": {},
}


@pytest.mark.parametrize("act", ACTS)
def test_whatever_its_partner_does_is_an_answer(
    north: Caller, deal: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    asked = strike(deal, now + timedelta(days=30))
    assert asked.sign_of_life_by == times.to_text(now + timedelta(days=44))
    monkeypatch.setattr(times, "now", lambda: now + timedelta(days=40))
    sent = sample(f"deals-api/{act}", caller=north, params={"id": deal.id}, headers={"if-match": "*"}, **ACTS[act])
    reply = api.handler(sent, None)
    assert reply["statusCode"] in (200, 201), reply["body"]
    assert store.locate(deal.id).sign_of_life_by is None
    assert let_pass(deal, now, 41, 75) == ["deal.sign_of_life_asked after 70"]


@pytest.mark.parametrize(
    "sent", [("edit", {}), ("edit", {"notes": "Met at the fair"}), ("stage", {"stage": "prospect"})]
)
def test_saying_that_all_is_as_it_was_is_an_answer_too(
    north: Caller, deal: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch, sent: tuple[str, dict[str, str]]
) -> None:
    strike(deal, now + timedelta(days=30))
    monkeypatch.setattr(times, "now", lambda: now + timedelta(days=40))
    act, body = sent
    headers = {"if-match": "*"}
    api.handler(sample(f"deals-api/{act}", caller=north, params={"id": deal.id}, headers=headers, body=body), None)
    assert store.locate(deal.id).sign_of_life_by is None
    assert store.events_of(store.locate(deal.id))[-1].type == "deal.confirmed"


def test_what_the_vendor_says_is_none(deal: Deal, now: datetime) -> None:
    strike(deal, now + timedelta(days=30))
    context = CommandContext(now + timedelta(days=40), 9000)
    commands.apply(store.locate(deal.id), lambda one: rules.comment(one, context, "How is it going?", REVIEWER))
    assert store.locate(deal.id).sign_of_life_by


def test_the_partner_reads_until_when(
    north: Caller, deal: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    strike(deal, now + timedelta(days=30))
    monkeypatch.setattr(times, "now", lambda: now + timedelta(days=31))
    shown = content(api.handler(sample("deals-api/read", caller=north, params={"id": deal.id}), None))
    assert shown["sign_of_life_by"] == "2027-01-06T10:00:00.000Z"
    assert "tell us by 6 Jan 2027 that the sale goes on" in shown["next"]


@pytest.mark.parametrize("status", ["in_review", "expired"])
def test_only_what_is_protected_is_confirmed(
    north: Caller, deal: Deal, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    thing = registered(north, context, partner_reference=None) if status == "in_review" else deal
    if status == "expired":
        commands.release_claim(deal, context, "admin")
    monkeypatch.setattr(times, "now", lambda: now)
    reply = api.handler(sample("deals-api/confirm", caller=north, params={"id": thing.id}), None)
    assert (reply["statusCode"], content(reply)["code"]) == (409, "state_conflict")


def test_a_deal_approved_before_silence_was_counted_is_silent_since_its_newest_event(deal: Deal, now: datetime) -> None:
    key = store.deal_key(deal.partner_id, deal.id)
    dynamo.write(dynamo.update(key, remove=["silent_since", "told_until"]))
    assert strike(deal, now + timedelta(days=30)).sign_of_life_by
