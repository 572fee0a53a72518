from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import due, times

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
moments = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones)  # noqa: DTZ001  # Hypothesis adds it


@given(moments)
def test_a_moment_survives_to_the_millisecond(moment: datetime) -> None:
    assert timedelta() <= moment - times.from_text(times.to_text(moment)) < timedelta(milliseconds=1)


@given(moments, moments)
def test_texts_sort_as_moments_do(one: datetime, other: datetime) -> None:
    if one <= other:
        assert times.to_text(one) <= times.to_text(other)


@given(moments)
def test_a_text_is_utc(moment: datetime) -> None:
    assert times.to_text(moment).endswith("Z")
    assert times.to_text(moment) == times.to_text(moment.astimezone(UTC))


@given(moments, st.text(), st.integers(0, 600))
def test_a_due_row_is_in_a_bucket_that_the_sweep_visits(moment: datetime, key: str, minutes_late: int) -> None:
    row = due.at(moment, key)
    sweep = moment + timedelta(minutes=minutes_late)
    assert row["due_bucket"] in list(due.buckets(moment.astimezone(UTC), sweep.astimezone(UTC)))
    assert row["due_at"][:16] == row["due_bucket"].partition("#")[0]


def test_the_rows_of_a_minute_are_spread() -> None:
    moment = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert len({due.at(moment, f"deal_{number}")["due_bucket"] for number in range(100)}) == due.SHARDS
