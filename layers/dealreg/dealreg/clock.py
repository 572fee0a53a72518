"""The clock: every minute it hands each due row of a table to its handler, and skips none, whatever fails in between.

`Progress` is what makes that so. Before `swept_to` every bucket of the due index was found empty, or is named in
`unfinished`; a bucket is left behind only when a read found nothing in it. So a row whose handler failed, hung, was cut
short or chose to wait is met again in the next run. What becomes of a row does not affect the progress: rows are
handed to workers, and one that fails or hangs for ever does not hold up the others.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from dealreg.capability import DueHandler
from dealreg.platform import aws, due, dynamo, times
from dealreg.platform.errors import Unavailable
from dealreg.platform.settings import Setting, read
from dealreg.platform.workers import Workers

logger = logging.getLogger(__name__)

WORKERS = 16
"""Rows handled side by side: while some wait for AWS, the others keep the one processor busy."""
LATENESS = timedelta(minutes=5)
"""How long after its due minute a row may still appear: clock skew, a slow transaction, the index's own delay."""
MOST_UNFINISHED = 2000
RESERVE_MS = 8_000
"""Before the end of a run no more rows are handed out: the last of them may end, and the progress be written."""
SHUTDOWN_MS = 2_000
"""Before its end a run does not wait for its handlers any longer."""
FAILED = "due row failed"
"""What the log says of it; template.yaml counts these lines and raises an alarm when they go on."""

DueHandlers = Mapping[str, DueHandler]
"""By the kind of row, which is what its sort key begins with; that of the clock's own row, `CLOCK`, by each run."""
_OWN = "CLOCK"


@dataclass(frozen=True, slots=True)
class Progress:
    swept_to: datetime
    """A full minute."""
    unfinished: tuple[str, ...] = ()
    """Older buckets that still had rows, in the order in which to visit them."""


def sweep(table: Setting, handlers: DueHandlers, now: datetime, time_left_ms: Callable[[], int]) -> None:
    """One run over one table. It ends in its time whatever its handlers do."""
    name, workers = read(table), Workers(WORKERS)

    def seconds_until(reserve_ms: int) -> float:
        return (time_left_ms() - reserve_ms) / 1000

    def hand_over(key: dynamo.Key) -> bool:
        seconds, job = seconds_until(RESERVE_MS), partial(_handle, handlers, key, now)
        return seconds > 0 and workers.submit(f"{key.pk} {key.sk}", job, seconds)

    try:
        before = load(name, now)
        if _OWN in handlers:
            hand_over(dynamo.Key(name, _OWN, _OWN))
        after = advance(
            before, now, lambda bucket: _visit(name, bucket, now, hand_over), lambda: seconds_until(RESERVE_MS) > 0
        )
        save(name, after)
    finally:
        hung = workers.finish(seconds_until(SHUTDOWN_MS))
    for row in hung:
        logger.error(FAILED, extra={"table": table, "row": row, "reason": "it takes longer than the run"})
    logger.info(
        "swept", extra={"table": table, "to": times.to_text(after.swept_to), "unfinished": len(after.unfinished)}
    )


def advance(progress: Progress, now: datetime, visit: Callable[[str], bool], may_go_on: Callable[[], bool]) -> Progress:
    """Visits the buckets since the last run, then the unfinished ones; `visit` says whether it met any row."""
    reached = _minute(now - LATENESS)
    occupied: list[str] = []
    for bucket in due.buckets(progress.swept_to, now):
        if not may_go_on():
            reached = min(reached, _minute_of(bucket))
            break
        if visit(bucket):
            occupied.append(bucket)
    swept_to = max(progress.swept_to, reached)
    not_reached: list[str] = []
    still_occupied: list[str] = []
    for bucket in progress.unfinished:
        if not may_go_on():
            not_reached.append(bucket)
        elif visit(bucket):
            still_occupied.append(bucket)
    left_behind = [bucket for bucket in occupied if _minute_of(bucket) < swept_to]
    return _bounded(swept_to, not_reached + still_occupied + left_behind)


def _bounded(swept_to: datetime, unfinished: list[str]) -> Progress:
    """The progress row stays small: what the list cannot hold is swept again, from the oldest of it on."""
    if len(unfinished) > MOST_UNFINISHED:
        swept_to = _minute_of(sorted(unfinished)[MOST_UNFINISHED])
        unfinished = [bucket for bucket in unfinished if _minute_of(bucket) < swept_to]
    return Progress(swept_to, tuple(unfinished))


def _visit(table: str, bucket: str, now: datetime, hand_over: Callable[[dynamo.Key], bool]) -> bool:
    """Whether there was any row, or may be: a bucket that cannot be read is not empty."""
    start: dynamo.Item | None = None
    met_any = False
    while True:
        try:
            page = due.find(table, bucket, now, start)
        except Unavailable:
            logger.exception("due bucket cannot be read", extra={"table": table, "bucket": bucket})
            return True
        for row in page.items:
            met_any = True
            if not hand_over(dynamo.Key(table, row["pk"], row["sk"])):
                return True
        start = page.next_key
        if start is None:
            return met_any


def _handle(handlers: DueHandlers, key: dynamo.Key, now: datetime) -> None:
    """A row's failure is that row's alone: it stays due, is logged each minute, and the run goes on."""
    kind = key.sk.partition("#")[0]
    try:
        handlers[kind](key, now)
    except Exception:
        logger.exception(FAILED, extra={"table": key.table, "kind": kind, "pk": key.pk, "sk": key.sk})


def load(table: str, now: datetime) -> Progress:
    """Where the last run stopped; on a new table its birth, kept at once so that the first runs may fail too."""
    item = dynamo.get(table, _OWN, _OWN)
    if item:
        return Progress(times.from_text(item["swept_to"]), tuple(item["unfinished"]))
    born: datetime = aws.client("dynamodb").describe_table(TableName=table)["Table"]["CreationDateTime"]
    first = Progress(_minute(min(born, now) - LATENESS))
    save(table, first)
    return first


def save(table: str, progress: Progress) -> None:
    """Unconditional: of two runs at once the later one wins, and what either of them says is true."""
    item = {
        "pk": _OWN,
        "sk": _OWN,
        "swept_to": times.to_text(progress.swept_to),
        "unfinished": list(progress.unfinished),
    }
    dynamo.write(dynamo.put(table, item))


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _minute_of(bucket: str) -> datetime:
    return datetime.fromisoformat(bucket.partition("#")[0]).replace(tzinfo=UTC)
