"""Who is told of what, and the life of a delivery. Pure: time and chance are arguments."""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from dealreg.platform import ids
from dealreg.platform.errors import StateConflict
from dealreg.platform.events import VENDOR, Event
from dealreg.platform.http import Caller
from dealreg.platform.queues import MAX_DELAY
from dealreg.webhooks.deliveries import policy
from dealreg.webhooks.model import Answer, Delivery, DeliveryStatus, Endpoint, Message, place_of

LEASE = timedelta(seconds=60)
"""Much longer than an attempt may take: who holds one that ran out has died."""
REPAIR_AFTER = timedelta(minutes=2)
"""How long a queue message may take before the clock takes it for lost; longer than a lease."""
LONGEST_REPAIR = timedelta(hours=1)
MAX_LOST = 48
"""So often in a row the clock calls for a delivery that nobody takes up: for two days. Then it has failed."""
CLOCK_SKEW = timedelta(seconds=2)
"""How much two machines may differ about what time it is."""
TEST_TYPE = "endpoint.test"
VERIFY_TYPE = "endpoint.verify"
ADDRESSED = (TEST_TYPE, VERIFY_TYPE)
"""Sent to the endpoint that they are about, and to no subscriber: an owner sets them off by hand."""
_ID_ENTROPY_BYTES = 10
_FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)


def owner_of(caller: Caller) -> str:
    """Whose endpoints the caller may see and change: a partner its own, an admin the vendor's."""
    return VENDOR if caller.principal_type == "admin" else caller.partner_id


def is_pattern(text: str, event_types: Iterable[str]) -> bool:
    """Whether it can match any of these."""
    return text == "*" or any(matches([text], one) for one in event_types if one not in ADDRESSED)


def matches(patterns: Iterable[str], event_type: str) -> bool:
    """A pattern is a type, `*`, or a family such as `deal.*`."""
    family = event_type.partition(".")[0]
    return any(pattern in ("*", event_type, f"{family}.*") for pattern in patterns)


def new_delivery(message: Message, endpoint: Endpoint, now: datetime, replay_id: str = "") -> Delivery:
    """The same message to the same endpoint always has the same id, so that telling twice makes one delivery."""
    may_go = endpoint.status == "enabled" or message.type == VERIFY_TYPE
    return _clocked(
        Delivery(
            id=delivery_id(message.id, message.timestamp, endpoint.id),
            owner=endpoint.owner,
            endpoint_id=endpoint.id,
            event_id=message.id,
            event_type=message.type,
            status="pending" if may_go else "held",
            version=1,
            attempts=0,
            step=0,
            next_attempt_at=now if may_go else None,
            lease_until=None,
            last_result="" if may_go else f"endpoint_{endpoint.status}",
            last_status_code=None,
            created_at=now,
            subject=message.subject,
            sequence=message.sequence,
            place=message.place,
            in_line=endpoint.ordered != "off" and message.type not in ADDRESSED,
            is_slow=bool(replay_id) or policy.is_slow(endpoint.health),
            replay_id=replay_id,
            body="" if message.has_row else message.body,
        ),
        now,
    )


def delivery_id(event_id: str, happened_at: datetime, endpoint_id: str) -> str:
    """Sorts by when the event happened."""
    digest = hashlib.sha256(f"{event_id}#{endpoint_id}".encode()).digest()
    return ids.make_id("dlv", happened_at, int.from_bytes(digest[:_ID_ENTROPY_BYTES]))


def replay_range(since: datetime, until: datetime) -> tuple[str, str]:
    """The least and the greatest delivery id of events that happened between them; ids have no time before 1970."""
    least, greatest = (max(moment, _FIRST_MOMENT) for moment in (since, until))
    return ids.make_id("dlv", least, 0), ids.make_id("dlv", greatest, 256**_ID_ENTROPY_BYTES - 1)


def event_about(
    endpoint: Endpoint,
    event_id: str,
    event_type: str,
    data: Mapping[str, Any],
    audience: tuple[str, ...],
    now: datetime,
) -> Event:
    """The next one. No partner is concerned when the endpoint is the vendor's."""
    return Event(
        id=event_id,
        type=event_type,
        subject=endpoint.id,
        sequence=endpoint.sequence + 1,
        timestamp=now,
        partner_id="" if endpoint.owner == VENDOR else endpoint.owner,
        audience=audience,
        data={"endpoint_id": endpoint.id, **data},
        place=place_of(endpoint.id),
    )


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
        return end(delivery, "failed", "endpoint_deleted")
    if message is None:
        return end(delivery, "failed", "erased" if delivery.is_erased else "message_expired")
    if endpoint.status == "disabled" or (endpoint.status == "unverified" and message.type != VERIFY_TYPE):
        return end(delivery, "held", f"endpoint_{endpoint.status}")
    if delivery.step >= len(policy.SCHEDULE):
        return end(delivery, "failed", "interrupted")
    lease_until = now + LEASE
    return replace(
        delivery,
        version=delivery.version + 1,
        attempts=delivery.attempts + 1,
        step=delivery.step + 1,
        lease_until=lease_until,
        lost=0,
        # moved only if it must be: each move costs two writes of the index
        due_at=max(delivery.due_at or lease_until, lease_until),
        has_slot=False,
    )


