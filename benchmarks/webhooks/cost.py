"""What a million deliveries cost, from what is counted here and AWS's list prices (us-east-1, without free tiers).

Counted: DynamoDB's request units, and the relay's calls, of events that one endpoint takes at the first attempt.
Modelled: how long calls and receivers take, and full batches, as they are when there are millions.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.report import table
from benchmarks.webhooks import receiver, world
from benchmarks.webhooks.parts import Finding
from dealreg.platform import aws, times
from dealreg.platform.settings import Setting

WRITE, READ = 0.625, 0.125
"""Dollars a million request units."""
QUEUE = 0.40
FAIR = 0.10
"""What fair queues add, by one third party's page."""
INVOCATION, GIGABYTE_SECOND = 0.20, 13.3334
"""Dollars a million, on arm64."""
MEMORY = 0.5
"""Gigabytes."""
CALL = 0.004
"""Seconds that the relay waits for DynamoDB or SQS."""
RELAY_BATCH, SENDER_BATCH = 25, 10
SENDER_SECONDS = 1.0
"""For a batch side by side, as long as its slowest receiver."""
LOGS = 0.5 * 0.50
EGRESS = 2.5 * 0.09
"""Dollars for half a kilobyte of log and 2.5 kB sent, a million times."""
OURS, EVENTS = "Webhooks", "Deals"
"""Tables: of deliveries, and of the events that they are about."""
REFERENCE, REFERENCE_EVENT = 6.27, 2.50
"""Its model, and the share of the event's own row in it."""


@dataclass
class Meter:
    """Adds up what DynamoDB's replies say; MiniStack says nothing for BatchGetItem, where each key counts one."""

    writes: Counter[str] = field(default_factory=Counter[str])
    """By table."""
    reads: float = 0
    calls: int = 0

    def ask(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        if model.name == "BatchGetItem":
            self.reads += sum(len(each["Keys"]) for each in params["RequestItems"].values())

    def count(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.calls += 1
        if model.name == "BatchGetItem":
            return
        said: Any = parsed.get("ConsumedCapacity", [])
        for each in [said] if "CapacityUnits" in said else said:
            if model.name in ("GetItem", "Query"):
                self.reads += each["CapacityUnits"]
            else:
                self.writes[each["TableName"]] += each["CapacityUnits"]


def run(rounds: int) -> list[Finding]:
    with receiver.running() as one, world.running():
        os.environ["WEBHOOKS_TABLE"], os.environ["DEALS_TABLE"] = OURS, EVENTS
        world.make_endpoint(one.url("/ok"), 1, times.now())
        meter = Meter()
        for service in ("dynamodb", "sqs"):
            hooks = aws.client(service).meta.events
            hooks.register("provide-client-params.dynamodb", meter.ask)
            hooks.register(f"after-call.{service}", meter.count)
        for number in range(rounds):
            world.commit_and_relay(number)
        calls = meter.calls - rounds  # committing is the deal's
        while len(one.received) < rounds:
            world.poll(Setting.DELIVERY_QUEUE_URL, wait=0)
        time.sleep(0.5)
    return _show(meter, calls / rounds, rounds)


def _show(meter: Meter, calls: float, rounds: int) -> list[Finding]:
    writes, event, reads = (units / rounds for units in (meter.writes[OURS], meter.writes[EVENTS], meter.reads))
    relay = INVOCATION / RELAY_BATCH + calls * CALL * MEMORY * GIGABYTE_SECOND
    sender = INVOCATION / SENDER_BATCH + SENDER_SECONDS / SENDER_BATCH * MEMORY * GIGABYTE_SECOND
    parts = {
        f"DynamoDB: {writes:.2f} write units": writes * WRITE,
        f"DynamoDB: {reads:.2f} read units": reads * READ,
        "SQS: sent one by one, received and deleted in tens": 1.2 * QUEUE + FAIR,
        f"Lambda: the relay's {calls:.0f} calls, the sender": relay + sender,
        "logs and egress": LOGS + EGRESS,
    }
    total = sum(parts.values())
    rows: list[list[object]] = [[name, dollars] for name, dollars in parts.items()]
    rows.append(["**a million deliveries**", total])
    rows.append(["the reference's model", REFERENCE - REFERENCE_EVENT])
    rows.append(
        [f"with the event's own row and its place on the clock, {event:.2f} write units", total + event * WRITE]
    )
    rows.append(["the reference's model, with the row", REFERENCE])
    table("What a million deliveries cost", f"Counted over {rounds} deliveries.", ["", "$"], rows)
    reference = f"the reference's model: {REFERENCE - REFERENCE_EVENT:.2f} and {REFERENCE:.2f}"
    whole = f"${total:.2f}, with the event's row ${total + event * WRITE:.2f}"
    return [Finding("a million deliveries", whole, reference)]
