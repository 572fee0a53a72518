"""What must happen later: rows of the sparse `due` index, by minute and shard; the one-minute sweep reads them.

A row is due from the moment it names; whoever handles it acts on a condition, so a row handed out twice does no harm.
"""

import zlib
from collections.abc import Iterator
from datetime import datetime, timedelta

from dealreg.platform import dynamo, times

INDEX = "due"
SHARDS = 4
"""Of a minute. Each is one key of the index, which takes 1,000 writes a second: 4,000 rows a second may be put on a
minute or taken off it, eight times what one sweep can do. A quiet run reads all shards of seven minutes."""
PAGE = 500
"""Keys of due rows in one read: some 100 kB of the 1 MB that a query may return."""
ATTRIBUTES = ("due_bucket", "due_at")
GIVEN_UP = "work given up"
"""What the log says, with the ids, of work that ended after too many tries; template.yaml makes an alarm of each."""
RELAY_GRACE = timedelta(minutes=2)
"""How long the stream may take before the sweep publishes an event itself."""


def at(moment: datetime, key: str) -> dict[str, str]:
    """The attributes that put an item on the clock; `key` spreads the items of one minute over the shards.

    A moment that is minutes in the past would be missed: the sweep has been there.
    """
    text = times.to_text(moment)
    return {"due_bucket": f"{text[:16]}#{zlib.crc32(key.encode()) % SHARDS}", "due_at": text}


def buckets(since: datetime, until: datetime) -> Iterator[str]:
    minute = since.replace(second=0, microsecond=0)
    while minute <= until:
        for shard in range(SHARDS):
            yield f"{times.to_text(minute)[:16]}#{shard}"
        minute += timedelta(minutes=1)


def find(table: str, bucket: str, now: datetime, start: dynamo.Item | None = None) -> dynamo.Page:
    """A page of the keys (pk, sk, due_at) in a bucket that are due: at most PAGE."""
    until = ("due_at", times.to_text(now))
    return dynamo.index_page(table, INDEX, ("due_bucket", bucket), limit=PAGE, until=until, start=start)
