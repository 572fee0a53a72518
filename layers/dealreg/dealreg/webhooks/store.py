"""Messages, deliveries and attempts in the Webhooks table, and the hints about them in the delivery queues.

`MESSAGE#<event id>` / `MESSAGE` · `ENDPOINT#<id>` / `DELIVERY#<id>`, on the clock while pending · `ENDPOINT#<id>` /
`ATTEMPT#<delivery id>#<number>`. The row is the truth: a lost queue message is repaired by the clock.
"""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from dealreg import aws, due, dynamo, events, times
from dealreg.errors import ConditionFailed, NotFound, StaleVersion
from dealreg.events import Event
from dealreg.settings import Setting, read
from dealreg.webhooks import endpoints, rules
from dealreg.webhooks.endpoints import KEPT, table
from dealreg.webhooks.model import (
    Attempt,
    Delivery,
    Endpoint,
    Message,
    attempt_to_item,
    delivery_from_item,
    endpoint_from_item,
    message_from_item,
    to_item,
)

logger = logging.getLogger(__name__)

_QUEUE_BATCH = 10  # SQS: SendMessageBatch
_GET_BATCH = 100  # DynamoDB: BatchGetItem


def delivery_key(endpoint_id: str, delivery_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"ENDPOINT#{endpoint_id}", f"DELIVERY#{delivery_id}")


def message_key(event_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"MESSAGE#{event_id}", "MESSAGE")


def line_key(delivery: Delivery) -> dynamo.Key:
    """Its place among the deal's deliveries to an endpoint that wants them in order (ordering.py)."""
    sk = f"LINE#{delivery.deal_id}#{delivery.sequence:06d}"
    return dynamo.Key(table(), f"ENDPOINT#{delivery.endpoint_id}", sk)


def fan_out(event: Event, now: datetime) -> None:
    """A delivery for each endpoint that wants the event, the partner's own and the vendor's; once, if repeated."""
    if event.type not in rules.EVENT_TYPES:
        return
    receivers = subscribers(rules.owners_for(event.partner_id), event.type)
    if any(endpoint.ordered != "off" for endpoint in receivers):
        for earlier in _not_yet_told(event):
            send_to(subscribers(rules.owners_for(earlier.partner_id), earlier.type), message_of(earlier), now)
    if receivers:
        send_to(receivers, message_of(event), now)


def subscribers(owners: Iterable[str], event_type: str) -> list[Endpoint]:
    owned = (endpoint for owner in owners for endpoint in endpoints.of_owner(owner))
    return [endpoint for endpoint in owned if rules.matches(endpoint.event_types, event_type)]


def message_of(event: Event) -> Message:
    body = json.dumps(event.to_envelope(), ensure_ascii=False, separators=(",", ":"))
    return Message(event.id, event.type, event.timestamp, body, event.deal_id, event.sequence)


def _not_yet_told(event: Event) -> list[Event]:
    """The deal's events just before this one that the relay has still to publish, oldest first."""
    found: list[Event] = []
    for sequence in range(event.sequence - 1, 0, -1):
        item = dynamo.get(read(Setting.DEALS_TABLE), events.partition(event.deal_id), f"EVENT#{sequence:06d}")
        if not item or "due_at" not in item:
            break
        found.append(events.from_item(item))
    return [earlier for earlier in reversed(found) if earlier.type in rules.EVENT_TYPES]


def send_to(receivers: Sequence[Endpoint], message: Message, now: datetime, replay_id: str = "") -> list[Delivery]:
    """The message first: a delivery never lacks what it is to deliver. Those that are there already stay."""
    if receivers:
        dynamo.write(dynamo.put(table(), _message_item(message, now)))
    deliveries = [rules.new_delivery(message, endpoint, now, replay_id) for endpoint in receivers]
    new = [delivery for delivery in deliveries if _is_stored(delivery)]
    enqueue(new, now)
    for delivery in new:
        if delivery.status == "held":
            reconsider(delivery, now)
    return deliveries


def _is_stored(delivery: Delivery) -> bool:
    """False when it was there before; then the clock looks after it."""
    actions = [dynamo.put(table(), _delivery_item(delivery), dynamo.ABSENT), *_place_in_line(delivery)]
    try:
        if len(actions) > 1:
            dynamo.transact(actions)
        else:
            dynamo.write(actions[0])
    except ConditionFailed:
        return False
    return True


def reconsider(held: Delivery, now: datetime) -> None:
    """The endpoint may have been enabled since it was looked at: then it is not held any more."""
    try:
        endpoint = endpoints.load(held.owner, held.endpoint_id)
    except NotFound:
        return
    if endpoint.status == "enabled":
        send_again(held, now)


def send_again(before: Delivery, now: datetime, replay_id: str = "") -> Delivery | None:
    """None when somebody else changed it first. Raises StateConflict while an attempt is under way."""
    after = rules.resent(before, now, replay_id)
    try:
        save(before, after)
    except StaleVersion:
        return None
    enqueue([after], now)
    return after


