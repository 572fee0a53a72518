"""Consumer of the Notification queue: sends one e-mail per notice and recipient, and learns what became of them."""

import json
from typing import Any

from dealreg.platform.batches import Failures, each_message
from dealreg import wiring
from dealreg.notifications import bounces, delivery
from dealreg.partners.program import current_program, in_its_zone
from dealreg.platform import times


def handler(event: dict[str, Any], context: Any) -> Failures:
    writers = wiring.letters()

    def handle(body: str) -> None:
        message = json.loads(body)
        if bounces.is_feedback(message):
            bounces.record(message, times.now())
        else:
            with in_its_zone():
                delivery.deliver(body, writers, times.now(), current_program().colour)

    return each_message(event, context, handle)
