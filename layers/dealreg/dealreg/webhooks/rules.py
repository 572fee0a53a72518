"""When a delivery is tried, and what becomes of it. Pure: time and chance are arguments."""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dealreg import ids, times
from dealreg.errors import StateConflict, Unauthenticated
from dealreg.events import ENVELOPE_VERSION
from dealreg.http import Caller
from dealreg.webhooks.model import VENDOR, Answer, Delivery, DeliveryStatus, Endpoint, Message, SigningKey

SCHEDULE = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 10 * 3600, 14 * 3600, 20 * 3600, 24 * 3600)
)
"""The wait before each attempt: ten in about 75 hours."""
SPREAD = 0.2
"""Each wait is up to so much shorter or longer, so that retries do not arrive in step."""
SLOW_DOWN = timedelta(seconds=60)
"""The least wait after a receiver was too slow or said that it has too much to do."""
LEASE = timedelta(seconds=60)
"""Much longer than an attempt may take: who holds one that ran out has died."""
QUEUE_REACH = timedelta(minutes=15)
"""The longest delay of an SQS message; what waits longer is brought by the clock."""
REPAIR_AFTER = timedelta(minutes=2)
"""So long a queue message may take before the clock takes it for lost."""
CLOCK_SKEW = timedelta(seconds=2)
"""Two machines may differ so much about what time it is."""
KEY_OVERLAP = timedelta(hours=24)
"""So long the key before the newest still signs."""
MOST_KEYS = 3
MOST_ENDPOINTS = 20
"""Of one owner."""
EVENT_TYPES = (
    "deal.submitted",
    "deal.queued",
    "deal.in_review",
    "deal.action_required",
    "deal.resubmitted",
    "deal.approved",
    "deal.rejected",
    "deal.withdrawn",
    "deal.expiring",
    "deal.expired",
    "deal.extended",
    "deal.edited",
    "deal.stage_changed",
    "deal.commented",
    "deal.reassigned",
    "deal.won",
    "deal.lost",
)
"""What endpoints may subscribe to; whatever is not named here, such as an internal note, is never sent."""
TEST_TYPE = "endpoint.test"
_BUSY = (429, 503)
_ID_ENTROPY_BYTES = 10


def owner_of(caller: Caller | None) -> str:
    """Whose endpoints the caller may see and change: a partner its own, an admin the vendor's."""
    if caller is None:
        raise Unauthenticated
    return VENDOR if caller.principal_type == "admin" else caller.partner_id


def owners_for(partner_id: str) -> list[str]:
    """Who is told of a partner's event: the vendor, and nobody but that partner."""
    return [VENDOR, partner_id] if partner_id else [VENDOR]


def is_pattern(text: str) -> bool:
    """Whether it can match anything."""
    return text == "*" or any(matches([text], event_type) for event_type in EVENT_TYPES)


def matches(patterns: Iterable[str], event_type: str) -> bool:
    """A pattern is a type, `*`, or a family such as `deal.*`."""
    family = event_type.partition(".")[0]
    return any(pattern in ("*", event_type, f"{family}.*") for pattern in patterns)


def new_delivery(message: Message, endpoint: Endpoint, now: datetime) -> Delivery:
    """The same message to the same endpoint always has the same id, so that telling twice makes one delivery."""
    digest = hashlib.sha256(f"{message.id}#{endpoint.id}".encode()).digest()
    return Delivery(
        id=ids.make_id("dlv", message.timestamp, int.from_bytes(digest[:_ID_ENTROPY_BYTES])),
        owner=endpoint.owner,
        endpoint_id=endpoint.id,
        event_id=message.id,
        event_type=message.type,
        status="pending" if endpoint.status == "enabled" else "held",
        version=1,
        attempts=0,
        step=0,
        next_attempt_at=now,
        lease_until=None,
        last_result="",
        last_status_code=None,
        created_at=now,
    )


def trial_envelope(endpoint: Endpoint, event_id: str, now: datetime) -> dict[str, Any]:
    """Looks like any other event; no partner is meant when the endpoint is the vendor's."""
    return {
        "id": event_id,
        "type": TEST_TYPE,
        "version": ENVELOPE_VERSION,
        "timestamp": times.to_text(now),
        "sequence": 1,
        "partner_id": None if endpoint.owner == VENDOR else endpoint.owner,
        "data": {"endpoint_id": endpoint.id},
    }


def is_ready(delivery: Delivery, now: datetime) -> bool:
    """Whether an attempt may be made: it is time, and nobody else is at it."""
    if delivery.status != "pending" or is_leased(delivery, now):
        return False
    return delivery.next_attempt_at is not None and delivery.next_attempt_at <= now + CLOCK_SKEW


