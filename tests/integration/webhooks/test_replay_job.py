"""A replay is durable: it counts first, can be paused anywhere, and goes on after a crash."""

from datetime import datetime
from typing import Any

import pytest

from dealreg.platform import aws, dynamo
from dealreg.platform.settings import Setting
from dealreg.webhooks.endpoints import lifecycle
from dealreg.webhooks.model import Endpoint
from dealreg.webhooks.replays import jobs as replay_jobs
from dealreg.webhooks.replays import runner as replay
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.replays import all_fail, ask, happened, heard, repair, steps, tell
from tests.integration.webhooks.stage import NORTH, advance, endpoint, pointers, queued, work_off

pytestmark = pytest.mark.usefixtures("local")


@pytest.mark.usefixtures("small_pages")
class TestJob:
    @pytest.fixture
    def one(self, receiver: Receiver, now: datetime) -> Endpoint:
        """With five deliveries that failed, and four events it was never told of."""
        made, _ = endpoint(NORTH, receiver.url, now)
        ids = happened(9, now)
        tell(ids[:5], now)
        all_fail()
        return made

    def test_a_preview_counts_and_waits_for_the_word(self, one: Endpoint, receiver: Receiver, now: datetime) -> None:
        job = ask(one, now, what=["failed", "missing"], preview=True)
        work_off(now)
        counted = replay_jobs.find(NORTH, job.id)
        assert (counted.status, counted.total, counted.sent) == ("ready", 9, 0)
        assert heard(receiver) == []
        replay.resume(NORTH, job.id, now)
        work_off(now)
        assert (replay_jobs.find(NORTH, job.id).sent, len(set(heard(receiver)))) == (9, 9)

    def test_paused_at_any_page_it_goes_on_there(self, one: Endpoint, receiver: Receiver, now: datetime) -> None:
        job = ask(one, now, what=["failed", "missing"])
        for _ in steps(now):
            if replay_jobs.find(NORTH, job.id).status != "done":
                paused = replay.pause(NORTH, job.id, now)
                list(steps(now))
                assert replay_jobs.find(NORTH, job.id) == paused, "it rests"
                replay.resume(NORTH, job.id, now)
        repair(now + replay_jobs.REPAIR_AFTER)  # `steps` took the deliveries' messages too
        done = replay_jobs.find(NORTH, job.id)
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
                pointers(Setting.REPLAY_QUEUE_URL)  # what it had in hand is lost
                queued(Setting.SLOW_DELIVERY_QUEUE_URL)
        repair(now + replay_jobs.REPAIR_AFTER)
        assert replay_jobs.find(NORTH, job.id).status == "done"
        assert len(set(heard(receiver))) == 9, "all of them"
        assert len(heard(receiver)) == 9, "and each once"

    def test_a_page_that_two_work_on_is_done_once(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now, what=["failed"])
        (pointer,) = pointers(Setting.REPLAY_QUEUE_URL)
        advance(pointer["endpoint_id"], job.id, now)
        for _ in range(2):
            before = replay_jobs.find(NORTH, job.id)
            advance(one.id, job.id, now)
            assert replay_jobs.find(NORTH, job.id).version == before.version + 1

    def test_it_waits_when_the_endpoint_is_disabled(self, one: Endpoint, now: datetime) -> None:
        job = ask(one, now, what=["failed"])
        lifecycle.change(NORTH, one.id, {"status": "disabled"}, now)
        list(steps(now))
        assert replay_jobs.find(NORTH, job.id).status == "paused"

    def test_its_deliveries_go_through_the_slow_lane(self, one: Endpoint, now: datetime) -> None:
        ask(one, now, what=["failed"])
        list(steps(now))
        assert len(queued(Setting.SLOW_DELIVERY_QUEUE_URL)) == 5
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
