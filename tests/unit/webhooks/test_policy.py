"""Retries, circuit breakers, warnings and rate limits, under a clock of our own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.events import Place
from dealreg.platform.settings import Setting
from dealreg.webhooks.deliveries import policy, rules
from dealreg.webhooks.model import Answer, Endpoint, Health, Message, SigningKey

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ENDPOINT = Endpoint("whe_1", "part_1", "https://a.example", ("*",), "", "enabled", (SigningKey(1, None),), NOW)
MESSAGE = Message("evt_1", "deal.won", NOW, "{}", "deal_1", 1, Place(Setting.DEALS_TABLE, "DEAL#1"))
GOOD = Answer("answered", 200, 20, "")
BAD = Answer("answered", 500, 20, "")
LATE = Answer("timeout", None, 15_000, "")
SLOW = Answer("answered", 200, 9_000, "")


def said(text: str, status: int = 503) -> Answer:
    return Answer("answered", status, 5, "", {"retry-after": text})


DATES = st.builds(
    "{} {} {} {} {}:{}:{} {}".format,
    st.sampled_from(["Fri,", "", "Friday,"]),
    st.integers(-1, 10**20),
    st.sampled_from(["Nov", "Feb", "11", ""]),
    st.integers(-1, 10**20),
    st.integers(-1, 10**10),
    st.integers(-1, 99),
    st.integers(-1, 99),
    st.one_of(st.sampled_from(["GMT", "EST", "-0000", "+9959", ""]), st.integers(-(10**10), 10**10).map(str)),
)
"""What looks like a date to a lenient reader."""


class TestRetryAfter:
    @given(DATES)
    def test_whatever_looks_like_a_date_is_a_wait_or_nothing(self, text: str) -> None:
        assert timedelta(0) <= policy.retry_after({"retry-after": text}, NOW) <= policy.LONGEST_RETRY_AFTER

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("", 0),
            ("0", 0),
            ("120", 120),
            (" 120 ", 120),
            ("999999999999999999999", 86400),
            ("Mon, 23 Nov 2026 10:10:00 GMT", 600),
            ("Monday, 23-Nov-26 10:10:00 GMT", 600),
            ("Mon, 23 Nov 2026 11:10:00 +0100", 600),
            ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 86400),
            ("-1", 0),
            ("1e99", 0),
            ("1.5", 0),
            ("soon", 0),
            ("١٢", 0),
            ("Mon, 99 Nov 2026 10:10:00 GMT", 0),
        ],
    )
    def test_seconds_and_dates_between_nothing_and_a_day(self, text: str, seconds: int) -> None:
        assert policy.retry_after({"retry-after": text}, NOW) == timedelta(seconds=seconds)

    @given(st.text(max_size=60) | st.text("0123456789 GMTNovMon,:+-", max_size=40))
    def test_no_text_makes_it_fail(self, text: str) -> None:
        assert timedelta(0) <= policy.retry_after({"retry-after": text}, NOW) <= policy.LONGEST_RETRY_AFTER

    def test_it_makes_a_wait_longer_and_never_shorter(self) -> None:
        assert policy.wait_after(said("3600"), 1, NOW, 0.5) == timedelta(hours=1)
        assert policy.wait_after(said("1", 500), 3, NOW, 0.5) == timedelta(minutes=30)
        assert policy.wait_after(said("1"), 1, NOW, 0.5) == timedelta(seconds=60)

    def test_a_receiver_that_asks_for_an_hour_each_time_is_still_given_up_in_the_end(self) -> None:
        delivery, moments = rules.new_delivery(MESSAGE, ENDPOINT, NOW), list[datetime]()
        while moment := delivery.next_attempt_at:
            moments.append(moment)
            begun = rules.begin(delivery, ENDPOINT, MESSAGE, moment)
            delivery = rules.conclude(begun, said("3600"), moment, 0.5)
        waits = [later - earlier for earlier, later in pairwise(moments)]
        assert waits[:3] == [timedelta(hours=1)] * 3
        assert (delivery.status, len(moments)) == ("failed", 10)


def after(endpoint: Endpoint, *answers: Answer, every: timedelta = timedelta(seconds=1)) -> Endpoint:
    """One attempt after another; each begins when the breaker lets it."""
    now = NOW
    for answer in answers:
        now = max(now + every, endpoint.health.open_until or now)
        endpoint, _ = policy.after_attempt(endpoint, answer, now)
    return endpoint


class TestBreaker:
    def test_successes_change_nothing_so_nothing_is_written(self) -> None:
        assert after(ENDPOINT, *[GOOD] * 50) == ENDPOINT

    def test_a_few_failures_do_not_open_it(self) -> None:
        assert after(ENDPOINT, *[BAD] * 9).health.open_until is None

    def test_ten_failures_in_a_row_do(self) -> None:
        health = after(ENDPOINT, *[BAD] * 10).health
        assert (health.open_until, health.openings) == (NOW + timedelta(seconds=10) + policy.FIRST_PAUSE, 1)

    def test_half_of_them_failing_does_not(self) -> None:
        assert after(ENDPOINT, *[BAD, GOOD] * 20).health.open_until is None

    def test_seven_of_ten_do_in_any_order_but_not_seven_of_eleven(self) -> None:
        assert after(ENDPOINT, *[BAD] * 6, *[GOOD] * 3, BAD).health.openings == 1
        assert after(ENDPOINT, BAD, *[GOOD] * 3, *[BAD] * 6).health.openings == 1
        assert after(ENDPOINT, *[BAD, BAD, GOOD] * 3, BAD).health.openings == 1
        assert after(ENDPOINT, *[BAD] * 6, *[GOOD] * 4, BAD).health.openings == 0

    def test_a_success_does_not_open_it_whatever_came_before(self) -> None:
        assert after(ENDPOINT, *[BAD] * 9, GOOD).health.openings == 0
        assert after(ENDPOINT, *[BAD] * 9, GOOD, BAD).health.openings == 1

    def test_what_went_well_before_the_first_failure_does_not_count(self) -> None:
        assert after(ENDPOINT, *[GOOD] * 90, *[BAD] * 10).health.openings == 1

    @given(st.lists(st.booleans(), max_size=40))
    def test_it_opens_when_seven_tenths_of_ten_or_more_since_the_first_failure_fail(self, oks: list[bool]) -> None:
        counted = oks[oks.index(False) :] if False in oks else []
        starts = [counted[:size] for size in range(10, len(counted) + 1)]
        is_open = any(not start[-1] and 10 * start.count(False) >= 7 * len(start) for start in starts)
        health, now = Health(), NOW
        for ok in oks:
            now += timedelta(seconds=1)
            if not health.openings:
                health = policy.observed(health, GOOD if ok else BAD, now)
        assert bool(health.openings) is is_open

    @pytest.mark.parametrize(("minutes", "openings"), [(4.9, 1), (5, 0)])
    def test_a_window_lasts_five_minutes_from_its_first_failure(self, minutes: float, openings: int) -> None:
        health = Health()
        for place in range(9):
            health = policy.observed(health, BAD, NOW + timedelta(seconds=place))
        health = policy.observed(health, BAD, NOW + timedelta(minutes=minutes))
        assert health.openings == openings
        assert health.attempts == (0 if openings else 1), "the next window begins with it"

    def test_a_success_after_the_window_starts_from_nothing(self) -> None:
        failing = policy.observed(Health(), BAD, NOW)
        assert policy.observed(failing, GOOD, NOW + timedelta(minutes=4)).attempts == 2
        assert policy.observed(failing, GOOD, NOW + policy.WINDOW) == Health()

    def test_timeouts_in_a_row_are_counted_from_the_last_answer_of_any_kind(self) -> None:
        assert after(ENDPOINT, *[LATE] * 4, GOOD, *[LATE] * 4).health.openings == 0
        assert after(ENDPOINT, *[LATE] * 4, GOOD, *[LATE] * 5).health.openings == 1

    def test_failures_spread_over_hours_do_not(self) -> None:
        assert after(ENDPOINT, *[BAD] * 50, every=timedelta(minutes=6)).health.open_until is None

    def test_five_timeouts_in_a_row_do(self) -> None:
        assert after(ENDPOINT, *[LATE] * 4).health.open_until is None
        assert after(ENDPOINT, *[LATE] * 5).health.open_until
        assert after(ENDPOINT, *[LATE] * 4, BAD, LATE).health.open_until is None

    def test_while_it_is_open_nobody_goes_and_then_one(self) -> None:
        health = after(ENDPOINT, *[LATE] * 5).health
        opens = health.open_until
        assert opens
        assert policy.gate(health, opens - timedelta(seconds=1), 0).open_at == opens
        assert policy.gate(health, opens, 0) == policy.Gate(None, is_probe=True)
        others = policy.gate(policy.probing(health, opens), opens, 0)
        assert others.open_at == opens + policy.PROBE

    def test_a_probe_that_fails_doubles_the_pause_up_to_half_an_hour(self) -> None:
        endpoint, pauses = after(ENDPOINT, *[LATE] * 5), list[timedelta]()
        for _ in range(12):
            now = endpoint.health.open_until
            assert now
            endpoint, _ = policy.after_attempt(endpoint, BAD, now)
            pauses.append((endpoint.health.open_until or now) - now)
        assert [pause.total_seconds() for pause in pauses[:4]] == [60, 120, 240, 480]
        assert pauses[-1] == policy.LONGEST_PAUSE

    def test_a_probe_that_succeeds_closes_it(self) -> None:
        assert after(ENDPOINT, *[BAD] * 10, GOOD) == ENDPOINT

    def test_what_was_under_way_when_it_opened_does_not_open_it_further(self) -> None:
        opened = after(ENDPOINT, *[LATE] * 5)
        late, _ = policy.after_attempt(opened, LATE, NOW + timedelta(seconds=6))
        assert (late.health.open_until, late.health.openings) == (opened.health.open_until, 1)

    @given(st.lists(st.sampled_from([GOOD, BAD, LATE, SLOW]), max_size=60), st.floats(0, 1))
    def test_it_always_lets_somebody_try_again(self, answers: list[Answer], chance: float) -> None:
        health = after(ENDPOINT, *answers).health
        if health.open_until:
            assert health.open_until - NOW <= timedelta(seconds=61 * len(answers)) + policy.LONGEST_PAUSE * len(answers)
            assert policy.gate(health, health.open_until, chance).is_probe


class TestLanes:
    def test_three_slow_answers_lead_to_the_slow_lane_and_fast_ones_back(self) -> None:
        assert not policy.is_slow(after(ENDPOINT, SLOW, SLOW).health)
        slow = after(ENDPOINT, SLOW, SLOW, SLOW)
        assert policy.is_slow(slow.health)
        assert after(slow, GOOD, GOOD, GOOD) == ENDPOINT

    def test_an_open_breaker_leads_there_too(self) -> None:
        assert policy.is_slow(after(ENDPOINT, *[BAD] * 10).health)

    def test_the_first_two_attempts_are_in_the_fast_lane(self) -> None:
        delivery, lanes = rules.new_delivery(MESSAGE, ENDPOINT, NOW), list[bool]()
        while moment := delivery.next_attempt_at:
            lanes.append(delivery.is_slow)
            delivery = rules.conclude(rules.begin(delivery, ENDPOINT, MESSAGE, moment), BAD, moment, 0.5)
        assert lanes == [False, False] + [True] * 8


def run(*steps: tuple[timedelta, Answer]) -> tuple[Endpoint, list[tuple[timedelta, str]]]:
    """What an endpoint's owner is told, and when."""
    endpoint, told = ENDPOINT, list[tuple[timedelta, str]]()
    for since, answer in steps:
        endpoint, event_type = policy.after_attempt(endpoint, answer, NOW + since)
        if event_type:
            told.append((since, event_type))
    return endpoint, told


