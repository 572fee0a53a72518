"""Killed at any step, or without its queue message: no delivery is lost, and twice comes only what was not recorded."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.platform import due, dynamo
from dealreg.platform.events import VENDOR
from dealreg.webhooks.deliveries import queues, rules, store
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, deliver, delivery, endpoint, event, queued

pytestmark = pytest.mark.usefixtures("local")
MIDDLE = 0.5
"""A chance that neither lengthens nor shortens a wait."""


class Killed(BaseException):
    """The process ends here."""


def kill(*_: Any, **__: Any) -> None:
    raise Killed


def kill_once_sent(before: Any, after: Any) -> None:
    if after.status == "delivered" or after.last_result:
        raise Killed
    _real_save(before, after)


_real_save = store.save
CRASHES: dict[str, tuple[str, Callable[..., None], int, int]] = {
    "before the lease": ("dealreg.webhooks.deliveries.store.save", kill, 200, 1),
    "before sending": ("dealreg.webhooks.transport.sender.post", kill, 200, 1),
    "before a success is recorded": ("dealreg.webhooks.deliveries.store.save", kill_once_sent, 200, 2),
    "before a failed attempt is recorded": ("dealreg.webhooks.deliveries.store._put_attempt", kill, 500, 2),
    "between the attempt and its delivery": ("dealreg.webhooks.deliveries.store.save", kill_once_sent, 500, 2),
    "before the endpoint's health is": ("dealreg.webhooks.endpoints.health.record", kill, 500, 2),
    "before queueing the retry": ("dealreg.webhooks.deliveries.queues.enqueue", kill, 500, 2),
}
"""What the receiver answers, and how many requests there are in the end: two of a success only where it was sent and
not recorded."""


def sweep(now: datetime) -> None:
    """As the clock does it: every due row to its handler."""
    for bucket in due.buckets(now - timedelta(minutes=10), now):
        for item in due.find(store.table(), bucket, now).items:
            store.resend_due(dynamo.Key("Webhooks", item["pk"], item["sk"]), now)


class TestNothingIsLost:
    @pytest.mark.parametrize(("place", "crash", "status", "requests"), CRASHES.values(), ids=CRASHES.keys())
    def test_a_crash_at_any_step_is_made_good_by_the_clock(
        self,
        north: str,
        receiver: Receiver,
        now: datetime,
        monkeypatch: pytest.MonkeyPatch,
        place: str,
        crash: Callable[..., None],
        status: int,
        requests: int,
    ) -> None:
        receiver.statuses.append(status)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(place, crash)
            deliver(north, now, MIDDLE)
        later = now + timedelta(minutes=3)
        sweep(later)
        assert north in queued()
        deliver(north, later, MIDDLE)
        assert delivery(north).status == "delivered"
        assert len(receiver.requests) == requests

    def test_a_lost_queue_message_is_made_good_by_the_clock(self, north: str, now: datetime) -> None:
        sweep(now + timedelta(seconds=30))
        assert queued() == [], "the queue still has its time"
        sweep(now + rules.REPAIR_AFTER)
        assert queued() == [north]

    def test_the_clock_repeats_itself_only_after_a_while(self, north: str, now: datetime) -> None:
        sweep(now + rules.REPAIR_AFTER)
        sweep(now + rules.REPAIR_AFTER + timedelta(seconds=60))
        assert queued() == [north]
        sweep(now + rules.REPAIR_AFTER * 2)
        assert queued() == [north]

    def test_what_the_relay_left_half_done_is_finished_when_it_comes_again(
        self, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        endpoint(NORTH, receiver.url, now)
        endpoint(VENDOR, receiver.url, now)
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(queues, "enqueue", kill)
            store.fan_out(event(now), now)
        store.fan_out(event(now), now)
        sweep(now + rules.REPAIR_AFTER)
        assert len(set(queued())) == 2

    def test_a_row_that_is_no_longer_due_is_left_alone(self, north: str, now: datetime) -> None:
        key = store.delivery_key(delivery(north).endpoint_id, north)
        deliver(north, now, MIDDLE)
        store.resend_due(key, now + timedelta(hours=1))
        store.resend_due(replace(key, pk="ENDPOINT#gone"), now)
        assert queued() == []
