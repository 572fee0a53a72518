"""Replays: complete, and never across owners."""

from datetime import datetime, timedelta

import pytest

from dealreg.partners import partners
from dealreg.partners.partners import Partner
from dealreg.platform import dynamo, times
from dealreg.platform.errors import NotFound
from dealreg.platform.events import VENDOR
from dealreg.platform.paging import PageRequest
from dealreg.platform.settings import Setting
from dealreg.webhooks.replays import jobs as replay_jobs
from dealreg.webhooks.replays import runner as replay
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.replays import all_fail, ask, happened, heard, store_deal, tell
from tests.integration.webhooks.stage import NORTH, SOUTH, advance, endpoint, event, pointers, rows, work_off

pytestmark = pytest.mark.usefixtures("local")


class TestWhat:
    def test_what_failed_in_the_span_and_nothing_else(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        tell(happened(4, now), now)
        all_fail(3)
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
        done = replay_jobs.find(NORTH, job.id)
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
            dynamo.write(dynamo.put("Partners", partners.to_item(partner)))
        for owner, expected in ((NORTH, norths), (SOUTH, souths), (VENDOR, norths + souths)):
            receiver.requests.clear()
            one, _ = endpoint(owner, receiver.url, now)
            ask(one, now, what=["missing"])
            work_off(now)
            assert sorted(heard(receiver)) == sorted(expected)

    def test_a_job_is_its_owners_alone(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now)
        job = ask(one, now)
        for context in (replay.pause, replay.resume):
            with pytest.raises(NotFound):
                context(SOUTH, job.id, now)
        with pytest.raises(NotFound):
            replay_jobs.of_endpoint(SOUTH, one.id, PageRequest(10))

    @pytest.mark.usefixtures("small_pages")
    def test_of_a_deal_that_moved_each_hears_what_was_its_own(self, receiver: Receiver, now: datetime) -> None:
        """The vendor all of it, the new partner what came since, the first partner nothing of it any more."""
        for partner_id in (NORTH, SOUTH):
            partner = Partner(partner_id, partner_id, "registered", "active", (), now)
            dynamo.write(dynamo.put("Partners", partners.to_item(partner)))
        hour_ago = now - timedelta(hours=1)
        before = event(hour_ago, NORTH, event_id="evt_before", deal_id="deal_moved", sequence=1)
        since = event(hour_ago, SOUTH, "deal.reassigned", event_id="evt_since", deal_id="deal_moved", sequence=2)
        store_deal(SOUTH, "deal_moved", hour_ago)
        for owner, expected in ((NORTH, []), (SOUTH, [since.id]), (VENDOR, [before.id, since.id])):
            receiver.requests.clear()
            one, _ = endpoint(owner, receiver.url, now)
            ask(one, now, what=["missing"])
            work_off(now)
            assert heard(receiver) == expected


class TestPace:
    def test_half_of_a_rate_limit_is_left_to_what_is_live(self, receiver: Receiver, now: datetime) -> None:
        one, _ = endpoint(NORTH, receiver.url, now, rate_limit=8)
        tell(happened(6, now), now)
        all_fail()
        job = ask(one, now)
        while (job := replay_jobs.find(NORTH, job.id)).sent == 0:
            advance(one.id, job.id, now)
        assert job.sent == 2, "a quarter of a minute's places"
        (row,) = rows("REPLAY#")
        assert row["due_at"] == times.to_text(now + timedelta(seconds=30) + replay_jobs.REPAIR_AFTER)

    def test_a_pause_that_the_queue_cannot_wait_for_is_the_clocks(self, receiver: Receiver, now: datetime) -> None:
        for number in range(1, 9):
            event(now - timedelta(minutes=number), event_id=f"evt_{number}", deal_id="deal_long", sequence=number)
        for deal_id in ("deal_long", "deal_next"):
            store_deal(NORTH, deal_id, now)
        one, _ = endpoint(NORTH, receiver.url, now, rate_limit=1)
        job = ask(one, now, what=["missing"])
        while (job := replay_jobs.find(NORTH, job.id)).sent == 0:
            assert pointers(Setting.REPLAY_QUEUE_URL)
            advance(one.id, job.id, now)
        assert (job.sent, job.status) == (8, "running")
        assert pointers(Setting.REPLAY_QUEUE_URL) == []
        (row,) = rows("REPLAY#")
        assert row["due_at"] == times.to_text(now + timedelta(minutes=16) + replay_jobs.REPAIR_AFTER)
