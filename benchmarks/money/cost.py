"""What a payment and a refund ask of DynamoDB: calls, and units by the sizes of rows as AWS documents them.

The product's own code applies them from the inbox, on AWS in memory. Calls are those of booking, once the event and its
source are read, which are two more; a process that has not met the deal or the payment before needs one more. The
baseline is `put_item` of the line alone.
"""

import json
import math
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, cast

import pytest
from moto import mock_aws

from benchmarks import sample
from dealreg.billing import commands, sources, store
from dealreg.billing.model import EventStatus, InboxEvent, Secret, Source, SourceKind
from dealreg.commissions import plan_store
from dealreg.deals import commands as deals
from dealreg.deals import register
from dealreg.deals.model import NewDeal
from dealreg.deals.store import locate
from dealreg.ledger import finding, rows, splits
from dealreg.ledger.splits import SplitsInput
from dealreg.partners import partners
from dealreg.partners.program import Approvers, Program, Tier, save_program
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse, parse_values
from tests import moto_resources
from tests.conftest import ENVIRONMENT, forget_cached
from tests.integration.aws_calls import WRITES, intercept
from tests.integration.write_units import counted, size

BEFORE = 50
"""Payments of the deal, ahead of the last one that is measured."""
_READ_KB = 4
Json = dict[str, Any]
ONE_RULE: list[Json] = [{"id": "base", "rate": {"percent": "20"}}]
THREE_RULES: list[Json] = [
    *ONE_RULE,
    {"id": "volume", "adds": True, "per": "quarter", "rate": {"percent": "2"}},
    {"id": "deal", "adds": True, "per": "deal", "rate": {"percent": "1"}},
]


@dataclass(slots=True)
class Spent:
    calls: int = 0
    wru: int = 0
    rru: int = 0


def measured(before: int = BEFORE) -> dict[str, Json]:
    with in_memory():
        one = _World(ONE_RULE, shares=1)
        one.pay()
        found = {"payment": one.pay(), "refund": one.refund()}
        for _ in range(before):
            one.pay()
        found |= {f"payment_after_{before}": one.pay(), f"refund_after_{before}": one.refund()}
        found |= {"payment_cold": one.pay(is_cold=True), "refund_cold": one.refund(is_cold=True)}
        found["line_alone"] = one.put_line()
    with in_memory():
        three = _World(THREE_RULES, shares=3)
        three.pay()
        found["three_rules_three_shares"] = three.pay()
    return {name: asdict(spent) for name, spent in found.items()}


@contextmanager
def in_memory() -> Generator[None]:
    """AWS, with the tables of template.yaml."""
    with pytest.MonkeyPatch.context() as patch:
        _set(patch, ENVIRONMENT)
        with mock_aws(config=cast("Any", {"core": {"mock_credentials": False}})):
            forget_cached()
            _set(patch, moto_resources.put_back())
            yield
    forget_cached()


