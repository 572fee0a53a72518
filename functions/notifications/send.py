"""Consumer of the Notification queue: sends one e-mail per notice and recipient."""

from typing import Any

from dealreg.platform.batches import Failures, each_message
from dealreg import wiring
from dealreg.notifications import delivery
from dealreg.partners.program import current_program
from dealreg.platform import times


def handler(event: dict[str, Any], context: Any) -> Failures:
    writers = wiring.letters()

    def send(body: str) -> None:
        delivery.deliver(body, writers, times.now(), current_program().colour)

    return each_message(event, context, send)
