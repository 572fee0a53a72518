"""What delivery tests act with: endpoints, events, and a look into the queue."""

import json
from datetime import datetime
from typing import Any

from dealreg import aws, dynamo
from dealreg.events import Event
from dealreg.settings import Setting, read
from dealreg.validation import parse_values
from dealreg.webhooks import endpoints, store
from dealreg.webhooks.inputs import NewEndpoint
from dealreg.webhooks.model import Delivery, Endpoint

NORTH, SOUTH = "part_north", "part_south"


def event(now: datetime, partner_id: str = NORTH, event_type: str = "deal.approved", event_id: str = "evt_1") -> Event:
    return Event(
        id=event_id,
        type=event_type,
        sequence=3,
        timestamp=now,
        partner_id=partner_id,
        deal_id="deal_1",
        data={"deal_id": "deal_1", "status": "approved"},
        internal={"by": "a person at the vendor"},
    )


def endpoint(owner: str, url: str, now: datetime, *event_types: str) -> tuple[Endpoint, str]:
    values = {"url": url, "event_types": list(event_types) or ["deal.*"]}
    return endpoints.create(owner, parse_values(NewEndpoint, values, endpoints.url_policy()), now)


def queued() -> list[str]:
    """Takes the delivery ids that the queue would hand out now."""
    url, found = read(Setting.DELIVERY_QUEUE_URL), list[str]()
    while messages := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [json.loads(message["Body"])["delivery_id"] for message in messages]
    return found


def delayed() -> int:
    """How many messages the queue keeps for later."""
    name = "ApproximateNumberOfMessagesDelayed"
    url = read(Setting.DELIVERY_QUEUE_URL)
    reply = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=[name])
    return int(reply["Attributes"][name])


def row(delivery_id: str) -> dict[str, Any]:
    key = store.delivery_key(delivery_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    assert item
    return item


def delivery(delivery_id: str) -> Delivery:
    found = store.find(delivery_id)
    assert found
    return found


def attempts(delivery_id: str) -> list[dict[str, Any]]:
    return dynamo.query(store.table(), store.delivery_key(delivery_id).pk, "ATTEMPT#").items
