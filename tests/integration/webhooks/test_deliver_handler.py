"""The delivery queue's consumer, from SQS event to reply."""

import json
from typing import Any

import pytest

from dealreg.platform import times
from dealreg.platform.settings import Setting
from dealreg.webhooks.deliveries import store
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, delivery, endpoint, event, queued
from tests.template import ROOT
from webhooks.deliver import handler

pytestmark = pytest.mark.usefixtures("local")


def batch(*bodies: str) -> dict[str, Any]:
    (record,) = sample_records()
    records = [record | {"messageId": str(place), "body": body} for place, body in enumerate(bodies)]
    return {"Records": records}


def sample_records() -> list[dict[str, Any]]:
    return json.loads((ROOT / "events/webhooks-deliver/one.json").read_text())["Records"]


def pointer(delivery_id: str) -> str:
    return json.dumps({"endpoint_id": delivery(delivery_id).endpoint_id, "delivery_id": delivery_id})


@pytest.fixture
def delivery_id(receiver: Receiver) -> str:
    endpoint(NORTH, receiver.url, times.now())
    store.fan_out(event(times.now()), times.now())
    (delivery_id,) = queued()
    return delivery_id


def test_a_message_is_an_attempt(delivery_id: str, receiver: Receiver) -> None:
    assert handler(batch(pointer(delivery_id)), None) == {"batchItemFailures": []}
    assert delivery(delivery_id).status == "delivered"
    assert len(receiver.requests) == 1


def test_a_receivers_fault_is_no_fault_of_the_message(delivery_id: str, receiver: Receiver) -> None:
    receiver.statuses.append(500)
    assert handler(batch(pointer(delivery_id)), None) == {"batchItemFailures": []}
    assert delivery(delivery_id).status == "pending"


def test_the_sample_of_an_unknown_delivery_is_dropped() -> None:
    assert handler({"Records": sample_records()}, None) == {"batchItemFailures": []}


def test_only_what_failed_through_our_own_fault_goes_back(delivery_id: str, receiver: Receiver) -> None:
    reply = handler(batch("no JSON", pointer(delivery_id)), None)
    assert reply == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert delivery(delivery_id).status == "delivered"


def test_a_missing_setting_is_our_own_fault(delivery_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(Setting.ALLOW_LOOPBACK_WEBHOOKS)
    bodies = [pointer(delivery_id), json.dumps({"endpoint_id": "whe_1", "delivery_id": "dlv_unknown"})]
    assert handler(batch(*bodies), None) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
