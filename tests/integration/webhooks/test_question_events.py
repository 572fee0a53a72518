"""What the vendor's own endpoints are told of questions: once, in full, and nobody else."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from dealreg.approvals import review
from dealreg.approvals.event_types import VENDOR_EVENT_TYPES
from dealreg.deals.model import Deal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.platform import times
from dealreg.platform.events import VENDOR
from dealreg.platform.http import Caller
from dealreg.webhooks.deliveries import erasing, history, store
from dealreg.webhooks.endpoints import lifecycle
from dealreg.wiring import CAPABILITIES
from relay import app
from tests.integration.aws_calls import WRITES, intercept
from tests.integration.moving import create_state_machine, records_of, registered
from tests.integration.webhooks.calls import ADMIN, NORTH_KEY, call
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import endpoint, rows, work_off
from tests.reviews import decide, question_of, strike
from tests.samples import content

pytestmark = pytest.mark.usefixtures("local")
CONTEXT = SimpleNamespace(get_remaining_time_in_millis=lambda: 30_000)
APPROVALS = "approval.*"


@pytest.fixture
def north(new_partner: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch) -> Caller:
    create_state_machine(monkeypatch)
    return new_partner("North")


@pytest.fixture
def deal(north: Caller, context: CommandContext) -> Deal:
    return registered(north, context)


@pytest.fixture
def chat(deal: Deal, receiver: Receiver, now: datetime) -> Receiver:
    """The vendor's, which wants to hear of questions."""
    endpoint(VENDOR, receiver.url, now, APPROVALS)
    return receiver


def relay() -> None:
    """All that happened to reviews, from the first."""
    records = [*records_of("Deals", "REVIEW#"), *records_of("Deals", "REVIEW#", "MODIFY")]
    marked = [one for one in records if "relay" in one["dynamodb"]["NewImage"]]
    assert app.handler({"Records": marked}, CONTEXT)["batchItemFailures"] == []


def heard(chat: Receiver) -> list[dict[str, Any]]:
    relay()
    work_off(times.now())
    return [json.loads(request.body) for request in chat.requests]


def ask(deal: Deal, now: datetime) -> None:
    review.ask(deal.id, deal.review_version, "token", now)


def test_a_question_from_its_beginning_to_its_end(deal: Deal, chat: Receiver, now: datetime) -> None:
    ask(deal, now)
    question = question_of(deal)
    strike(question, now, timedelta(hours=24))
    strike(question, now, timedelta(hours=48))
    later = now + timedelta(hours=49)
    decide(question_of(deal), "reject", "No.", reason_code="other", note="They never pay.", now=later)

    told = heard(chat)

    assert [(one["type"], one["data"]["approver"]) for one in told] == [
        ("approval.requested", "approver@acme.example"),
        ("approval.reminded", "approver@acme.example"),
        ("approval.requested", "head@acme.example"),
        ("approval.escalated", "approver@acme.example"),
        ("approval.decided", "head@acme.example"),
    ]
    assert [one["subject"] for one in told[:2]] == [question.id] * 2
    for one in told:
        VENDOR_EVENT_TYPES[one["type"]].model_validate(one["data"])
        assert one["data"]["customer_name"] == "Müller Maschinenbau GmbH"
    assert (told[-1]["data"]["choice"], told[-1]["data"]["by"]) == ("reject", "head@acme.example")
    assert b"They never pay." not in b"".join(request.body for request in chat.requests)
    assert question.link.encode() not in b"".join(request.body for request in chat.requests)


def test_a_stream_record_that_comes_again_tells_nothing_again(deal: Deal, chat: Receiver, now: datetime) -> None:
    ask(deal, now)
    assert len(heard(chat)) == len(heard(chat)) == 1
    assert chat.requests[0].headers["webhook-id"] == json.loads(chat.requests[0].body)["id"]


def test_each_attempt_says_the_same_whatever_became_of_it_meanwhile(deal: Deal, chat: Receiver, now: datetime) -> None:
    chat.statuses.append(500)
    ask(deal, now)
    heard(chat)
    decide(question_of(deal), "approve", now=now)
    (row,) = rows("DELIVERY#")
    content(call("resend", row["id"], ADMIN))
    work_off(times.now())
    first, again = chat.requests
    assert (again.body, again.headers["webhook-id"]) == (first.body, first.headers["webhook-id"])
    shown = history.show(VENDOR, row["id"])
    assert (shown["status"], shown["event"]) == ("delivered", json.loads(first.body))


def test_in_order_where_that_is_wanted(deal: Deal, receiver: Receiver, now: datetime) -> None:
    endpoint(VENDOR, receiver.url, now, APPROVALS, ordered="on")
    ask(deal, now)
    strike(question_of(deal), now, timedelta(hours=24))
    decide(question_of(deal), "approve", now=now + timedelta(hours=25))
    told = [one["type"] for one in heard(receiver)]
    assert told == ["approval.requested", "approval.reminded", "approval.decided"]


