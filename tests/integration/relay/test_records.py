"""The stream's records of other kinds, and batches with a record that cannot be handled."""

from copy import deepcopy
from types import SimpleNamespace
from typing import Any

import pytest

from dealreg.platform import dynamo
from relay import app
from tests.integration.moving import executions, notices, sample

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)


def given_rows(event: dict[str, Any]) -> None:
    """The stream tells of what was written."""
    for record in event["Records"]:
        table = record["eventSourceARN"].split("/")[1]
        dynamo.write(dynamo.put(table, dynamo.item_from_wire(record["dynamodb"]["NewImage"])))


def handle(event: dict[str, Any]) -> list[str]:
    """The sequence numbers that are to come again."""
    return [failure["itemIdentifier"] for failure in app.handler(event, CONTEXT)["batchItemFailures"]]


@pytest.mark.parametrize(
    ("case", "told"),
    [
        ("deal-submitted", ["deal.submitted"]),
        ("approval-asked", ["approval.requested"]),
        ("approval-reminded", ["approval.reminder"]),
        ("approval-decided", []),
        ("sign-in-requested", ["sign_in"]),
    ],
)
def test_each_kind_of_record_is_told_of(case: str, told: list[str]) -> None:
    event = sample(f"relay/{case}.json")
    given_rows(event)

    assert handle(event) == []

    assert notices() == told


def test_the_second_approver_is_told_that_the_question_was_passed_on() -> None:
    event = sample("relay/approval-asked.json")
    event["Records"][0]["dynamodb"]["NewImage"]["step"]["N"] = "2"

    handle(event)

    assert notices() == ["approval.escalated"]


@pytest.mark.parametrize(("status", "is_over"), [("decided", False), ("escalated", False), ("superseded", True)])
def test_a_question_that_ended_is_answered_and_stays_on_the_clock_while_its_answer_has_no_effect(
    status: str, is_over: bool
) -> None:
    event = sample("relay/approval-decided.json")
    event["Records"][0]["dynamodb"]["NewImage"]["status"]["S"] = status
    given_rows(event)

    assert handle(event) == []

    keys = dynamo.item_from_wire(event["Records"][0]["dynamodb"]["Keys"])
    row = dynamo.get("Deals", keys["pk"], keys["sk"])
    assert row is not None
    assert ("task_token" not in row) is ("due_at" not in row) is is_over


def test_a_question_that_came_too_late_is_answered_and_not_mailed() -> None:
    event = sample("relay/approval-decided.json")
    event["Records"][0]["eventName"] = "INSERT"
    del event["Records"][0]["dynamodb"]["OldImage"]
    event["Records"][0]["dynamodb"]["NewImage"]["status"]["S"] = "superseded"
    given_rows(event)

    handle(event)

    assert notices() == []
    keys = dynamo.item_from_wire(event["Records"][0]["dynamodb"]["Keys"])
    assert "due_at" not in (dynamo.get("Deals", keys["pk"], keys["sk"]) or {})


@pytest.mark.parametrize("kind", ["session", "partner_key"])
def test_other_credentials_are_nobodys_news(kind: str) -> None:
    event = sample("relay/sign-in-requested.json")
    event["Records"][0]["dynamodb"]["NewImage"]["kind"]["S"] = kind

    handle(event)

    assert notices() == []


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_record_that_cannot_be_handled_holds_up_no_other(place: int) -> None:
    good = sample("relay/deal-submitted.json")
    given_rows(good)
    records = [deepcopy(good["Records"][0]) for _ in range(3)]
    for number, record in enumerate(records):
        record["dynamodb"]["SequenceNumber"] = str(number)
    del records[place]["dynamodb"]["NewImage"]["data"]

    assert handle({"Records": records}) == [str(place)]

    assert notices() == ["deal.submitted"] * 2
    assert len(executions()) == 1


def test_without_its_queue_an_event_stays_on_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    event = sample("relay/deal-submitted.json")
    given_rows(event)
    event["Records"].append(sample("relay/sign-in-requested.json")["Records"][0])
    monkeypatch.setenv("NOTIFICATION_QUEUE_URL", "https://sqs.eu-central-1.amazonaws.com/123456789012/gone")

    with pytest.raises(Exception, match="All records failed"):
        app.handler(event, CONTEXT)

    keys = dynamo.item_from_wire(event["Records"][0]["dynamodb"]["Keys"])
    assert "due_at" in (dynamo.get("Deals", keys["pk"], keys["sk"]) or {})
