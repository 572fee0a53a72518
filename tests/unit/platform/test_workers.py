"""Work is done side by side, by no more threads than were asked for, and never holds up who gives it."""

import time
from functools import partial
from threading import Barrier, Event, Lock

import pytest

from dealreg.platform.workers import Workers

SOON = 30
"""Seconds that no test needs, unless it fails."""


def test_works_are_done_side_by_side() -> None:
    workers, meeting = Workers(4), Barrier(4)
    for number in range(4):
        assert workers.give(str(number), partial(meeting.wait, SOON), SOON)
    assert workers.finish(SOON) == []
    assert not meeting.broken


def test_no_more_at_once_than_there_are_workers() -> None:
    workers, lock = Workers(3), Lock()
    at_work, most = 0, 0

    def work() -> None:
        nonlocal at_work, most
        with lock:
            at_work += 1
            most = max(most, at_work)
        time.sleep(0.001)
        with lock:
            at_work -= 1

    for number in range(60):
        assert workers.give(str(number), work, SOON)
    assert workers.finish(SOON) == []
    assert 1 < most <= 3


def test_each_work_is_done_once() -> None:
    workers, done = Workers(8), list[int]()
    for number in range(1000):
        assert workers.give(str(number), partial(done.append, number), SOON)
    assert workers.finish(SOON) == []
    assert sorted(done) == list(range(1000))


@pytest.fixture
def end() -> Event:
    """Of what hangs."""
    return Event()


def test_who_gives_is_told_when_all_workers_hang(end: Event) -> None:
    workers = Workers(2)
    given = 0
    try:
        while workers.give(f"work {given}", end.wait, 0.01):
            given += 1
        assert given == 6, "two at work and two waiting for each"
        assert sorted(workers.finish(0.01)) == ["work 0", "work 1"]
    finally:
        end.set()


def test_a_work_that_hangs_takes_one_worker_and_no_more(end: Event) -> None:
    workers, done = Workers(2), list[int]()
    try:
        assert workers.give("hangs", end.wait, SOON)
        for number in range(50):
            assert workers.give(str(number), partial(done.append, number), SOON)
        assert workers.finish(0.5) == ["hangs"]
        assert done == list(range(50))
    finally:
        end.set()
