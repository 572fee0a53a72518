"""How fast an endpoint may be sent to. Each delivery takes its turn once and then comes in its own time, so a great
many waiting ones cost no more than few: `ENDPOINT#<id>` / `RATE`, and `TESTS` for what its owner sets off by hand.
"""

import math
from datetime import UTC, datetime, timedelta

from dealreg.platform import aws, dynamo
from dealreg.platform.errors import ConditionFailed, RateLimited
from dealreg.platform.limits import headers_of
from dealreg.webhooks.deliveries import policy
from dealreg.webhooks.endpoints.store import KEPT, table

_TRIES = 6
_TESTS_PER_MINUTE = 10
_NEAR = timedelta(minutes=1)
"""So far ahead tests may be piled up."""


def slot(endpoint_id: str, per_minute: int, now: datetime, kind: str = "RATE") -> datetime | None:
    """When it may go; None if too many others ask at the same time."""
    key = dynamo.Key(table(), f"ENDPOINT#{endpoint_id}", kind)
    now_ms = int(now.timestamp() * 1000)
    for attempt in range(_TRIES):
        item = dynamo.get(key.table, key.pk, key.sk)
        seen = item["next_free"] if item else 0
        mine, next_free = policy.next_slot(seen, per_minute, now_ms)
        row = {"pk": key.pk, "sk": key.sk, "next_free": next_free, "ttl": int((now + KEPT).timestamp())}
        try:
            dynamo.write(dynamo.put(key.table, row, "attribute_not_exists(pk) OR #next_free = :seen", {"seen": seen}))
        except ConditionFailed:
            aws.pause(attempt)
        else:
            return datetime.fromtimestamp(mine / 1000, UTC)
    return None


def allow_test(endpoint_id: str, now: datetime) -> None:
    """Raises RateLimited: an endpoint's owner cannot have us knock at a door without end."""
    mine = slot(endpoint_id, _TESTS_PER_MINUTE, now - _NEAR, "TESTS")
    if mine is None or mine > now:
        wait = math.ceil(((mine or now) - now).total_seconds()) or 1
        said = headers_of("tests", _TESTS_PER_MINUTE, 60, 0, wait)
        raise RateLimited("Ten tests a minute are enough.", retry_after=wait, headers=said)
