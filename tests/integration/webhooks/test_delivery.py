"""From an event to the receiver: who is told, what is sent, and what becomes of what fails."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.platform import due, times
from dealreg.platform.errors import StaleVersion
from dealreg.platform.events import VENDOR
from dealreg.platform.settings import Setting
from dealreg.webhooks.deliveries import attempts as deliver_module
from dealreg.webhooks.deliveries import history, rules, store
from dealreg.webhooks.endpoints import lifecycle
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.transport import sender, signing
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import (
    NORTH,
    SOUTH,
    attempts,
    delayed,
    deliver,
    delivery,
    endpoint,
    event,
    queued,
    row,
    rows,
)

pytestmark = pytest.mark.usefixtures("local")
MIDDLE = 0.5
"""A chance that neither lengthens nor shortens a wait."""


class TestFanOut:
    def test_a_partners_event_goes_to_the_partner_and_the_vendor_alone(self, receiver: Receiver, now: datetime) -> None:
        for owner in (NORTH, SOUTH, VENDOR):
            endpoint(owner, receiver.url, now)
        store.fan_out(event(now, NORTH), now)
        assert sorted(delivery(delivery_id).owner for delivery_id in queued()) == [NORTH, VENDOR]

    def test_only_endpoints_that_subscribed(self, receiver: Receiver, now: datetime) -> None:
        wanted, _ = endpoint(NORTH, receiver.url, now, "deal.won", "deal.approved")
        endpoint(NORTH, receiver.url, now, "deal.won")
        store.fan_out(event(now), now)
        assert [delivery(delivery_id).endpoint_id for delivery_id in queued()] == [wanted.id]

    def test_what_has_no_audience_never_leaves(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, "*")
        store.fan_out(replace(event(now), audience=()), now)
        assert queued() == []

    def test_telling_twice_makes_one_delivery(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now)
        store.fan_out(event(now), now)
        store.fan_out(event(now), now + timedelta(seconds=30))
        assert len(set(queued())) == 1

    def test_more_endpoints_than_a_queue_batch(self, receiver: Receiver, now: datetime) -> None:
        for _ in range(12):
            endpoint(NORTH, receiver.url, now)
        store.fan_out(event(now), now)
        assert len(set(queued())) == 12

    def test_a_disabled_endpoint_misses_nothing(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        lifecycle.change(NORTH, one.id, {"status": "disabled"}, now)
        store.fan_out(event(now), now)
        assert [found["status"] for found in rows("DELIVERY#")] == ["held"]
        assert queued() == []

    def test_a_new_delivery_is_on_the_clock_in_case_the_queue_loses_it(self, north: str, now: datetime) -> None:
        assert row(north)["due_at"] == times.to_text(now + rules.REPAIR_AFTER)


class TestWhatIsSent:
    def test_the_envelope_without_anything_internal(self, north: str, receiver: Receiver, now: datetime) -> None:
        deliver(north, now, MIDDLE)
        (request,) = receiver.requests
        assert json.loads(request.body) == {
            "id": "evt_1",
            "type": "deal.approved",
            "version": 1,
            "timestamp": "2026-11-23T10:00:00.000Z",
            "subject": "deal_1",
            "sequence": 3,
            "partner_id": NORTH,
            "data": {"deal_id": "deal_1", "version": 3, "status": "approved"},
        }

    def test_signed_with_the_secret_that_was_shown(self, receiver: Receiver, now: datetime) -> None:
        _, secret = endpoint(NORTH, receiver.url, now)
        store.fan_out(event(now), now)
        deliver(queued()[0], now, MIDDLE)
        (request,) = receiver.requests
        assert signing.verify(request.headers, request.body, [secret], now) == "evt_1"

    def test_a_thin_one_says_only_which_state_of_which_deal(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, payload="thin", headers={"X-Tenant": "north"})
        store.fan_out(event(now), now)
        deliver(queued()[0], now, MIDDLE)
        (request,) = receiver.requests
        said = json.loads(request.body)
        assert said["data"] == {"deal_id": "deal_1", "version": 3}
        assert (said["sequence"], said["type"], request.headers["x-tenant"]) == (3, "deal.approved", "north")

    def test_with_both_secrets_during_a_rotation(self, receiver: Receiver, now: datetime) -> None:
        one, first = endpoint(NORTH, receiver.url, now)
        second = endpoints.rotate_secret(NORTH, one.id, now)
        store.fan_out(event(now), now)
        deliver(queued()[0], now, MIDDLE)
        (request,) = receiver.requests
        for secret in (first, second):
            assert signing.verify(request.headers, request.body, [secret], now) == "evt_1"

    def test_each_attempt_has_the_same_id_and_body_and_a_time_of_its_own(
        self, north: str, receiver: Receiver, now: datetime
    ) -> None:
        receiver.statuses += [500, 500]
        for _ in range(3):
            deliver(north, (delivery(north).next_attempt_at or now) + timedelta(seconds=1), MIDDLE)
        requests = receiver.requests
        assert {request.headers["webhook-id"] for request in requests} == {"evt_1"}
        assert len({request.body for request in requests}) == 1
        assert len({request.headers["webhook-timestamp"] for request in requests}) == 3

    def test_the_order_in_which_the_database_gives_its_fields_is_not_seen(self, now: datetime) -> None:
        one = event(now)
        turned = replace(one, data=dict(reversed(list(one.data.items()))))
        assert store.message_of(one).body == store.message_of(turned).body

    def test_nothing_is_sent_for_an_event_whose_row_is_another_ones(
        self, north: str, receiver: Receiver, now: datetime
    ) -> None:
        event(now, event_id="evt_other")
        deliver(north, now, MIDDLE)
        assert (delivery(north).status, delivery(north).last_result) == ("failed", "message_expired")
        assert receiver.requests == []


class TestOutcome:
    def test_a_success_ends_it(self, north: str, receiver: Receiver, now: datetime) -> None:
        deliver(north, now, MIDDLE)
        assert delivery(north).status == "delivered"
        assert not set(due.ATTRIBUTES) & set(row(north)), "it left the clock"
        (attempt,) = attempts(north)
        assert (attempt["result"], attempt["status_code"], attempt["body"]) == ("answered", 200, "thank you")

    def test_a_short_answer_costs_no_row_of_its_own_and_is_shown_all_the_same(
        self, north: str, receiver: Receiver, now: datetime
    ) -> None:
        deliver(north, now, MIDDLE)
        assert rows("ATTEMPT#") == []
        receiver.answer = b"x" * 500
        history.resend(NORTH, north, now)
        deliver(north, now, MIDDLE)
        assert len(rows("ATTEMPT#")) == 1, "a long one does"
        shown = history.show(NORTH, north)
        assert [(attempt["number"], attempt["body"]) for attempt in shown["attempts"]] == [
            (2, "x" * 500),
            (1, "thank you"),
        ]

    def test_a_receivers_500_is_a_state_and_the_retry_waits_in_the_queue(
        self, north: str, receiver: Receiver, now: datetime
    ) -> None:
        receiver.statuses.append(500)
        deliver(north, now, MIDDLE)
        after = delivery(north)
        assert (after.status, after.attempts, after.last_status_code) == ("pending", 1, 500)
        assert after.next_attempt_at
        assert timedelta(seconds=5) <= after.next_attempt_at - now < timedelta(seconds=10)
        assert delayed() == 1
        assert row(north)["due_at"] == times.to_text(after.next_attempt_at + rules.REPAIR_AFTER)

    def test_a_long_wait_is_the_clocks(self, north: str, receiver: Receiver, now: datetime) -> None:
        receiver.statuses += [500] * 3
        for _ in range(3):
            now = max(now, delivery(north).next_attempt_at or now)
            deliver(north, now, MIDDLE)
        after = delivery(north)
        assert after.next_attempt_at
        assert timedelta(minutes=30) <= after.next_attempt_at - now < timedelta(minutes=31)
        assert delayed() == 2, "nothing for the third wait"
        assert row(north)["due_at"] == times.to_text(after.next_attempt_at)

    def test_after_ten_attempts_it_has_failed(self, north: str, receiver: Receiver, now: datetime) -> None:
        receiver.statuses += [500] * 20
        while (waiting := delivery(north)).next_attempt_at:
            deliver(north, waiting.next_attempt_at, MIDDLE)
        assert (waiting.status, waiting.attempts) == ("failed", 10)
        assert [attempt["number"] for attempt in attempts(north)] == list(range(1, 11))
        assert "due_at" not in row(north)

    def test_an_unreachable_receiver_tells_nothing_of_why(self, now: datetime) -> None:
        endpoint(NORTH, "http://127.0.0.1:9/", now)
        store.fan_out(event(now), now)
        (delivery_id,) = queued()
        deliver(delivery_id, now, MIDDLE)
        assert delivery(delivery_id).last_result == "unreachable"

    def test_a_url_that_is_no_longer_allowed_is_not_called(
        self, north: str, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(Setting.ALLOW_LOOPBACK_WEBHOOKS, "false")
        deliver(north, now, MIDDLE)
        assert delivery(north).last_result == "unreachable"
        assert receiver.requests == []

    def test_retry_after_is_heard(self, north: str, receiver: Receiver, now: datetime) -> None:
        receiver.statuses.append(503)
        receiver.headers["Retry-After"] = "600"
        deliver(north, now, MIDDLE)
        waits = (delivery(north).next_attempt_at or now) - now
        assert timedelta(seconds=600) <= waits < timedelta(seconds=610)

    def test_disabled_meanwhile_it_is_held(self, north: str, receiver: Receiver, now: datetime) -> None:
        lifecycle.change(NORTH, delivery(north).endpoint_id, {"status": "disabled"}, now)
        deliver(north, now, MIDDLE)
        assert delivery(north).status == "held"
        assert receiver.requests == []

    def test_deleted_meanwhile_it_fails(self, north: str, receiver: Receiver, now: datetime) -> None:
        endpoints.delete(NORTH, delivery(north).endpoint_id, now)
        deliver(north, now, MIDDLE)
        assert (delivery(north).status, delivery(north).last_result) == ("failed", "endpoint_deleted")
        assert receiver.requests == []


class TestTwice:
    def test_a_queue_message_that_comes_again_sends_nothing(
        self, north: str, receiver: Receiver, now: datetime
    ) -> None:
        deliver(north, now, MIDDLE)
        deliver(north, now, MIDDLE)
        assert len(receiver.requests) == 1

    def test_nor_does_one_that_comes_before_its_time(self, north: str, receiver: Receiver, now: datetime) -> None:
        receiver.statuses.append(500)
        deliver(north, now, MIDDLE)
        deliver(north, now + timedelta(seconds=1), MIDDLE)
        assert len(receiver.requests) == 1

    def test_nor_one_of_a_delivery_that_is_unknown(self, receiver: Receiver, now: datetime) -> None:
        deliver_module.deliver("whe_unknown", "dlv_unknown", now, MIDDLE)
        assert receiver.requests == []

    def test_of_two_that_take_it_at_once_one_sends(self, north: str, now: datetime) -> None:
        before = delivery(north)
        one, message = store.endpoint_and_message(before)
        store.save(before, rules.begin(before, one, message, now))
        with pytest.raises(StaleVersion):
            store.save(before, rules.begin(before, one, message, now))

    def test_an_attempt_that_outlived_its_lease_changes_nothing(
        self, north: str, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real_post = sender.post

        def slow_post(*arguments: Any) -> Any:
            monkeypatch.setattr(sender, "post", real_post)
            deliver(north, now + rules.LEASE, MIDDLE)  # another takes the lease that ran out
            return real_post(*arguments)

        monkeypatch.setattr(sender, "post", slow_post)
        receiver.statuses += [200, 500]
        deliver(north, now, MIDDLE)
        assert delivery(north).status == "delivered"
        assert [attempt["status_code"] for attempt in attempts(north)] == [500, 200], "both were made"
