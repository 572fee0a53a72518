"""Notices on their queue, and the record of who got which letter, which keeps a repeated notice from a second one."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta

from dealreg.notifications.model import Notice
from dealreg.platform import dynamo, queues
from dealreg.platform.settings import Setting, read
from dealreg.platform.tokens import hash_token

_KEPT = timedelta(days=30)
"""Longer than any queue, dead-letter queue or stream keeps a notice."""


def enqueue(*notices: Notice) -> None:
    """Raises Unavailable when the queue does not take them all."""
    queues.send_all(Setting.NOTIFICATION_QUEUE_URL, [queues.Message(asdict(notice)) for notice in notices])


def read_notice(body: str) -> Notice:
    return Notice(**json.loads(body))


def was_sent(notice: Notice, address: str) -> bool:
    key = _key(notice, address)
    return dynamo.get(key.table, key.pk, key.sk) is not None


def mark_sent(notice: Notice, address: str, now: datetime) -> None:
    """After the letter is out: should this fail, a second letter is better than none."""
    key = _key(notice, address)
    item = {"pk": key.pk, "sk": key.sk, "expires_at": int((now + _KEPT).timestamp())}
    dynamo.write(dynamo.put(key.table, item))


def _key(notice: Notice, address: str) -> dynamo.Key:
    pk = f"mail#{notice.kind}#{notice.id}#{hash_token(address)[:32]}"
    return dynamo.Key(read(Setting.IDEMPOTENCY_TABLE), pk, "SENT")
