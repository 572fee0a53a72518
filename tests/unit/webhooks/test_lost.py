"""A delivery that nobody takes up, whatever the clock does, comes to an end."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dealreg.webhooks.deliveries import rules
from dealreg.webhooks.model import Delivery
from tests.unit.webhooks.test_rules import CHANGES, NOW, pending


def lost(delivery: Delivery, times: int) -> tuple[Delivery, datetime]:
    """Called for so often by the clock without anybody taking it up; and when that was."""
    now = NOW
    for _ in range(times):
        now = max(now, delivery.due_at or now)
        delivery = rules.released(delivery, now)
    return delivery, now


def test_what_nobody_takes_up_is_called_for_later_and_later_and_then_has_failed() -> None:
    delivery, at = lost(pending(), rules.MAX_LOST)
    assert delivery.status == "pending"
    assert delivery.due_at == at + rules.LONGEST_REPAIR
    assert timedelta(hours=36) < at - NOW < timedelta(hours=72)
    ended = rules.released(delivery, at + rules.LONGEST_REPAIR)
    assert (ended.status, ended.last_result, ended.due_at, ended.step) == ("failed", "undeliverable", None, 0)


@pytest.mark.parametrize("name", sorted(set(CHANGES) - {"released"}))
def test_whoever_takes_it_up_begins_the_count_anew(name: str) -> None:
    before, change = CHANGES[name]
    after = change(replace(before, lost=7))
    assert after.lost == 0 or after.status != "pending"


def test_sent_again_it_has_all_of_them_before_it() -> None:
    ended = rules.released(lost(pending(), rules.MAX_LOST)[0], NOW + timedelta(days=3))
    assert rules.resent(ended, NOW).lost == 0
