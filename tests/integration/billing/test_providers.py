"""From the signed webhook of each kind of billing system to a line, and what becomes of it while its API is silent."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing import admin_api, apply, receive
from dealreg.billing import commands, fetching, reading, sources, store
from dealreg.billing.model import FETCH_FOR, EventStatus, Reason, Secret, Source, SourceKind
from dealreg.commissions import plan_store
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting
from tests.integration.aws_calls import intercept
from tests.integration.billing.apis import Api, api
from tests.integration.billing.conftest import DEAL_ID, NUMBER, stream_records
from tests.integration.billing.sales import outcome, tick
from tests.integration.billing.test_fetching import say_nothing
from tests.integration.billing.test_money import APPLIED, BROKEN, PLAN, earned, lines_of, swept
from tests.integration.faults import Faults, Kind
from tests.integration.webhooks.receivers import scripted
from tests.samples import content, sample
from tests.unit.billing.providers import (
    test_chargebee,
    test_paddle,
    test_recurly,
    test_standard_webhooks,
    test_stripe,
    test_zuora,
)  # fmt: skip

SECRET = "whsec_" + base64.b64encode(b"a secret of the tests only").decode()
IDS = {kind: f"bsrc_01JD8V4M2T7QK3N5P9XWZRB6{place:02d}" for place, kind in enumerate(SourceKind)}
PRODUCTS = {"price_a": "analytics", "pri_a": "analytics", "analytics-EUR-monthly": "analytics"}


@dataclass(frozen=True)
class Story:
    kind: SourceKind
    paid: Any
    refunded: Any
    has: dict[str, Any]
    """What its API answers, by path."""


def chargebee_event(event_id: str, kind: str, told: dict[str, Any]) -> dict[str, Any]:
    event = {"id": event_id, "occurred_at": test_stripe.SAID_UNIX, "event_type": kind, "content": told}
    return {"event": event}


STORIES = [
    Story(
        SourceKind.STANDARD_WEBHOOKS,
        test_standard_webhooks.event("payment.succeeded", test_standard_webhooks.PAYMENT),
        test_standard_webhooks.event("payment.refunded", test_standard_webhooks.REFUND),
        {},
    ),
    Story(
        SourceKind.STRIPE,
        test_stripe.event("invoice.paid", test_stripe.OLDER),
        test_stripe.event("refund.created", test_stripe.REFUND | {"payment_intent": "pi_1"}, id="evt_2"),
        {},
    ),
    Story(
        SourceKind.PADDLE,
        test_paddle.event("transaction.completed", test_paddle.TRANSACTION),
        test_paddle.event("adjustment.created", test_paddle.ADJUSTMENT) | {"event_id": "evt_2"},
        {},
    ),
    Story(
        SourceKind.CHARGEBEE,
        {"id": "ev_1"},
        {"id": "ev_2"},
        {
            "/api/v2/events/ev_1": chargebee_event("ev_1", "payment_succeeded", test_chargebee.CONTENT),
            "/api/v2/events/ev_2": chargebee_event("ev_2", "payment_refunded", {"transaction": test_chargebee.REFUND}),
        },
    ),
    Story(
        SourceKind.RECURLY,
        test_recurly.posted("charge_invoice", "paid", "inv_1"),
        test_recurly.posted("payment", "refunded", "txn_2"),
        {
            "/invoices/inv_1": test_recurly.INVOICE,
            "/subscriptions/sub_1": test_recurly.SUBSCRIPTION,
            "/accounts/acc_1": test_recurly.ACCOUNT,
            "/transactions/txn_2": test_recurly.TRANSACTION,
        },
    ),
    Story(
        SourceKind.ZUORA,
        test_zuora.posted("PaymentProcessed"),
        test_zuora.posted("RefundProcessed") | {"eventId": "e2"},
        test_zuora.API,
    ),
]
OF_KIND = {story.kind: story for story in STORIES}
FETCHED = [SourceKind.CHARGEBEE, SourceKind.RECURLY, SourceKind.ZUORA]


@pytest.fixture(autouse=True)
def setting(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_store.add("standard", PLAN, "2026-01-01T00:00:00.000Z", "test")
    monkeypatch.setenv(Setting.ALLOW_LOOPBACK_WEBHOOKS, "true")
    monkeypatch.setattr(reading, "_slow_until", {})
    fetching._token.cache_clear()  # pyright: ignore[reportPrivateUsage]  # a token of another test's API


def source_of(kind: SourceKind, port: int, now: datetime) -> Source:
    told: dict[str, Any] = {"api_base": f"http://127.0.0.1:{port}", "api_key": "key-1", "products": PRODUCTS}
    if kind is SourceKind.STANDARD_WEBHOOKS:
        told = {"products": PRODUCTS}
    told |= {"username": "hook"} if kind in (SourceKind.CHARGEBEE, SourceKind.ZUORA) else {}
    told |= {"client_id": "client-1"} if kind is SourceKind.ZUORA else {}
    source = Source(IDS[kind], kind, "Billing", (Secret(SECRET),), now, **told)
    sources.put(source)
    return source


def served(has: Mapping[str, Any]) -> dict[str, tuple[int, bytes]]:
    token = {"/token": (200, b'{"access_token": "t-1"}')}
    return token | {path: (200, json.dumps(answer).encode()) for path, answer in has.items()}


# ---- as each of them signs ------------------------------------------------------------------------------------------


def _hex(key: str, signed: bytes) -> str:
    return hmac.new(key.encode(), signed, hashlib.sha256).hexdigest()


def _generic(body: bytes, at: int) -> dict[str, str]:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    message_id = f"msg_{hashlib.sha256(body).hexdigest()[:8]}"
    signature = hmac.new(key, f"{message_id}.{at}.".encode() + body, hashlib.sha256).digest()
    signed = {"webhook-id": message_id, "webhook-timestamp": str(at)}
    return signed | {"webhook-signature": f"v1,{base64.b64encode(signature).decode()}"}


def _basic(_body: bytes, _at: int) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"hook:{SECRET}".encode()).decode()}


SIGN: Mapping[SourceKind, Callable[[bytes, int], dict[str, str]]] = {
    SourceKind.STANDARD_WEBHOOKS: _generic,
    SourceKind.STRIPE: lambda body, at: {"stripe-signature": f"t={at},v1={_hex(SECRET, b'%d.' % at + body)}"},
    SourceKind.PADDLE: lambda body, at: {"paddle-signature": f"ts={at};h1={_hex(SECRET, b'%d:' % at + body)}"},
    SourceKind.RECURLY: lambda body, at: {
        "recurly-signature": f"{at * 1000},{_hex(SECRET, b'%d.' % (at * 1000) + body)}"
    },
    SourceKind.CHARGEBEE: _basic,
    SourceKind.ZUORA: _basic,
}


def post(source: Source, told: Any, now: datetime) -> str:
    """Received, and brought by the stream; its id."""
    event_id = received(source, told, now)
    assert apply.handler(stream_records(event_id), None) == {"batchItemFailures": []}
    return event_id


def received(source: Source, told: Any, now: datetime) -> str:
    body = json.dumps(told).encode()
    request = sample("billing-receive/closed-won") | {"rawPath": f"/webhooks/billing/{source.id}"}
    headers = {"content-type": "application/json"} | SIGN[source.kind](body, int(now.timestamp()))
    request |= {"body": base64.b64encode(body).decode(), "isBase64Encoded": True, "headers": headers}
    before = {item["id"] for item in _rows()}
    assert receive.handler(request, None)["statusCode"] == 202
    (new,) = {item["id"] for item in _rows()} - before
    return new


def _rows() -> list[dict[str, Any]]:
    return [item for status in EventStatus for item in store.page_of(status, 100, None).items]


@pytest.fixture
def silent(approved: Deal, now: datetime) -> Generator[tuple[Api, Source, str]]:
    """A Chargebee event whose API has nothing to say yet."""
    with api() as there:
        source = source_of(SourceKind.CHARGEBEE, there.port, now)
        yield there, source, post(source, {"id": "ev_1"}, now)


# ---- the whole way --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.kind)
def test_a_signed_payment_and_its_refund_become_lines(story: Story, approved: Deal, now: datetime) -> None:
    with api(served(story.has)) as there:
        source = source_of(story.kind, there.port, now)
        paid = post(source, story.paid, now)
        assert outcome(paid) == APPLIED
        assert deals.locate(DEAL_ID).status == "won"
        assert lines_of(approved) == ["1 accrual 20.00", "2 accrual 1.00"]
        assert outcome(post(source, story.refunded, now)) == APPLIED
    assert [line.split()[1] for line in lines_of(approved)[2:]] == ["clawback", "clawback"]


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.kind)
def test_a_refund_that_comes_first_waits_for_its_payment(story: Story, approved: Deal, now: datetime) -> None:
    with api(served(story.has)) as there:
        source = source_of(story.kind, there.port, now)
        early = post(source, story.refunded, now)
        assert outcome(early) == (EventStatus.WAITING, Reason.PAYMENT_UNKNOWN)
        post(source, story.paid, now)
    assert outcome(early) == APPLIED


def test_what_was_fetched_is_kept_and_shown_and_not_asked_for_again(approved: Deal, now: datetime) -> None:
    story = OF_KIND[SourceKind.RECURLY]
    with api(served(story.has)) as there:
        source = source_of(story.kind, there.port, now)
        early = post(source, story.refunded, now)
        asked = len(there.requests)
        commands.apply(early, now)
        assert len(there.requests) == asked
    shown = content(admin_api.handler(sample("billing-admin-api/show-event", params={"id": early}), None))
    (fact,) = shown["facts"]
    assert (fact["type"], fact["data"]["refund_id"]) == ("payment.refunded", "txn_2")


def test_an_invoice_that_comes_before_what_names_its_deal_is_found_by_its_subscription(
    approved: Deal, now: datetime
) -> None:
    source = source_of(SourceKind.STRIPE, 1, now)
    early = post(source, test_stripe.event("invoice.paid", test_stripe.INVOICE | {"metadata": {}}), now)
    assert outcome(early) == (EventStatus.UNMATCHED, Reason.NO_DEAL_REFERENCE)
    begun = test_stripe.SUBSCRIPTION | {"metadata": {"deal_number": NUMBER}}
    told = post(source, test_stripe.event("customer.subscription.created", begun, id="evt_2"), now)
    assert outcome(told) == outcome(early) == APPLIED
    assert lines_of(approved) == ["1 accrual 20.00", "2 accrual 1.00"]


# ---- several facts of one event -------------------------------------------------------------------------------------

CHECKOUT = test_stripe.event(
    "checkout.session.completed",
    test_stripe.SESSION
    | {"mode": "payment", "payment_status": "paid", "payment_intent": "pi_1", "invoice": None, "subscription": None}
    | {"amount_total": 11900, "total_details": {"amount_tax": 1900}, "client_reference_id": NUMBER},
)


def test_a_paid_checkout_wins_its_deal_and_counts(approved: Deal, now: datetime) -> None:
    event_id = post(source_of(SourceKind.STRIPE, 1, now), CHECKOUT, now)
    assert outcome(event_id) == APPLIED
    assert deals.locate(DEAL_ID).won_amount == Money(11_900, "EUR")
    assert lines_of(approved) == ["1 accrual 20.00", "2 accrual 1.00"]


def test_a_paid_checkout_of_a_deal_in_review_waits(in_review: Deal, now: datetime) -> None:
    event_id = post(source_of(SourceKind.STRIPE, 1, now), CHECKOUT, now)
    assert outcome(event_id) == (EventStatus.WAITING, Reason.AWAITING_APPROVAL)
    (noted,) = deals.locate(DEAL_ID).reported_sales
    assert (noted["event_id"], noted["amount"]["amount"]) == (event_id, "119.00")


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("place", range(6))
def test_a_run_that_ends_between_two_facts_loses_neither(
    place: int, kind: Kind, approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = received(source_of(SourceKind.STRIPE, 1, now), CHECKOUT, now)
    faults = Faults()
    intercept(monkeypatch, faults.around)
    faults.arm(place, kind)
    for _ in range(3):
        try:
            commands.apply(event_id, now)
        except BROKEN:
            continue
    assert outcome(event_id) == APPLIED
    assert lines_of(approved) == ["1 accrual 20.00", "2 accrual 1.00"]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("place", range(0, 10, 3))
def test_a_run_that_ends_while_what_it_takes_was_fetched_loses_nothing(
    place: int, kind: Kind, approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    story = OF_KIND[SourceKind.CHARGEBEE]
    with api(served(story.has)) as there:
        source = source_of(story.kind, there.port, now)
        events = [received(source, told, now) for told in (story.refunded, story.paid)]
        faults = Faults()
        intercept(monkeypatch, faults.around)
        faults.arm(place, kind)
        for event_id in events:
            for _ in range(2):
                try:
                    commands.apply(event_id, now)
                except BROKEN:
                    continue
        swept(now + timedelta(hours=7))
    assert [outcome(event_id) for event_id in events] == [APPLIED] * 2
    assert earned(approved) == 2100 - 706


def test_a_checkout_of_no_deal_is_attached_with_all_that_it_says(approved: Deal, now: datetime) -> None:
    nobodys = json.loads(json.dumps(CHECKOUT))
    nobodys["data"]["object"] |= {"client_reference_id": None, "metadata": {}}
    event_id = post(source_of(SourceKind.STRIPE, 1, now), nobodys, now)
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.NO_DEAL_REFERENCE)
    commands.attach(event_id, NUMBER, None, "key_1", now)
    assert outcome(event_id) == APPLIED
    assert deals.locate(DEAL_ID).won_amount == Money(11_900, "EUR")
    assert earned(approved) == 2100


def test_of_two_refunds_in_one_event_both_count(approved: Deal, now: datetime) -> None:
    source = source_of(SourceKind.STRIPE, 1, now)
    post(source, test_stripe.event("invoice.paid", test_stripe.OLDER), now)
    refunds = [test_stripe.REFUND | {"id": f"re_{place}", "payment_intent": "pi_1"} for place in (1, 2)]
    told = {"id": "ch_1", "payment_intent": "pi_1", "refunds": {"data": refunds}}
    assert outcome(post(source, test_stripe.event("charge.refunded", told, id="evt_2"), now)) == APPLIED
    assert len(lines_of(approved)) == 6


def test_a_subscription_that_names_no_price_wins_its_deal_with_the_registered_amount(
    approved: Deal, now: datetime
) -> None:
    told = test_recurly.SUBSCRIPTION | {"total": None, "subtotal": None}
    with api(served(OF_KIND[SourceKind.RECURLY].has | {"/subscriptions/sub_1": told})) as there:
        source = source_of(SourceKind.RECURLY, there.port, now)
        event_id = post(source, test_recurly.posted("subscription", "created", "sub_1"), now)
    assert outcome(event_id) == APPLIED
    assert deals.locate(DEAL_ID).won_amount == approved.amount


# ---- what nothing follows from --------------------------------------------------------------------------------------


def test_a_test_event_of_a_live_source_is_ignored(approved: Deal, now: datetime) -> None:
    told = test_stripe.event("invoice.paid", test_stripe.INVOICE, livemode=False)
    event_id = post(source_of(SourceKind.STRIPE, 1, now), told, now)
    assert outcome(event_id) == (EventStatus.IGNORED, Reason.OTHER_MODE)
    assert lines_of(approved) == []


def test_an_invoice_of_nothing_moves_nothing(approved: Deal, now: datetime) -> None:
    told = test_stripe.event("invoice.paid", test_stripe.INVOICE | {"amount_paid": 0, "total": 0})
    event_id = post(source_of(SourceKind.STRIPE, 1, now), told, now)
    assert outcome(event_id) == (EventStatus.IGNORED, Reason.NO_MONEY)


def test_refunds_that_are_left_out_are_a_warning_of_their_source(approved: Deal, now: datetime) -> None:
    source = source_of(SourceKind.STRIPE, 1, now)
    for place in (1, 2):
        event_id = post(source, test_stripe.event("charge.refunded", {"id": f"ch_{place}"}, id=f"evt_{place}"), now)
        assert outcome(event_id) == (EventStatus.IGNORED, Reason.REFUNDS_LEFT_OUT)
    (listed,) = content(admin_api.handler(sample("billing-admin-api/list-sources"), None))["items"]
    (warning,) = listed["warnings"]
    assert "refund.created, refund.updated, refund.failed" in warning


# ---- while its API is silent ----------------------------------------------------------------------------------------


def test_an_event_that_cannot_be_fetched_waits_moves_nothing_and_counts_when_it_can(
    silent: tuple[Api, Source, str], approved: Deal
) -> None:
    there, _, event_id = silent
    assert outcome(event_id) == (EventStatus.WAITING, Reason.FETCHING)
    assert store.event(event_id).reason == "Its API answered with status 404."
    assert deals.locate(DEAL_ID).status == "approved"
    there.has |= served(OF_KIND[SourceKind.CHARGEBEE].has)
    at = store.event(event_id).due_at
    assert at
    tick(event_id, at)
    assert outcome(event_id) == APPLIED
    assert lines_of(approved) == ["1 accrual 20.00", "2 accrual 1.00"]


def test_after_three_days_it_is_a_persons(silent: tuple[Api, Source, str], approved: Deal, now: datetime) -> None:
    there, _, event_id = silent
    at, pauses = now, list[timedelta]()
    while outcome(event_id)[0] is EventStatus.WAITING:
        due_at = store.event(event_id).due_at or at
        pauses.append(due_at - at)
        at = due_at
        tick(event_id, at)
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.FETCH_FAILED)
    assert FETCH_FOR <= at - now < FETCH_FOR + timedelta(hours=6)
    assert pauses == sorted(pauses)
    assert len(there.requests) == len(pauses) + 1
    assert lines_of(approved) == []


def test_the_stream_does_not_ask_again_what_the_clock_will(silent: tuple[Api, Source, str]) -> None:
    there, _, event_id = silent
    assert apply.handler(stream_records(event_id), None) == {"batchItemFailures": []}
    assert len(there.requests) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, json.dumps(chargebee_event("ev_2", "payment_succeeded", {})).encode()), "something else than was asked"),
        ((200, b'"' + b"x" * 10 * 1024 * 1024 + b'"'), "more than 1048576 bytes"),
        ((401, b"{}"), "refused the key (401)"),
        ((302, b""), "status 302"),
        ((503, b""), "status 503"),
        ((200, b"<html>"), "no JSON"),
    ],
)
def test_whatever_comes_instead_of_the_event_it_waits(
    answer: tuple[int, bytes], told: str, approved: Deal, now: datetime
) -> None:
    with api({"/api/v2/events/ev_1": answer}) as there:
        event_id = post(source_of(SourceKind.CHARGEBEE, there.port, now), {"id": "ev_1"}, now)
    assert outcome(event_id) == (EventStatus.WAITING, Reason.FETCHING)
    assert told in (store.event(event_id).reason or "")
    assert lines_of(approved) == []


@pytest.mark.parametrize("kind", FETCHED)
def test_an_api_that_is_down_makes_its_events_wait(kind: SourceKind, approved: Deal, now: datetime) -> None:
    event_id = post(source_of(kind, 1, now), OF_KIND[kind].paid, now)
    assert outcome(event_id) == (EventStatus.WAITING, Reason.FETCHING)


def test_an_api_that_is_slow_holds_up_a_batch_once(
    approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "DEADLINE", 0.3)
    monkeypatch.setattr(reading, "_SLOW", 0.2)
    with scripted(say_nothing) as port:
        source = source_of(SourceKind.CHARGEBEE, port, now)
        events = [received(source, {"id": f"ev_{place}"}, now) for place in (1, 2, 3)]
        assert apply.handler(stream_records(*events), None) == {"batchItemFailures": []}
    reasons = [store.event(event_id).reason or "" for event_id in events]
    assert "timeout" in reasons[0]
    assert reasons[1:] == ["Its API was slow just now."] * 2
    assert {outcome(event_id) for event_id in events} == {(EventStatus.WAITING, Reason.FETCHING)}


def test_a_person_may_say_what_a_silent_api_does_not(silent: tuple[Api, Source, str], now: datetime) -> None:
    _, _, event_id = silent
    commands.attach(event_id, NUMBER, Money(900, "EUR"), "key_1", now)
    assert outcome(event_id) == APPLIED
    assert deals.locate(DEAL_ID).won_amount == Money(900, "EUR")
