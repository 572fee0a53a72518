"""Protections that all end in one minute: how long until the last `deal.expired` is written, by how many workers.

The clock sweeps the Deals table with the product's own handler. In the first lines each call takes as long as it might
on AWS, so that the workers wait and do not share this machine's processors; in the last, as long as MiniStack takes,
beside a bare read and transaction for each by as many threads. None may be lost, and none expire twice.
`--rounds 10000` is the whole minute.
"""

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from benchmarks import sample
from benchmarks.report import table
from benchmarks.webhooks import world
from dealreg import clock
from dealreg.deals import commands, prospects, register, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.partners import partners
from dealreg.partners.program import Approvers, Program, Tier, save_program
from dealreg.platform import aws, due, dynamo, ids, times
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting, read
from dealreg.platform.validation import parse
from tests.integration.aws_calls import intercept

SLOW_SECONDS = 0.05
"""Of each call in the first lines: many times what MiniStack takes, so that it is no bottleneck."""
WORKERS = (1, 2, 4, 8)
FOR_EACH = 30
"""Rows for each of these workers."""
RUN_MS = 600_000
_BATCH = 25  # DynamoDB: BatchWriteItem


def run(rounds: int) -> None:
    logging.disable()
    rows: list[list[object]] = []
    with world.running():
        first = _approved()
        for workers in WORKERS:
            deals = _end_now(first, workers * FOR_EACH)
            with _slow_calls():
                rows.append(_swept(f"{SLOW_SECONDS * 1000:g} ms a call, {workers} workers", deals, workers))
        deals = _end_now(first, rounds)
        rows.append(_swept(f"as fast as can be, {clock.WORKERS} workers", deals, clock.WORKERS))
        rows.append(_bare(f"a bare read and transaction, {clock.WORKERS} threads", _end_now(first, rounds)))
    table(
        "Protections that end in one minute",
        "The last line is the baseline of the one before it.",
        ["", "deals", "seconds to the last", "a second", "processor ms each", "lost", "twice"],
        rows,
    )


def _swept(name: str, deals: Sequence[Deal], workers: int) -> list[object]:
    moment = times.now()
    clock.save(store.table(), clock.Progress(moment - clock.LATENESS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "WORKERS", workers)
        began, processor = time.monotonic(), time.process_time()
        handlers: clock.DueHandlers = {"DEAL": commands.on_due, "EVENT": lambda _key, _now: None}
        clock.sweep(Setting.DEALS_TABLE, handlers, moment, lambda: int(RUN_MS - (time.monotonic() - began) * 1000))
    spent, used = time.monotonic() - began, time.process_time() - processor
    told = _told_of()
    lost = sum(told[deal.id] == 0 for deal in deals)
    return [*_row(name, deals, spent, used), lost, sum(told[deal.id] > 1 for deal in deals)]


def _row(name: str, deals: Sequence[Deal], spent: float, used: float) -> list[object]:
    return [name, len(deals), f"{spent:.1f}", f"{len(deals) / spent:.1f}", used / len(deals) * 1000]


def _bare(name: str, deals: Sequence[Deal]) -> list[object]:
    """Of rows of the same sizes, and as many."""

    def expire(deal: Deal) -> None:
        key = store.deal_key(deal.partner_id, deal.id)
        row = dynamo.get(key.table, key.pk, key.sk) or {}
        others = [{"pk": f"BARE#{deal.id}", "sk": f"{number}", "text": "." * size} for number, size in _OTHERS]
        dynamo.transact([dynamo.put(key.table, one) for one in (row | {"revision": row["revision"] + 1}, *others)])

    began, processor = time.monotonic(), time.process_time()
    with ThreadPoolExecutor(clock.WORKERS) as threads:
        list(threads.map(expire, deals))
    return [*_row(name, deals, time.monotonic() - began, time.process_time() - processor), "", ""]


_OTHERS = ((1, 700), (2, 150), (3, 150))
"""The event, and two claims."""


@contextmanager
def _slow_calls() -> Generator[None]:
    def around(make: Callable[[], Any], _client: Any, _operation: str, _request: dict[str, Any]) -> Any:
        end = time.monotonic() + SLOW_SECONDS
        reply = make()
        time.sleep(max(0.0, end - time.monotonic()))
        return reply

    with pytest.MonkeyPatch.context() as patch:
        intercept(patch, around)
        yield


def _approved() -> Deal:
    save_program(Program(tiers=(Tier("registered", "Registered", 1),), approvers=Approvers("ada@vendor.example")), "b")
    partner_id = partners.create("North", "registered", [], times.now(), "test").id
    new = parse(NewDeal, json.dumps(sample.body(1)).encode(), register.validation_context())
    caller = Caller("partner", partner_id, "user_1", frozenset(["deals"]))
    reply = register.register(caller, new, None, commands.context_at(times.now()))
    deal = store.locate(json.loads(reply.body)["id"])
    return commands.apply_decision(deal, 1, "approve", commands.context_at(times.now()), "ada@vendor.example")


def _end_now(first: Deal, count: int) -> list[Deal]:
    """As many like it, of other customers, whose protection has just ended."""
    end = times.now() - timedelta(seconds=1)
    deals = [_ending(first, end, number) for number in range(count)]
    rows = [(store.table(), store.deal_item(deal)) for deal in deals]
    rows += [claim for deal in deals for claim in _claims(deal)]
    for start in range(0, len(rows), _BATCH):
        _put(rows[start : start + _BATCH])
    return deals


def _claims(deal: Deal) -> Iterator[tuple[str, dynamo.Item]]:
    own = {"deal_id": deal.id, "partner_id": deal.partner_id, "name": deal.customer["name"]}
    for key in prospects.of_deal(deal).claim_keys:
        yield key.table, {"pk": key.pk, "sk": key.sk, **own, "expires_at": deal.protected_until}


def _ending(first: Deal, end: datetime, number: int) -> Deal:
    deal_id = ids.make_id("deal", end, int.from_bytes(os.urandom(10)))
    text = times.to_text(end)
    return replace(
        first,
        id=deal_id,
        identities=[f"domain#{deal_id[-12:].lower()}.de", f"tax#DE{number:09}{deal_id[-4:]}"],
        protected_until=text,
        told_until=text,
        **due.at(end, deal_id),
    )


def _put(rows: Sequence[tuple[str, dynamo.Item]]) -> None:
    left: Any = {}
    for name, row in rows:
        left.setdefault(name, []).append({"PutRequest": {"Item": dynamo.item_to_wire(row)}})
    while left:
        left = aws.client("dynamodb").batch_write_item(RequestItems=left)["UnprocessedItems"]


def _told_of() -> Counter[str]:
    """How often each deal is told of as expired."""
    pages: Any = aws.client("dynamodb").get_paginator("scan").paginate(TableName=read(Setting.DEALS_TABLE))
    rows = (dynamo.item_from_wire(item) for page in pages for item in page["Items"])
    return Counter(row["subject"] for row in rows if row.get("type") == "deal.expired")
