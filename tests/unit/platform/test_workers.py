"""Jobs are done side by side, by no more threads than were asked for, and never hold up who submits them."""

import time
from functools import partial
from threading import Barrier, Event, Lock

import pytest

from dealreg.platform.workers import Workers

SOON = 30
"""Seconds that no test needs, unless it fails."""


def test_jobs_are_done_side_by_side() -> None:
    workers, meeting = Workers(4), Barrier(4)
    for number in range(4):
        assert workers.submit(str(number), partial(meeting.wait, SOON), SOON)
    assert workers.finish(SOON) == []
    assert not meeting.broken


def test_no_more_at_once_than_there_are_workers() -> None:
    workers, lock = Workers(3), Lock()
    at_work, most = 0, 0

    def job() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.001)
        with lock:
            at_work -= 1

    for number in range(60):
        assert workers.submit(str(number), job, SOON)
    assert workers.finish(SOON) == []
    assert 1 < most <= 3


def test_each_job_is_done_once() -> None:
    workers, done = Workers(8), list[int]()
    for number in range(1000):
        assert workers.submit(str(number), partial(done.append, number), SOON)
    assert workers.finish(SOON) == []
    assert sorted(done) == list(range(1000))


@pytest.fixture
def end() -> Event:
    """Of what hangs."""
    return Event()


def test_who_submits_is_told_when_all_workers_hang(end: Event) -> None:
    workers = Workers(2)
    submitted = 0
    try:
        while workers.submit(f"job {submitted}", end.wait, 0.01):
            submitted += 1
        assert submitted == 6, "two at work and two waiting for each"
        assert sorted(workers.finish(0.01)) == ["job 0", "job 1"]
    finally:
        end.set()


def test_a_job_that_hangs_takes_one_worker_and_no_more(end: Event) -> None:
    workers, done = Workers(2), list[int]()
    try:
        assert workers.submit("hangs", end.wait, SOON)
        for number in range(50):
            assert workers.submit(str(number), partial(done.append, number), SOON)
        assert workers.finish(0.5) == ["hangs"]
        assert done == list(range(50))
    finally:
        end.set()
