"""A protection on the clock: what is told of its end, and when."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.deals import commands, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import Program, save_program
from dealreg.platform import times
from dealreg.platform.http import Caller
from deals import api
from tests.integration.moving import registered
from tests.samples import content, sample

Approved = Callable[..., Deal]


@pytest.fixture
def approved(program: Program, new_partner: Callable[[str], Caller], context: CommandContext) -> Approved:
    def make(days: int, **settings: Any) -> Deal:
        tiers = (replace(program.tiers[0], protection_days=days),)
        save_program(replace(program, **({"tiers": tiers} | settings)), "test")
        deal = registered(new_partner("North"), context)
        return commands.apply_decision(deal, deal.review_version, "approve", context, "head")

    return make


def let_pass(deal: Deal, since: datetime, days: int) -> list[str]:
    """What was told of the protection in so many days, of which the clock strikes each, with the day."""
    for day in range(days + 1):
        commands.on_due(store.deal_key(deal.partner_id, deal.id), since + timedelta(days=day))
    events = [event for event in store.events_of(deal) if event.type in ("deal.expiring", "deal.expired")]
    return [f"{event.type} after {(event.timestamp - since).days}" for event in events]


@pytest.mark.parametrize("days", [1, 14])
def test_a_short_protection_is_not_announced_as_ending_when_it_has_just_begun(
    approved: Approved, now: datetime, days: int
) -> None:
    assert let_pass(approved(days), now, 15) == [f"deal.expired after {days}"]


def test_a_longer_one_is_announced_once(approved: Approved, now: datetime) -> None:
    assert let_pass(approved(20), now, 21) == ["deal.expiring after 6", "deal.expired after 20"]


def test_an_extension_brings_the_notice_of_the_new_end(approved: Approved, now: datetime) -> None:
    deal = approved(10)
    longer = commands.extend(deal, CommandContext(now + timedelta(days=1), 9000))
    assert longer.protected_until == times.to_text(now + timedelta(days=40))
    assert let_pass(deal, now, 41) == ["deal.expiring after 26", "deal.expired after 40"]


@pytest.mark.parametrize(
    ("allowed", "causes"),
    [
        ("off", ["extensions_off", "extensions_off"]),
        ("once", [None, "extensions_used_up"]),
        ("unlimited", [None, "extension_too_early"]),
    ],
)
def test_who_may_not_extend_is_told_why(
    approved: Approved, now: datetime, monkeypatch: pytest.MonkeyPatch, allowed: str, causes: list[str]
) -> None:
    deal = approved(30, extensions=allowed)
    monkeypatch.setattr(times, "now", lambda: now)
    partner = Caller("partner", deal.partner_id, deal.user_id, frozenset(["deals"]))
    replies = [api.handler(sample("deals-api/extend", caller=partner, params={"id": deal.id}), None) for _ in range(2)]
    assert [content(reply).get("cause") for reply in replies] == causes
    refused = {(reply["statusCode"], content(reply)["code"]) for reply in replies if "cause" in content(reply)}
    assert refused == {(409, "state_conflict")}


def test_settings_do_not_reach_back(approved: Approved, program: Program, context: CommandContext) -> None:
    """Whatever was promised when its review began holds: the days of the protection, and how it is extended."""
    deal = approved(30, extensions="once", extension_days=20)
    save_program(replace(program, extensions="off", extension_days=1), "test")
    longer = commands.extend(deal, context)
    assert times.from_text(longer.protected_until or "") == context.now + timedelta(days=50)


def test_a_tier_may_have_extensions_of_its_own(approved: Approved, program: Program, context: CommandContext) -> None:
    tier = replace(program.tiers[0], protection_days=30, extensions="unlimited", extension_days=7)
    deal = approved(30, extensions="off", tiers=(tier,))
    assert times.from_text(commands.extend(deal, context).protected_until or "") == context.now + timedelta(days=37)


def test_the_protection_that_a_review_began_with_is_the_one_it_ends_with(
    program: Program, new_partner: Callable[[str], Caller], context: CommandContext
) -> None:
    deal = registered(new_partner("North"), context)
    save_program(replace(program, tiers=(replace(program.tiers[0], protection_days=1),)), "test")
    approved = commands.apply_decision(deal, deal.review_version, "approve", context, "head")
    assert times.from_text(approved.protected_until or "") == context.now + timedelta(days=90)
