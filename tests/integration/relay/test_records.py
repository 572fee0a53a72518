"""The stream's records of other kinds, and batches with a record that cannot be handled."""

from copy import deepcopy
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dealreg.approvals import store
from dealreg.deals import store as deals
from dealreg.platform import dynamo, times
from relay import app
from tests.integration.moving import executions, notices, sample, waiting_in
from tests.unit.deals.samples import DEAL

CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)


def given_rows(event: dict[str, Any]) -> None:
    """The stream tells of what was written; an execution waits for what becomes of a review."""
    for record in event["Records"]:
        table, row = record["eventSourceARN"].split("/")[1], dynamo.item_from_wire(record["dynamodb"]["NewImage"])
        dynamo.write(dynamo.put(table, row))
        if row["sk"].startswith("REVIEW#"):
            given_what_is_reviewed(row)


def given_what_is_reviewed(row: dynamo.Item) -> None:
    submitted = sample("relay/deal-submitted.json")
    given_rows(submitted)
    partner_id = submitted["Records"][0]["dynamodb"]["NewImage"]["partner_id"]["S"]
    deal = replace(DEAL, id=row["deal_id"], partner_id=partner_id, review_version=row["review_version"])
    dynamo.write(dynamo.put(deals.table(), deals.deal_item(deal)))
    store.keep_token(deal.id, deal.review_version, "token", times.now())


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


def review_in(event: dict[str, Any]) -> dict[str, Any]:
    """As it has become."""
    return event["Records"][0]["dynamodb"]["NewImage"]


@pytest.mark.parametrize(
    ("because", "told"),
    [("escalated", "approval.escalated"), ("delegated", "approval.delegated"), ("away", "approval.requested")],
)
def test_who_is_asked_instead_is_told_why(because: str, told: str) -> None:
    event = sample("relay/approval-asked.json")
    review_in(event)["questions"]["L"][0]["M"]["because"] = {"S": because}

    handle(event)

    assert notices() == [told]


def test_each_person_who_is_asked_is_told_and_nobody_twice() -> None:
    event = sample("relay/approval-asked.json")
    questions = review_in(event)["questions"]["L"]
    questions += [deepcopy(questions[0]) for _ in range(2)]
    for number, question in enumerate(questions, 1):
        question["M"]["number"]["N"] = str(number)
    again = deepcopy(event)
    again["Records"][0]["dynamodb"]["OldImage"] = review_in(event)

    handle(event)
    handle(again)

    assert [(one["id"], one["sk"]) for one in waiting_in("NOTIFICATION_QUEUE_URL")] == [
        (f"apr_BCDEFGHJ-1-{number}", "REVIEW#00000001") for number in (1, 2, 3)
    ]


def test_a_reminder_has_the_number_of_its_question_and_its_own() -> None:
    handle(sample("relay/approval-reminded.json"))

    (notice,) = waiting_in("NOTIFICATION_QUEUE_URL")
    assert (notice["kind"], notice["id"]) == ("approval.reminder", "apr_BCDEFGHJ-1-1#review#1")


@pytest.mark.parametrize(("state", "is_over"), [("decided", False), ("passed", False), ("superseded", True)])
def test_a_review_that_ended_is_answered_and_stays_on_the_clock_while_its_answer_has_no_effect(
    state: str, is_over: bool
) -> None:
    event = sample("relay/approval-decided.json")
    review_in(event)["state"]["S"] = state
    given_rows(event)

    assert handle(event) == []

    keys = dynamo.item_from_wire(event["Records"][0]["dynamodb"]["Keys"])
    row = dynamo.get("Deals", keys["pk"], keys["sk"])
    assert row is not None
    assert ("due_at" not in row) is is_over


def test_a_review_that_nobody_needs_any_more_is_answered_and_not_mailed() -> None:
    """Its deal was withdrawn before its approvers were asked."""
    event = sample("relay/approval-decided.json")
    event["Records"][0]["eventName"] = "INSERT"
    del event["Records"][0]["dynamodb"]["OldImage"]
    review_in(event)["state"]["S"] = "superseded"
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
