"""What delivery tests act with: endpoints, events, and a look into the queue."""

import json
from datetime import datetime
from typing import Any

from dealreg import wiring
from dealreg.deals.model import place_of
from dealreg.platform import aws, dynamo, events
from dealreg.platform.events import VENDOR, Event
from dealreg.platform.settings import Setting, read
from dealreg.platform.validation import parse_values
from dealreg.webhooks.deliveries import attempts as deliver_module
from dealreg.webhooks.deliveries import store
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.inputs import NewEndpoint
from dealreg.webhooks.model import Delivery, Endpoint
from dealreg.webhooks.replays import runner

NORTH, SOUTH = "part_north", "part_south"
_QUEUES = (Setting.DELIVERY_QUEUE_URL, Setting.SLOW_DELIVERY_QUEUE_URL, Setting.REPLAY_QUEUE_URL)


def event(
    now: datetime,
    partner_id: str = NORTH,
    event_type: str = "deal.approved",
    event_id: str = "evt_1",
    deal_id: str = "deal_1",
    sequence: int = 3,
) -> Event:
    """One that happened: a row beside its deal, which the relay is about to publish."""
    happened = Event(
        id=event_id,
        type=event_type,
        subject=deal_id,
        sequence=sequence,
        timestamp=now,
        partner_id=partner_id,
        audience=(VENDOR, partner_id),
        data={"deal_id": deal_id, "version": sequence, "status": "approved"},
        place=place_of(deal_id),
        internal={"by": "a person at the vendor"},
    )
    dynamo.write(dynamo.put(read(Setting.DEALS_TABLE), events.to_item(happened, is_published=True)))
    return happened


def input_context() -> dict[str, Any]:
    """By what the API judges an endpoint's fields."""
    return {**endpoints.url_policy(), "event_types": wiring.event_types()}


def endpoint(owner: str, url: str, now: datetime, *event_types: str, **options: Any) -> tuple[Endpoint, str]:
    """One whose receiver has proved itself."""
    values = {"url": url, "event_types": list(event_types) or ["deal.*"]} | options
    made, secret = endpoints.create(owner, parse_values(NewEndpoint, values, input_context()), now)
    endpoints.verify(made)
    return endpoints.load(owner, made.id), secret


def pointers(setting: Setting = Setting.DELIVERY_QUEUE_URL) -> list[dict[str, str]]:
    """Takes what a queue would hand out now."""
    url, found = read(setting), list[dict[str, str]]()
    while messages := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"]) for message in messages]
    return found


def queued(setting: Setting = Setting.DELIVERY_QUEUE_URL) -> list[str]:
    """Takes the delivery ids that the queue would hand out now."""
    return [pointer["delivery_id"] for pointer in pointers(setting)]


def deliver(delivery_id: str, now: datetime, chance: float) -> None:
    """Of whichever endpoint: the table of a test is small."""
    deliver_module.deliver(delivery(delivery_id).endpoint_id, delivery_id, now, chance)


def work_off(now: datetime, chance: float = 0.5) -> list[str]:
    """What the queues hand out, deliveries and replays, until they are empty; returns the ids of deliveries."""
    done: list[str] = []
    while found := [pointer for queue in _QUEUES for pointer in pointers(queue)]:
        for pointer in found:
            if "replay_id" in pointer:
                advance(pointer["endpoint_id"], pointer["replay_id"], now)
            else:
                deliver_module.on_message(json.dumps(pointer), now, chance)
                done.append(pointer["delivery_id"])
    return done


def advance(endpoint_id: str, replay_id: str, now: datetime) -> None:
    """One page of a replay."""
    runner.advance(endpoint_id, replay_id, wiring.event_sources(), now)


def delayed() -> int:
    """How many messages the queues keep for later."""
    name, count = "ApproximateNumberOfMessagesDelayed", 0
    for setting in _QUEUES:
        reply = aws.client("sqs").get_queue_attributes(QueueUrl=read(setting), AttributeNames=[name])
        count += int(reply["Attributes"][name])
    return count


def rows(prefix: str) -> list[dict[str, Any]]:
    """Of the Webhooks table, by what their sort keys begin with."""
    items = aws.client("dynamodb").scan(TableName=store.table())["Items"]
    return [item for item in map(dynamo.item_from_wire, items) if item["sk"].startswith(prefix)]


def row(delivery_id: str) -> dict[str, Any]:
    (item,) = [item for item in rows("DELIVERY#") if item["id"] == delivery_id]
    return item


def delivery(delivery_id: str) -> Delivery:
    item = row(delivery_id)
    found = store.find(item["endpoint_id"], delivery_id)
    assert found
    return found


def attempts(delivery_id: str) -> list[dict[str, Any]]:
    """As they are kept, in a row of their own or in the delivery's."""
    success = row(delivery_id)["success"]
    return sorted([*rows(f"ATTEMPT#{delivery_id}#"), *([success] if success else [])], key=lambda item: item["number"])
