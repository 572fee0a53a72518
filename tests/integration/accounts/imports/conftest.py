"""An admin with a CRM export, and the queue between the API and the workers."""

import csv
import io
import json
import os
from collections.abc import Callable
from typing import Any

import pytest
import requests

from accounts import import_worker as work
from accounts import imports_api as api
from dealreg.platform import aws as clients
from dealreg.platform.http import Caller
from tests.samples import content, sample

ADMIN = Caller("admin", "", "key_1", frozenset(["admin"]))
HEADER = "external_id,name,domains,country,tax_id,ownership,aliases,deleted"
Deliver = Callable[..., int]


def call(case: str, import_id: str = "", **changes: Any) -> dict[str, Any]:
    params = {"id": import_id} if import_id else None
    return api.handler(sample(f"accounts-imports-api/{case}", caller=ADMIN, params=params, **changes), None)


def show(import_id: str) -> dict[str, Any]:
    return content(call("show", import_id))


def upload(import_id: str, text: str | bytes) -> None:
    body = text if isinstance(text, bytes) else text.encode()
    clients.client("s3").put_object(Bucket=os.environ["IMPORT_BUCKET"], Key=f"imports/{import_id}.csv", Body=body)


def begin(*lines: str, header: str = HEADER, **asked: Any) -> str:
    """Creates, uploads and starts an import."""
    import_id = str(content(call("create", body={"mode": "changes"} | asked))["id"])
    upload(import_id, "\n".join([header, *lines]) + "\n")
    reply = call("start", import_id)
    assert reply["statusCode"] == 202, reply
    return import_id


def queued() -> list[dict[str, Any]]:
    """Takes what waits out of the queue."""
    taken: list[dict[str, Any]] = []
    sqs, url = clients.client("sqs"), os.environ["IMPORT_QUEUE_URL"]
    while found := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in found:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken.append(json.loads(message["Body"]))
    return taken


def handle(step: dict[str, Any]) -> bool:
    """Whether the worker did it."""
    event = sample_event()
    event["Records"][0]["body"] = json.dumps(step)
    return work.handler(event, None) == {"batchItemFailures": []}


def sample_event() -> dict[str, Any]:
    from tests.template import ROOT

    return json.loads((ROOT / "events/accounts-import-worker/chunk.json").read_text())


def report(import_id: str) -> list[dict[str, str]]:
    """The file of the rows that were not accepted, as it is downloaded."""
    reply = call("download-rejects", import_id)
    assert reply["statusCode"] == 303, reply
    file = requests.get(reply["headers"]["location"])
    assert (file.status_code, file.headers["content-type"]) == (200, "text/csv; charset=utf-8")
    return list(csv.DictReader(io.StringIO(file.content.decode(), newline="")))


def work_off() -> int:
    """Handles messages until there are no more; returns how many."""
    count = 0
    while steps := queued():
        for step in steps:
            assert handle(step)
            count += 1
    return count


@pytest.fixture(autouse=True)
def everything(program: object) -> None:
    """Imports need AWS and a program."""