def find(endpoint_id: str, delivery_id: str) -> Delivery | None:
    key = delivery_key(endpoint_id, delivery_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    return delivery_from_item(item) if item else None


def find_among(endpoint_ids: Iterable[str], delivery_id: str) -> Delivery | None:
    """Whichever of these endpoints it went to: so nobody can find another owner's."""
    found = find_all(delivery_key(endpoint_id, delivery_id) for endpoint_id in endpoint_ids)
    return found[0] if found else None


def find_all(keys: Iterable[dynamo.Key]) -> list[Delivery]:
    """Those that are there, in no order."""
    wanted = list(keys)
    batches = [wanted[start : start + _GET_BATCH] for start in range(0, len(wanted), _GET_BATCH)]
    return [delivery_from_item(item) for batch in batches for item in dynamo.batch_get(batch).values()]


def endpoint_and_message(delivery: Delivery) -> tuple[Endpoint | None, Message | None]:
    """None for an endpoint that was deleted, and for a message that is too old to be kept."""
    endpoint_key = endpoints.endpoint_key(delivery.owner, delivery.endpoint_id)
    content_key = message_key(delivery.event_id)
    found = dynamo.batch_get([endpoint_key, content_key])
    endpoint, message = found.get(endpoint_key), found.get(content_key)
    return endpoint_from_item(endpoint) if endpoint else None, message_from_item(message) if message else None


def save(before: Delivery, after: Delivery) -> None:
    """Raises StaleVersion when somebody else changed it first."""
    row = dynamo.put(table(), _delivery_item(after), "#version = :seen", {"seen": before.version})
    is_over, was_over = _is_over(after), _is_over(before)
    try:
        if not after.in_line or is_over == was_over:
            dynamo.write(row)
        elif is_over:
            dynamo.transact([row, dynamo.delete(line_key(after))])
        else:
            dynamo.transact([row, *_place_in_line(after)])
    except ConditionFailed:
        raise StaleVersion from None


def save_attempt(delivery: Delivery, attempt: Attempt) -> None:
    """Before the delivery itself: whatever becomes of that, the attempt was made."""
    sk = f"ATTEMPT#{delivery.id}#{attempt.number:03d}"
    ttl = _end_of_life(delivery.created_at)
    item = {"pk": f"ENDPOINT#{delivery.endpoint_id}", "sk": sk, **attempt_to_item(attempt), "ttl": ttl}
    dynamo.write(dynamo.put(table(), item))


def enqueue(deliveries: Iterable[Delivery], now: datetime) -> None:
    """Those whose time a queue can wait for. What a queue does not take is left to the clock."""
    waiting = [(delivery, rules.queue_delay(delivery, now)) for delivery in deliveries]
    for is_slow in (False, True):
        entries = [_entry(one, delay) for one, delay in waiting if delay is not None and one.is_slow == is_slow]
        for batch in _in_tens(entries):
            url = read(Setting.SLOW_DELIVERY_QUEUE_URL if is_slow else Setting.DELIVERY_QUEUE_URL)
            reply = aws.client("sqs").send_message_batch(QueueUrl=url, Entries=batch)
            for failure in reply.get("Failed", []):
                logger.warning("delivery not queued", extra={"delivery_id": failure["Id"], "code": failure["Code"]})


def _in_tens(entries: Sequence[dict[str, object]]) -> Iterator[Sequence[dict[str, object]]]:
    for start in range(0, len(entries), _QUEUE_BATCH):
        yield entries[start : start + _QUEUE_BATCH]


def resend_due(pk: str, sk: str, now: datetime) -> None:
    """For the sweep: its time has come, or its lease or its queue message should long have brought it on."""
    item = dynamo.get(table(), pk, sk)
    if not item or item.get("due_at", "~") > times.to_text(now):
        return
    before = delivery_from_item(item)
    after = rules.released(before, now)
    try:
        save(before, after)
    except StaleVersion:
        return  # it moved on by itself
    enqueue([after], now)
    logger.info("due delivery queued", extra={"delivery_id": before.id, "endpoint_id": before.endpoint_id})


def _entry(delivery: Delivery, delay: int) -> dict[str, object]:
    """Grouped by endpoint, so that a fair queue serves the others first when one of them is slow."""
    return {
        "Id": delivery.id,
        "MessageBody": json.dumps({"endpoint_id": delivery.endpoint_id, "delivery_id": delivery.id}),
        "DelaySeconds": delay,
        "MessageGroupId": delivery.endpoint_id,
    }


def _message_item(message: Message, now: datetime) -> dynamo.Item:
    key = message_key(message.id)
    return {"pk": key.pk, "sk": key.sk, **to_item(message), "ttl": _end_of_life(now)}


def _delivery_item(delivery: Delivery) -> dynamo.Item:
    key = delivery_key(delivery.endpoint_id, delivery.id)
    clock = due.at(delivery.due_at, delivery.id) if delivery.due_at else {}
    return {"pk": key.pk, "sk": key.sk, **to_item(delivery), **clock, "ttl": _end_of_life(delivery.created_at)}


def _place_in_line(delivery: Delivery) -> list[dynamo.Action]:
    if not delivery.in_line:
        return []
    key = line_key(delivery)
    ttl = _end_of_life(delivery.created_at)
    return [dynamo.put(table(), {"pk": key.pk, "sk": key.sk, "delivery_id": delivery.id, "ttl": ttl})]


def _is_over(delivery: Delivery) -> bool:
    """Whether those behind it in line need not wait for it: a held one will go yet."""
    return delivery.status not in ("pending", "held")


def _end_of_life(born: datetime) -> int:
    return int((born + KEPT).timestamp())
