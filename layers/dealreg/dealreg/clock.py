"""The one clock: every minute it hands each due row to its handler, and skips none, whatever fails in between.

`Progress` is what makes that so. Before `swept_to` every bucket of the due index was found empty, or is named in
`unfinished`; a bucket is left behind only when a read found nothing in it. So a row whose handler failed, was cut
short or chose to wait is met again in the next run, and a row that fails for ever does not hold up the others.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dealreg import relay
from dealreg.accounts.imports import store as imports
from dealreg.approvals import store as approvals
from dealreg.billing import commands as billing
from dealreg.deals import commands as deals
from dealreg.notifications import alerts
from dealreg.platform import aws, due, dynamo, times
from dealreg.platform.settings import Setting, read
from dealreg.reviewing import full_recheck, verdicts
from dealreg.webhooks.deliveries import store as webhooks
from dealreg.webhooks.replays import runner as replay

logger = logging.getLogger(__name__)

LATENESS = timedelta(minutes=5)
"""How long after its due minute a row may still appear: clock skew, a slow transaction, the index's own delay."""
MOST_UNFINISHED = 2000
RESERVE_MS = 8_000
"""What the last handler of a run may need, and the writing down of the progress."""
TABLES = (Setting.DEALS_TABLE, Setting.ACCOUNTS_TABLE, Setting.WEBHOOKS_TABLE, Setting.BILLING_INBOX_TABLE)

HANDLERS: Mapping[str, Callable[[str, str, datetime], None]] = {
    "EVENT": relay.publish_stored,
    "APPROVAL": lambda pk, sk, now: approvals.on_due(dynamo.Key(read(Setting.DEALS_TABLE), pk, sk), now),
    "DEAL": deals.on_due,
    "VERDICT": verdicts.on_due,
    "DELIVERY": webhooks.resend_due,
    "NOTICE": alerts.tell,
    "REPLAY": replay.on_due,
    "BILLING_EVENT": billing.on_due,
    "IMPORT": imports.on_due,
    "PASS": full_recheck.on_due,
}
"""By the kind of row, which is what its sort key begins with."""


@dataclass(frozen=True, slots=True)
class Progress:
    swept_to: datetime
    """A full minute."""
    unfinished: tuple[str, ...] = ()
    """Older buckets that still had rows, in the order in which to visit them."""


def sweep(now: datetime, time_left_ms: Callable[[], int]) -> None:
    """One run. The tables share its time evenly, so that a flood in one does not stop the other's clock."""
    full_recheck.set_up(now)
    for place, setting in enumerate(TABLES):
        table, tables_left = read(setting), len(TABLES) - place
        floor = RESERVE_MS + (time_left_ms() - RESERVE_MS) * (tables_left - 1) // tables_left
        _sweep_table(table, now, lambda floor=floor: time_left_ms() > floor)


def _sweep_table(table: str, now: datetime, may_go_on: Callable[[], bool]) -> None:
    before = load(table, now)
    after = advance(before, now, lambda bucket: _visit(table, bucket, now, may_go_on), may_go_on)
    save(table, after)
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


def _visit(table: str, bucket: str, now: datetime, may_go_on: Callable[[], bool]) -> bool:
    page = due.find(table, bucket, now)
    met_any = bool(page.items)
    while True:
        for row in page.items:
            if not may_go_on():
                return True
            _hand_over(row["pk"], row["sk"], now)
        if page.next_key is None:
            return met_any
        page = due.find(table, bucket, now, page.next_key)
        met_any = met_any or bool(page.items)


def _hand_over(pk: str, sk: str, now: datetime) -> None:
    """A row's failure is that row's alone: it stays due, is logged each minute, and the run goes on."""
    kind = sk.partition("#")[0]
    try:
        HANDLERS[kind](pk, sk, now)
    except Exception:
        logger.exception("due row failed", extra={"kind": kind, "pk": pk, "sk": sk})


def load(table: str, now: datetime) -> Progress:
    """Where the last run stopped; on a new table its birth, kept at once so that the first runs may fail too."""
    item = dynamo.get(table, "CLOCK", "CLOCK")
    if item:
        return Progress(times.from_text(item["swept_to"]), tuple(item["unfinished"]))
    born: datetime = aws.client("dynamodb").describe_table(TableName=table)["Table"]["CreationDateTime"]
    first = Progress(_minute(min(born, now) - LATENESS))
    save(table, first)
    return first


def save(table: str, progress: Progress) -> None:
    """Unconditional: of two runs at once the later one wins, and what either of them says is true."""
    item = {
        "pk": "CLOCK",
        "sk": "CLOCK",
        "swept_to": times.to_text(progress.swept_to),
        "unfinished": list(progress.unfinished),
    }
    dynamo.write(dynamo.put(table, item))


def _minute(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _minute_of(bucket: str) -> datetime:
    return datetime.fromisoformat(bucket.partition("#")[0]).replace(tzinfo=UTC)
