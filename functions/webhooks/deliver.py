"""The delivery queue's consumer: one attempt for each message. Only our own faults go back to the queue."""

import json
import random
from typing import Any

from dealreg import times
from dealreg.batches import Failures, each_message
from dealreg.webhooks import deliver


def handler(event: dict[str, Any], context: Any) -> Failures:
    return each_message(event, context, on_message)


def on_message(body: str) -> None:
    chance = random.random()  # noqa: S311  # spreads retries, guards nothing
    deliver.deliver(json.loads(body)["delivery_id"], times.now(), chance)
