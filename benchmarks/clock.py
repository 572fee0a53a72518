"""Rows that are all due in one minute: rows a second by the sweep, beside bare conditional updates by as many threads.

All of it is one process, which Python lets use one processor, and shares the machine with the local database. Among
the rows are some whose handler always fails; none of the others may be lost, or handled twice in effect.
With DYNAMODB_LOCAL (benchmarks/dynamodb_local.py) the database is AWS's own, else MiniStack. `--rounds 10000` is the
whole minute.
"""

import logging
import os
import time
from collections.abc import Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import repeat

from benchmarks.report import table
from benchmarks.webhooks import world
from dealreg import clock
from dealreg.platform import aws, due, dynamo, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.settings import Setting, read

SWEPT = Setting.WEBHOOKS_TABLE
FAILING = 100
"""One row of so many."""
RUN_MS = 55_000
MOST_RUNS = 20
_BATCH = 25  # DynamoDB: BatchWriteItem
_STILL_DUE = "attribute_exists(#due_at)"


def run(rounds: int) -> None:
    logging.disable()  # a line for each failing row
    with world.running() as environment:
        bare = _update_all(_put_rows(rounds))
        rows = [_row("conditional updates alone", bare, bare, "", "")]
        for name, handle, runs in (
            ("swept, that update as the handler", _update, 1),
            ("the same, two runs at once", _update, 2),
            ("swept, a read and a message before the update", _read_send_and_update, 1),
        ):
            keys = _put_rows(rounds)
            rows.append(_row(name, _sweep_all(keys, handle, runs), bare, *_fate(keys)))
    database = "DynamoDB Local" if "AWS_ENDPOINT_URL_DYNAMODB" in environment else "MiniStack"
    table(
        "The clock",
        f"{rounds:,} rows due in one minute, one of {FAILING} always fails; {clock.WORKERS} threads, {database}.",
        ["", "rows a second", "share", "processor ms a row", "lost", "twice"],
        rows,
    )


@dataclass
class Spent:
    rows: int
    seconds: float = 0.0
    processor_seconds: float = 0.0
    """Of this process: what the rows would take if it had a processor to itself."""


@contextmanager
def _counted(spent: Spent) -> Generator[None]:
    seconds, processor_seconds = time.monotonic(), time.process_time()
    yield
    spent.seconds += time.monotonic() - seconds
    spent.processor_seconds += time.process_time() - processor_seconds


def _row(name: str, spent: Spent, bare: Spent, *fate: object) -> list[object]:
    rate, bare_rate = spent.rows / spent.seconds, bare.rows / bare.seconds
    return [name, f"{rate:.0f}", rate / bare_rate, spent.processor_seconds / spent.rows * 1000, *fate]


def _update_all(keys: list[dynamo.Key]) -> Spent:
    now, spent = times.now(), Spent(len(keys))
    with ThreadPoolExecutor(clock.WORKERS) as threads, _counted(spent):
        list(threads.map(_update, keys, repeat(now)))
    return spent


def _sweep_all(keys: list[dynamo.Key], handle: clock.DueHandler, runs: int) -> Spent:
    """Run after run, as the minutes would bring them, until all are handled that do not fail."""

    def handle_or_fail(key: dynamo.Key, now: datetime) -> None:
        if _fails(key):
            raise RuntimeError(key.sk)
        handle(key, now)

    clock.save(read(SWEPT), clock.Progress(times.now() - clock.LATENESS))
    well = [key for key in keys if not _fails(key)]
    spent = Spent(len(well))
    with ThreadPoolExecutor(runs) as threads:
        for _ in range(MOST_RUNS):
            with _counted(spent):
                list(threads.map(_sweep, [handle_or_fail] * runs))
            if not any("due_at" in row for row in _rows(well)):
                break
    return spent


def _sweep(handle: clock.DueHandler) -> None:
    end = time.monotonic() * 1000 + RUN_MS
    clock.sweep(SWEPT, {"ROW": handle}, times.now(), lambda: int(end - time.monotonic() * 1000))


def _update(key: dynamo.Key, _: datetime) -> None:
    with suppress(ConditionFailed):  # another run was quicker
        dynamo.write(dynamo.update(key, remove=due.ATTRIBUTES, add={"handled": 1}, when=_STILL_DUE))


def _read_send_and_update(key: dynamo.Key, now: datetime) -> None:
    """What most handlers do."""
    if "due_at" in (dynamo.get(key.table, key.pk, key.sk) or {}):
        aws.client("sqs").send_message(QueueUrl=os.environ[Setting.NOTIFICATION_QUEUE_URL], MessageBody=key.sk)
        _update(key, now)


def _fate(keys: list[dynamo.Key]) -> tuple[int, int]:
    """How many rows were never handled, and how many twice. Those that always fail must still be due."""
    well = [row.get("handled", 0) for row in _rows(key for key in keys if not _fails(key))]
    failed = list(_rows(key for key in keys if _fails(key)))
    if not all("due_at" in row for row in failed):
        raise AssertionError("a row that fails left the clock")
    return sum(times == 0 for times in well), sum(times > 1 for times in well)


def _fails(key: dynamo.Key) -> bool:
    return int(key.sk.rpartition("#")[2]) % FAILING == 0


def _rows(keys: Iterable[dynamo.Key]) -> Iterator[dynamo.Item]:
    yield from dynamo.batch_get(keys).values()


def _put_rows(count: int) -> list[dynamo.Key]:
    """Anew, the earlier ones off the clock."""
    moment = times.now() - timedelta(seconds=1)
    keys = [dynamo.Key(read(SWEPT), f"ROW#{number}", f"ROW#{number}") for number in range(count)]
    items = [{"pk": key.pk, "sk": key.sk, **due.at(moment, key.pk)} for key in keys]
    puts = [{"PutRequest": {"Item": dynamo.item_to_wire(item)}} for item in items]
    for start in range(0, count, _BATCH):
        aws.client("dynamodb").batch_write_item(RequestItems={read(SWEPT): puts[start : start + _BATCH]})
    return keys
