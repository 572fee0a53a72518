"""One deal's events in their order, for endpoints that want it so; other deals do not wait."""

from datetime import datetime, timedelta

import pytest

from dealreg.platform import due, dynamo, events, times
from dealreg.webhooks.deliveries import rules, store
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, deliver, delivery, endpoint, event, queued, rows, work_off

pytestmark = pytest.mark.usefixtures("local")


def happen(now: datetime, *sequences: int, deal_id: str = "deal_1") -> dict[int, str]:
    """Tells of a deal's events, in this order; their delivery ids by sequence."""
    for sequence in sequences:
        event_id = f"evt_{deal_id}_{sequence}"
        moment = now + timedelta(milliseconds=sequence)
        store.fan_out(event(moment, event_id=event_id, deal_id=deal_id, sequence=sequence), now)
    return {row["sequence"]: row["id"] for row in rows("DELIVERY#") if row["subject"] == deal_id}


def heard(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"].removeprefix("evt_") for request in receiver.requests]


class TestOrdered:
    def test_the_second_waits_for_the_first_whatever_the_queue_does(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, ordered="on")
        ids = happen(now, 1, 2, 3)
        queued()
        for sequence in (3, 2):
            deliver(ids[sequence], now + timedelta(seconds=1), 0.5)
        assert heard(receiver) == []
        deliver(ids[1], now + timedelta(seconds=1), 0.5)
        assert heard(receiver) == ["deal_1_1"]
        work_off(now + timedelta(seconds=2))
        assert heard(receiver) == ["deal_1_1", "deal_1_2", "deal_1_3"]
        assert rows("LINE#") == []

    def test_it_waits_while_the_first_is_tried_again_and_other_deals_do_not(
        self, receiver: Receiver, now: datetime
    ) -> None:
        endpoint(NORTH, receiver.url, now, ordered="on")
        ids = happen(now, 1, 2) | {10: next(iter(happen(now, 1, deal_id="deal_2").values()))}
        queued()
        receiver.statuses.append(500)
        for sequence in (1, 2, 10):
            deliver(ids[sequence], now + timedelta(seconds=1), 0.5)
        assert heard(receiver) == ["deal_1_1", "deal_2_1"]
        waiting = delivery(ids[2])
        first = delivery(ids[1])
        assert (waiting.attempts, waiting.due_at) == (0, (first.next_attempt_at or now) + rules.REPAIR_AFTER)
        deliver(ids[1], first.next_attempt_at or now, 0.5)
        assert queued() == [ids[2]], "it is called as soon as the first is done"

    def test_one_that_fails_for_good_lets_the_next_go(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, ordered="on")
        ids = happen(now, 1, 2)
        queued()
        receiver.statuses += [500] * 10
        while moment := delivery(ids[1]).next_attempt_at:
            deliver(ids[1], moment, 0.5)
        assert delivery(ids[1]).status == "failed"
        assert queued()[-1] == ids[2]

    def test_an_event_that_the_relay_has_not_published_yet_is_told_first(
        self, receiver: Receiver, now: datetime
    ) -> None:
        endpoint(NORTH, receiver.url, now, ordered="on")
        before = event(now, event_id="evt_deal_1_1", sequence=1)
        dynamo.write(dynamo.put("Deals", events.to_item(before)))
        happen(now, 2)
        assert {row["sequence"] for row in rows("DELIVERY#")} == {1, 2}
        work_off(now + timedelta(seconds=1))
        assert heard(receiver) == ["deal_1_1", "deal_1_2"]

    def test_without_the_wish_nothing_waits(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now)
        ids = happen(now, 1, 2)
        queued()
        deliver(ids[2], now + timedelta(seconds=1), 0.5)
        assert heard(receiver) == ["deal_1_2"]
        assert rows("LINE#") == []

    def test_a_lost_call_is_made_good_by_the_clock(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, ordered="on")
        ids = happen(now, 1, 2)
        queued()
        deliver(ids[2], now, 0.5)
        deliver(ids[1], now + timedelta(seconds=1), 0.5)
        queued()  # lost
        row = next(row for row in rows("DELIVERY#") if row["id"] == ids[2])
        later = times.from_text(row["due_at"])
        store.resend_due(dynamo.Key("Webhooks", row["pk"], row["sk"]), later)
        work_off(later)
        assert heard(receiver) == ["deal_1_1", "deal_1_2"]


class TestSupersede:
    def test_only_the_newest_state_is_sent(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, ordered="supersede")
        ids = happen(now, 1, 2, 3)
        work_off(now + timedelta(seconds=1))
        assert heard(receiver) == ["deal_1_3"]
        assert [delivery(ids[sequence]).status for sequence in (1, 2, 3)] == ["superseded", "superseded", "delivered"]
        assert rows("LINE#") == []

    def test_a_retry_of_an_old_state_gives_way_to_a_newer_one(self, receiver: Receiver, now: datetime) -> None:
        endpoint(NORTH, receiver.url, now, ordered="supersede")
        receiver.statuses.append(500)
        ids = happen(now, 1)
        deliver(ids[1], now + timedelta(seconds=1), 0.5)
        ids = happen(now + timedelta(seconds=2), 2)
        deliver(ids[2], now + timedelta(seconds=3), 0.5)
        deliver(ids[1], delivery(ids[1]).next_attempt_at or now + timedelta(minutes=1), 0.5)
        assert heard(receiver) == ["deal_1_1", "deal_1_2"]
        assert delivery(ids[1]).status == "superseded"

    def test_what_is_being_sent_is_not_overtaken(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now, ordered="supersede")
        ids = happen(now, 1, 2)
        queued()
        first = delivery(ids[1])
        store.save(first, rules.begin(first, *store.endpoint_and_message(first), now))
        deliver(ids[2], now + timedelta(seconds=1), 0.5)
        assert heard(receiver) == []
        assert delivery(ids[2]).attempts == 0
        assert one.ordered == "supersede"


def test_one_that_nobody_takes_up_lets_the_next_go_in_the_end(
    receiver: Receiver, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    """Its message dies each time, through a fault of ours."""
    one, _ = endpoint(NORTH, receiver.url, now, ordered="on")
    ids = happen(now, 1, 2)
    while (stuck := delivery(ids[1])).status == "pending":
        queued()
        store.resend_due(store.delivery_key(one.id, stuck.id), stuck.due_at or now)
    assert stuck.last_result == "undeliverable"
    given_up = [record for record in caplog.records if record.message == due.GIVEN_UP]
    assert [(record.levelname, record.__dict__["delivery_id"]) for record in given_up] == [("ERROR", stuck.id)]
    deliver(ids[2], now + timedelta(days=3), 0.5)
    assert heard(receiver) == ["deal_1_2"]
