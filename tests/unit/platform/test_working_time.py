"""Working time: hours of a zone's working days, over nights, weekends, holidays and both changes of the clock."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.working_time import DEFAULT, Calendar, NoWorkingTime

BERLIN = replace(
    DEFAULT,
    zone="Europe/Berlin",
    offsets=(
        (datetime(2026, 1, 1, tzinfo=UTC), timedelta(hours=1)),
        (datetime(2026, 3, 29, 1, tzinfo=UTC), timedelta(hours=2)),
        (datetime(2026, 10, 25, 1, tzinfo=UTC), timedelta(hours=1)),
    ),
    closed={date(2026, 12, 25): "Christmas Day", date(2026, 12, 26): "Boxing Day", date(2026, 12, 24): "closed"},
)
ROUND_THE_CLOCK = replace(BERLIN, days=frozenset(range(7)), opens=timedelta(0), closes=timedelta(hours=24), closed={})
FIRST = datetime(2026, 2, 1, tzinfo=UTC)


def after(seconds: int) -> datetime:
    return FIRST + timedelta(seconds=seconds)


def minutes(count: int) -> timedelta:
    return timedelta(minutes=count)


MOMENTS = st.builds(after, st.integers(0, 300 * 86_400))
HOURS = st.builds(minutes, st.integers(0, 200 * 60))


def calendar(days: set[int], opens: int, length: int, zone: Calendar) -> Calendar:
    opening = timedelta(minutes=opens)
    return replace(zone, days=frozenset(days), opens=opening, closes=opening + timedelta(minutes=length))


CALENDARS = st.builds(
    calendar,
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(0, 600),
    st.integers(240, 840),
    st.sampled_from([DEFAULT, BERLIN]),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}Z")


@pytest.mark.parametrize(
    ("asked", "hours", "due"),
    [
        ("2026-11-27T09:00", 8, "2026-11-27T17:00"),  # to the end of the day, not to the next morning
        ("2026-11-27T16:00", 8, "2026-11-30T16:00"),
        ("2026-11-28T12:00", 1, "2026-11-30T10:00"),  # time of a weekend begins on Monday
        ("2026-11-27T08:00", 1, "2026-11-27T10:00"),
        ("2026-11-27T17:00", 1, "2026-11-30T10:00"),
        ("2026-11-27T20:00", 0, "2026-11-27T20:00"),
    ],
)
def test_hours_are_those_of_working_days(asked: str, hours: int, due: str) -> None:
    assert DEFAULT.add(utc(asked), timedelta(hours=hours)) == utc(due)


def test_an_hour_that_clocks_skip_is_no_time_and_one_they_show_twice_counts_twice() -> None:
    spring, autumn = utc("2026-03-28T23:00"), utc("2026-10-24T22:00")
    assert ROUND_THE_CLOCK.between(spring, spring + timedelta(hours=23)) == timedelta(hours=23)
    night = replace(ROUND_THE_CLOCK, opens=timedelta(hours=2), closes=timedelta(hours=3))
    assert night.between(spring, spring + timedelta(hours=23)) == timedelta(0)
    assert night.between(autumn, autumn + timedelta(hours=25)) == timedelta(hours=2)


def test_a_day_off_is_none_and_a_day_named_open_is_one() -> None:
    before = utc("2026-12-23T15:00")
    assert BERLIN.add(before, timedelta(hours=2)) == utc("2026-12-28T09:00")
    assert replace(BERLIN, open=frozenset([date(2026, 12, 24)])).add(before, timedelta(hours=2)) == utc(
        "2026-12-24T09:00"
    )


@pytest.mark.parametrize(
    ("began", "days", "promised"),
    [
        ("2026-11-27T10:00", 2, "2026-12-01T16:00"),
        ("2026-11-27T23:30", 1, "2026-11-30T16:00"),  # Saturday in Berlin
        ("2026-12-22T10:00", 2, "2026-12-28T16:00"),
        ("2026-10-23T10:00", 1, "2026-10-26T16:00"),
    ],
)
def test_a_promise_ends_with_the_working_time_of_its_day(began: str, days: int, promised: str) -> None:
    assert BERLIN.end_of_day(utc(began), days) == utc(promised)


@given(CALENDARS, MOMENTS, HOURS)
def test_so_many_hours_after_is_the_earliest_instant_with_so_many_between(
    one: Calendar, moment: datetime, hours: timedelta
) -> None:
    due = one.add(moment, hours)
    assert one.between(moment, due) == hours
    if hours:
        assert one.between(moment, due - timedelta(minutes=1)) < hours


@given(CALENDARS, MOMENTS, HOURS, HOURS)
def test_hours_add_up(one: Calendar, moment: datetime, some: timedelta, more: timedelta) -> None:
    assert one.add(one.add(moment, some), more) == one.add(moment, some + more)


@given(MOMENTS, st.integers(0, 72))
def test_it_agrees_with_a_count_by_the_zones_own_clock(moment: datetime, hours: int) -> None:
    moment = moment.replace(minute=0, second=0, microsecond=0)
    end, zone = moment + timedelta(hours=hours), ZoneInfo("Europe/Berlin")
    shown = ((moment + minutes(10 * passed)).astimezone(zone) for passed in range(hours * 6))
    worked = sum(9 <= clock.hour < 17 and BERLIN.is_worked(clock.date()) for clock in shown)
    assert BERLIN.between(moment, end) == minutes(10 * worked)


def test_hours_that_never_come_are_a_fault() -> None:
    never = replace(DEFAULT, days=frozenset[int]())
    with pytest.raises(NoWorkingTime):
        never.add(utc("2026-11-27T09:00"), timedelta(hours=1))
    with pytest.raises(NoWorkingTime):
        never.end_of_day(utc("2026-11-27T09:00"), 1)
