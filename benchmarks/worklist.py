"""A page of 50 of the vendor's worklist, by promise and by person: round trips, read units and time.

In a store of 1,000 deals and in a larger one (`--rounds 100000`), beside the bare calls that the page is made of.

One deal of ten is in review, and of every two of those one person is asked. Read units are counted from the sizes of
what was read, as AWS charges them. MiniStack puts what an index has of a key in order at each query, which takes longer
the more that is: what grows in the bare calls too is the database's.
"""

import json
import logging
import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from benchmarks import sample
from benchmarks.report import percentile, table
from benchmarks.webhooks import world
from dealreg.approvals import steps, worklist
from dealreg.approvals import store as reviews
from dealreg.approvals.model import Review
from dealreg.approvals.setting import setting_of
from dealreg.approvals.worklist import Filters, Sort
from dealreg.deals import commands, register, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.partners import partners, routing_text
from dealreg.partners.program import Approvers, Program, Tier, save_program
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.platform import aws, dynamo, ids, times
from dealreg.platform.http import Caller
from dealreg.platform.paging import PageRequest
from dealreg.platform.validation import parse
from tests.integration.aws_calls import intercept
from tests.integration.write_units import size

SMALL = 1000
PAGE = 50
PAGES = 100
"""Read for each line."""
PEOPLE = ("ada@vendor.example", "bo@vendor.example")
IN_REVIEW = 10
"""One deal of so many."""
READS = ("Query", "BatchGetItem")
_BATCH = 25  # DynamoDB: BatchWriteItem
_LOADERS = 4
_UNIT = 4096


@dataclass
class Meter:
    """What a page reads."""

    units: float = 0
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list[tuple[str, dict[str, Any]]])

    def around(self, make: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        reply = make()
        if operation in READS:
            self.calls.append((operation, request))
            self.units += sum(_units(operation, request, reply))
        return reply


def _units(operation: str, request: dict[str, Any], reply: Any) -> Iterator[float]:
    """A query by what it read in all, what is read by key each by itself; half a unit for 4 kB if it may be old."""
    share = 1.0 if '"ConsistentRead": true' in json.dumps(request) else 0.5
    if operation == "Query":
        yield share * math.ceil(sum(size(dynamo.item_from_wire(item)) for item in reply["Items"]) / _UNIT)
        return
    for items in reply["Responses"].values():
        yield from (share * math.ceil(size(dynamo.item_from_wire(item)) / _UNIT) for item in items)


def run(rounds: int) -> None:
    logging.disable()
    rows: list[list[object]] = []
    with world.running():
        first = _registered()
        made = 0
        for count in (SMALL, rounds):
            _put(deal for number in range(made, count) for deal in _rows(first, number))
            made = count
            for name, filters in (
                ("promise", Filters(sort=Sort.DECIDE_BY)),
                ("person", Filters(approver=PEOPLE[0])),
            ):
                rows.append([f"by {name}, of {count:,} deals", *_measure(filters)])
    table(
        "The worklist",
        f"A page of {PAGE}, {PAGES} times; one deal of {IN_REVIEW} is in review. At most 2 round trips and 40 units.",
        ["", "items", "round trips", "read units", "p95 ms", "bare calls, p95 ms", "processor, p95 ms"],
        rows,
    )


def _measure(filters: Filters) -> list[object]:
    now, whole, own, shown, meter = times.now(), list[float](), list[float](), 0, Meter()
    worklist.listing(filters, PageRequest(PAGE), now)  # the program is known by now
    for _ in range(PAGES):
        meter = Meter()
        with pytest.MonkeyPatch.context() as patch:
            intercept(patch, meter.around)
            began, processor = time.perf_counter(), time.process_time()
            shown = len(worklist.listing(filters, PageRequest(PAGE), now)["items"])
        whole.append((time.perf_counter() - began) * 1000)
        own.append((time.process_time() - processor) * 1000)
    bare = [_spent_by(meter.calls) * 1000 for _ in range(PAGES)]
    p95 = [f"{percentile(values, 95):.1f}" for values in (whole, bare, own)]
    return [shown, len(meter.calls), f"{meter.units:g}", *p95]


def _spent_by(calls: Sequence[tuple[str, dict[str, Any]]]) -> float:
    """The baseline: the same requests, and nothing made of the replies."""
    client: Any = aws.client("dynamodb")
    began = time.perf_counter()
    for operation, request in calls:
        (client.query if operation == "Query" else client.batch_get_item)(**request)
    return time.perf_counter() - began


def _registered() -> Deal:
    """In a program of one step; all others are like it."""
    orders = tuple((Step("channel", (person,), escalate_to=("cso@vendor.example",)),) for person in PEOPLE[:1])
    program = Program(
        tiers=(Tier("registered", "Registered", 1),),
        approvers=Approvers(PEOPLE[0]),
        worked=routing_text.to_text(Routing((Rule("rest", steps=orders),), PEOPLE[0], 2)),
    )
    save_program(program, "benchmark")
    partner_id = partners.create("North", "registered", [], times.now(), "test").id
    new = parse(NewDeal, json.dumps(sample.body(1)).encode(), register.validation_context())
    caller = Caller("partner", partner_id, "user_1", frozenset(["deals"]))
    reply = register.register(caller, new, None, commands.context_at(times.now()))
    return store.locate(json.loads(reply.body)["id"])


def _rows(first: Deal, number: int) -> Iterator[dynamo.Item]:
    """Of one deal: its own, and of one that is in review that, with its question."""
    moment = times.now() - timedelta(days=1) + timedelta(milliseconds=number)
    deal = replace(first, id=ids.make_id("deal", moment, number), decide_by=times.to_text(moment + timedelta(days=3)))
    if number % IN_REVIEW:
        yield store.deal_item(replace(deal, status="approved"))
        return
    yield store.deal_item(deal)
    yield from _review_rows(deal, PEOPLE[number // IN_REVIEW % len(PEOPLE)], moment)


def _review_rows(deal: Deal, person: str, moment: datetime) -> Iterator[dynamo.Item]:
    begun = Review(deal.id, deal.review_version, deal.program_version, "rest", began_at=moment)
    asked = steps.ask(begun, setting_of(begun, deal, moment))
    own = replace(asked, questions=tuple(replace(question, approver=person) for question in asked.questions))
    for action in reviews.write(None, own, deal, moment):
        yield dynamo.item_from_wire(action["Put"]["Item"])


def _put(rows: Iterable[dynamo.Item]) -> None:
    puts = [{"PutRequest": {"Item": dynamo.item_to_wire(row)}} for row in rows]
    batches = [puts[start : start + _BATCH] for start in range(0, len(puts), _BATCH)]

    def write(batch: Sequence[dict[str, Any]]) -> None:
        left: Any = {store.table(): batch}
        while left:
            left = aws.client("dynamodb").batch_write_item(RequestItems=left)["UnprocessedItems"]

    with ThreadPoolExecutor(_LOADERS) as threads:
        list(threads.map(write, batches))
