"""The clock: every minute it hands each due row of a table to its handler, and skips none, whatever fails in between.

`Progress` is what makes that so. Before `swept_to` every bucket of the due index was found empty, or is named in
`unfinished`; a bucket is left behind only when a read found nothing in it. So a row whose handler failed, hung, was cut
short or chose to wait is met again in the next run. What becomes of a row does not affect the progress: rows are
handed to workers, and one that fails or hangs for ever does not hold up the others.

A row that fails is due again later, and later each time; after MAX_TRIES it is parked, in a bucket of the index that no
run visits, until somebody has it tried again. `due_failed` of the row counts, for the `due_at` that it was put off to:
whoever moves the row on by itself begins anew.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from dealreg.capability import DueHandler
from dealreg.platform import aws, due, dynamo, outbox, times
from dealreg.platform.errors import ConditionFailed, Unavailable
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
"""What the log says of it; template.yaml makes an alarm of those lines whose `tries` are ALARMING_TRIES or more."""
ALARMING_TRIES = 5
"""In a row, which takes a quarter of an hour: what fails less often and then succeeds is nobody's business."""
MAX_TRIES = 30
"""In a row, which takes a day."""
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
PARKED = "PARKED"
"""The bucket of rows that were given up."""

DueHandlers = Mapping[str, DueHandler]
"""By the kind of row, which is what its sort key begins with; that of the clock's own row, `CLOCK`, by each run."""
OWN = "CLOCK"


@dataclass(frozen=True, slots=True)
class Progress:
    swept_to: datetime
    """A full minute."""
    unfinished: tuple[str, ...] = ()
    """Older buckets that still had rows, in the order in which to visit them."""


def sweep(table: Setting, handlers: DueHandlers, now: datetime, time_left_ms: Callable[[], int]) -> None:
    """One run over one table. It ends in its time whatever its handlers do."""
    name, workers, handed = read(table), Workers(WORKERS), dict[str, dynamo.Key]()

    def seconds_until(reserve_ms: int) -> float:
        return (time_left_ms() - reserve_ms) / 1000

    def hand_over(key: dynamo.Key) -> bool:
        seconds, job, row = seconds_until(RESERVE_MS), partial(_handle, handlers, key, now), f"{key.pk} {key.sk}"
        handed[row] = key
        return seconds > 0 and workers.submit(row, job, seconds)

    try:
        before = load(name, now)
        if OWN in handlers:
            hand_over(dynamo.Key(name, OWN, OWN))
        after = advance(
            before, now, lambda bucket: _visit(name, bucket, now, hand_over), lambda: seconds_until(RESERVE_MS) > 0
        )
        save(name, after)
    finally:
        hung = workers.finish(seconds_until(SHUTDOWN_MS))
    for row in hung:
        extra = {"table": table, "row": row, "reason": "it takes longer than the run"}
        logger.error(FAILED, extra=extra | {"tries": _put_off(handed[row], now)})
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
    """A row's failure is that row's alone: it is logged and due again later, and the run goes on."""
    kind = key.sk.partition("#")[0]
    try:
        handlers[kind](key, now)
    except Exception:
        where = {"table": key.table, "kind": kind, "pk": key.pk, "sk": key.sk}
        logger.exception(FAILED, extra=where | {"tries": _put_off(key, now)})


def _put_off(key: dynamo.Key, now: datetime) -> int:
    """How often the row has failed in a row. It raises nothing: a row that cannot be written is met each minute."""
    if key.sk == OWN:
        return ALARMING_TRIES  # not a row of the index: each run handles it anew
    try:
        row = dynamo.get(key.table, key.pk, key.sk)
        if not row or row.get("due_at", "~") > times.to_text(now):
            return 1  # it has moved on by itself
        failed: Mapping[str, Any] = row.get("due_failed", {})
        tries = 1 + (failed["tries"] if failed.get("due_at") == row["due_at"] else 0)
        when = due.at(now + wait_after(tries), f"{key.pk}{key.sk}")
        if tries >= MAX_TRIES:
            when |= {"due_bucket": PARKED}
            logger.error(due.GIVEN_UP, extra={"table": key.table, "pk": key.pk, "sk": key.sk, "tries": tries})
        change = {**when, "due_failed": {"tries": tries, "due_at": when["due_at"]}}
        # without its mark: the stream, which had its chance, is not to try a row that fails each time it is put off
        action = dynamo.update(
            key, change=change, remove=tuple(outbox.MARK), when="#due_at = :seen", values={"seen": row["due_at"]}
        )
        dynamo.write(action)
    except ConditionFailed:
        return 1
    except Exception:
        logger.exception("due row cannot be put off", extra={"table": key.table, "pk": key.pk, "sk": key.sk})
        return 1
    return tries


def wait_after(tries: int) -> timedelta:
    """So many failures in a row, 1 at least."""
    return min(FIRST_WAIT * 2 ** min(tries - 1, 10), LONGEST_WAIT)


def retry_parked(table: Setting, now: datetime) -> None:
    """For those who mended what the rows failed at: all that are parked are due at once, with all their tries."""
    name, start = read(table), None
    while True:
        page = due.find(name, PARKED, now + LONGEST_WAIT, start)
        for row in page.items:
            change, is_parked = due.at(now, row["pk"] + row["sk"]), "#due_bucket = :parked"
            key, values = dynamo.Key(name, row["pk"], row["sk"]), {"parked": PARKED}
            with suppress(ConditionFailed):  # it moved on by itself
                dynamo.write(dynamo.update(key, change=change, remove=("due_failed",), when=is_parked, values=values))
        start = page.next_key
        if start is None:
            return


def load(table: str, now: datetime) -> Progress:
    """Where the last run stopped; on a new table its birth, kept at once so that the first runs may fail too."""
    item = dynamo.get(table, OWN, OWN)
    if item:
        return Progress(times.from_text(item["swept_to"]), tuple(item["unfinished"]))
    born: datetime = aws.client("dynamodb").describe_table(TableName=table)["Table"]["CreationDateTime"]
    first = Progress(_minute(min(born, now) - LATENESS))
    save(table, first)
    return first


def save(table: str, progress: Progress) -> None:
    """Unconditional: of two runs at once the later one wins, and what either of them says is true."""
    item = {
        "pk": OWN,
        "sk": OWN,
        "swept_to": times.to_text(progress.swept_to),
        "unfinished": list(progress.unfinished),
    }
    dynamo.write(dynamo.put(table, item))


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _minute_of(bucket: str) -> datetime:
    return datetime.fromisoformat(bucket.partition("#")[0]).replace(tzinfo=UTC)
