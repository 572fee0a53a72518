"""One record per Idempotency-Key, put in the same transaction as the change it guards, so there is no half-done state.

The record holds the reply to give again; a key used for another request is refused; nothing is consumed by a refusal.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from dealreg.platform import dynamo
from dealreg.platform.errors import FieldError, IdempotencyMismatch, InvalidInput
from dealreg.platform.settings import Setting, read

KEPT = timedelta(hours=48)
_MAX_KEY = 255


@dataclass(frozen=True, slots=True)
class Guard:
    """A caller's key for one request; `fingerprint` tells another request under the same key."""

    key: dynamo.Key
    fingerprint: str


@dataclass(frozen=True, slots=True)
class StoredReply:
    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of this moment: they are not kept."""


def guard(caller: str, route: str, key: str, body: bytes) -> Guard:
    if not key.isascii() or not key.isprintable() or not 1 <= len(key) <= _MAX_KEY:
        raise InvalidInput([FieldError("Idempotency-Key", f"Use 1 to {_MAX_KEY} printable characters.")])
    place = dynamo.Key(read(Setting.IDEMPOTENCY_TABLE), f"{caller}#{route}#{key}", "RESULT")
    return Guard(place, hashlib.sha256(body).hexdigest()[:32])


def record(guard: Guard, reply: StoredReply, now: datetime) -> dynamo.Action:
    """For the guarded change's own transaction; fails there when the key was used meanwhile."""
    item = {
        "pk": guard.key.pk,
        "sk": guard.key.sk,
        "fingerprint": guard.fingerprint,
        "status": reply.status,
        "body": zlib.compress(reply.body.encode()),
        "expires_at": int((now + KEPT).timestamp()),
    }
    free = "attribute_not_exists(pk) OR #expires_at <= :now"
    return dynamo.put(guard.key.table, item, free, {"now": int(now.timestamp())})


def stored_reply(guard: Guard, item: dynamo.Item | None, now: datetime) -> StoredReply | None:
    """What the record says, if it still counts. Raises IdempotencyMismatch."""
    if not item or item["expires_at"] <= now.timestamp():
        return None
    if item["fingerprint"] != guard.fingerprint:
        raise IdempotencyMismatch
    return StoredReply(item["status"], zlib.decompress(item["body"]).decode())
