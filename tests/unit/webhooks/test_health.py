"""What answers make of an endpoint's health, to the last millisecond and the last attempt."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dealreg.webhooks.deliveries import policy
from dealreg.webhooks.model import Answer, Endpoint, Health, SigningKey

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
ENDPOINT = Endpoint("whe_1", "part_1", "https://a.example", ("*",), "", "enabled", (SigningKey(1, None),), NOW)
GOOD = Answer("answered", 200, 20, "")
BAD = Answer("answered", 500, 20, "")
LATE = Answer("timeout", None, 15_000, "")


def seen(*answers: Answer, since: Health | None = None, start: datetime = NOW) -> Health:
    """One answer a second."""
    health = since or Health()
    for place, answer in enumerate(answers):
        health = policy.observed(health, answer, start + place * SECOND)
    return health


class TestWaits:
    @pytest.mark.parametrize(("chance", "share"), [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)])
    def test_chance_runs_from_a_fifth_sooner_to_a_fifth_later(self, chance: float, share: float) -> None:
        wait = policy.wait_after(BAD, 3, NOW, chance)
        assert wait.total_seconds() == pytest.approx(policy.SCHEDULE[3].total_seconds() * share)

    @pytest.mark.parametrize(("text", "seconds"), [("0000000000000120", 120), ("9" * 400, 86_400)])
    def test_seconds_have_as_many_digits_as_they_like(self, text: str, seconds: int) -> None:
        assert policy.retry_after({"retry-after": text}, NOW) == timedelta(seconds=seconds)

    @pytest.mark.parametrize(("chance", "seconds"), [(0.0, 0), (0.5, 5), (1.0, 10)])
    def test_who_meets_a_pause_comes_back_within_ten_seconds_of_its_end(self, chance: float, seconds: int) -> None:
        paused = Health(open_until=NOW + SECOND)
        assert policy.gate(paused, NOW, chance).open_at == NOW + SECOND + timedelta(seconds=seconds)
        tried = policy.probing(paused, NOW + SECOND)
        after = NOW + SECOND + policy.PROBE + timedelta(seconds=seconds)
        assert policy.gate(tried, NOW + SECOND, chance).open_at == after

    def test_a_probe_that_nobody_heard_of_again_is_followed_by_another(self) -> None:
        tried = policy.probing(Health(open_until=NOW), NOW)
        assert policy.gate(tried, NOW + policy.PROBE, 0.5) == policy.Gate(None, is_probe=True)

    @pytest.mark.parametrize(("per_minute", "apart_ms"), [(1, 60_000), (60, 1_000), (7, 8_572), (60_000, 1)])
    def test_slots_are_evenly_apart_and_rounded_up(self, per_minute: int, apart_ms: int) -> None:
        assert policy.next_slot(0, per_minute, 5_000) == (5_000, 5_000 + apart_ms)
        assert policy.next_slot(9_000, per_minute, 5_000) == (9_000, 9_000 + apart_ms)


class TestSlowness:
    @pytest.mark.parametrize(("milliseconds", "slow"), [(2000, 0), (2001, 1)])
    def test_two_seconds_are_not_slow_yet(self, milliseconds: int, slow: int) -> None:
        assert seen(replace(GOOD, duration_ms=milliseconds)).slow == slow

    def test_no_answer_in_time_is_slow_however_soon_it_was_given_up(self) -> None:
        assert seen(replace(LATE, duration_ms=10)).slow == 1

    @pytest.mark.parametrize("answer", [LATE, replace(BAD, duration_ms=9_000)], ids=["none", "a late failure"])
    def test_failures_count_as_slow_answers_do(self, answer: Answer) -> None:
        assert policy.is_slow(seen(*[answer] * 3))

    def test_each_fast_answer_takes_one_off(self) -> None:
        assert seen(GOOD, since=Health(slow=3)).slow == 2

    def test_who_keeps_an_answer_back_is_slow_before_it_has_timed_out(self) -> None:
        failing = seen(BAD)
        assert policy.suspected(failing) == replace(failing, slow=policy.MANY_SLOW)


class TestBreaker:
    def test_an_answer_of_any_kind_ends_a_row_of_timeouts(self) -> None:
        assert seen(*[LATE] * 4, BAD, *[LATE] * 4).openings == 0

    def test_failures_of_an_earlier_window_are_forgotten(self) -> None:
        earlier = seen(*[BAD] * 9)
        later = seen(BAD, *[GOOD] * 8, BAD, since=earlier, start=NOW + policy.WINDOW)
        assert (later.attempts, later.failures, later.openings) == (10, 2, 0)

    @pytest.mark.parametrize("answers", [[*[LATE] * 5], [*[BAD] * 9, BAD]], ids=["timeouts", "failures"])
    def test_one_that_opens_counts_from_nothing(self, answers: list[Answer]) -> None:
        last = NOW + (len(answers) - 1) * SECOND
        assert seen(*answers) == Health(
            open_until=last + policy.FIRST_PAUSE,
            openings=1,
            slow=3 if LATE in answers else 0,
            failing_since=NOW,
            failed_attempts=len(answers),
        )

    def test_a_probe_that_fails_makes_room_for_the_next(self) -> None:
        opened = seen(*[BAD] * 10)
        assert opened.open_until
        probing = policy.probing(opened, opened.open_until)
        again = policy.observed(probing, BAD, opened.open_until)
        assert (again.probe_until, again.openings) == (None, 2)

    def test_a_probe_that_succeeds_leaves_nothing_of_what_failed_while_it_was_open(self) -> None:
        opened = seen(*[BAD] * 10)
        under_way = policy.observed(opened, BAD, NOW + 11 * SECOND)
        assert under_way.failures == 1
        assert policy.observed(under_way, GOOD, NOW + 45 * SECOND) == Health()


class TestGivingUp:
    @pytest.mark.parametrize(("before", "status"), [(18, "enabled"), (19, "disabled")])
    def test_twenty_failures_in_five_days_are_enough(self, before: int, status: str) -> None:
        failing = replace(ENDPOINT, health=Health(failing_since=NOW, failed_attempts=before, warnings=3))
        after, _ = policy.after_attempt(failing, BAD, NOW + policy.DISABLE_AFTER)
        assert after.status == status
        assert after.health.failed_attempts == before + 1, "what it was disabled for stays to be seen"


def test_of_three_keys_two_are_older_than_the_newest() -> None:
    keys = (SigningKey(1, None),)
    for _ in range(4):
        keys = policy.rotate(keys, NOW)
    assert [key.generation for key in keys] == [3, 4, 5]
