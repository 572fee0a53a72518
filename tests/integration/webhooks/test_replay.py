"""Replays: complete, durable, never across owners."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import aws, dynamo, events, times
from dealreg.errors import NotFound
from dealreg.partners.model import Partner, partner_to_item
from dealreg.settings import Setting
from dealreg.validation import parse_values
from dealreg.webhooks import endpoints, replay, store
from dealreg.webhooks.inputs import ReplayRequest
from dealreg.webhooks.model import VENDOR, Endpoint
from dealreg.webhooks.replay import Job
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, SOUTH, endpoint, event, pointers, queued, rows, work_off

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dealreg.webhooks.replay.PAGE", 2)
    monkeypatch.setattr("dealreg.webhooks.past_events._DEALS", 1)


def happened(count: int, now: datetime, owner: str = NORTH, begin: int = 0) -> list[str]:
    """Events a minute apart, the first an hour ago; each of a deal of its own, stored where deals have them."""
    ids: list[str] = []
    for number in range(begin, begin + count):
        moment = now - timedelta(minutes=60 - number)
        deal_id = f"deal_{owner}{ord(owner[5])}{number:05d}"
        one = event(moment, owner, event_id=f"evt_{owner}_{number}", deal_id=deal_id, sequence=1)
        deal = {"pk": f"PARTNER#{owner}", "sk": f"DEAL#{deal_id}", "id": deal_id, "updated_at": times.to_text(moment)}
        dynamo.write(dynamo.put("Deals", deal))
        dynamo.write(dynamo.put("Deals", events.to_item(one)))
        ids.append(one.id)
    return ids


def tell(ids: list[str], now: datetime, owner: str = NORTH) -> None:
    for event_id in ids:
        number = int(event_id.rpartition("_")[2])
        moment = now - timedelta(minutes=60 - number)
        deal_id = f"deal_{owner}{ord(owner[5])}{number:05d}"
        told_at = now - timedelta(minutes=30)
        store.fan_out(event(moment, owner, event_id=event_id, deal_id=deal_id, sequence=1), told_at)


def ask(one: Endpoint, now: datetime, **wanted: Any) -> Job:
    values = {"since": now - timedelta(hours=2), "until": now} | wanted
    return replay.start(one.owner, one.id, parse_values(ReplayRequest, values), now)


def heard(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]


def steps(now: datetime) -> Iterator[None]:
    """One page of each waiting job at a time."""
    while found := [pointer for pointer in pointers(Setting.SLOW_DELIVERY_QUEUE_URL) if "replay_id" in pointer]:
        for pointer in found:
            replay.advance(pointer["endpoint_id"], pointer["replay_id"], now)
            yield


def repair(now: datetime) -> None:
    """As the clock does it, and then all that it set in motion."""
    for row in [*rows("REPLAY#"), *rows("DELIVERY#")]:
        if "due_at" in row:
            (replay.on_due if "REPLAY" in row["sk"] else store.resend_due)(row["pk"], row["sk"], now)
    work_off(now)


class TestWhat:
    def test_what_failed_in_the_span_and_nothing_else(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        tell(happened(4, now), now)
        for row in rows("DELIVERY#")[:3]:
            dynamo.write(dynamo.update(dynamo.Key("Webhooks", row["pk"], row["sk"]), change={"status": "failed"}))
        queued()
        failed = {row["event_id"] for row in rows("DELIVERY#") if row["status"] == "failed"}
        ask(one, now, since=now - timedelta(minutes=59), until=now - timedelta(minutes=57))
        work_off(now)
        assert set(heard(receiver)) == failed & {f"evt_{NORTH}_{number}" for number in (1, 2, 3)}

    @pytest.mark.usefixtures("small_pages")
    def test_what_an_endpoint_missed_because_it_came_later(self, receiver: Receiver, now: datetime) -> None:
        ids = happened(7, now)
        one, _ = endpoint(NORTH, receiver.url, now)
        tell(ids[:2], now)
        work_off(now)
        receiver.requests.clear()
        job = ask(one, now, what=["missing"])
        work_off(now)
        assert heard(receiver) == ids[2:]
        done = replay.show(NORTH, job.id)
        assert (done.status, done.total, done.sent) == ("done", 5, 5)

    def test_missing_is_only_what_it_subscribes_to(self, receiver: Receiver, now: datetime) -> None:
        happened(3, now)
        one, _ = endpoint(NORTH, receiver.url, now, "deal.won")
        ask(one, now, what=["missing"])
        work_off(now)
        assert heard(receiver) == []

    def test_missing_events_of_the_span_alone(self, receiver: Receiver, now: datetime) -> None:
        ids = happened(5, now)
        one, _ = endpoint(NORTH, receiver.url, now)
        ask(one, now, what=["missing"], since=now - timedelta(minutes=58), until=now - timedelta(minutes=57))
        work_off(now)
        assert heard(receiver) == ids[2:4]

    def test_a_kind_of_event(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        tell(happened(2, now), now)
        work_off(now)
        receiver.requests.clear()
        ask(one, now, what=["delivered"], event_types=["deal.won"])
        work_off(now)
        assert heard(receiver) == []

    def test_with_the_same_webhook_id_and_a_new_time(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        tell(happened(1, now), now)
        work_off(now)
        ask(one, now, what=["delivered"])
        work_off(now + timedelta(seconds=30))
        first, second = receiver.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


class TestWhose:
    @pytest.mark.usefixtures("small_pages")
    def test_never_another_partners(self, receiver: Receiver, now: datetime) -> None:
        norths = [happened(1, now, NORTH, number)[0] for number in range(4)]
        souths = [happened(1, now, SOUTH, number)[0] for number in range(4)]
        for partner_id in (NORTH, SOUTH):
            partner = Partner(partner_id, partner_id, "registered", "active", (), now)
            dynamo.write(dynamo.put("Partners", partner_to_item(partner)))
        for owner, expected in ((NORTH, norths), (SOUTH, souths), (VENDOR, norths + souths)):
            receiver.requests.clear()
            one, _ = endpoint(owner, receiver.url, now)
            ask(one, now, what=["missing"])
            work_off(now)
            assert sorted(heard(receiver)) == sorted(expected)

    def test_a_job_is_its_owners_alone(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        job = ask(one, now)
        for act in (replay.pause, replay.resume):
            with pytest.raises(NotFound):
                act(SOUTH, job.id, now)
        with pytest.raises(NotFound):
            replay.list_jobs(SOUTH, one.id)


@pytest.mark.usefixtures("small_pages")
class TestJob:
    @pytest.fixture
    def one(self, receiver: Receiver, now: datetime) -> Endpoint:
        """With five deliveries that failed, and four events it was never told of."""
        made, _ = endpoint(NORTH, receiver.url, now)
        ids = happened(9, now)
        tell(ids[:5], now)
        for row in rows("DELIVERY#"):
            dynamo.write(dynamo.update(dynamo.Key("Webhooks", row["pk"], row["sk"]), change={"status": "failed"}))
        queued()
        return made

    def test_a_preview_counts_and_waits_for_the_word(self, one: Endpoint, receiver: Receiver, now: datetime) -> None:
        job = ask(one, now, what=["failed", "missing"], preview=True)
        work_off(now)
        counted = replay.show(NORTH, job.id)
        assert (counted.status, counted.total, counted.sent) == ("ready", 9, 0)
        assert heard(receiver) == []
        replay.resume(NORTH, job.id, now)
        work_off(now)
        assert (replay.show(NORTH, job.id).sent, len(set(heard(receiver)))) == (9, 9)

    def test_paused_at_any_page_it_goes_on_there(self, one: Endpoint, receiver: Receiver, now: datetime) -> None:
        job = ask(one, now, what=["failed", "missing"])
        for _ in steps(now):
            if replay.show(NORTH, job.id).status != "done":
                paused = replay.pause(NORTH, job.id, now)
                list(steps(now))
                assert replay.show(NORTH, job.id) == paused, "it rests"
                replay.resume(NORTH, job.id, now)
        repair(now + replay.REPAIR_AFTER)  # `steps` took the deliveries' messages too
        done = replay.show(NORTH, job.id)
        assert (done.status, done.total, done.sent) == ("done", 9, 9)
        assert sorted(heard(receiver)) == sorted(set(heard(receiver)))
        assert len(heard(receiver)) == 9

    @pytest.mark.parametrize("call", range(1, 40, 3))
    def test_killed_anywhere_the_clock_takes_it_up(
        self, one: Endpoint, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch, call: int
    ) -> None:
        job = ask(one, now, what=["failed", "missing"])
        with monkeypatch.context() as patch:
            _die_at_write(patch, call)
            try:
                for _ in steps(now):
                    pass
            except Killed:
                pointers(Setting.SLOW_DELIVERY_QUEUE_URL)  # what it had in hand is lost
        repair(now + replay.REPAIR_AFTER)
        assert replay.show(NORTH, job.id).status == "done"
        assert len(set(heard(receiver))) == 9, "all of them"
        assert len(heard(receiver)) == 9, "and each once"

    def test_a_page_that_two_work_on_is_done_once(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now, what=["failed"])
        (pointer,) = pointers(Setting.SLOW_DELIVERY_QUEUE_URL)
        replay.advance(pointer["endpoint_id"], job.id, now)
        pointers(Setting.SLOW_DELIVERY_QUEUE_URL)
        for _ in range(2):
            before = replay.show(NORTH, job.id)
            replay.advance(one.id, job.id, now)
            assert replay.show(NORTH, job.id).version == before.version + 1

    def test_it_waits_when_the_endpoint_is_disabled(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now, what=["failed"])
        endpoints.change(NORTH, one.id, {"status": "disabled"})
        list(steps(now))
        assert replay.show(NORTH, job.id).status == "paused"

    def test_its_deliveries_go_through_the_slow_lane(self, one: Endpoint, now: datetime) -> None:
        ask(one, now, what=["failed"])
        seen: list[str] = []
        while found := pointers(Setting.SLOW_DELIVERY_QUEUE_URL):
            for pointer in found:
                if "replay_id" in pointer:
                    replay.advance(pointer["endpoint_id"], pointer["replay_id"], now)
                else:
                    seen.append(json.dumps(pointer))
        assert len(seen) == 5
        assert queued() == []


class Killed(BaseException):
    """The process ends here."""


def _die_at_write(patch: pytest.MonkeyPatch, number: int) -> None:
    """At the write, or the queue message, with this number: it is done, and nothing after it."""
    left, client, really_write = [number], aws.client, dynamo.write

    def count_down() -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Killed

    def write(action: dynamo.Action) -> None:
        really_write(action)
        count_down()

    def watched_client(service: str) -> Any:
        if service == "sqs":
            count_down()
        return client(service)

    patch.setattr(dynamo, "write", write)
    patch.setattr(aws, "client", watched_client)
