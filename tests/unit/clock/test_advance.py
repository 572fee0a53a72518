"""Nothing due is ever skipped, whatever fails or hangs in between and however many rows are handled side by side."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg import clock
from dealreg.clock import Progress, advance
from dealreg.platform import due
from dealreg.platform.workers import Workers

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SLOWEST_WRITE = clock.LATENESS - timedelta(seconds=61)


def always() -> bool:
    return True


@dataclass
class World:
    """A due index: rows that appear late in it, handlers that fail or hang, runs that are cut short or die."""

    buckets: dict[str, tuple[str, datetime, datetime]] = field(
        default_factory=dict[str, tuple[str, datetime, datetime]]
    )
    """By row: its bucket, when it is due, from when the index shows it."""
    progress: Progress = field(default_factory=lambda: Progress(START - timedelta(minutes=6)))
    failing: frozenset[str] = frozenset()
    hanging: frozenset[str] = frozenset()
    steps_left: int = 0
    workers: Workers = field(default_factory=lambda: Workers(1))
    patience: float = 0
    is_over: Event = field(default_factory=Event)

    def add(self, row: str, due_at: datetime, shown_from: datetime) -> None:
        self.buckets[row] = (due.at(due_at, row)["due_bucket"], due_at, shown_from)

    def due_in(self, bucket: str, now: datetime) -> list[str]:
        rows = self.buckets.copy().items()  # which workers change meanwhile
        return [row for row, (of, due_at, shown) in rows if of == bucket and max(due_at, shown) <= now]

    def may_go_on(self) -> bool:
        self.steps_left -= 1
        return self.steps_left >= 0

    def run(self, now: datetime, run: "Run") -> None:
        """A run that dies tells nobody how far it came; handlers that hang go on when it is over."""
        self.steps_left, self.failing, self.hanging = run.steps, run.failing, run.hanging
        self.workers, self.patience, self.is_over = Workers(run.workers), run.patience, Event()
        after = advance(self.progress, now, lambda bucket: self.visit(bucket, now), self.may_go_on)
        if not run.dies:
            self.progress = after
        self.workers.finish(run.patience)
        self.is_over.set()

    def visit(self, bucket: str, now: datetime) -> bool:
        rows = self.due_in(bucket, now)
        for row in rows:
            if not self.may_go_on() or not self.workers.submit(row, partial(self.handle, row), self.patience):
                return True
        return bool(rows)

    def handle(self, row: str) -> None:
        if row in self.hanging:
            self.is_over.wait()
        if row not in self.failing:
            self.buckets.pop(row, None)  # whoever has it first

    def is_within_reach(self, row: str) -> bool:
        bucket, *_ = self.buckets.get(row, ("",))
        if not bucket:
            return True  # handled meanwhile
        return bucket in self.progress.unfinished or bucket[:16] >= f"{self.progress.swept_to:%Y-%m-%dT%H:%M}"


ROWS = st.tuples(
    st.integers(0, 1800).map(lambda s: timedelta(seconds=s)),  # written so long after the start
    st.integers(0, 900).map(lambda s: timedelta(seconds=s)),  # due so much later
    st.integers(0, int(SLOWEST_WRITE.total_seconds())).map(lambda s: timedelta(seconds=s)),  # in the index so late
)


@dataclass(frozen=True)
class Run:
    """`steps` is how far its time reaches; with patience 0 it waits for nobody."""

    steps: int = 10_000
    failing: frozenset[str] = frozenset()
    hanging: frozenset[str] = frozenset()
    dies: bool = False
    workers: int = 3
    patience: float = 0


SOME_ROWS = st.frozensets(st.integers(0, 9).map(str))
RUNS = st.tuples(
    st.integers(0, 2400).map(lambda s: timedelta(seconds=s)),
    st.builds(
        Run, st.one_of(st.just(10_000), st.integers(0, 60)), SOME_ROWS, SOME_ROWS, st.booleans(), st.integers(1, 4)
    ),
)


@given(rows=st.lists(ROWS, max_size=10), runs=st.lists(RUNS, max_size=25))
def test_every_row_is_handled_in_the_end(
    rows: list[tuple[timedelta, timedelta, timedelta]], runs: list[tuple[timedelta, Run]]
) -> None:
    world = World()
    for number, (written, wait, delay) in enumerate(rows):
        world.add(str(number), START + written + wait, START + written + delay)

    for moment, run in sorted(runs, key=lambda run: run[0]):
        world.run(START + moment, run)
        assert all(map(world.is_within_reach, list(world.buckets)))

    world.run(START + timedelta(hours=2), Run(patience=60))
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
