"""A replay ends: there are only so many at work, and one whose pages are lost again and again has failed."""

import itertools
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dealreg.platform import due, dynamo
from dealreg.platform.errors import Conflict, InvalidInput, StaleVersion, Unavailable
from dealreg.platform.settings import Setting
from dealreg.webhooks.endpoints import lifecycle
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Endpoint
from dealreg.webhooks.replays import jobs as replay_jobs
from dealreg.webhooks.replays import runner as replay
from dealreg.webhooks.replays.jobs import PLACES, Job
from tests.integration.aws_calls import lose_every_race_to, lose_race_to
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.replays import all_fail, ask, happened, heard, tell
from tests.integration.webhooks.stage import NORTH, advance, endpoint, pointers, rows, work_off

pytestmark = pytest.mark.usefixtures("local", "no_pauses")


@pytest.fixture
def one(receiver: Receiver, now: datetime) -> Endpoint:
    """With three deliveries that failed."""
    made, _ = endpoint(NORTH, receiver.url, now)
    tell(happened(3, now), now)
    all_fail()
    return made


def key_of(job: Job) -> dynamo.Key:
    return dynamo.Key("Webhooks", f"ENDPOINT#{job.endpoint_id}", f"REPLAY#{job.id}")


def places() -> int:
    return len(rows("AT_WORK#"))


def status(job: Job) -> str:
    return replay_jobs.find(NORTH, job.id).status


