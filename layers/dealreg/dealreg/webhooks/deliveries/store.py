"""Deliveries and attempts in the Webhooks table.

`ENDPOINT#<id>` / `DELIVERY#<id>`, on the clock while pending, with the attempt that delivered it if that is short ·
`ENDPOINT#<id>` / `ATTEMPT#<delivery id>#<number>`, the others. What an event says stands in its own row alone;
of one that has none it stands in the delivery, which `TOLD#<place>` / `<id>` finds when it is to be forgotten.
"""

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.platform import due, dynamo, events, limits, times
from dealreg.platform.errors import ConditionFailed, NotFound, StaleVersion
from dealreg.platform.events import Event, Place
from dealreg.platform.limits import Allowance
from dealreg.webhooks.deliveries import queues, rules
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.endpoints.store import KEPT, table
from dealreg.webhooks.items import attempt_to_item, delivery_from_item, endpoint_from_item, to_item
from dealreg.webhooks.model import Attempt, Delivery, Endpoint, Message

logger = logging.getLogger(__name__)

_LOOKED_AT = 50
"""Deliveries, to find how the newest of a type went."""
_SHORT = 450
"""Characters of an attempt as JSON; with them a delivery's row stays below 1 kB, where writing costs one unit."""


def delivery_key(endpoint_id: str, delivery_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"ENDPOINT#{endpoint_id}", f"DELIVERY#{delivery_id}")


def _attempt_key(delivery: Delivery, number: int) -> dynamo.Key:
    return dynamo.Key(table(), f"ENDPOINT#{delivery.endpoint_id}", f"ATTEMPT#{delivery.id}#{number:03d}")


def _line_key(delivery: Delivery) -> dynamo.Key:
    """Its place among the subject's deliveries to an endpoint that wants them in order (ordering.py)."""
    sk = f"LINE#{delivery.subject}#{delivery.sequence:06d}"
    return dynamo.Key(table(), f"ENDPOINT#{delivery.endpoint_id}", sk)


def fan_out(event: Event, now: datetime) -> None:
    """A delivery for each of the audience's endpoints that wants the event; once, if repeated."""
    receivers = _subscribers(event)
    if any(endpoint.ordered != "off" for endpoint in receivers):
        for earlier in _not_yet_told(event):
            send_to(_subscribers(earlier), message_of(earlier), now)
    if receivers:
        send_to(receivers, message_of(event), now)


def _subscribers(event: Event) -> list[Endpoint]:
    """An endpoint is never told of an event about itself."""
    receivers = subscribers(event.audience, [event.type])[event.type]
    return [one for one in receivers if one.id != event.subject]


def subscribers(audience: Iterable[str], event_types: Collection[str]) -> dict[str, list[Endpoint]]:
    """By type of event; without a read where there is none."""
    owned = [endpoint for owner in audience for endpoint in endpoints.of_owner(owner)] if event_types else []
    return {name: [one for one in owned if rules.matches(one.event_types, name)] for name in event_types}


