"""Tells an owner that an endpoint fails, was disabled or works again: by mail, and through its other endpoints.

Such an event is a row `ENDPOINT#<id>` / `NOTICE#<event id>`, written with the change that it tells of. It is on the
clock from then on, so the next sweep tells of it: within a minute, and none is lost.
"""

import json
from datetime import datetime
from typing import Any

from dealreg.notifications import store as notifications
from dealreg.notifications.model import Notice
from dealreg.platform import due, dynamo, times
from dealreg.webhooks.deliveries import store
from dealreg.webhooks.endpoints.store import table
from dealreg.webhooks.model import Message


def tell(pk: str, sk: str, now: datetime) -> None:
    """For the sweep. Repeating it does no harm: deliveries and letters are made once."""
    item = dynamo.get(table(), pk, sk)
    if not item or "due_at" not in item:
        return
    envelope: dict[str, Any] = item["envelope"]
    about = envelope["data"]["endpoint_id"]
    others = [one for one in store.subscribers([item["owner"]], envelope["type"]) if one.id != about]
    body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
    happened_at = times.from_text(envelope["timestamp"])
    store.send_to(others, Message(envelope["id"], envelope["type"], happened_at, body), now)
    notifications.enqueue(Notice(envelope["type"], envelope["id"], pk, sk))
    dynamo.write(dynamo.update(dynamo.Key(table(), pk, sk), remove=due.ATTRIBUTES, when=dynamo.PRESENT))