HOUR = timedelta(hours=1)


class TestGivingUp:
    def test_warned_after_an_hour_a_day_and_three_and_disabled_after_five(self) -> None:
        endpoint, told = run(*[(HOUR * n, BAD) for n in range(24 * 6)])
        assert told == [
            (HOUR, "endpoint.failing"),
            (HOUR * 24, "endpoint.failing"),
            (HOUR * 72, "endpoint.failing"),
            (HOUR * 120, "endpoint.disabled"),
        ]
        assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "failing")

    def test_few_attempts_are_no_reason(self) -> None:
        endpoint, _ = run(*[(HOUR * 24 * n, BAD) for n in range(19)])
        assert endpoint.status == "enabled"

    def test_one_success_and_it_has_all_its_time_again(self) -> None:
        steps = [(HOUR * n, GOOD if n == 100 else BAD) for n in range(24 * 6)]
        endpoint, told = run(*steps)
        assert endpoint.status == "enabled"
        assert (HOUR * 100, "endpoint.recovered") in told

    def test_no_recovery_is_told_of_what_nobody_was_warned_of(self) -> None:
        assert run((timedelta(0), BAD), (timedelta(minutes=30), GOOD))[1] == []

    def test_gone_disables_at_once(self) -> None:
        endpoint, told = run((timedelta(0), Answer("answered", 410, 5, "")))
        assert (endpoint.status, endpoint.disabled_reason) == ("disabled", "gone")
        assert told == [(timedelta(0), "endpoint.disabled")]

    def test_one_that_was_never_verified_is_not_disabled(self) -> None:
        endpoint, told = policy.after_attempt(
            replace(ENDPOINT, status="unverified"), Answer("answered", 410, 5, ""), NOW
        )
        assert (endpoint.status, told) == ("unverified", "")


@given(st.lists(st.integers(0, 400), max_size=200), st.integers(1, 6000))
def test_a_rate_limit_holds_over_any_span(gaps: list[int], per_minute: int) -> None:
    free, now, slots = 0, 0, list[int]()
    for gap in gaps:
        now += gap
        slot, free = policy.next_slot(free, per_minute, now)
        assert slot >= now
        slots.append(slot)
    for first in range(len(slots)):
        inside = [slot for slot in slots[first:] if slot < slots[first] + 60_000]
        assert len(inside) <= per_minute


def test_health_starts_from_nothing() -> None:
    assert policy.gate(Health(), NOW, 0.5) == policy.Gate(None)
