"""What moves between the parts when AWS is in memory: stream records, queue messages, executions, letters."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import boto3
import pytest

from dealreg.deals import register, store
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.platform import aws
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from tests.integration.conftest import body

EVENTS = Path(__file__).parent.parent.parent / "events"
_DEFINITION = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})


def sample(path: str) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads((EVENTS / path).read_text()))


def registered(caller: Caller, context: CommandContext, **changes: object) -> Deal:
    new = parse(NewDeal, json.dumps(body(**changes)).encode(), register.validation_context())
    reply = json.loads(register.register(caller, new, None, context).body)
    return store.load(caller.partner_id, reply["id"])


def stream(table: str) -> list[dict[str, Any]]:
    """All that happened to a table, oldest first, as Lambda gets it."""
    return Tail(table).new()


class Tail:
    """What has happened to a table since it was asked last, oldest first, as Lambda gets it."""

    def __init__(self, table: str) -> None:
        self.client = cast("Any", boto3).client("dynamodbstreams")
        self.arn: str = aws.client("dynamodb").describe_table(TableName=table)["Table"]["LatestStreamArn"]
        (shard,) = self.client.describe_stream(StreamArn=self.arn)["StreamDescription"]["Shards"]
        place = {"StreamArn": self.arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        self.next: str = self.client.get_shard_iterator(**place)["ShardIterator"]

    def new(self) -> list[dict[str, Any]]:
        reply = self.client.get_records(ShardIterator=self.next)
        records: list[dict[str, Any]] = reply["Records"]
        if records:
            self.next = reply["NextShardIterator"]
        for record in records:
            record["dynamodb"].pop("ApproximateCreationDateTime", None)
            record["eventSourceARN"] = self.arn
        return records


def records_of(table: str, kind: str, action: str = "INSERT") -> list[dict[str, Any]]:
    return [
        record
        for record in stream(table)
        if record["eventName"] == action and record["dynamodb"]["Keys"]["sk"]["S"].startswith(kind)
    ]


def waiting_in(queue: str) -> list[dict[str, Any]]:
    """The queue's messages, which it then no longer has. `queue` is the setting with its URL."""
    url, found = os.environ[queue], list[Mapping[str, Any]]()
    while batch := aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        for message in batch:
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        found += batch
    return [json.loads(message["Body"]) for message in found]


def notices() -> list[str]:
    """The kinds of the letters that are to be written."""
    return [notice["kind"] for notice in waiting_in("NOTIFICATION_QUEUE_URL")]


def create_state_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that ends at once: here it only matters that it was started."""
    reply = aws.client("stepfunctions").create_state_machine(
        name="approval", definition=_DEFINITION, roleArn="arn:aws:iam::123456789012:role/any"
    )
    monkeypatch.setenv("STATE_MACHINE_ARN", reply["stateMachineArn"])


def executions() -> list[str]:
    reply = aws.client("stepfunctions").list_executions(stateMachineArn=os.environ["STATE_MACHINE_ARN"])
    return [execution["name"] for execution in reply["executions"]]