def test_a_thin_message_says_which_question(deal: Deal, receiver: Receiver, now: datetime) -> None:
    endpoint(VENDOR, receiver.url, now, APPROVALS, payload="thin")
    ask(deal, now)
    assert [one["data"] for one in heard(receiver)] == [{"question_id": question_of(deal).id}]


def test_what_was_held_goes_when_the_endpoint_is_enabled(deal: Deal, receiver: Receiver, now: datetime) -> None:
    one, _ = endpoint(VENDOR, receiver.url, now, APPROVALS)
    lifecycle.change(VENDOR, one.id, {"status": "disabled"}, now)
    ask(deal, now)
    assert heard(receiver) == []
    lifecycle.change(VENDOR, one.id, {"status": "enabled"}, times.now())
    assert [told["type"] for told in heard(receiver)] == ["approval.requested"]


def test_no_partner_hears_of_it_whatever_it_subscribed_to(
    deal: Deal, north: Caller, receiver: Receiver, now: datetime
) -> None:
    endpoint(north.partner_id, receiver.url, now, "*")
    endpoint(north.partner_id, receiver.url, now, APPROVALS)  # as no API would let it
    ask(deal, now)
    decide(question_of(deal), "approve", now=now)
    assert heard(receiver) == []
    assert rows("DELIVERY#") == []


def test_where_nobody_wants_it_nothing_is_written(
    deal: Deal, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(VENDOR, receiver.url, now, "deal.*")
    ask(deal, now)
    written: list[str] = []

    def watch(make: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        written.extend([operation] if operation in WRITES else [])
        return make()

    intercept(monkeypatch, watch)
    relay()
    assert written == []


class TestErasing:
    def test_what_was_sent_about_the_deal_is_forgotten(self, deal: Deal, chat: Receiver, now: datetime) -> None:
        ask(deal, now)
        decide(question_of(deal), "approve", now=now)
        heard(chat)
        assert content(call("erase", deal.id, ADMIN)) == {"deliveries": 2, "is_finished": True}
        for row in rows("DELIVERY#"):
            assert (row["body"], row["is_erased"]) == ("", True)
            assert history.show(VENDOR, row["id"])["event"] is None
        assert content(call("erase", deal.id, ADMIN))["deliveries"] == 0

    def test_and_not_sent_any_more(self, deal: Deal, chat: Receiver, now: datetime) -> None:
        ask(deal, now)
        relay()
        erasing.begin(place_of(deal.id), now)
        assert heard(chat) == []
        assert [row["last_result"] for row in rows("DELIVERY#")] == ["erased"]

    def test_goes_on_where_time_was_short(
        self, deal: Deal, chat: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask(deal, now)
        decide(question_of(deal), "approve", now=now)
        relay()
        monkeypatch.setattr(erasing, "REQUEST_SECONDS", -1.0)
        begun = erasing.begin(place_of(deal.id), now)
        assert not begun.is_finished
        (due,) = rows("ERASURE")
        erasing.on_due(store.dynamo.Key(store.table(), due["pk"], due["sk"]), now)
        assert rows("ERASURE") == []
        assert {row["is_erased"] for row in rows("DELIVERY#")} == {True}

    def test_of_another_deal_nothing(
        self, deal: Deal, chat: Receiver, now: datetime, north: Caller, context: CommandContext
    ) -> None:
        ask(deal, now)
        relay()
        erasing.begin(place_of("deal_01JD5Y2Q3R7K3M9Q2F0000000A"), now)
        assert [row["is_erased"] for row in rows("DELIVERY#")] == [False]


class TestThePartnersApi:
    def test_does_not_know_them(self, aws: None) -> None:
        of_partner, of_vendor = (
            {item["type"] for item in content(call("list-event-types", caller=who))["items"]}
            for who in (NORTH_KEY, ADMIN)
        )
        assert of_vendor - of_partner == {name for one in CAPABILITIES for name in one.vendor_event_types()}
        assert set(VENDOR_EVENT_TYPES) <= of_vendor
        assert not of_partner - of_vendor

    @pytest.mark.parametrize("pattern", [APPROVALS, *VENDOR_EVENT_TYPES])
    def test_refuses_them(self, receiver: Receiver, pattern: str) -> None:
        made = content(call("create", body={"url": receiver.url, "event_types": ["*"]}))["id"]
        replies = [
            call("create", body={"url": receiver.url, "event_types": ["deal.*", pattern]}),
            call("change", made, body={"event_types": [pattern]}),
            call("replay", made, body={"since": "2026-11-01T00:00:00Z", "event_types": [pattern]}),
        ]
        assert [reply["statusCode"] for reply in replies] == [422] * 3
        allowed = call("create", caller=ADMIN, body={"url": receiver.url, "event_types": [pattern]})
        assert allowed["statusCode"] == 201