def message_of(event: Event, *, has_row: bool = True) -> Message:
    # sorted, for a row that is read again has no order
    body = json.dumps(event.to_envelope(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return Message(event.id, event.type, event.timestamp, body, event.subject, event.sequence, event.place, has_row)


def _not_yet_told(event: Event) -> list[Event]:
    """The subject's events just before this one that the relay has still to publish, oldest first."""
    found: list[Event] = []
    for sequence in range(event.sequence - 1, 0, -1):
        key = event.place.key(sequence)
        item = dynamo.get(key.table, key.pk, key.sk)
        if not item or "due_at" not in item:
            break
        found.append(events.from_item(event.place.table, item))
    return found[::-1]


def send_to(receivers: Sequence[Endpoint], message: Message, now: datetime, replay_id: str = "") -> list[Delivery]:
    """The event's row must be there, if it has one. Deliveries that are there already stay."""
    deliveries = [rules.new_delivery(message, endpoint, now, replay_id) for endpoint in receivers]
    new = [delivery for delivery in deliveries if _is_stored(delivery)]
    queues.enqueue(new, now)
    for delivery in new:
        if delivery.status == "held":
            reconsider(delivery, now)
    return deliveries


def _is_stored(delivery: Delivery) -> bool:
    """False when it was there before; then the clock looks after it."""
    if delivery.body:
        _note(delivery)
    actions = [dynamo.put(table(), _delivery_item(delivery), dynamo.ABSENT), *_place_in_line(delivery)]
    try:
        if len(actions) > 1:
            dynamo.transact(actions)
        else:
            dynamo.write(actions[0])
    except ConditionFailed:
        return False
    return True


def _note(delivery: Delivery) -> None:
    """That it holds what it says, before it does."""
    pk, ttl = _told_key(delivery.place), _end_of_life(delivery.created_at)
    row = {"pk": pk, "sk": delivery.id, "endpoint_id": delivery.endpoint_id, "ttl": ttl}
    dynamo.write(dynamo.put(table(), row))


def _told_key(place: Place) -> str:
    return f"TOLD#{place.table}#{place.pk}"


def noted(place: Place) -> Iterator[dynamo.Key]:
    """Where the deliveries are that hold what they say of a place."""
    rows = dynamo.every(table(), _told_key(place))
    return (delivery_key(row["endpoint_id"], row["sk"]) for row in rows)


def forget_note(delivery: Delivery) -> None:
    dynamo.write(dynamo.delete(dynamo.Key(table(), _told_key(delivery.place), delivery.id)))


def reconsider(held: Delivery, now: datetime) -> None:
    """The endpoint may have been enabled since it was looked at: then it is not held any more."""
    try:
        endpoint = endpoints.load(held.owner, held.endpoint_id)
    except NotFound:
        return
    if endpoint.status == "enabled":
        send_again(held, now)


def send_again(
    before: Delivery, now: datetime, replay_id: str = "", allowance: Allowance | None = None
) -> Delivery | None:
    """None when somebody else changed it first.

    Raises StateConflict while an attempt is under way, or when erased; RateLimited.
    """
    after = rules.resent(before, now, replay_id)
    try:
        save(before, after, allowance)
    except StaleVersion:
        return None
    queues.enqueue([after], now)
    return after


def find(endpoint_id: str, delivery_id: str) -> Delivery | None:
    key = delivery_key(endpoint_id, delivery_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    return delivery_from_item(item) if item else None


def last_answer(endpoint_id: str, event_type: str) -> dict[str, Any]:
    """How the newest delivery of that type was answered, among the newest of all; {} if none was."""
    newest = dynamo.page(table(), f"ENDPOINT#{endpoint_id}", "DELIVERY#", forward=False, limit=_LOOKED_AT).items
    for one in map(delivery_from_item, newest):
        if one.event_type == event_type and one.last_result:
            return {"last_result": one.last_result, "last_status_code": one.last_status_code}
    return {}


def find_among(endpoint_ids: Iterable[str], delivery_id: str) -> Delivery | None:
    """Whichever of these endpoints it went to: so nobody can find another owner's."""
    found = find_all(delivery_key(endpoint_id, delivery_id) for endpoint_id in endpoint_ids)
    return found[0] if found else None


def find_all(keys: Iterable[dynamo.Key]) -> list[Delivery]:
    """Those that are there, in no order."""
    return [delivery_from_item(item) for item in dynamo.batch_get(keys).values()]


def endpoint_and_message(delivery: Delivery) -> tuple[Endpoint | None, Message | None]:
    """None for an endpoint that was deleted, and for a message that is erased or too old to be kept."""
    endpoint_key = endpoints.endpoint_key(delivery.owner, delivery.endpoint_id)
    event_key = delivery.place.key(delivery.sequence)
    found = dynamo.batch_get([endpoint_key] if delivery.body else [endpoint_key, event_key])
    endpoint, event = found.get(endpoint_key), found.get(event_key)
    message = _kept_message(delivery) if delivery.body else None
    if event and event["id"] == delivery.event_id and not delivery.is_erased:
        message = message_of(events.from_item(delivery.place.table, event))
    return endpoint_from_item(endpoint) if endpoint else None, message


def _kept_message(delivery: Delivery) -> Message:
    happened_at = times.from_text(json.loads(delivery.body)["timestamp"])
    about = (delivery.subject, delivery.sequence, delivery.place)
    return Message(delivery.event_id, delivery.event_type, happened_at, delivery.body, *about, has_row=False)


def save(before: Delivery, after: Delivery, allowance: Allowance | None = None) -> None:
    """Raises StaleVersion when somebody else changed it first, RateLimited."""
    row = dynamo.put(table(), _delivery_item(after), "#version = :seen", {"seen": before.version})
    is_over, was_over = _is_over(after), _is_over(before)
    moved: list[dynamo.Action] = []
    if after.in_line and is_over != was_over:
        moved = [dynamo.delete(_line_key(after))] if is_over else [*_place_in_line(after)]
    try:
        if moved or allowance:
            limits.transact([row, *moved], allowance)
        else:
            dynamo.write(row)
    except ConditionFailed:
        raise StaleVersion from None


def conclude(begun: Delivery, after: Delivery, attempt: Attempt) -> None:
    """What an attempt made of its delivery. Raises StaleVersion when it outlived its lease; it is recorded even so."""
    item = attempt_to_item(attempt)
    if after.status == "delivered" and begun.success is None and len(json.dumps(item)) <= _SHORT:
        after = replace(after, success=item)
    else:
        _put_attempt(begun, item)
    try:
        save(begun, after)
    except StaleVersion:
        there = find(begun.endpoint_id, begun.id)
        if there and there.is_erased:
            dynamo.write(dynamo.delete(_attempt_key(begun, attempt.number)))
        else:
            _put_attempt(begun, item)
        raise


def forget(delivery: Delivery) -> None:
    """Nobody can read or send what it said any more; whoever is sending it this moment can record nothing."""
    key, marks = delivery_key(delivery.endpoint_id, delivery.id), {"is_erased": True, "success": None, "body": ""}
    with suppress(ConditionFailed):  # it came to its end of life
        dynamo.write(dynamo.update(key, change=marks, add={"version": 1}, when=dynamo.PRESENT))


def _put_attempt(delivery: Delivery, item: dynamo.Item) -> None:
    key, ttl = _attempt_key(delivery, item["number"]), _end_of_life(delivery.created_at)
    dynamo.write(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk, **item, "ttl": ttl}))


def resend_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep: its time has come, or its lease or its queue message should long have brought it on."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item or item.get("due_at", "~") > times.to_text(now):
        return
    before = delivery_from_item(item)
    after = rules.released(before, now)
    try:
        save(before, after)
    except StaleVersion:
        return  # it moved on by itself
    queues.enqueue([after], now)
    said = {"delivery_id": after.id, "endpoint_id": after.endpoint_id, "owner": after.owner}
    if after.status == "pending":
        logger.info("due delivery queued", extra=said)
    else:
        logger.error(due.GIVEN_UP, extra=said)


def _delivery_item(delivery: Delivery) -> dynamo.Item:
    key = delivery_key(delivery.endpoint_id, delivery.id)
    clock = due.at(delivery.due_at, delivery.id) if delivery.due_at else {}
    return {"pk": key.pk, "sk": key.sk, **to_item(delivery), **clock, "ttl": _end_of_life(delivery.created_at)}


def _place_in_line(delivery: Delivery) -> list[dynamo.Action]:
    if not delivery.in_line:
        return []
    key = _line_key(delivery)
    ttl = _end_of_life(delivery.created_at)
    return [dynamo.put(table(), {"pk": key.pk, "sk": key.sk, "delivery_id": delivery.id, "ttl": ttl})]


def _is_over(delivery: Delivery) -> bool:
    """Whether those behind it in line need not wait for it: a held one will go yet."""
    return delivery.status not in ("pending", "held")


def _end_of_life(born: datetime) -> int:
    return int((born + KEPT).timestamp())
