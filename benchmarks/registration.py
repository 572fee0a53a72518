"""Where the time of a warm `POST /v1/deals` goes, with DynamoDB's answers at hand: nothing here waits for a network.

Each part is timed from outside, without the parts inside it, as time on the processor. The baseline is one `put_item`
of such a deal through `boto3.client("dynamodb")` as it comes, its answer at hand too.
"""

import json
import logging
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import boto3
from botocore.awsrequest import AWSResponse

from benchmarks import sample
from benchmarks.report import percentile, table
from dealreg.deals import judging, prospects, register
from dealreg.matching import evidence
from dealreg.partners import credentials, partners
from dealreg.partners.partners import Partner
from dealreg.platform import aws, dynamo, idempotency, times
from deals import api

WARM_UP = 50
BASELINE = "boto3 put_item of a deal"
WHOLE = "POST /v1/deals"
REST = "event, dispatch, log line, reply"
PARTS: list[tuple[str, Any, str]] = [
    ("parse the body", api, "parse"),
    ("derive identities and keys", prospects, "of_request"),
    ("derive identities and keys", register, "_keys_to_read"),
    ("judge", evidence, "demote_doubtful"),
    ("judge", judging, "with_verdict"),
    ("build rows and reply", register, "_draft"),
    ("build rows and reply", register, "_writes"),
    ("build rows and reply", idempotency, "record"),
    ("build rows and reply", register, "view"),
    ("botocore: BatchGetItem", dynamo, "batch_get"),
    ("botocore: TransactWriteItems", dynamo, "transact"),
]
"""Each with the module, or what else calls it by this name."""


class Stopwatch:
    """Time by part; a part's clock stands while a part inside it runs."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._running: list[str] = []
        self._since = 0.0

    def enter(self, part: str) -> None:
        self._book()
        self._running.append(part)

    def leave(self) -> None:
        self._book()
        self._running.pop()

    def _book(self) -> None:
        now = time.thread_time()
        if self._running:
            part = self._running[-1]
            self.spent[part] = self.spent.get(part, 0) + (now - self._since) * 1000
        self._since = now

    def timing(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.enter(part)
            try:
                return function(*args, **kwargs)
            finally:
                self.leave()

        return timed


def run(rounds: int) -> None:
    os.environ |= {
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        **{name: name for name in ("DEALS_TABLE", "MATCHING_TABLE", "PARTNERS_TABLE", "IDEMPOTENCY_TABLE")},
    }
    logging.disable()
    aws.client("dynamodb").meta.events.register("before-send.dynamodb", _answer)
    watch = Stopwatch()
    for part, owner, name in PARTS:
        setattr(owner, name, watch.timing(part, getattr(owner, name)))
    put = _boto3_put()
    taken: dict[str, list[float]] = {}
    for number in range(WARM_UP + rounds):
        once = _once(watch, number, put)
        if number >= WARM_UP:
            for part, milliseconds in once.items():
                taken.setdefault(part, []).append(milliseconds)
    base = percentile(taken[BASELINE], 50)
    table(
        "A warm registration, by part",
        f"{rounds} rounds in one process, processor time, DynamoDB's answers at hand, no network.",
        ["part", "p50 ms", "p99 ms", "× baseline"],
        [
            [part, f"{percentile(values, 50):.3f}", f"{percentile(values, 99):.3f}", percentile(values, 50) / base]
            for part, values in taken.items()
        ],
    )


def _once(watch: Stopwatch, number: int, put: Callable[[], Any]) -> dict[str, float]:
    event = sample.event(number)
    watch.spent.clear()
    watch.enter(REST)
    reply = api.handler(event, None)
    watch.leave()
    if reply["statusCode"] != 201:
        raise RuntimeError(reply["body"])
    start = time.thread_time()
    put()
    baseline = (time.thread_time() - start) * 1000
    return {BASELINE: baseline, WHOLE: sum(watch.spent.values()), **dict(sorted(watch.spent.items()))}


def _boto3_put() -> Callable[[], Any]:
    client = cast("Any", boto3).client("dynamodb")
    client.meta.events.register("before-send.dynamodb", _answer)
    item = dynamo.item_to_wire(sample.body(0) | {"pk": "PARTNER#1", "sk": "DEAL#1"})
    return lambda: client.put_item(TableName="DEALS_TABLE", Item=item)


def _answer(request: Any, **_: Any) -> AWSResponse:
    operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
    asked_for = json.loads(request.body).get("Key", {}).get("pk", {}).get("S", "")
    response: Any = AWSResponse(request.url, 200, cast("Any", {}), None)
    response._content = (_rows_of_the_caller().get(asked_for) if asked_for else None) or _ANSWERS.get(operation, b"{}")
    return response


_PARTNER = Partner(sample.PARTNER, "North", "registered", "active", (), datetime(2026, 11, 23, tzinfo=UTC))
_ANSWERS = {
    "BatchGetItem": json.dumps(
        {"Responses": {"PARTNERS_TABLE": [dynamo.item_to_wire(partners.to_item(_PARTNER))]}, "UnprocessedKeys": {}}
    ).encode()
}


def _item(row: dynamo.Item) -> bytes:
    return json.dumps({"Item": dynamo.item_to_wire(row)}).encode()


def _rows_of_the_caller() -> dict[str, bytes]:
    """By partition."""
    key = credentials.new_row(sample.TOKEN, "partner_key", sample.PARTNER, "", times.now())
    return {
        key["pk"]: _item(key | {"last_used_at": times.to_text(times.now())}),
        f"PARTNER#{sample.PARTNER}": _item(partners.to_item(_PARTNER)),
    }
