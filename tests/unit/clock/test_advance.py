"""Nothing due is ever skipped, whatever fails in between."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg import clock
from dealreg.clock import Progress, advance
from dealreg.platform import due

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SLOWEST_WRITE = clock.LATENESS - timedelta(seconds=61)


def always() -> bool:
    return True


@dataclass
class World:
    """A due index: rows that appear late in it, handlers that fail, runs that are cut short or die."""

    buckets: dict[str, tuple[str, datetime, datetime]] = field(default_factory=dict)
    """By row: its bucket, when it is due, from when the index shows it."""
    progress: Progress = field(default_factory=lambda: Progress(START - timedelta(minutes=6)))
    failing: frozenset[str] = frozenset()
    steps_left: int = 0

    def add(self, row: str, due_at: datetime, shown_from: datetime) -> None:
        self.buckets[row] = (due.at(due_at, row)["due_bucket"], due_at, shown_from)

    def due_in(self, bucket: str, now: datetime) -> list[str]:
        return [row for row, (of, due_at, shown) in self.buckets.items() if of == bucket and max(due_at, shown) <= now]

    def may_go_on(self) -> bool:
        self.steps_left -= 1
        return self.steps_left >= 0

    def run(self, now: datetime, steps: int, failing: frozenset[str], dies: bool) -> None:
        """`steps` is how far the run's time reaches; a run that dies tells nobody how far it came."""
        self.steps_left, self.failing = steps, failing
        after = advance(self.progress, now, lambda bucket: self.visit(bucket, now), self.may_go_on)
        if not dies:
            self.progress = after

    def visit(self, bucket: str, now: datetime) -> bool:
        rows = self.due_in(bucket, now)
        for row in rows:
            if not self.may_go_on():
                return True
            if row not in self.failing:
                del self.buckets[row]
        return bool(rows)

    def is_within_reach(self, row: str) -> bool:
        bucket = self.buckets[row][0]
        return bucket in self.progress.unfinished or bucket[:16] >= f"{self.progress.swept_to:%Y-%m-%dT%H:%M}"


ROWS = st.tuples(
    st.integers(0, 1800).map(lambda s: timedelta(seconds=s)),  # written so long after the start
    st.integers(0, 900).map(lambda s: timedelta(seconds=s)),  # due so much later
    st.integers(0, int(SLOWEST_WRITE.total_seconds())).map(lambda s: timedelta(seconds=s)),  # in the index so late
)
RUNS = st.tuples(
    st.integers(0, 2400).map(lambda s: timedelta(seconds=s)),
    st.one_of(st.just(10_000), st.integers(0, 60)),
    st.sets(st.integers(0, 9)),
    st.booleans(),
)


@given(rows=st.lists(ROWS, max_size=10), runs=st.lists(RUNS, max_size=25))
def test_every_row_is_handled_in_the_end(
    rows: list[tuple[timedelta, timedelta, timedelta]], runs: list[tuple[timedelta, int, set[int], bool]]
) -> None:
    world = World()
    for number, (written, wait, delay) in enumerate(rows):
        world.add(str(number), START + written + wait, START + written + delay)

    for moment, steps, failing, dies in sorted(runs, key=lambda run: run[0]):
        world.run(START + moment, steps, frozenset(map(str, failing)), dies)
        assert all(map(world.is_within_reach, world.buckets))

    world.run(START + timedelta(hours=2), 10_000, frozenset(), dies=False)
    assert world.buckets == {}


@given(order=st.permutations([1, 2, 3]))
def test_runs_at_the_same_time_may_finish_in_any_order(order: list[int]) -> None:
    """Each says what it saw from where it began; the last to write wins, and nothing is lost by that."""
    world = World()
    world.add("early", START, START)
    world.add("late", START + timedelta(minutes=2), START + timedelta(minutes=2))
    outcomes: dict[int, Progress] = {}
    for minute in (1, 2, 3):
        now = START + timedelta(minutes=minute)
        outcomes[minute] = advance(world.progress, now, lambda bucket, now=now: bool(world.due_in(bucket, now)), always)
    for minute in order:
        world.progress = outcomes[minute]
        assert all(map(world.is_within_reach, world.buckets))


def visits(progress: Progress, now: datetime, occupied: Callable[[str], bool]) -> tuple[list[str], Progress]:
    seen: list[str] = []

    def visit(bucket: str) -> bool:
        seen.append(bucket)
        return occupied(bucket)

    return seen, advance(progress, now, visit, always)


def test_a_quiet_minute_costs_only_the_buckets_that_may_still_fill() -> None:
    seen, after = visits(Progress(START - clock.LATENESS), START, lambda _: False)
    assert len(seen) == 6 * due.SHARDS
    assert after == Progress(START - clock.LATENESS)


def test_a_row_that_always_fails_holds_up_nothing_but_its_own_bucket() -> None:
    poisoned = f"{START:%Y-%m-%dT%H:%M}#2"
    progress = Progress(START - clock.LATENESS)
    for minute in range(600):
        _, progress = visits(progress, START + timedelta(minutes=minute), lambda bucket: bucket == poisoned)
    assert progress.unfinished == (poisoned,)
    assert progress.swept_to == START + timedelta(minutes=599) - clock.LATENESS


def test_what_a_run_did_not_reach_comes_first_in_the_next() -> None:
    """A few slow buckets at the head of the list must not starve those behind them."""
    old = tuple(f"2026-11-23T08:0{minute}#0" for minute in range(4))
    reached = 24 + 2
    steps = iter(range(1_000))
    after = advance(Progress(START - clock.LATENESS, old), START, old.__contains__, lambda: next(steps) < reached)
    assert after.unfinished == (*old[2:], *old[:2])


@pytest.mark.parametrize("minutes", [clock.MOST_UNFINISHED // due.SHARDS, 800])
def test_when_everything_fails_for_hours_the_progress_row_stays_small(minutes: int) -> None:
    begin = Progress(START)
    now = START + timedelta(minutes=minutes) + clock.LATENESS
    _, after = visits(begin, now, lambda _: True)
    assert len(after.unfinished) == clock.MOST_UNFINISHED
    assert after.swept_to == START + timedelta(minutes=clock.MOST_UNFINISHED // due.SHARDS)


def test_a_clock_that_went_back_undoes_nothing() -> None:
    ahead = Progress(START + timedelta(hours=1), ("2026-11-23T09:00#1",))
    _, after = visits(ahead, START, lambda _: True)
    assert after == ahead
