"""MiniStack with the tables and queues of template.yaml, and no Lambda: the parts run here, as one says to run them."""

import os
import tempfile
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from samcli.yamlhelper import yaml_parse  # pyright: ignore[reportUnknownVariableType]  # samcli has no types here

from benchmarks import dynamodb_local
from dealreg import relay
from dealreg.platform import aws, dynamo, events, ids, times
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting
from dealreg.webhooks.deliveries import attempts
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.items import to_item
from dealreg.webhooks.model import VENDOR, Endpoint, SigningKey
from local import ministack
from local.places import ROOT, ROOT_CREDENTIALS, Places

_TABLE_PROPERTIES = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
QUEUES = ("DELIVERY_QUEUE_URL", "SLOW_DELIVERY_QUEUE_URL", "NOTIFICATION_QUEUE_URL")
SENDERS = {Setting.DELIVERY_QUEUE_URL: 20, Setting.SLOW_DELIVERY_QUEUE_URL: 2}
"""Batches at once, ten to one as template.yaml has it, and two fifths of it."""
PARTNER = "part_01JD8V4M2T7QK3N5P9XWZRB6YA"


@contextmanager
def running() -> Generator[dict[str, str]]:
    """The environment that the code needs, which is this process's too."""
    with tempfile.TemporaryDirectory() as folder:
        places = Places(Path(folder))
        with ministack.running(places), dynamodb_local.running() as database:
            environment = (
                ROOT_CREDENTIALS
                | database
                | {
                    "AWS_ENDPOINT_URL": places.endpoint,
                    "ALLOW_LOOPBACK_WEBHOOKS": "true",
                    "PUBLIC_URL": "",
                }
            )
            os.environ |= environment
            environment |= _create_resources()
            os.environ |= environment
            yield environment


def _create_resources() -> dict[str, str]:
    template = cast("dict[str, Any]", yaml_parse((ROOT / "template.yaml").read_text()))
    made: dict[str, str] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties: dict[str, Any] = {
                key: said for key, said in resource["Properties"].items() if key in _TABLE_PROPERTIES
            }
            aws.client("dynamodb").create_table(TableName=name, **properties)
            made["".join(f"_{c}" if c.isupper() else c for c in name).strip("_").upper() + "_TABLE"] = name
    for name in QUEUES:
        made[name] = aws.client("sqs").create_queue(QueueName=name, Attributes={"VisibilityTimeout": "20"})["QueueUrl"]
    secret = aws.client("secretsmanager").create_secret(Name="token", SecretString="a secret of the benchmark")
    return made | {"SECRET_ARN": secret["ARN"]}


def make_endpoint(url: str, number: int, now: datetime) -> Endpoint:
    """The vendor's, past its challenge."""
    made = Endpoint(
        ids.make_id("whe", now, number), VENDOR, url, ("deal.*",), "", "enabled", (SigningKey(1, None),), now
    )
    made = replace(made, verified_url=url)
    key = endpoints.endpoint_key(VENDOR, made.id)
    dynamo.write(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk, **to_item(made)}))
    return made


def commit_and_relay(number: int) -> Event:
    """An event as the transaction of a deal writes it, and then what the relay does with its stream record."""
    event = make_event(number, times.now())
    item = events.to_item(event)
    dynamo.transact([dynamo.put(os.environ["DEALS_TABLE"], item)])
    keys = {"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
    record = {"eventName": "INSERT", "dynamodb": {"Keys": keys, "NewImage": dynamo.item_to_wire(item)}}
    relay.react(record, times.now())
    return event


def make_event(number: int, now: datetime) -> Event:
    deal_id = ids.make_id("deal", now, number)
    data = {
        "deal_id": deal_id,
        "number": ids.deal_number(deal_id),
        "status": "approved",
        "stage": "prospect",
        "version": 3,
        "customer_name": "Müller Maschinenbau GmbH",
        "amount": {"amount": "48000.00", "currency": "EUR"},
        "products": ["analytics"],
        "partner_reference": None,
        "from": "prospect",
    }
    return Event(ids.new_id("evt", now), "deal.stage_changed", 1, now, PARTNER, deal_id, data)


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    """Or until the seconds are over: what is missing then is seen in what was measured."""
    deadline = time.monotonic() + seconds
    while not is_so() and time.monotonic() < deadline:
        time.sleep(0.2)


def commit_at_a_pace(rounds: int, seconds: float) -> dict[str, float]:
    """When each event was committed, by its id; `pause` seconds lie between two."""
    committed: dict[str, float] = {}
    started = time.monotonic()
    for number in range(rounds):
        time.sleep(max(0.0, started + number * seconds - time.monotonic()))
        at = time.time()
        committed[commit_and_relay(number).id] = at
    return committed


@contextmanager
def senders() -> Generator[None]:
    """Threads in place of Lambda: how many batches run at once in the fast lane, and in the slow one."""
    stop = threading.Event()

    def send(setting: Setting) -> None:
        while not stop.is_set():
            poll(setting)

    settings = [setting for setting, count in SENDERS.items() for _ in range(count)]
    threads = [threading.Thread(target=send, args=(setting,)) for setting in settings]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def poll(setting: str, drop: float = 0.0, wait: int = 1) -> int:
    """As Lambda's queue poller: a batch to the consumer, and what it handled off the queue. Returns how many it got.

    `drop` is the share of messages that get lost on the way.
    """
    url, sqs = os.environ[setting], aws.client("sqs")
    found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait).get("Messages", [])
    if not found:
        return 0
    lost = [message for message in found if drop and int.from_bytes(os.urandom(4)) < drop * 2**32]
    kept = [message for message in found if message not in lost]
    records = [{"messageId": message["MessageId"], "body": message["Body"]} for message in kept]
    reply = attempts.each_at_once({"Records": records}, _handle)
    failed = {str(failure["itemIdentifier"]) for failure in reply["batchItemFailures"]}
    done = [message for message in found if message["MessageId"] not in failed]
    entries = [{"Id": str(place), "ReceiptHandle": one["ReceiptHandle"]} for place, one in enumerate(done)]
    if entries:
        sqs.delete_message_batch(QueueUrl=url, Entries=entries)
    return len(found)


def _handle(body: str) -> None:
    attempts.on_message(body, times.now(), 0.5)
