"""What a registration asks of DynamoDB: calls and request units, as its replies say.

The handler runs here, against the tables of the local stack; MiniStack counts units as AWS documents them (two a
kilobyte of each item of a transaction, one an index entry), but says none for BatchGetItem, where each key counts one,
as a strongly consistent read of up to 4 kB does. The baseline is one `put_item` of the deal's row alone.
"""

import json
import logging
import os
from dataclasses import dataclass
from typing import Any

from benchmarks import sample, stack
from benchmarks.report import table
from dealreg.platform import aws, dynamo
from deals import api
from local.deploy import outputs
from local.places import ROOT_CREDENTIALS

BASELINE = "put_item of the deal's row alone"
LIMITS = "3 calls and 19 write units for a new customer, two of them the count of the hour"


@dataclass
class Meter:
    """Adds up what DynamoDB's replies say."""

    calls: int = 0
    reads: float = 0
    writes: float = 0

    def ask(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        params["ReturnConsumedCapacity"] = "TOTAL"
        if model.name == "BatchGetItem":
            self.reads += sum(len(table["Keys"]) for table in params["RequestItems"].values())

    def count(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        self.calls += 1
        said: Any = parsed.get("ConsumedCapacity", [])
        units = sum(each["CapacityUnits"] for each in ([said] if "CapacityUnits" in said else said))
        if model.name in ("GetItem", "Query"):
            self.reads += units
        else:
            self.writes += units


def run(_rounds: int) -> None:
    with stack.running() as started:
        names = outputs(started.places)
        os.environ |= ROOT_CREDENTIALS | {
            "AWS_ENDPOINT_URL": started.places.endpoint,
            "DEALS_TABLE": names["DealsTable"],
            "MATCHING_TABLE": names["MatchingTable"],
            "PARTNERS_TABLE": names["PartnersTable"],
            "IDEMPOTENCY_TABLE": names["IdempotencyTable"],
            "SECRET_ARN": names["SecretArn"],
        }
        logging.disable()
        _measure([partner["api_key"] for partner in started.demo["partners"]])


def _measure(keys: list[str]) -> None:
    first, second = keys[:2]
    # this reads the program's settings and the callers too, which are then kept for a minute
    row, _ = _row_of(_register(0, first)), _register(2, second)
    cases = [
        (BASELINE, lambda: dynamo.write(dynamo.put(os.environ["DEALS_TABLE"], row))),
        ("a new customer", lambda: _register(1, first)),
        ("the same again, with its Idempotency-Key", lambda: _register(1, first)),
        ("another partner's customer: queued", lambda: _register(1, second)),
    ]
    events: Any = aws.client("dynamodb").meta.events
    rows: list[list[object]] = []
    for name, context in cases:
        meter = Meter()
        hooks = {"provide-client-params.dynamodb": meter.ask, "after-call.dynamodb": meter.count}
        for hook, function in hooks.items():
            events.register(hook, function)
        context()
        for hook, function in hooks.items():
            events.unregister(hook, function)
        rows.append([name, meter.calls, f"{meter.reads:g}", f"{meter.writes:g}"])
    table(
        "What a registration costs",
        f"By DynamoDB's replies. The limit: {LIMITS}, the blocks of the conflict index (2 each) not counted.",
        ["", "calls", "read units", "write units"],
        rows,
    )


def _register(number: int, key: str) -> dict[str, Any]:
    reply = api.handler(sample.event(number, "analytics", key), None)
    if reply["statusCode"] != 201:
        raise RuntimeError(reply["body"])
    return json.loads(reply["body"])


def _row_of(deal: dict[str, Any]) -> dynamo.Item:
    """As it is stored, under another key."""
    row = dynamo.get(os.environ["DEALS_TABLE"], f"PARTNER#{deal['partner_id']}", f"DEAL#{deal['id']}") or {}
    return row | {"sk": "BENCHMARK"}
