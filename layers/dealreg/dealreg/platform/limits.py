"""How often somebody may do something in an hour of the clock.

What is done is counted in its own transaction: requests at the same time cannot pass a limit, and what fails counts
nothing. `LIMIT#<name>#<owner>` / `<hour>#<part>`: a large limit is counted in several rows, each with its share of it,
because transactions that meet in one row cancel each other, and fifty that are sent at once would.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dealreg.platform import dynamo, times
from dealreg.platform.errors import ConditionFailed, RateLimited

HOUR = 3600
_MOST_PARTS = 8
_LEAST_SHARE = 100
"""Below twice as many there is one row."""
_KEPT = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Limit:
    """Of one owner, in the hour of `now`."""

    table: str
    """Which has the rows."""
    name: str
    """Such as "registrations"."""
    owner: str
    most: int
    now: datetime

    @property
    def keys(self) -> tuple[dynamo.Key, ...]:
        parts = min(max(self.most // _LEAST_SHARE, 1), _MOST_PARTS)
        hour = times.to_text(self.now)[:13]
        return tuple(
            dynamo.Key(self.table, f"LIMIT#{self.name}#{self.owner}", f"{hour}#{part}") for part in range(parts)
        )

    @property
    def shares(self) -> dict[dynamo.Key, int]:
        """How many each row counts; together as many as there may be."""
        keys = self.keys
        share, rest = divmod(self.most, len(keys))
        return {key: share + (place < rest) for place, key in enumerate(keys)}

    @property
    def resets_in(self) -> int:
        """Seconds until the count begins anew."""
        return HOUR - self.now.minute * 60 - self.now.second

    def allowance(self, found: Mapping[dynamo.Key, dynamo.Item]) -> "Allowance":
        """By the rows that there are; a row that was not read counts as empty until its transaction says otherwise."""
        rooms = ((key, share - found.get(key, {}).get("count", 0)) for key, share in self.shares.items())
        return Allowance(self, {key: room for key, room in rooms if room > 0})

    def read(self) -> "Allowance":
        return self.allowance(dynamo.batch_get(self.keys))


@dataclass(frozen=True, slots=True)
class Allowance:
    """What an owner has left of a limit."""

    limit: Limit
    rooms: Mapping[dynamo.Key, int]
    """By row, of those that are not full."""

    def headers(self) -> dict[str, str]:
        """For the reply to what was done now: what is left after it, at least."""
        return _headers(self.limit, max(sum(self.rooms.values()) - 1, 0))

    def refusal(self) -> RateLimited:
        limit = self.limit
        minutes = -(-limit.resets_in // 60)
        words = f"The limit is {limit.most} {limit.name.replace('_', ' ')} an hour. Go on in {minutes} min."
        return RateLimited(words, retry_after=limit.resets_in, headers=_headers(limit, 0))


def transact(actions: Sequence[dynamo.Action], allowance: Allowance | None = None) -> None:
    """As `dynamo.transact`, and counts it. Raises RateLimited too."""
    if allowance is None:
        dynamo.transact(actions)
        return
    rows = list(allowance.rooms)
    random.shuffle(rows)
    for row in rows:
        try:
            dynamo.transact([*actions, _count(allowance.limit, row)])
        except ConditionFailed as error:
            if others := {place: item for place, item in error.failures.items() if place < len(actions)}:
                raise ConditionFailed(others) from None
        else:
            return
    raise allowance.refusal()


def _count(limit: Limit, row: dynamo.Key) -> dynamo.Action:
    """Fails when the row has its share."""
    return dynamo.update(
        row,
        change={"ttl": int((limit.now + _KEPT).timestamp())},
        add={"count": 1},
        when="attribute_not_exists(#count) OR #count < :share",
        values={"share": limit.shares[row]},
    )


def headers_of(name: str, quota: int, window: int, left: int, resets_in: int) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers-11, §3 and §4; `window` and `resets_in` in seconds."""
    return {"ratelimit-policy": f'"{name}";q={quota};w={window}', "ratelimit": f'"{name}";r={left};t={resets_in}'}


def _headers(limit: Limit, left: int) -> dict[str, str]:
    return headers_of(limit.name, limit.most, HOUR, left, limit.resets_in)
