"""A receiver that fails, hangs or is slow costs the others nothing; one that asks for slowness gets it."""

import threading
import time
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.platform.settings import Setting
from dealreg.webhooks.deliveries import attempts as deliver_module
from dealreg.webhooks.deliveries import policy, store
from dealreg.webhooks.endpoints import health
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Answer
from dealreg.webhooks.transport import sinks
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, deliver, delivery, endpoint, event, queued, rows

pytestmark = pytest.mark.usefixtures("local")


def waiting(count: int, now: datetime) -> list[str]:
    """Ids of so many new deliveries."""
    for number in range(count):
        store.fan_out(event(now, event_id=f"evt_{number:03d}", deal_id=f"deal_{number}"), now)
    return queued()


class TestBreaker:
    def test_an_open_breaker_spends_no_attempts(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        receiver.statuses += [500] * 10
        for delivery_id in (ids := waiting(12, now)):
            deliver(delivery_id, now, 0.5)
        assert len(receiver.requests) == 10
        opens = endpoints.load(NORTH, one.id).health.open_until
        assert opens
        for delivery_id in ids[10:]:
            turned_away = delivery(delivery_id)
            assert (turned_away.attempts, turned_away.step, turned_away.status) == (0, 0, "pending")
            assert (turned_away.next_attempt_at or now) >= opens

    def test_one_tries_again_and_the_others_follow_when_it_works(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        receiver.statuses += [500] * 10
        for delivery_id in (ids := waiting(13, now)):
            deliver(delivery_id, now, 0)
        later = now + policy.FIRST_PAUSE + timedelta(seconds=1)
        probe = endpoints.load(NORTH, one.id)
        assert health.claim_probe(probe, later)
        assert not health.claim_probe(probe, later), "one of two that come at once"
        deliver(ids[10], later, 0)
        assert len(receiver.requests) == 10, "the probe is under way"
        deliver(ids[10], delivery(ids[10]).next_attempt_at or later, 0)
        assert delivery(ids[10]).status == "delivered"
        for delivery_id in ids[11:]:
            deliver(delivery_id, later + timedelta(minutes=5), 0)
        assert len(receiver.requests) == 13

    def test_another_endpoint_of_the_same_owner_goes_on(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now)
        dead, _ = endpoint(NORTH, "http://127.0.0.1:9/", now)
        for delivery_id in waiting(15, now):
            deliver(delivery_id, now, 0.5)
        by_status = Counter((row["endpoint_id"] == dead.id, row["status"]) for row in rows("DELIVERY#"))
        assert by_status == {(False, "delivered"): 15, (True, "pending"): 15}
        assert sum(row["attempts"] for row in rows("DELIVERY#") if row["endpoint_id"] == dead.id) == 10

    def test_a_healthy_endpoints_row_is_never_written(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        before = rows(f"ENDPOINT#{one.id}")
        for delivery_id in waiting(12, now):
            deliver(delivery_id, now, 0.5)
        assert rows(f"ENDPOINT#{one.id}") == before


class TestLanes:
    def test_a_late_retry_and_a_failing_endpoint_have_a_lane_of_their_own(
        self, receiver: Receiver, now: datetime
    ) -> None:
        endpoint(NORTH, receiver.url, now)
        receiver.statuses += [500] * 12
        for delivery_id in waiting(12, now):
            deliver(delivery_id, now, 0.5)
        store.fan_out(event(now, event_id="evt_new"), now)
        (new,) = [row["id"] for row in rows("DELIVERY#") if row["event_id"] == "evt_new"]
        assert new not in queued()
        assert new in queued(Setting.SLOW_DELIVERY_QUEUE_URL)

    def test_who_hangs_leaves_the_fast_lane_before_it_has_timed_out(
        self, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        first, second = waiting(2, now)
        really_send, seen = sinks.send, list[bool]()

        def send_slowly(*said: Any) -> Answer:
            until = time.monotonic() + 10
            while not policy.is_slow(endpoints.load(NORTH, one.id).health) and time.monotonic() < until:
                time.sleep(0.01)
            deliver(second, now, 0.5)
            seen.append(delivery(second).is_slow)
            return really_send(*said)

        monkeypatch.setattr(policy, "SLOW_ANSWER_MS", 1)
        monkeypatch.setattr(sinks, "send", send_slowly)
        deliver(first, now, 0.5)
        assert seen == [True]
        assert (delivery(second).attempts, delivery(second).status) == (0, "pending")


class TestRateLimit:
    def test_each_gets_a_time_of_its_own_and_comes_once(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, rate_limit=12)
        ids = waiting(5, now)
        for delivery_id in ids:
            deliver(delivery_id, now, 0.5)
        assert len(receiver.requests) == 1
        times_given = sorted(delivery(delivery_id).next_attempt_at or now for delivery_id in ids)
        assert [(moment - now).total_seconds() for moment in times_given] == [0, 5, 10, 15, 20]
        for delivery_id in ids:
            deliver(delivery_id, delivery(delivery_id).next_attempt_at or now, 0.5)
        assert {delivery(delivery_id).status for delivery_id in ids} == {"delivered"}
        assert sum(delivery(delivery_id).attempts for delivery_id in ids) == 5

    def test_a_retry_needs_a_new_time(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, rate_limit=1)
        receiver.statuses.append(500)
        (one,) = waiting(1, now)
        deliver(one, now, 0.5)
        deliver(one, now + timedelta(seconds=10), 0.5)
        assert len(receiver.requests) == 1
        deliver(one, delivery(one).next_attempt_at or now, 0.5)
        assert delivery(one).status == "delivered"


def test_the_messages_of_a_batch_are_handled_side_by_side() -> None:
    together = threading.Barrier(10, timeout=10)

    def handle(body: str) -> None:
        together.wait()
        if body == "7":
            raise RuntimeError

    records = [{"messageId": f"m{number}", "body": str(number)} for number in range(10)]
    reply = deliver_module.each_at_once({"Records": records}, handle)
    assert reply == {"batchItemFailures": [{"itemIdentifier": "m7"}]}
