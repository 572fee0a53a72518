"""What a review asks of AWS, from its first question until it is off the clock: write units, and states entered.

The product's relay, tasks and clock run here, and the state machine is walked by its definition. The database says the
units: DynamoDB Local (DYNAMODB_LOCAL, see dynamodb_local.py) or MiniStack. Letters are not counted. The baseline is
`put_item` of the rows that a review of one step leaves, as often as they change: its own twice, the deal, the event.
"""

import json
import logging
import os
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from benchmarks import sample
from benchmarks.report import table
from benchmarks.webhooks import world
from dealreg.approvals import deciding, review
from dealreg.approvals.answering import Said
from dealreg.approvals.model import Review, key_of
from dealreg.approvals.store import link_token, newest_of
from dealreg.deals import commands, facts, register, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.partners import partners, routing_text
from dealreg.partners.program import Approvers, Program, Tier, save_program
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.platform import dynamo, times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from relay import app
from tests.integration.aws_calls import WRITES, intercept
from tests.integration.executions import Executions

ADA, BO, FIN, LEA, LEO, CSO = (f"{name}@vendor.example" for name in ("ada", "bo", "fin", "lea", "leo", "cso"))
ONE = ((Step("channel", (ADA,), escalate_to=(CSO,)),),)
TWO = (*ONE, (Step("finance", (FIN,)),))
THREE = (*TWO, (Step("legal", (LEA,)),))
_NAMES = (
    "- Quarzfels Limburger Wodanstolz Zwiebelturm Pfeffermühle Jagdhorn Kobaltblau Uferweide Systole Dachgiebel"
    " Heiterbach Nordlicht"
).split()
TOKEN = 900
"""Characters of a task token: those of AWS have some 700 to 1,000."""
Orders = Sequence[tuple[Step, ...]]


@dataclass
class Meter:
    """Counts what is written, and keeps what the Deals table's stream would bring."""

    units: float = 0
    records: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    _reading: bool = False

    def around(self, make: Callable[[], Any], client: Any, operation: str, request: dict[str, Any]) -> Any:
        if operation not in WRITES or self._reading:
            return make()
        keys = [dynamo.key_of(action) for action in _actions(operation, request)]
        before = self._rows(keys)
        request["ReturnConsumedCapacity"] = "TOTAL"
        reply = make()
        told = reply["ConsumedCapacity"]
        each: list[Any] = told if operation == "TransactWriteItems" else [told]
        self.units += sum(one["CapacityUnits"] for one in each)
        after = self._rows(keys)
        self.records += [_record(key, before.get(key), after.get(key)) for key in keys if _is_streamed(key)]
        return reply

    def _rows(self, keys: Sequence[dynamo.Key]) -> dict[dynamo.Key, dynamo.Item]:
        self._reading = True
        try:
            return dynamo.batch_get(keys)
        finally:
            self._reading = False


def _actions(operation: str, request: dict[str, Any]) -> list[dynamo.Action]:
    single = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete"}
    return [{single[operation]: request}] if operation in single else request["TransactItems"]


def _is_streamed(key: dynamo.Key) -> bool:
    return key.table == os.environ["DEALS_TABLE"]


def _record(key: dynamo.Key, old: dynamo.Item | None, new: dynamo.Item | None) -> dict[str, Any]:
    images = {"OldImage": old, "NewImage": new}
    return {
        "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:123456789012:table/{key.table}/stream/1",
        "eventName": "MODIFY" if old and new else "INSERT" if new else "REMOVE",
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": key.to_wire(),
            "SequenceNumber": "1",
            **{name: dynamo.item_to_wire(image) for name, image in images.items() if image and old != new},
        },
    }


class Vendor:
    """A program of one rule, a partner, and what follows from what they do."""

    def __init__(self, meter: Meter, executions: Executions) -> None:
        self.meter, self.executions, self.made = meter, executions, 0
        self.partner_id = ""

    def ask(self, orders: Orders) -> Deal:
        """A new deal whose first questions are about to be put."""
        program = Program(
            tiers=(Tier("registered", "Registered", 1),),
            approvers=Approvers(CSO),
            worked=routing_text.to_text(Routing((Rule("rest", steps=tuple(orders)),), CSO, 2)),
        )
        save_program(program, "benchmark")
        self.partner_id = self.partner_id or partners.create("North", "registered", [], times.now(), "test").id
        self.made += 1
        body = sample.body(self.made)
        name = _NAMES[self.made]  # like nobody else's, so that none match
        body["customer"] |= {"name": f"{name} GmbH", "domain": f"{name.lower()}.de"}
        new = parse(NewDeal, json.dumps(body).encode(), register.validation_context())
        caller = Caller("partner", self.partner_id, "user_1", frozenset(["deals"]))
        reply = register.register(caller, new, None, commands.context_at(times.now()))
        self._relay()
        (execution,) = self.executions.runnable
        self.executions.run_task(execution)  # assesses
        self.meter.units = 0
        return store.locate(json.loads(reply.body)["id"])

    def follow(self) -> None:
        while self.meter.records or self.executions.runnable:
            self._relay()
            for execution in self.executions.runnable:
                self.executions.run_task(execution)

    def _relay(self) -> None:
        records, self.meter.records = self.meter.records, []
        records = [record for record in records if {"OldImage", "NewImage"} & set(record["dynamodb"])]
        if records and app.handler({"Records": records}, None)["batchItemFailures"]:
            raise RuntimeError("the relay failed")

    def approve(self, deal: Deal) -> None:
        while pending := _review(deal).pending:
            token, seen = link_token(_review(deal), pending[0].number), facts.seen(store.locate(deal.id))
            deciding.decide(token, Said("approve"), seen, times.now())
            self.follow()

    def units_of(self, act: Callable[[], object]) -> float:
        before = self.meter.units
        act()
        self.follow()
        return self.meter.units - before


