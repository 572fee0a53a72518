"""What a command leaves in the deal itself, besides its status."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from dealreg.deals import extensions, rules, terms
from dealreg.deals.model import Deal
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.statuses import LostReason, Status
from dealreg.partners.program import Program
from dealreg.platform import due, times
from dealreg.platform.money import Money
from tests.unit.deals.samples import DEAL, NOW

CONTEXT = CommandContext(NOW, 7)
UNTIL = NOW + timedelta(days=30)
PROTECTED = replace(DEAL, status=Status.APPROVED)
WON = Money(100, "USD")

Kept = tuple[Status, Callable[[Deal], Change], dict[str, Any]]
KEPT: dict[str, Kept] = {
    "reject": (
        Status.IN_REVIEW,
        lambda deal: rules.reject(deal, CONTEXT, "other", "no", "user_1"),
        {
            "reason_code": "other",
            "reason": "no",
            "rejected_by": "user_1",
            "appeal_by": times.to_text(NOW + timedelta(days=14)),
        },
    ),
    "withdraw": (
        Status.IN_REVIEW,
        lambda deal: rules.withdraw(deal, CONTEXT, "moved on"),
        {"reason_code": "withdrawn_by_partner", "reason": "moved on"},
    ),
    "lose": (
        Status.APPROVED,
        lambda deal: rules.lose(deal, CONTEXT, LostReason.PRICE, "too dear"),
        {"reason_code": "price", "reason": "too dear"},
    ),
    "expire": (
        Status.APPROVED,
        lambda deal: rules.expire(deal, CONTEXT, "protection_ended", "clock"),
        {"reason_code": "protection_ended"},
    ),
    "win": (
        Status.APPROVED,
        lambda deal: rules.win(deal, CONTEXT, WON, "src_1"),
        {"won_amount": WON, **due.at(NOW, DEAL.id)},
    ),
    "win as registered": (
        Status.APPROVED,
        lambda deal: rules.win(deal, CONTEXT, None, "src_1"),
        {"won_amount": DEAL.amount, **due.at(NOW, DEAL.id)},
    ),
    "promote": (
        Status.QUEUED,
        lambda deal: rules.promote(deal, CONTEXT, Program(version=4)),
        {
            "decide_by": times.to_text(terms.decide_by(DEAL, NOW, Program())),
            "program_version": 4,
            "review_version": 2,
            "review_sequence": 2,
        },
    ),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept(name: str) -> None:
    status, command, kept = KEPT[name]
    before = replace(DEAL, status=status)
    after = command(before).deal
    since = {"status": after.status, "version": 2, "sequence": 2, "updated_at": times.to_text(NOW)}
    assert after == replace(before, **(since | kept))


@pytest.mark.parametrize(
    ("left", "due_at"),
    [
        (timedelta(days=30), NOW + timedelta(days=33 - 14)),
        (timedelta(hours=1), NOW + timedelta(days=3, hours=1)),
    ],
    ids=["in its time", "not when its partner has just set it: then it ends"],
)
def test_the_end_of_a_longer_protection_is_announced_anew(left: timedelta, due_at: datetime) -> None:
    longer = extensions.extend(replace(PROTECTED, protected_until=times.to_text(NOW + left)), CONTEXT, 3, "once").deal
    assert {"due_bucket": longer.due_bucket, "due_at": longer.due_at} == due.at(due_at, DEAL.id)


@pytest.fixture(params=["Asia/Tokyo", "America/Los_Angeles"])
def elsewhere(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[None]:
    """On a machine of another time zone."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("elsewhere")
def test_business_days_are_those_of_utc() -> None:
    friday_evening = datetime(2026, 11, 27, 20, tzinfo=timezone(timedelta(hours=-5)))  # Saturday in UTC
    promised = {
        friday_evening: "2026-11-30T17:00:00+00:00",
        datetime(2026, 11, 26, 23, tzinfo=UTC): "2026-11-27T17:00:00+00:00",
        datetime(2026, 11, 27, 1, tzinfo=UTC): "2026-11-30T17:00:00+00:00",
    }
    next_day = Program(decide_within_days=1)
    assert {now: terms.decide_by(DEAL, now, next_day).isoformat() for now in promised} == promised
