"""Messages, deliveries and attempts in the Webhooks table, and the hints about them in the delivery queue.

`MESSAGE#<event id>` / `MESSAGE` · `DELIVERY#<id>` / `DELIVERY`, listed by the index `by_endpoint`, on the clock while
pending · `DELIVERY#<id>` / `ATTEMPT#<number>`. The row is the truth: a lost queue message is repaired by the clock.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from dealreg import aws, due, dynamo, times
from dealreg.errors import ConditionFailed, StaleVersion
from dealreg.events import Event
from dealreg.settings import Setting, read
from dealreg.webhooks import endpoints, rules
from dealreg.webhooks.model import (
    Attempt,
    Delivery,
    Endpoint,
    Message,
    attempt_to_item,
    delivery_from_item,
    delivery_to_item,
    endpoint_from_item,
    message_from_item,
    message_to_item,
)

logger = logging.getLogger(__name__)

KEPT = timedelta(days=90)
_QUEUE_BATCH = 10  # SQS: SendMessageBatch


def table() -> str:
    return read(Setting.WEBHOOKS_TABLE)


def delivery_key(delivery_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"DELIVERY#{delivery_id}", "DELIVERY")


def message_key(event_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"MESSAGE#{event_id}", "MESSAGE")


def fan_out(event: Event, now: datetime) -> None:
    """A delivery for each endpoint that wants the event, the partner's own and the vendor's; once, if repeated."""
    if event.type not in rules.EVENT_TYPES:
        return
    owned = (endpoint for owner in rules.owners_for(event.partner_id) for endpoint in endpoints.of_owner(owner))
    subscribed = [endpoint for endpoint in owned if rules.matches(endpoint.event_types, event.type)]
    if subscribed:
        body = json.dumps(event.to_envelope(), ensure_ascii=False, separators=(",", ":"))
        send_to(subscribed, Message(event.id, event.type, event.timestamp, body), now)


def send_to(receivers: Sequence[Endpoint], message: Message, now: datetime) -> list[Delivery]:
    """The message first: a delivery never lacks what it is to deliver."""
    dynamo.write(dynamo.put(table(), _message_item(message, now)))
    deliveries = [rules.new_delivery(message, endpoint, now) for endpoint in receivers]
    new = [delivery for delivery in deliveries if _is_stored(delivery, now)]
    enqueue(new, now)
    return deliveries


def _is_stored(delivery: Delivery, now: datetime) -> bool:
    """False when it was there before; then the clock looks after it."""
    try:
        dynamo.write(dynamo.put(table(), _delivery_item(delivery, now), dynamo.ABSENT))
    except ConditionFailed:
        return False
    return True


def find(delivery_id: str) -> Delivery | None:
    key = delivery_key(delivery_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    return delivery_from_item(item) if item else None


def find_all(rows: Sequence[dynamo.Item]) -> list[Delivery]:
    """Of rows of the index `by_endpoint`, which holds the keys only; in their order."""
    keys = [dynamo.Key(table(), row["pk"], row["sk"]) for row in rows]
    found = dynamo.batch_get(keys)
    return [delivery_from_item(found[key]) for key in keys if key in found]


def endpoint_and_message(delivery: Delivery) -> tuple[Endpoint | None, Message | None]:
    """None for an endpoint that was deleted, and for a message that is too old to be kept."""
    endpoint_key = endpoints.endpoint_key(delivery.owner, delivery.endpoint_id)
    content_key = message_key(delivery.event_id)
    found = dynamo.batch_get([endpoint_key, content_key])
    endpoint, message = found.get(endpoint_key), found.get(content_key)
    return endpoint_from_item(endpoint) if endpoint else None, message_from_item(message) if message else None


def save(before: Delivery, after: Delivery, now: datetime, attempt: Attempt | None = None) -> None:
    """Raises StaleVersion when somebody else changed it first."""
    row = dynamo.put(table(), _delivery_item(after, now), "#version = :seen", {"seen": before.version})
    try:
        if attempt:
            dynamo.transact([row, dynamo.put(table(), _attempt_item(after, attempt))])
        else:
            dynamo.write(row)
    except ConditionFailed:
        raise StaleVersion from None


def enqueue(deliveries: Iterable[Delivery], now: datetime) -> None:
    """Those whose time the queue can wait for. What the queue does not take is left to the clock."""
    delayed = [(delivery, rules.queue_delay(delivery, now)) for delivery in deliveries]
    entries = [_entry(delivery, delay) for delivery, delay in delayed if delay is not None]
    for start in range(0, len(entries), _QUEUE_BATCH):
        reply = aws.client("sqs").send_message_batch(
            QueueUrl=read(Setting.DELIVERY_QUEUE_URL), Entries=entries[start : start + _QUEUE_BATCH]
        )
        for failure in reply.get("Failed", []):
            logger.warning("delivery not queued", extra={"delivery_id": failure["Id"], "code": failure["Code"]})


def resend_due(pk: str, sk: str, now: datetime) -> None:
    """For the sweep: its time has come, or its lease or its queue message should long have brought it on."""
    item = dynamo.get(table(), pk, sk)
    if not item or item.get("due_at", "~") > times.to_text(now):
        return
    before = delivery_from_item(item)
    after = rules.released(before)
    try:
        save(before, after, now)
    except StaleVersion:
        return  # it moved on by itself
    enqueue([after], now)
    logger.info("due delivery queued", extra={"delivery_id": before.id, "endpoint_id": before.endpoint_id})


def _entry(delivery: Delivery, delay: int) -> dict[str, object]:
    """Grouped by endpoint, so that a fair queue serves the others first when one of them is slow."""
    return {
        "Id": delivery.id,
        "MessageBody": json.dumps({"delivery_id": delivery.id}),
        "DelaySeconds": delay,
        "MessageGroupId": delivery.endpoint_id,
    }


def _message_item(message: Message, now: datetime) -> dynamo.Item:
    key = message_key(message.id)
    return {"pk": key.pk, "sk": key.sk, **message_to_item(message), "ttl": _end_of_life(now)}


def _delivery_item(delivery: Delivery, now: datetime) -> dynamo.Item:
    """On the clock while there is something to do."""
    key = delivery_key(delivery.id)
    moment = rules.due_at(delivery, now)
    clock = due.at(moment, delivery.id) if moment else {}
    ttl = {"ttl": _end_of_life(delivery.created_at)}
    return {"pk": key.pk, "sk": key.sk, **delivery_to_item(delivery), **clock, **ttl}


def _attempt_item(delivery: Delivery, attempt: Attempt) -> dynamo.Item:
    pk, sk = delivery_key(delivery.id).pk, f"ATTEMPT#{attempt.number:03d}"
    return {"pk": pk, "sk": sk, **attempt_to_item(attempt), "ttl": _end_of_life(delivery.created_at)}


def _end_of_life(born: datetime) -> int:
    return int((born + KEPT).timestamp())
