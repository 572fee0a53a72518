"""When a delivery is tried again, when its endpoint gets a pause or is given up. Pure: time and chance are arguments.

An endpoint that fails costs the others nothing: its circuit breaker opens after a while, and a delivery that meets it
open waits without spending an attempt.
"""

import email.utils
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dealreg.webhooks.model import Answer, Endpoint, Health, SigningKey

SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""The wait before each attempt: ten in about 75 hours."""
SPREAD = 0.2
"""By what share each wait may be shorter or longer, so that retries do not arrive in step."""
SLOW_DOWN = timedelta(seconds=60)
"""The least wait after a receiver was too slow or said that it has too much to do."""
LONGEST_RETRY_AFTER = timedelta(hours=24)
BUSY = (429, 503)
GONE = 410

WINDOW = timedelta(minutes=5)
LEAST_ATTEMPTS = 10
WORST_SHARE = 0.7
"""The breaker opens when this share of a window's attempts fails, and after MOST_TIMEOUTS in a row."""
MOST_TIMEOUTS = 5
FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)
PROBE = timedelta(seconds=60)
"""How long the one delivery that tries again has: as long as its lease."""

WARN_AFTER = (timedelta(hours=1), timedelta(hours=24), timedelta(hours=72))
DISABLE_AFTER = timedelta(days=5)
DISABLE_ATTEMPTS = 20

SLOW_ANSWER_MS = 2000
MANY_SLOW = 3
EARLY_STEPS = 2
"""Attempts of each run that have the fast lane."""

KEY_OVERLAP = timedelta(hours=24)
"""How long the key before the newest still signs, unless its owner says otherwise."""
LONGEST_OVERLAP = timedelta(days=7)
MOST_KEYS = 3


def wait_after(answer: Answer, step: int, now: datetime, chance: float) -> timedelta:
    """`step` attempts were made, and one more is left at least. `chance` is from 0 to 1."""
    wait = SCHEDULE[step] * (1 + SPREAD * (2 * chance - 1))
    if answer.result == "timeout" or answer.status_code in BUSY:
        wait = max(wait, SLOW_DOWN)
    return max(wait, retry_after(answer.headers, now))


def retry_after(headers: Mapping[str, str], now: datetime) -> timedelta:
    """RFC 9110 §10.2.3, seconds or a date; from nothing to a day, and nothing for what is neither."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text)
    else:
        try:
            moment = email.utils.parsedate_to_datetime(text)
            seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
        except (ValueError, OverflowError, TypeError, IndexError):  # which of them differs from text to text
            return timedelta(0)
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST_RETRY_AFTER.total_seconds()))


@dataclass(frozen=True, slots=True)
class Gate:
    """What an endpoint's breaker says to a delivery."""

    open_at: datetime | None
    """None: go on."""
    is_probe: bool = False
    """Go on alone: whether the others may follow depends on this one."""


def gate(health: Health, now: datetime, chance: float) -> Gate:
    """`chance` spreads those who wait, so that they do not come back in step."""
    if health.open_until is None:
        return Gate(None)
    if health.open_until > now:
        return Gate(health.open_until + timedelta(seconds=10 * chance))
    if health.probe_until and health.probe_until > now:
        return Gate(health.probe_until + timedelta(seconds=10 * chance))
    return Gate(None, is_probe=True)


def probing(health: Health, now: datetime) -> Health:
    return replace(health, probe_until=now + PROBE)


def observed(health: Health, answer: Answer, now: datetime) -> Health:
    """After an attempt. A healthy endpoint stays as it is, so its successes write nothing."""
    is_slow = answer.result == "timeout" or answer.duration_ms > SLOW_ANSWER_MS
    slow = min(health.slow + 1, MANY_SLOW) if is_slow else max(health.slow - 1, 0)
    in_window = health.window_start is not None and now - health.window_start < WINDOW
    if answer.is_success:
        kept = Health(health.window_start, health.attempts + 1, health.failures) if in_window else Health()
        return replace(Health() if health.openings else kept, slow=slow)
    counted = replace(
        health if in_window else replace(health, window_start=now, attempts=0, failures=0),
        timeouts=health.timeouts + 1 if answer.result == "timeout" else 0,
        slow=slow,
        failing_since=health.failing_since or now,
        failed_attempts=health.failed_attempts + 1,
    )
    return _opened(replace(counted, attempts=counted.attempts + 1, failures=counted.failures + 1), now)


def _opened(health: Health, now: datetime) -> Health:
    """With the breaker open, if it must be; results that come while it is do not open it further."""
    if health.open_until and health.open_until > now:
        return health
    is_worn_out = health.attempts >= LEAST_ATTEMPTS and health.failures >= WORST_SHARE * health.attempts
    if not health.openings and not is_worn_out and health.timeouts < MOST_TIMEOUTS:
        return health
    pause = min(FIRST_PAUSE * 2 ** min(health.openings, 10), LONGEST_PAUSE)
    return replace(
        health,
        open_until=now + pause,
        openings=health.openings + 1,
        probe_until=None,
        window_start=None,
        attempts=0,
        failures=0,
        timeouts=0,
    )


def after_attempt(endpoint: Endpoint, answer: Answer, now: datetime) -> tuple[Endpoint, str]:
    """The endpoint as the attempt leaves it, and the type of the event that its owner is told, "" for none."""
    before, health = endpoint.health, observed(endpoint.health, answer, now)
    if answer.is_success:
        return replace(endpoint, health=health), "endpoint.recovered" if before.warnings else ""
    failing_for = now - (health.failing_since or now)
    has_failed_enough = failing_for >= DISABLE_AFTER and health.failed_attempts >= DISABLE_ATTEMPTS
    if endpoint.status == "enabled" and (answer.status_code == GONE or has_failed_enough):
        reason = "gone" if answer.status_code == GONE else "failing"
        return replace(endpoint, health=health, status="disabled", disabled_reason=reason), "endpoint.disabled"
    warnings = sum(failing_for >= threshold for threshold in WARN_AFTER)
    if warnings > before.warnings:
        return replace(endpoint, health=replace(health, warnings=warnings)), "endpoint.failing"
    return replace(endpoint, health=health), ""


def suspected(health: Health) -> Health:
    """While an answer is overdue: whoever hangs has the slow lane from now on, before it has timed out."""
    return replace(health, slow=MANY_SLOW)


def is_slow(health: Health) -> bool:
    """Whether its deliveries go through the slow lane, where they hold up nobody."""
    return health.slow >= MANY_SLOW or health.openings > 0


def next_slot(next_free: int, per_minute: int, now_ms: int) -> tuple[int, int]:
    """Of a rate limit, in milliseconds: the time that a delivery gets, and when the next one would get its own."""
    slot = max(next_free, now_ms)
    return slot, slot + math.ceil(60_000 / per_minute)


def rotate(keys: tuple[SigningKey, ...], now: datetime, overlap: timedelta = KEY_OVERLAP) -> tuple[SigningKey, ...]:
    """A new key beside those still live: the newest of them stays for `overlap`."""
    *older, newest = live_keys(keys, now)
    kept = (*older, replace(newest, expires_at=now + overlap))
    return (*kept[-(MOST_KEYS - 1) :], SigningKey(newest.generation + 1, None))


def live_keys(keys: tuple[SigningKey, ...], now: datetime) -> tuple[SigningKey, ...]:
    return tuple(key for key in keys if key.expires_at is None or key.expires_at > now)
