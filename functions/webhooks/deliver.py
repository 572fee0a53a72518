"""The delivery queues' consumer: one attempt for each message. Only our own faults go back to the queue."""

import random
from typing import Any

from dealreg.platform import times
from dealreg.webhooks.deliveries import attempts


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return attempts.each_at_once(event, on_message)


def on_message(body: str) -> None:
    chance = random.random()  # noqa: S311  # spreads retries, guards nothing
    attempts.on_message(body, times.now(), chance)
