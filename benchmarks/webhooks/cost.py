"""What a million deliveries cost, from what is counted here and AWS's list prices (us-east-1, without free tiers).

Counted: DynamoDB's request units of events that one endpoint takes at the first attempt, relay and sender together.
Modelled: the sender's time (a batch of ten takes a second, as long as its slowest receiver) and full batches, as they
are when there are millions.
"""

import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.report import table
from benchmarks.webhooks import receiver, world
from dealreg import aws, times
from dealreg.settings import Setting

WRITE, READ = 0.625, 0.125
"""Dollars a million request units."""
QUEUE = 0.40
FAIR = 0.10
"""What fair queues add, by one third party's page."""
SENDER = 0.1 * 0.20 + 0.1 * 0.5 * 13.3334
"""100,000 invocations of a second with 512 MB on arm64."""
RELAY = 0.04 * 0.20 + 0.04 * 0.5 * 13.3334
"""40,000 invocations of 25 records."""
LOGS = 0.5 * 0.50
EGRESS = 2.5 * 0.09
"""Dollars for half a kilobyte of log and 2.5 kB sent, a million times."""
_OUTBOX_WRITES = 4.0
OUTBOX = 2.50
"""The event's row in the deal's transaction, which the registration counts as its own."""
REFERENCE = 6.27


@dataclass
class Meter:
    units: dict[str, float] = field(default_factory=lambda: {"writes": 0.0, "reads": 0.0})

    def ask(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        if model.name == "BatchGetItem":
            self.units["reads"] += sum(len(each["Keys"]) for each in params["RequestItems"].values())

    def count(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        said: Any = parsed.get("ConsumedCapacity", [])
        units = sum(each["CapacityUnits"] for each in ([said] if "CapacityUnits" in said else said))
        if model.name != "BatchGetItem":
            self.units["reads" if model.name in ("GetItem", "Query") else "writes"] += units


def run(rounds: int) -> None:
    with receiver.running() as one, world.running():
        world.make_endpoint(one.url("/ok"), 1, times.now())
        meter, hooks = Meter(), aws.client("dynamodb").meta.events
        hooks.register("provide-client-params.dynamodb", meter.ask)
        hooks.register("after-call.dynamodb", meter.count)
        for number in range(rounds):
            world.commit_and_relay(number)
        while len(one.received) < rounds:
            world.poll(Setting.DELIVERY_QUEUE_URL, wait=0)
        time.sleep(0.5)
    # committing wrote the event's row and its place on the clock, and the relay took it off again
    writes, reads = meter.units["writes"] / rounds - _OUTBOX_WRITES, meter.units["reads"] / rounds
    _show(writes, reads, rounds)


def _show(writes: float, reads: float, rounds: int) -> None:
    parts = {
        f"DynamoDB: {writes:.2f} write units": writes * WRITE,
        f"DynamoDB: {reads:.2f} read units": reads * READ,
        "SQS: sent one by one, received and deleted in tens": 1.2 * QUEUE + FAIR,
        "Lambda: sender and relay": SENDER + RELAY,
        "logs and egress": LOGS + EGRESS,
    }
    rows: list[list[object]] = [[name, dollars] for name, dollars in parts.items()]
    rows.append(["a million deliveries", sum(parts.values())])
    rows.append(["with the event's own row", sum(parts.values()) + OUTBOX])
    rows.append(["the reference's model, with that row", REFERENCE])
    table("What a million deliveries cost", f"Counted over {rounds} deliveries.", ["", "$"], rows)
