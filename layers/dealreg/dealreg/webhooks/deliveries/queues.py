"""Hints in the delivery queues: pointers to rows, which are the truth. A hint that is lost is repaired by the clock."""

from collections.abc import Iterable
from datetime import datetime

from dealreg.platform import queues
from dealreg.platform.settings import Setting
from dealreg.webhooks.deliveries import rules
from dealreg.webhooks.model import Delivery


def enqueue(deliveries: Iterable[Delivery], now: datetime) -> None:
    """Those whose time a queue can wait for. What a queue does not take is left to the clock."""
    waiting = [(delivery, rules.queue_delay(delivery, now)) for delivery in deliveries]
    for is_slow in (False, True):
        queue = Setting.SLOW_DELIVERY_QUEUE_URL if is_slow else Setting.DELIVERY_QUEUE_URL
        queues.send(
            queue, [_message(one, delay) for one, delay in waiting if delay is not None and one.is_slow == is_slow]
        )


def _message(delivery: Delivery, delay: int) -> queues.Message:
    """Grouped by endpoint, so that a fair queue serves the others first when one of them is slow."""
    body = {"endpoint_id": delivery.endpoint_id, "delivery_id": delivery.id}
    return queues.Message(body, delay, delivery.endpoint_id)
