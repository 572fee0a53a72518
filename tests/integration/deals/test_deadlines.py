"""Deadlines on the real clock's row: by the settings that the deal's review began with, and what an end sets free."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.deals import commands, queue, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import Program, save_program
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from deals import api
from tests.integration.moving import registered
from tests.samples import content, sample

NewPartner = Callable[[str], Caller]


@pytest.fixture
def north(new_partner: NewPartner) -> Caller:
    return new_partner("North")


@pytest.fixture
def deal(north: Caller, context: CommandContext) -> Deal:
    return registered(north, context)


def strike(deal: Deal, now: datetime) -> Deal:
    commands.on_due(store.deal_key(deal.partner_id, deal.id), now)
    return store.locate(deal.id)


def let_pass(deal: Deal, since: datetime, days: int) -> list[str]:
    """What the clock told in so many days, of which it strikes each twice, with the day."""
    for day in range(days + 1):
        for _ in range(2):
            strike(deal, since + timedelta(days=day))
    told = [event for event in store.events_of(store.locate(deal.id)) if event.timestamp > since]
    return [f"{event.type} after {(event.timestamp - since).days}" for event in told]


def read(caller: Caller, deal: Deal, monkeypatch: pytest.MonkeyPatch, now: datetime) -> dict[str, Any]:
    monkeypatch.setattr(times, "now", lambda: now)
    return content(api.handler(sample("deals-api/read", caller=caller, params={"id": deal.id}), None))


class TestTheEndOfAProtection:
    @pytest.fixture(autouse=True)
    def three_notices(self, program: Program) -> None:
        save_program(replace(program, expiring_notice_days=(30, 14, 3)), "test")

    def test_is_announced_as_often_as_the_program_said_when_the_review_began(
        self, north: Caller, program: Program, context: CommandContext, now: datetime
    ) -> None:
        deal = registered(north, context)
        save_program(replace(program, expiring_notice_days=(50,)), "test")
        commands.apply_decision(deal, deal.review_version, "approve", context, "head")
        assert let_pass(deal, now, 91) == [
            "deal.expiring after 60",
            "deal.expiring after 76",
            "deal.expiring after 87",
            "deal.expired after 90",
        ]

    def test_of_which_some_notices_are_past_at_approval_is_announced_by_the_others(
        self, north: Caller, program: Program, context: CommandContext, now: datetime
    ) -> None:
        tiers = (replace(program.tiers[0], protection_days=20),)
        save_program(replace(program, tiers=tiers, expiring_notice_days=(30, 14, 3)), "test")
        deal = registered(north, context)
        commands.apply_decision(deal, deal.review_version, "approve", context, "head")
        assert let_pass(deal, now, 21) == [
            "deal.expiring after 6",
            "deal.expiring after 17",
            "deal.expired after 20",
        ]


class TestAReviewersQuestion:
    @pytest.fixture
    def asked(self, deal: Deal, context: CommandContext) -> Deal:
        said: dict[str, Any] = {"fields": ["notes"], "reason": "Which site?"}
        return commands.apply_decision(deal, deal.review_version, "request_info", context, "head", **said)

    def test_says_until_when_it_waits(
        self, north: Caller, asked: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shown = read(north, asked, monkeypatch, now)
        assert shown["answer_by"] == "2026-12-07T17:00:00.000Z"
        assert "Please answer by 7 Dec 2026" in shown["next"]
        assert store.events_of(asked)[-1].data["answer_by"] == shown["answer_by"]

    def test_that_nobody_answers_frees_the_customer_for_who_waits(
        self, asked: Deal, new_partner: NewPartner, context: CommandContext, now: datetime
    ) -> None:
        waiting = registered(new_partner("South"), CommandContext(now, 1000))
        assert waiting.status == "queued"
        assert let_pass(asked, now, 15) == ["deal.reminded after 8", "deal.expired after 15"]
        expired = store.locate(asked.id)
        assert (expired.status, expired.reason_code) == ("expired", "no_answer")
        queue.promote(store.events_of(expired)[-1], CommandContext(now + timedelta(days=15), 2000))
        assert store.locate(waiting.id).status == "in_review"

    def test_that_is_answered_has_no_time_any_more(
        self, north: Caller, asked: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(times, "now", lambda: now)
        event = sample("deals-api/resubmit", caller=north, params={"id": asked.id}, body={"notes": "Leeds"})
        assert content(api.handler(event, None))["answer_by"] is None
        assert let_pass(asked, now, 20) == []

    def test_from_before_answers_had_a_time_waits_on(self, asked: Deal, now: datetime) -> None:
        key = store.deal_key(asked.partner_id, asked.id)
        dynamo.write(dynamo.update(key, remove=["answer_by", "remind_at", "due_at", "due_bucket"]))
        assert let_pass(asked, now, 30) == []
        assert store.locate(asked.id).status == "action_required"