class TestHowMany:
    def test_so_many_of_an_owner_work_whatever_the_endpoint(
        self, one: Endpoint, receiver: Receiver, now: datetime
    ) -> None:
        other, _ = endpoint(NORTH, receiver.url, now)
        for number in range(PLACES):
            ask((one, other)[number % 2], now)
        with pytest.raises(Conflict):
            ask(one, now)
        elsewhere, _ = endpoint("part_south", receiver.url, now)
        assert ask(elsewhere, now), "another owner has its own"

    def test_the_last_place_is_given_once(self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(PLACES - 1):
            ask(one, now)
        lose_race_to(monkeypatch, lambda: ask(one, now))
        with pytest.raises(Conflict):
            ask(one, now)
        assert places() == len(rows("REPLAY#")) == PLACES

    def test_of_two_at_once_with_room_each_has_a_place(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: ask(one, now))
        ask(one, now)
        assert places() == len(rows("REPLAY#")) == 2

    def test_who_is_always_second_is_told_to_come_again(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(replay_jobs, "PLACES", 20)
        lose_every_race_to(monkeypatch, lambda: ask(one, now))
        with pytest.raises(Unavailable):
            ask(one, now)

    def test_at_its_end_and_at_rest_it_leaves_its_place(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now)
        replay.pause(NORTH, job.id, now)
        assert places() == 0
        replay.resume(NORTH, job.id, now)
        assert places() == 1
        work_off(now)
        assert (status(job), places()) == ("done", 0)

    def test_one_that_rests_needs_a_place_to_go_on(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now)
        replay.pause(NORTH, job.id, now)
        for _ in range(PLACES):
            ask(one, now)
        with pytest.raises(Conflict):
            replay.resume(NORTH, job.id, now)
        assert status(job) == "paused"

    def test_a_place_whose_holder_came_to_its_end_of_life_is_free(self, one: Endpoint, now: datetime) -> None:
        for _ in range(PLACES):
            ask(one, now)
        for row in [*rows("AT_WORK#"), *rows("REPLAY#")][:1]:
            past = {"ttl": int((now - timedelta(days=1)).timestamp())}
            dynamo.write(dynamo.update(dynamo.Key("Webhooks", row["pk"], row["sk"]), change=past))
        assert ask(one, now)

    def test_however_often_it_is_enabled_one_release_works(
        self, one: Endpoint, receiver: Receiver, now: datetime
    ) -> None:
        jobs: list[str] = []
        for _ in range(8):
            lifecycle.change(NORTH, one.id, {"status": "disabled"}, now)
            lifecycle.change(NORTH, one.id, {"status": "enabled"}, now)
            jobs += [row["replay_id"] for row in rows("AT_WORK#")]
        assert (places(), len(set(jobs))) == (1, 8)
        by_status = sorted(row["status"] for row in rows("REPLAY#"))
        assert by_status == ["counting"] + ["done"] * 7
        for _ in range(PLACES):
            ask(one, now)

    def test_a_release_that_ends_by_itself_meanwhile_is_in_nobodys_way(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = replay.release_held(one, now)
        lose_race_to(monkeypatch, lambda: replay_jobs.save(first_now(first), at_end(first_now(first)), now))
        second = replay.release_held(one, now)
        assert [row["replay_id"] for row in rows("AT_WORK#")] == [second.id]

    def test_one_that_is_always_overtaken_is_told_to_come_again(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Whoever releases finds another at work, which goes on while it is being ended."""
        first = replay.release_held(one, now)
        lose_every_race_to(monkeypatch, lambda: replay_jobs.save(first_now(first), first_now(first), now))
        with pytest.raises(Unavailable):
            replay.release_held(one, now)
        assert status(first) == "counting"


def first_now(job: Job) -> Job:
    return replay_jobs.load(job.endpoint_id, job.id)


def at_end(job: Job) -> Job:
    return replace(job, status="done", position={})


class TestLostPages:
    def lose(self, job: Job, now: datetime) -> datetime:
        """Its next page, whose message nobody gets to read; until the clock looks at it."""
        pointers(Setting.REPLAY_QUEUE_URL)
        at = datetime.fromisoformat(dynamo_row(job)["due_at"])
        replay.on_due(key_of(job), at)
        return at

    def test_it_is_called_again_later_and_later_and_then_has_failed(
        self, one: Endpoint, now: datetime, caplog: pytest.LogCaptureFixture
    ) -> None:
        job, called = ask(one, now), list[datetime]()
        while status(job) != "failed":
            called.append(self.lose(job, now))
        waits = [later - earlier for earlier, later in itertools.pairwise(called)]
        assert len(called) == replay.MAX_TRIES + 1
        assert waits == sorted(waits)
        assert called[-1] - now < timedelta(hours=8)
        shown = replay_jobs.view(replay_jobs.find(NORTH, job.id))
        assert shown["failed_because"] == "One of its pages failed 10 times in a row."
        assert "due_at" not in dynamo_row(job), "it is on no clock any more"
        assert places() == 0
        said = [record for record in caplog.records if record.message == due.GIVEN_UP]
        assert [(one.levelno, one.__dict__["replay_id"]) for one in said] == [(logging.ERROR, job.id)]

    def test_a_page_that_is_done_begins_the_count_anew(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now)
        for _ in range(replay.MAX_TRIES):
            self.lose(job, now)
        advance(one.id, job.id, now)
        assert replay_jobs.find(NORTH, job.id).tries == 0

    def test_failed_it_can_be_sent_on_its_way_again(self, one: Endpoint, receiver: Receiver, now: datetime) -> None:
        job = ask(one, now)
        while status(job) != "failed":
            self.lose(job, now)
        replay.resume(NORTH, job.id, now)
        work_off(now)
        done = replay_jobs.view(replay_jobs.find(NORTH, job.id))
        assert (done["status"], done["sent"], done["failed_because"]) == ("done", 3, None)
        assert len(heard(receiver)) == 3

    def test_without_its_endpoint_it_has_failed(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now)
        endpoints.delete(NORTH, one.id, now)
        work_off(now)
        after = replay_jobs.find(NORTH, job.id)
        assert (after.status, after.failed_because) == ("failed", "Its endpoint was deleted.")
        assert places() == 0

    @pytest.mark.parametrize("act", ["paused", "advanced"])
    def test_who_was_faster_than_the_clock_is_not_called_again(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch, act: str
    ) -> None:
        job = ask(one, now)
        pointers(Setting.REPLAY_QUEUE_URL)
        rivals: dict[str, Callable[[], object]] = {
            "paused": lambda: replay.pause(NORTH, job.id, now),
            "advanced": lambda: advance(one.id, job.id, now),
        }
        lose_race_to(monkeypatch, rivals[act])
        replay.on_due(key_of(job), now + timedelta(hours=1))
        assert replay_jobs.find(NORTH, job.id).tries == 0

    def test_who_went_on_at_the_last_moment_has_not_failed(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = ask(one, now)
        for _ in range(replay.MAX_TRIES):
            self.lose(job, now)
        lose_race_to(monkeypatch, lambda: advance(one.id, job.id, now))
        self.lose(job, now)
        assert status(job) == "running"

    def test_a_page_that_another_did_is_left_to_it(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = ask(one, now)
        lose_race_to(monkeypatch, lambda: advance(one.id, job.id, now))
        advance(one.id, job.id, now)
        assert replay_jobs.find(NORTH, job.id).version == job.version + 1

    def test_paused_by_two_it_rests_once(self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        job = ask(one, now)
        lose_race_to(monkeypatch, lambda: replay.pause(NORTH, job.id, now))
        with pytest.raises(StaleVersion):
            replay.pause(NORTH, job.id, now)


def dynamo_row(job: Job) -> dynamo.Item:
    key = key_of(job)
    row = dynamo.get(key.table, key.pk, key.sk)
    assert row
    return row


class TestItsSpan:
    @pytest.mark.parametrize(
        ("since", "until", "field"),
        [
            ("2026-11-20T00:00:00Z", "2026-11-19T23:59:59Z", "until"),
            ("2026-11-20T00:00:00+02:00", "2026-11-19T21:59:59Z", "until"),
            ("0001-01-01T00:00:00Z", None, "since"),
            ("1969-12-31T23:59:59Z", None, "since"),
            ("2026-11-20T00:00:00Z", "9999-12-31T23:59:59Z", "until"),
            ("2026-12-20T00:00:00Z", None, "since"),
            ("2026-12-20T00:00:00Z", "2026-12-21T00:00:00Z", "since"),
        ],
    )
    def test_what_is_no_span_of_our_time_is_refused(
        self, one: Endpoint, now: datetime, since: str, until: str | None, field: str
    ) -> None:
        with pytest.raises(InvalidInput) as refused:
            ask(one, now, since=since, until=until)
        assert [fault.field for fault in refused.value.errors] == [field]
        assert rows("REPLAY#") == []

    @pytest.mark.parametrize("year", [1971, 2000, 2026])
    def test_any_other_comes_to_its_end(self, one: Endpoint, receiver: Receiver, now: datetime, year: int) -> None:
        job = ask(one, now, since=datetime(year, 1, 1, tzinfo=UTC), until=None)
        work_off(now)
        assert (status(job), len(heard(receiver))) == ("done", 3)
