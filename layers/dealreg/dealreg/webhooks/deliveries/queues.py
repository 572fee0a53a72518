"""Hints in the delivery queues: pointers to rows, which are the truth. A hint that is lost is repaired by the clock."""

import json
import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from dealreg.platform import aws
from dealreg.platform.settings import Setting, read
from dealreg.webhooks.deliveries import rules
from dealreg.webhooks.model import Delivery
from dealreg.webhooks.replays.jobs import Job

logger = logging.getLogger(__name__)

_BATCH = 10  # SQS: SendMessageBatch


def enqueue(deliveries: Iterable[Delivery], now: datetime) -> None:
    """Those whose time a queue can wait for. What a queue does not take is left to the clock."""
    waiting = [(delivery, rules.queue_delay(delivery, now)) for delivery in deliveries]
    for is_slow in (False, True):
        entries = [_entry(one, delay) for one, delay in waiting if delay is not None and one.is_slow == is_slow]
        for batch in _in_tens(entries):
            url = read(Setting.SLOW_DELIVERY_QUEUE_URL if is_slow else Setting.DELIVERY_QUEUE_URL)
            reply = aws.client("sqs").send_message_batch(QueueUrl=url, Entries=batch)
            for failure in reply.get("Failed", []):
                logger.warning("delivery not queued", extra={"delivery_id": failure["Id"], "code": failure["Code"]})


def call_replay(job: Job, at: datetime, now: datetime) -> None:
    """For its next page, through the slow lane; a time that the queue cannot wait for is left to the clock."""
    if at - now <= rules.QUEUE_REACH:
        aws.client("sqs").send_message(
            QueueUrl=read(Setting.SLOW_DELIVERY_QUEUE_URL),
            MessageBody=json.dumps({"endpoint_id": job.endpoint_id, "replay_id": job.id}),
            DelaySeconds=math.ceil((at - now).total_seconds()),
            MessageGroupId=job.endpoint_id,
        )


def _in_tens(entries: Sequence[dict[str, object]]) -> Iterator[Sequence[dict[str, object]]]:
    for start in range(0, len(entries), _BATCH):
        yield entries[start : start + _BATCH]


def _entry(delivery: Delivery, delay: int) -> dict[str, object]:
    """Grouped by endpoint, so that a fair queue serves the others first when one of them is slow."""
    return {
        "Id": delivery.id,
        "MessageBody": json.dumps({"endpoint_id": delivery.endpoint_id, "delivery_id": delivery.id}),
        "DelaySeconds": delay,
        "MessageGroupId": delivery.endpoint_id,
    }
