"""How a limit is counted in rows, and what is said of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dealreg.partners.inputs import ProgramInput
from dealreg.partners.program import Program
from dealreg.platform.limits import Limit

TEN = datetime(2026, 11, 23, 10, tzinfo=UTC)
limits = st.builds(
    Limit,
    table=st.just("Partners"),
    name=st.just("registrations"),
    owner=st.just("part_1"),
    most=st.integers(0, 100_000),
    now=st.integers(0, 400 * 24 * 3600).map(lambda seconds: TEN + timedelta(seconds=seconds)),
)


@given(limits)
def test_its_rows_together_count_as_many_as_there_may_be(limit: Limit) -> None:
    shares = limit.shares.values()
    assert sum(shares) == limit.most
    assert max(shares) - min(shares) <= 1


@given(limits)
def test_the_count_begins_anew_with_the_hour(limit: Limit) -> None:
    assert 0 < limit.resets_in <= 3600
    assert (limit.now.timestamp() + limit.resets_in) % 3600 == 0


@given(limits, st.data())
def test_what_is_left_is_what_is_not_used_but_for_this_time(limit: Limit, data: st.DataObject) -> None:
    used = {key: data.draw(st.integers(0, share + 1)) for key, share in limit.shares.items()}
    left = sum(max(share - used[key], 0) for key, share in limit.shares.items())
    said = limit.allowance({key: {"count": count} for key, count in used.items()}).headers()
    assert said["ratelimit"] == f'"registrations";r={max(left - 1, 0)};t={limit.resets_in}'
    assert said["ratelimit-policy"] == f'"registrations";q={limit.most};w=3600'


def test_a_small_limit_is_one_row_and_a_large_one_eight() -> None:
    counted = {most: len(Limit("Partners", "checks", "part_1", most, TEN).keys) for most in (0, 60, 199, 200, 2000)}
    assert counted == {0: 1, 60: 1, 199: 1, 200: 2, 2000: 8}


def test_who_may_not_is_told_when_to_go_on() -> None:
    refusal = Limit("Partners", "checks", "part_1", 60, TEN.replace(minute=29, second=30)).allowance({}).refusal()
    assert refusal.headers == {
        "retry-after": "1830",
        "ratelimit-policy": '"checks";q=60;w=3600',
        "ratelimit": '"checks";r=0;t=1830',
    }
    assert refusal.detail == "The limit is 60 checks an hour. Go on in 31 min."


def test_a_nightly_sync_of_a_thousand_deals_meets_no_limit_by_default() -> None:
    """Each of them registered, commented on, and changed three times, in one hour."""
    program = Program()
    assert program.registrations_per_hour >= 1000
    assert program.comments_per_hour >= 1000
    assert program.changes_per_hour >= 3000


def test_the_limits_of_a_program_are_settings_with_bounds() -> None:
    names = [name for name in ProgramInput.model_fields if name.endswith("_per_hour")]
    properties = ProgramInput.model_json_schema()["properties"]
    assert len(names) == 7
    for name in names:
        assert properties[name]["default"] == getattr(Program(), name) <= properties[name]["maximum"]
