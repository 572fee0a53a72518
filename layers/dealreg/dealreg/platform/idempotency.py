"""One record per Idempotency-Key, put in the same transaction as the change it guards, so there is no half-done state.

The record holds the reply to give again; a key used for another request is refused; nothing is consumed by a refusal.
What is more than one transaction is marked as begun first, so that the same request meanwhile does nothing.
"""

import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from dealreg.platform import dynamo
from dealreg.platform.errors import Conflict, FieldError, IdempotencyMismatch, InvalidInput
from dealreg.platform.settings import Setting, read

KEPT = timedelta(hours=48)
AT_WORK = timedelta(seconds=30)
"""Longer than any of our functions that mark what they have begun may run."""
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


def begin(guard: Guard, now: datetime) -> dynamo.Action:
    """Marks the request as begun, for so long as it may take; fails when the key is in use."""
    return _put(guard, {}, now + AT_WORK, now)


def record(guard: Guard, reply: StoredReply, now: datetime) -> dynamo.Action:
    """For the guarded change's own transaction; fails there when the key was used meanwhile."""
    return _put(guard, {"status": reply.status, "body": zlib.compress(reply.body.encode())}, now + KEPT, now)


def _put(guard: Guard, content: Mapping[str, Any], until: datetime, now: datetime) -> dynamo.Action:
    item = {
        "pk": guard.key.pk,
        "sk": guard.key.sk,
        "fingerprint": guard.fingerprint,
        "expires_at": int(until.timestamp()),
        **content,
    }
    free = "attribute_not_exists(pk) OR #expires_at <= :now"
    if content:
        free += " OR attribute_not_exists(#body)"
    return dynamo.put(guard.key.table, item, free, {"now": int(now.timestamp())})


def stored_reply(guard: Guard, item: dynamo.Item | None, now: datetime) -> StoredReply | None:
    """What the record says, if it still counts. Raises IdempotencyMismatch, or Conflict while it is at work."""
    if not item or item["expires_at"] <= now.timestamp():
        return None
    if item["fingerprint"] != guard.fingerprint:
        raise IdempotencyMismatch
    if "body" not in item:
        raise Conflict("The first request with this Idempotency-Key is at work: send it again in some seconds.")
    return StoredReply(item["status"], zlib.decompress(item["body"]).decode())