def _review(deal: Deal) -> Review:
    found = newest_of(store.locate(deal.id))
    if found is None:
        raise RuntimeError("it has no review")
    return found


def whole(vendor: Vendor, orders: Orders) -> tuple[float, int, Deal]:
    """Write units until its verdict is published and the clock has let go of it, and states entered with the start."""
    deal = vendor.ask(orders)
    vendor.follow()
    vendor.approve(deal)
    _strike(deal, _review(deal).due_at or times.now())
    if store.locate(deal.id).status != "approved" or _review(deal).due_at:
        raise RuntimeError("it was not approved")
    states = len([*vendor.executions.known.values()][-1].entered) + 1
    return vendor.meter.units, states, store.locate(deal.id)


def while_it_waits(vendor: Vendor, act: Callable[[Deal, datetime], object]) -> float:
    deal = vendor.ask(ONE)
    vendor.follow()
    return vendor.units_of(lambda: act(deal, times.now()))


def _strike(deal: Deal, moment: datetime) -> None:
    review.on_due(key_of(deal.id, deal.review_version), moment)


def _remind(deal: Deal, _: datetime) -> None:
    (step,) = _review(deal).steps
    _strike(deal, step.remind_at or times.now())


def _escalate(deal: Deal, _: datetime) -> None:
    (step,) = _review(deal).steps
    _strike(deal, step.escalate_at or times.now())


def _delegate(deal: Deal, now: datetime) -> None:
    deciding.delegate_as_admin(deal, ADA, CSO, now + timedelta(minutes=1), "user_1")


def _plainly(meter: Meter, deal: Deal) -> float:
    """The rows that a review of one step leaves, put as they are, as often as they change."""
    own, event = key_of(deal.id, deal.review_version), store.events_of(deal)[-1]
    keys = [own, own, store.deal_key(deal.partner_id, deal.id), event.key]
    before = meter.units
    for key in keys:
        dynamo.write(dynamo.put(key.table, dynamo.get(key.table, key.pk, key.sk) or {}))
    return meter.units - before


@contextmanager
def running() -> Generator[Vendor]:
    meter, executions = Meter(), Executions(token_length=TOKEN)
    with world.running(), pytest.MonkeyPatch.context() as patch:
        os.environ["STATE_MACHINE_ARN"] = "the state machine"
        intercept(patch, executions.around)
        intercept(patch, meter.around)
        yield Vendor(meter, executions)


def run(_rounds: int) -> None:
    logging.disable()
    with running() as vendor:
        rows = measure(vendor)
    table(
        "What a review costs",
        "Write units from its first question until its verdict is published and it is off the clock, and states entered"
        " with the start.",
        ["", "write units", "at most", "states", "at most"],
        rows,
    )


def measure(vendor: Vendor) -> list[list[object]]:
    both = ((Step("channel", (ADA, BO), need="all"),),)
    beside = ((Step("channel", (ADA,)), Step("finance", (FIN,))),)
    one, one_states, deal = whole(vendor, ONE)
    plain = _plainly(vendor.meter, deal)
    two, _, _ = whole(vendor, TWO)
    three, three_states, _ = whole(vendor, THREE)
    of_both, _, _ = whole(vendor, both)
    parallel, parallel_states, _ = whole(vendor, beside)
    of_any, _, _ = whole(vendor, ((Step("channel", (ADA, BO)),),))
    return [
        ["the rows alone, each put as often as it changes", f"{plain:g}", "", "", ""],
        ["one step, one person", f"{one:g}", 38, one_states, 6],
        ["a further step in sequence", f"{two - one:g}", 22, "", ""],
        ["three steps in sequence", f"{three:g}", 82, three_states, 10],
        ["a further person, who must agree too", f"{of_both - one:g}", 9, "", ""],
        ["a further person, of whom one is enough", f"{of_any - one:g}", 9, "", ""],
        ["a further step side by side", f"{parallel - one:g}", 9, parallel_states, 6],
        ["a reminder", f"{while_it_waits(vendor, _remind):g}", 4, "", ""],
        ["an escalation to one person", f"{while_it_waits(vendor, _escalate):g}", 12, "", ""],
        ["a delegation", f"{while_it_waits(vendor, _delegate):g}", 12, "", ""],
    ]
