"""Consumer of the Notification queue: sends one e-mail per notice and recipient."""

from typing import Any

from dealreg.platform.batches import Failures, each_message
from dealreg import wiring
from dealreg.notifications import delivery
from dealreg.platform import times


def handler(event: dict[str, Any], context: Any) -> Failures:
    writers = wiring.letters()
    return each_message(event, context, lambda body: delivery.deliver(body, writers, times.now()))
