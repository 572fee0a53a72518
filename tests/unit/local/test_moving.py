from datetime import UTC, datetime, timedelta

from dealreg import clock
from dealreg.platform import due, times
from dealreg.reviewing import full_recheck
from local.moving import DueRow, next_stop, progress, without_looks

NOW = datetime(2026, 11, 27, 10, 0, 30, tzinfo=UTC)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
FAR = NOW + timedelta(days=30)


def row(moment: datetime, pk: str = "DEAL#1") -> DueRow:
    return DueRow("Deals", pk, due.at(moment, pk)["due_bucket"], moment)


def after(**time: int) -> datetime:
    return NOW + timedelta(**time)


def test_stops_are_in_the_order_of_time_and_each_at_the_end_of_its_minute() -> None:
    rows = [row(after(hours=48)), row(after(hours=24)), row(after(hours=24, seconds=20))]
    stops: list[datetime] = []
    last = LONG_AGO
    while stop := next_stop(rows, last, FAR):
        stops.append(stop)
        last = stop
    assert stops == [after(hours=24, seconds=30), after(hours=48, seconds=30)]


def test_a_full_minute_is_its_own_end() -> None:
    assert next_stop([row(after(seconds=30))], LONG_AGO, FAR) == after(seconds=30)


def test_there_is_no_stop_past_the_goal() -> None:
    assert next_stop([row(after(hours=1))], LONG_AGO, after(minutes=59)) is None
    assert next_stop([row(after(hours=1))], LONG_AGO, after(hours=1)) == after(hours=1)


def test_what_was_left_where_it_was_is_no_reason_to_stop_again() -> None:
    assert next_stop([row(NOW)], LONG_AGO, FAR) is not None
    assert next_stop([row(NOW)], NOW, FAR) is None


def test_the_clock_stands_where_the_next_run_finds_all_that_is_due_in_few_buckets() -> None:
    stop, old = after(hours=24, seconds=30), row(after(hours=-3))
    rows = [row(stop), row(after(hours=24)), old, row(after(hours=25))]
    swept_to, unfinished = progress(rows, stop)
    visited: list[str] = []
    left = clock.Progress(times.from_text(swept_to), tuple(unfinished))
    clock.advance(left, stop, lambda bucket: visited.append(bucket) or False, lambda: True)
    assert {one.bucket for one in rows[:3]} <= set(visited)
    assert len(visited) == due.SHARDS + 2


def test_a_look_of_the_pass_is_no_stop_but_that_it_begins_and_its_pages_are() -> None:
    look = row(after(minutes=5), "PASS")
    assert without_looks(look, NOW).due_at == NOW + full_recheck.PASS_EVERY
    assert without_looks(look, NOW - full_recheck.PASS_EVERY).due_at == look.due_at
    assert without_looks(look, None).due_at == look.due_at
