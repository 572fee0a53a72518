"""A queue or a bus in the receiver's own account, with the same rows as any other delivery."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from dealreg.platform import aws
from dealreg.platform.errors import InvalidInput
from dealreg.platform.validation import parse_values
from dealreg.webhooks.deliveries import store
from dealreg.webhooks.endpoints import keys, lifecycle
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.inputs import NewEndpoint
from dealreg.webhooks.model import Endpoint
from dealreg.webhooks.transport import signing
from tests.integration.webhooks.stage import NORTH, SOUTH, attempts, event, input_context, rows, work_off
from tests.stand_ins import returning

pytestmark = pytest.mark.usefixtures("local")
ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/dealreg/receiver"
BUS = f"arn:aws:events:eu-central-1:{ACCOUNT}:event-bus/partner"


def create(now: datetime, sink: str, url: str, owner: str = NORTH) -> Endpoint:
    values = {"sink": sink, "url": url, "role_arn": ROLE, "event_types": ["deal.*"]}
    return lifecycle.create(owner, parse_values(NewEndpoint, values, input_context()), now)[0]


@pytest.fixture
def roles(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What roles were taken on, with which external id."""
    asked: list[dict[str, Any]] = []
    sts = aws.client("sts")
    assume: Callable[..., Any] = sts.assume_role

    def noted(**said: Any) -> Any:
        asked.append(said)
        return assume(**said)

    monkeypatch.setattr(sts, "assume_role", noted)
    return asked


@pytest.fixture
def queue() -> str:
    return aws.client("sqs").create_queue(QueueName="partner")["QueueUrl"]


def test_a_queue_gets_the_message_signed(now: datetime, queue: str, roles: list[dict[str, Any]]) -> None:
    one = create(now, "sqs", queue)
    store.fan_out(event(now), now)
    work_off(now)
    assert endpoints.load(NORTH, one.id).status == "enabled", "that we may write there is proof enough"
    found = aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    (told,) = [message for message in found["Messages"] if "deal.approved" in message["Body"]]
    headers = {name: said["StringValue"] for name, said in told["MessageAttributes"].items()}
    assert signing.verify(headers, told["Body"].encode(), keys.live_secrets(one, now), now) == "evt_1"
    assert {said["ExternalId"] for said in roles} == {keys.external_id(NORTH)}
    (row,) = [row for row in rows("DELIVERY#") if row["event_id"] == "evt_1"]
    assert (row["status"], attempts(row["id"])[0]["status_code"]) == ("delivered", 200)


def test_a_bus_gets_the_event(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    aws.client("events").create_event_bus(Name="partner")
    sent: list[dict[str, Any]] = []

    class Bus:
        failed = 0

        def put_events(self, **said: list[dict[str, Any]]) -> dict[str, Any]:
            sent.extend(said["Entries"])
            return {"FailedEntryCount": self.failed}

    monkeypatch.setattr(aws, "client_as", returning(Bus()))
    create(now, "eventbridge", BUS)
    store.fan_out(event(now), now)
    work_off(now)
    entry = sent[-1]
    assert (entry["Source"], entry["DetailType"], entry["EventBusName"]) == ("dealreg", "deal.approved", BUS)
    assert json.loads(entry["Detail"])["id"] == "evt_1"
    monkeypatch.setattr(Bus, "failed", 1)
    store.fan_out(event(now, event_id="evt_2"), now)
    work_off(now)
    (row,) = [row for row in rows("DELIVERY#") if row["event_id"] == "evt_2"]
    assert (row["status"], row["last_status_code"]) == ("pending", 400), "FailedEntryCount is read"


def test_a_queue_that_is_gone_is_a_state_of_the_delivery(now: datetime, queue: str) -> None:
    one = create(now, "sqs", queue)
    aws.client("sqs").delete_queue(QueueUrl=queue)
    work_off(now)
    (row,) = rows("DELIVERY#")
    assert (row["status"], row["last_status_code"]) == ("pending", 400)
    assert endpoints.load(NORTH, one.id).status == "unverified"


def test_who_names_anothers_role_comes_with_an_external_id_of_its_own(
    now: datetime, queue: str, roles: list[dict[str, Any]]
) -> None:
    """The role's owner has let in but one external id, so the other gets no further than being refused."""
    for owner in (NORTH, SOUTH):
        create(now, "sqs", queue, owner)
        work_off(now)
    assert [said["ExternalId"] for said in roles] == [keys.external_id(NORTH), keys.external_id(SOUTH)]
    assert keys.external_id(NORTH) != keys.external_id(SOUTH)


def test_the_external_id_is_not_the_callers_to_choose() -> None:
    values = {"sink": "eventbridge", "url": BUS, "role_arn": ROLE, "event_types": ["*"], "external_id": "mine"}
    with pytest.raises(InvalidInput):
        parse_values(NewEndpoint, values, input_context())


def test_what_kind_of_receiver_it_is_stays(now: datetime, queue: str) -> None:
    one = create(now, "sqs", queue)
    with pytest.raises(InvalidInput):
        lifecycle.change(NORTH, one.id, {"url": "https://hooks.example.com/"}, now)
