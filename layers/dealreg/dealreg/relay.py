"""The one publisher: what a change in a table with a stream sets in motion. It knows no capability: they are arguments.

A change may come twice (from the stream again, or from the sweep for what the stream lost), so every handler does no
harm when it is repeated.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from dealreg.capability import EVERY_TYPE, Capability, Change, EventHandler, Kind
from dealreg.notifications import store as notifications
from dealreg.notifications.model import Notice
from dealreg.platform import dynamo, events, outbox
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting, table_named

logger = logging.getLogger(__name__)

Record = Mapping[str, Any]
"""Of a stream, in DynamoDB's own JSON."""


def record_handler(
    capabilities: Sequence[Capability], records: Sequence[Record], now: datetime
) -> Callable[[Record], None]:
    """Handles each record of a batch; one of a kind that nobody handles means nothing."""
    stream_handlers = {kind: handle for one in capabilities for kind, handle in one.stream_handlers.items()}
    batch_handlers = {kind: handle for one in capabilities for kind, handle in one.batch_handlers.items()}

    @cache
    def handle_together(kind: Kind) -> None:
        changes = [_change(record) for record in records if _kind(record) == kind]
        batch_handlers[kind]([change for change in changes if _is_marked(change)], now)

    def handle(record: Record) -> None:
        kind, change = _kind(record), _change(record)
        if not _is_marked(change):
            return
        if kind in batch_handlers:
            handle_together(kind)
        elif kind in stream_handlers:
            stream_handlers[kind](change, now)
        elif kind[1] == events.KIND and change.new:
            publish(capabilities, events.from_item(kind[0], change.new), now)

    return handle


def _kind(record: Record) -> Kind:
    table = table_named(str(record["eventSourceARN"]).split("/")[1])
    return table, str(record["dynamodb"]["Keys"]["sk"]["S"]).partition("#")[0]


def _change(record: Record) -> Change:
    images: Mapping[str, Any] = record["dynamodb"]
    return Change(*(dynamo.item_from_wire(images.get(image, {})) for image in ("OldImage", "NewImage")))


def _is_marked(change: Change) -> bool:
    """As the stream's filters ask."""
    return outbox.MARK.items() <= (change.new or change.old).items()


def publish(capabilities: Sequence[Capability], event: Event, now: datetime) -> None:
    """All that follows from an event; then it leaves the outbox, which would have it published again."""
    for handle in event_handlers(capabilities, event.type):
        handle(event, now)
    if any(event.type in one.mailed for one in capabilities):
        notifications.enqueue(Notice(event.type, event.id, event.place.table, event.key.pk, event.key.sk))
    # on a repeat this changes nothing, and so makes no stream record
    dynamo.write(dynamo.update(event.key, remove=outbox.ATTRIBUTES, when=dynamo.PRESENT))
    logger.info("event published", extra={"event_id": event.id, "type": event.type, "subject": event.subject})


def event_handlers(capabilities: Sequence[Capability], event_type: str) -> list[EventHandler]:
    """Those of its type, in the order of the capabilities, then those of every type."""
    found = [handle for one in capabilities for handle in one.event_handlers.get(event_type, ())]
    return found + [handle for one in capabilities for handle in one.event_handlers.get(EVERY_TYPE, ())]


def publish_stored(capabilities: Sequence[Capability], table: Setting, key: dynamo.Key, now: datetime) -> None:
    """For the sweep: an event whose stream record was lost, or could not be handled, or whose table has no stream."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if item and "due_at" in item:
        publish(capabilities, events.from_item(table, item), now)