def conclude(delivery: Delivery, answer: Answer, now: datetime, chance: float, *, slow: bool = False) -> Delivery:
    """After an attempt. `chance` is from 0 to 1; `slow`: its endpoint is."""
    delivery = replace(delivery, last_status_code=answer.status_code, last_duration_ms=answer.duration_ms)
    if answer.is_success:
        return end(delivery, "delivered", answer.result)
    if answer.status_code == policy.GONE and delivery.event_type != VERIFY_TYPE:
        return end(delivery, "held", "endpoint_disabled")
    if delivery.step >= len(policy.SCHEDULE):
        return end(delivery, "failed", answer.result)
    later = replace(
        delivery,
        version=delivery.version + 1,
        next_attempt_at=now + policy.wait_after(answer, delivery.step, now, chance),
        lease_until=None,
        lost=0,
        last_result=answer.result,
        is_slow=slow or delivery.step >= policy.EARLY_STEPS,
    )
    return _clocked(later, now)


def postponed(delivery: Delivery, until: datetime, now: datetime, *, has_slot: bool = False) -> Delivery:
    """Not now, and no attempt is spent."""
    version = delivery.version + 1
    later = replace(delivery, version=version, next_attempt_at=until, lease_until=None, lost=0, has_slot=has_slot)
    return _clocked(later, now)


def parked(delivery: Delivery, until: datetime) -> Delivery:
    """Waits for the one before it, which calls it; and if that call is lost, for the clock."""
    return replace(delivery, version=delivery.version + 1, lost=0, due_at=until + REPAIR_AFTER)


def resent(delivery: Delivery, now: datetime, replay_id: str = "") -> Delivery:
    """Due at once, with a whole schedule before it. Raises StateConflict if it is erased, or just being sent."""
    if delivery.is_erased:
        raise StateConflict("What it said has been erased.")
    if is_leased(delivery, now):
        raise StateConflict("An attempt is under way; try again in a minute.")
    again = replace(
        delivery,
        version=delivery.version + 1,
        status="pending",
        step=0,
        next_attempt_at=now,
        lease_until=None,
        lost=0,
        replay_id=replay_id,
        is_slow=bool(replay_id),  # live deliveries go first
    )
    return _clocked(again, now)


def released(delivery: Delivery, now: datetime) -> Delivery:
    """Free for the next taker, after its lease ran out or its message got lost; the clock waits longer each time."""
    lost = delivery.lost + 1
    if lost > MAX_LOST:
        return end(delivery, "failed", "undeliverable")
    free = _clocked(replace(delivery, version=delivery.version + 1, lease_until=None, lost=lost), now)
    wait = min(REPAIR_AFTER * 2 ** min(lost - 1, 10), LONGEST_REPAIR)
    return replace(free, due_at=max(free.due_at, now + wait)) if free.due_at else free


def end(delivery: Delivery, status: DeliveryStatus, result: str) -> Delivery:
    return replace(
        delivery,
        version=delivery.version + 1,
        status=status,
        next_attempt_at=None,
        lease_until=None,
        due_at=None,
        last_result=result,
    )


def _clocked(delivery: Delivery, now: datetime) -> Delivery:
    """On the clock, while it is pending: at its time, or when the queue should long have brought it."""
    if delivery.status != "pending" or delivery.next_attempt_at is None:
        return replace(delivery, due_at=None)
    start = max(delivery.next_attempt_at, now)
    return replace(delivery, due_at=start if start - now > MAX_DELAY else start + REPAIR_AFTER)


def queue_delay(delivery: Delivery, now: datetime) -> int | None:
    """Whole seconds for the queue; None when the clock brings it."""
    if delivery.status != "pending" or delivery.next_attempt_at is None:
        return None
    wait = max(delivery.next_attempt_at - now, timedelta(0))
    return math.ceil(wait.total_seconds()) if wait <= MAX_DELAY else None
