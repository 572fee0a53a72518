"""Deliveries and their order when another is faster, or what they hang on has gone meanwhile."""

from datetime import datetime, timedelta

import pytest

from dealreg.platform import dynamo
from dealreg.platform.errors import StaleVersion
from dealreg.webhooks.deliveries import history, ordering, policy, rules, store
from dealreg.webhooks.endpoints import health
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Answer, Endpoint
from dealreg.webhooks.replays import jobs as replay_jobs
from dealreg.webhooks.replays import runner as replay
from tests.integration.aws_calls import lose_race_to
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.replays import ask
from tests.integration.webhooks.stage import (
    NORTH,
    advance,
    deliver,
    delivery,
    endpoint,
    event,
    queued,
    row,
    rows,
    work_off,
)

pytestmark = pytest.mark.usefixtures("local")


def told(now: datetime, *sequences: int) -> list[str]:
    """Ids of a deal's deliveries, none on its way any more."""
    for sequence in sequences:
        store.fan_out(event(now, event_id=f"evt_{sequence}", sequence=sequence), now)
    queued()
    found = sorted(rows("DELIVERY#"), key=lambda item: item["sequence"])
    return [item["id"] for item in found if item["sequence"] in sequences]


def test_whom_another_takes_it_from_sends_nothing(
    one: Endpoint, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (delivery_id,) = told(now, 1)
    before = delivery(delivery_id)
    lose_race_to(monkeypatch, lambda: store.save(before, rules.postponed(before, now + timedelta(hours=1), now)))
    deliver(delivery_id, now, 0.5)
    assert (receiver.requests, delivery(delivery_id).attempts) == ([], 0)


def test_of_two_that_would_try_whether_it_works_again_the_second_waits(
    one: Endpoint, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    (delivery_id,) = told(now, 1)
    for _ in range(policy.LEAST_ATTEMPTS):
        health.record(endpoints.load(NORTH, one.id), Answer("answered", 500, 5, ""), now)
    later = now + policy.FIRST_PAUSE + timedelta(seconds=1)
    lose_race_to(monkeypatch, lambda: health.claim_probe(endpoints.load(NORTH, one.id), later))
    deliver(delivery_id, later, 0.5)
    after = delivery(delivery_id)
    assert (receiver.requests, after.attempts, after.next_attempt_at) == ([], 0, later + policy.PROBE)


def test_sent_again_by_two_the_second_is_told(one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    (delivery_id,) = told(now, 1)
    lose_race_to(monkeypatch, lambda: history.resend(NORTH, delivery_id, now))
    with pytest.raises(StaleVersion):
        history.resend(NORTH, delivery_id, now)


def test_held_for_an_endpoint_that_was_deleted_it_stays_so(one: Endpoint, now: datetime) -> None:
    (delivery_id,) = told(now, 1)
    endpoints.delete(NORTH, one.id, now)
    store.reconsider(delivery(delivery_id), now)
    assert queued() == []


class TestInLine:
    def test_one_before_it_that_moves_on_is_not_overtaken(
        self, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one, _ = endpoint(NORTH, receiver.url, now, ordered="supersede")
        first, second = told(now, 1, 2)
        before = delivery(first)
        lose_race_to(monkeypatch, lambda: store.save(before, rules.postponed(before, now, now)))
        turn = ordering.turn_of(delivery(second), one, now)
        assert (turn.wait_until, turn.is_superseded) == (now, False)

    def test_one_before_it_that_is_over_but_for_its_row_is_passed(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now, ordered="supersede")
        first, second = told(now, 1, 2)
        change = {"status": "delivered"}
        dynamo.write(dynamo.update(store.delivery_key(one.id, first), change=change))
        assert ordering.turn_of(delivery(second), one, now) == ordering.Turn()

    def test_one_before_it_that_is_gone_is_looked_for_again(self, receiver: Receiver, now: datetime) -> None:
        """Its row in line follows it to its end of life."""
        one, _ = endpoint(NORTH, receiver.url, now, ordered="on")
        first, second = told(now, 1, 2)
        dynamo.write(dynamo.delete(store.delivery_key(one.id, first)))
        assert ordering.turn_of(delivery(second), one, now).wait_until == now

    def test_sent_again_after_its_end_it_stands_in_line_again(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, ordered="on")
        (delivery_id,) = told(now, 1)
        deliver(delivery_id, now, 0.5)
        assert rows("LINE#") == []
        history.resend(NORTH, delivery_id, now)
        assert [item["delivery_id"] for item in rows("LINE#")] == [delivery_id]
        work_off(now)
        assert (rows("LINE#"), row(delivery_id)["status"]) == ([], "delivered")


class TestReplays:
    def test_a_page_of_one_that_came_to_its_end_of_life_is_nothing(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now)
        dynamo.write(dynamo.delete(dynamo.Key("Webhooks", f"ENDPOINT#{one.id}", f"REPLAY#{job.id}")))
        advance(one.id, job.id, now)
        assert rows("REPLAY#") == []

    def test_a_release_takes_the_place_of_one_that_came_to_its_end_of_life(self, one: Endpoint, now: datetime) -> None:
        first = replay.release_held(one, now)
        dynamo.write(dynamo.delete(dynamo.Key("Webhooks", f"ENDPOINT#{one.id}", f"REPLAY#{first.id}")))
        assert replay_jobs.release_at_work(NORTH, one.id) is None
        second = replay.release_held(one, now + endpoints.KEPT)
        assert [item["replay_id"] for item in rows("AT_WORK#")] == [second.id]

    def test_one_that_is_not_due_is_left_alone(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now)
        replay.on_due(dynamo.Key("Webhooks", f"ENDPOINT#{one.id}", f"REPLAY#{job.id}"), now)
        assert replay_jobs.find(NORTH, job.id) == job