def _set(patch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> None:
    for name, value in variables.items():
        patch.setenv(name, value)


class _World:
    """A deal, won by its first payment, of a partner or of several."""

    def __init__(self, rules: list[Json], shares: int) -> None:
        now = times.now()
        save_program(Program(tiers=(Tier("gold", "Gold", 1),), approvers=Approvers("ada@vendor.example")), "bench")
        own = [partners.create(f"Partner {number}", "gold", [], now, "bench").id for number in range(shares)]
        version = {"effective_from": "2026-01-01", "applies_to": "new_deals", "currency": "EUR", "hold_days": 30}
        plan_store.add("standard", version | {"rules": rules}, times.to_text(now), "bench")
        new = parse(NewDeal, json.dumps(sample.body(1)).encode(), register.validation_context())
        caller = Caller("partner", own[0], "user_1", frozenset(["deals"]))
        reply = register.register(caller, new, None, deals.context_at(now))
        deal = locate(json.loads(reply.body)["id"])
        self.deal = deals.apply_decision(deal, 1, "approve", deals.context_at(now), "ada@vendor.example")
        if shares > 1:
            each = [{"partner_id": one, "percent": "30" if place else "40"} for place, one in enumerate(own)]
            splits.save(deal.id, parse_values(SplitsInput, {"from": None, "shares": each}), "bench", now)
        secret = Secret("whsec_c2FtcGxlIGV2ZW50cyBvZiBkZWFscmVnIG9ubHk=")
        self.source = Source("bsrc_01JD8V4M2T7QK3N5P9XWZRB6YC", SourceKind.STANDARD_WEBHOOKS, "Billing", (secret,), now)
        sources.put(self.source)
        self.paid = 0

    def pay(self, *, is_cold: bool = False) -> Spent:
        self.paid += 1
        now = times.to_text(times.now())
        sale: Json = {"id": f"in_{self.paid}", "deal_id": self.deal.id, "kind": "renewal", "total": "119.00"}
        sale |= {"tax": "19.00", "lines": [{"product": "general", "amount": "100.00"}]}
        paid: Json = {"payment_id": f"pay_{self.paid}", "amount": _euros("119.00"), "paid_at": now, "sale": sale}
        return self._applied("payment.succeeded", paid["payment_id"], paid, is_cold)

    def refund(self, *, is_cold: bool = False) -> Spent:
        """Of a part of the last payment."""
        back: Json = {"refund_id": f"re_{self.paid}", "payment_id": f"pay_{self.paid}", "amount": _euros("59.50")}
        back |= {"refunded_at": times.to_text(times.now()), "status": "succeeded"}
        return self._applied("payment.refunded", back["refund_id"], back, is_cold)

    def put_line(self) -> Spent:
        (line, *_) = dynamo.every(rows.table(), f"PARTNER#{self.deal.partner_id}", rows.LINE)
        return _metered(lambda: dynamo.write(dynamo.put(rows.table(), line | {"sk": "BENCHMARK"})))

    def _applied(self, kind: str, name: str, data: Json, is_cold: bool) -> Spent:
        body = json.dumps({"type": kind, "timestamp": times.to_text(times.now()), "data": data}).encode()
        event_id = store.event_id(self.source.id, name)
        store.keep(InboxEvent(event_id, self.source.id, self.source.kind, name, times.now(), body))
        if is_cold:
            vars(finding)["_LED_TO"].clear()  # as a process has it that has just begun
        spent = _metered(lambda: commands.apply(event_id, times.now()))
        if store.event(event_id).status is not EventStatus.APPLIED:
            raise RuntimeError(f"{name}: {store.event(event_id).reason_code}")
        return spent


def _euros(amount: str) -> Json:
    return {"amount": amount, "currency": "EUR"}


def _metered(work: Callable[[], None]) -> Spent:
    """Without the reads of the event and its source, one item each."""
    spent, is_writing = Spent(), False

    def around(make: Callable[[], Any], _client: Any, operation: str, request: Json) -> Any:
        nonlocal is_writing
        if is_writing:  # what the count of units reads
            return make()
        is_writing = operation in WRITES
        try:
            reply = make()
        finally:
            is_writing = False
        if operation != "GetItem":
            spent.calls += 1
            spent.rru += _read(operation, request, reply)
        return reply

    with pytest.MonkeyPatch.context() as patch:
        units = counted(patch)
        intercept(patch, around)
        work()
        spent.wru = sum(units().values())
    return spent


def _read(operation: str, request: Json, reply: Json) -> int:
    """Strongly consistent: a unit for each 4 kB of an item, and for one that is not there."""
    if operation == "BatchGetItem":
        found = [item for items in reply["Responses"].values() for item in items]
        asked = sum(len(table["Keys"]) for table in request["RequestItems"].values())
        return asked - len(found) + sum(_units(dynamo.item_from_wire(item)) for item in found)
    if operation == "Query":
        return max(1, sum(_units(dynamo.item_from_wire(item)) for item in reply["Items"]))
    return 0


def _units(item: Json) -> int:
    return math.ceil(size(item) / (_READ_KB * 1024))
