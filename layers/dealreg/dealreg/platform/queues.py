"""Messages to queues, sent ten at a time. A message holds ids alone: it is a hint, rows are the truth."""

import json
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dealreg.platform import aws
from dealreg.platform.errors import Unavailable
from dealreg.platform.settings import Setting, read

logger = logging.getLogger(__name__)

MAX_DELAY = timedelta(minutes=15)
"""The longest that SQS holds a message back; what has to wait longer is brought by the clock."""
_BATCH = 10
"""Messages in a SendMessageBatch."""


@dataclass(frozen=True, slots=True)
class Message:
    body: Mapping[str, Any]
    delay: int = 0
    """Seconds, up to MAX_DELAY."""
    group: str = ""
    """A fair queue serves other groups first when one of them is slow."""


def send(queue: Setting, messages: Iterable[Message]) -> int:
    """How many the queue did not take; they are logged."""
    waiting, refused = list(messages), 0
    for start in range(0, len(waiting), _BATCH):
        entries = [_entry(str(place), one) for place, one in enumerate(waiting[start : start + _BATCH])]
        reply = aws.client("sqs").send_message_batch(QueueUrl=read(queue), Entries=entries)
        for failure in reply.get("Failed", []):
            logger.warning("message not queued", extra={"queue": queue, "code": failure["Code"]})
            refused += 1
    return refused


def send_all(queue: Setting, messages: Iterable[Message]) -> None:
    """Raises Unavailable unless the queue takes them all; those that it took may then be sent twice."""
    if send(queue, messages):
        raise Unavailable("the queue did not take every message")


def _entry(entry_id: str, message: Message) -> dict[str, object]:
    entry: dict[str, object] = {"Id": entry_id, "MessageBody": json.dumps(message.body, ensure_ascii=False)}
    if message.delay:
        entry["DelaySeconds"] = message.delay
    if message.group:
        entry["MessageGroupId"] = message.group
    return entry