def is_leased(delivery: Delivery, now: datetime) -> bool:
    return delivery.lease_until is not None and delivery.lease_until > now


def begin(delivery: Delivery, endpoint: Endpoint | None, message: Message | None, now: datetime) -> Delivery:
    """Leased for an attempt; or at its end, when there is nobody to send to, nothing to send or no attempt left."""
    if endpoint is None:
        return _end(delivery, "failed", "endpoint_deleted")
    if message is None:
        return _end(delivery, "failed", "message_expired")
    if endpoint.status == "disabled":
        return _end(delivery, "held", "endpoint_disabled")
    if delivery.step >= len(SCHEDULE):
        return _end(delivery, "failed", "interrupted")
    return replace(
        delivery,
        version=delivery.version + 1,
        attempts=delivery.attempts + 1,
        step=delivery.step + 1,
        lease_until=now + LEASE,
    )


def conclude(delivery: Delivery, answer: Answer, now: datetime, chance: float) -> Delivery:
    """After an attempt. `chance` is from 0 to 1."""
    delivery = replace(delivery, last_status_code=answer.status_code)
    if answer.is_success:
        return _end(delivery, "delivered", answer.result)
    if delivery.step >= len(SCHEDULE):
        return _end(delivery, "failed", answer.result)
    return replace(
        delivery,
        version=delivery.version + 1,
        next_attempt_at=now + wait_after(answer, delivery.step, chance),
        lease_until=None,
        last_result=answer.result,
    )


def wait_after(answer: Answer, step: int, chance: float) -> timedelta:
    """`step` attempts were made, and one more is left at least. (The delivery policy will hear Retry-After here.)"""
    wait = SCHEDULE[step] * (1 + SPREAD * (2 * chance - 1))
    if answer.result == "timeout" or answer.status_code in _BUSY:
        return max(wait, SLOW_DOWN)
    return wait


def is_replayable(delivery: Delivery) -> bool:
    return delivery.status in ("failed", "held")


def replay_range(since: datetime, until: datetime) -> tuple[str, str]:
    """The least and the greatest delivery id of events that happened between them."""
    return ids.make_id("dlv", since, 0), ids.make_id("dlv", until, 256**_ID_ENTROPY_BYTES - 1)


def resent(delivery: Delivery, now: datetime) -> Delivery:
    """Due at once, with a whole schedule before it. Raises StateConflict while an attempt is under way."""
    if is_leased(delivery, now):
        raise StateConflict("An attempt is under way; try again in a minute.")
    return replace(
        delivery, version=delivery.version + 1, status="pending", step=0, next_attempt_at=now, lease_until=None
    )


def released(delivery: Delivery) -> Delivery:
    """Free for the next taker, after its lease ran out or its queue message got lost."""
    return replace(delivery, version=delivery.version + 1, lease_until=None)


def due_at(delivery: Delivery, now: datetime) -> datetime | None:
    """When the clock should look at it: at its time, or when the lease or the queue should long have brought it on."""
    if delivery.status != "pending" or delivery.next_attempt_at is None:
        return None
    if delivery.lease_until:
        return delivery.lease_until
    start = max(delivery.next_attempt_at, now)
    return start if start - now > QUEUE_REACH else start + REPAIR_AFTER


def queue_delay(delivery: Delivery, now: datetime) -> int | None:
    """Whole seconds for the queue; None when the clock brings it."""
    if delivery.status != "pending" or delivery.next_attempt_at is None:
        return None
    wait = max(delivery.next_attempt_at - now, timedelta(0))
    return math.ceil(wait.total_seconds()) if wait <= QUEUE_REACH else None


def rotate(keys: tuple[SigningKey, ...], now: datetime) -> tuple[SigningKey, ...]:
    """A new key beside those still live: the newest of them stays for a day."""
    *older, newest = live_keys(keys, now)
    kept = (*older, replace(newest, expires_at=now + KEY_OVERLAP))
    return (*kept[-(MOST_KEYS - 1) :], SigningKey(newest.generation + 1, None))


def live_keys(keys: tuple[SigningKey, ...], now: datetime) -> tuple[SigningKey, ...]:
    return tuple(key for key in keys if key.expires_at is None or key.expires_at > now)


def _end(delivery: Delivery, status: DeliveryStatus, result: str) -> Delivery:
    return replace(
        delivery,
        version=delivery.version + 1,
        status=status,
        next_attempt_at=None,
        lease_until=None,
        last_result=result,
    )
