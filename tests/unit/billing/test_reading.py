"""What a body in the inbox says: a closed-won, or the reason why it is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.billing import reading
from dealreg.billing.facts import OfDeal, Translated, of_engine
from dealreg.billing.model import EventStatus, InboxEvent, Reason, SourceKind
from dealreg.billing.providers.stripe_values import money
from dealreg.platform.money import Money
from tests.unit.billing.providers.senders import RECEIVED, source

GENERIC = SourceKind.STANDARD_WEBHOOKS
STRIPE = SourceKind.STRIPE
EURO = {"amount": "48000.00", "currency": "EUR"}


def read(kind: SourceKind, body: bytes) -> Translated:
    return reading.at_hand(InboxEvent("bev_1", "bsrc_1", kind, "msg_1", RECEIVED, body), source(kind))


def won(kind: SourceKind, body: bytes) -> OfDeal:
    """The first of its facts."""
    said = read(kind, body)
    assert (said.ignored, said.unreadable) == ("", "")
    fact = of_engine(said.facts[0], "bev_1", RECEIVED)
    assert isinstance(fact, OfDeal)
    assert fact.is_won
    return fact


def closed_won(**data: Any) -> bytes:
    return json.dumps({"type": "deal.closed_won", "timestamp": "2026-11-23T10:00:00Z", "data": data}).encode()


def checkout(**session: Any) -> bytes:
    return json.dumps(
        {"id": "evt_1", "type": "checkout.session.completed", "livemode": True, "data": {"object": session}}
    ).encode()


@pytest.mark.parametrize(
    ("data", "reference"),
    [
        ({"deal_id": "deal_1"}, "deal_1"),
        ({"deal_number": "D-7K3M-9Q2F"}, "D-7K3M-9Q2F"),
        ({"deal_id": "deal_1", "deal_number": "D-7K3M-9Q2F"}, "deal_1"),
        ({"deal_id": None, "deal_number": " D-7K3M-9Q2F "}, "D-7K3M-9Q2F"),
        ({}, ""),
    ],
)
def test_a_generic_event_names_its_deal_by_id_or_number(data: dict[str, Any], reference: str) -> None:
    said = won(GENERIC, closed_won(amount=EURO, customer={"name": "Müller"}, invoice=7, **data))
    assert (said.reference, said.amount) == (reference, Money(4800000, "EUR"))


@pytest.mark.parametrize(
    ("session", "reference"),
    [
        ({"metadata": {"deal_id": "deal_1"}}, "deal_1"),
        ({"client_reference_id": "D-7K3M-9Q2F", "metadata": None}, "D-7K3M-9Q2F"),
        ({"client_reference_id": "cart-9", "metadata": {"deal_id": "deal_1", "seats": "3"}}, "deal_1"),
        ({"client_reference_id": "D-7K3M-9Q2F", "metadata": {"deal_id": ""}}, "D-7K3M-9Q2F"),
        ({"client_reference_id": None}, ""),
        ({"metadata": {"deal_number": "D-7K3M-9Q2F"}}, "D-7K3M-9Q2F"),
    ],
)
def test_a_stripe_checkout_names_its_deal_in_its_metadata_or_reference(session: dict[str, Any], reference: str) -> None:
    said = won(STRIPE, checkout(amount_total=4800000, currency="eur", payment_status="paid", **session))
    assert (said.reference, said.amount) == (reference, Money(4800000, "EUR"))


@pytest.mark.parametrize(
    ("minor", "currency", "amount"),
    [
        (1050, "USD", Money(1050, "USD")),
        (500, "JPY", Money(500, "JPY")),
        (5120, "KWD", Money(5120, "KWD")),
        (500, "ISK", Money(5, "ISK")),
        (10000, "UGX", Money(100, "UGX")),
        (500, "MGA", Money(50000, "MGA")),
        (0, "EUR", Money(0, "EUR")),
    ],
)
def test_stripes_minor_units_become_iso_4217s(minor: int, currency: str, amount: Money) -> None:
    assert money(minor, currency, "amount") == amount


@given(minor=st.integers(0, 10**12), currency=st.sampled_from(["EUR", "JPY", "KWD", "USD", "KRW"]))
def test_where_the_units_agree_no_amount_changes(minor: int, currency: str) -> None:
    assert money(minor, currency, "amount") == Money(minor, currency)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ('{"amount": 48000, "currency": "EUR"}', Money(4_800_000, "EUR")),
        ('{"amount": 48000.1, "currency": "EUR"}', Money(4_800_010, "EUR")),
        ('{"amount": 12000.10, "currency": "eur"}', Money(1_200_010, "EUR")),
        ('{"amount": 4.8e4, "currency": "Eur"}', Money(4_800_000, "EUR")),
        ('{"amount": 7000000.0, "currency": "JPY"}', Money(7_000_000, "JPY")),
        ('{"amount": 999999999999999.99, "currency": "USD"}', Money(99_999_999_999_999_999, "USD")),
        ('{"amount": "48000.00", "currency": " usd "}', Money(4_800_000, "USD")),
        ('{"currency": "KWD", "amount": 0.125, "tax": 1}', Money(125, "KWD")),
    ],
)
def test_an_amount_is_read_to_its_last_digit_however_it_is_written(written: str, amount: Money) -> None:
    body = f'{{"type": "deal.closed_won", "data": {{"deal_id": "deal_1", "amount": {written}}}}}'.encode()
    assert won(GENERIC, body) == OfDeal(is_won=True, reference="deal_1", names=[], amount=amount)


@given(minor=st.integers(0, 10**17 - 1))
def test_no_number_loses_a_cent(minor: int) -> None:
    amount = f'{{"amount": {minor // 100}.{minor % 100:02d}, "currency": "EUR"}}'
    body = f'{{"type": "deal.closed_won", "data": {{"amount": {amount}}}}}'
    assert won(GENERIC, body.encode()).amount == Money(minor, "EUR")


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (closed_won(), "data.amount: This is required."),
        (
            closed_won(amount={"amount": "-1.00", "currency": "EUR"}),
            "data.amount.amount: The amount must not be negative",
        ),
        (closed_won(amount={"amount": -1, "currency": "EUR"}), "data.amount.amount: The amount must not be negative"),
        (closed_won(amount={"amount": 1.005, "currency": "EUR"}), "data.amount.amount: EUR has 2 digits"),
        (closed_won(amount={"amount": True, "currency": "EUR"}), "data.amount.amount: Write this as text."),
        (
            closed_won(amount={"amount": "48,000.00", "currency": "EUR"}),
            "data.amount.amount: Write the amount",
        ),
        (closed_won(amount={"amount": "48000.00", "currency": "XXX"}), "data.amount.currency: Use a three-letter"),
        (closed_won(amount="48000.00"), "data.amount: Give an object."),
        (b'{"type":"deal.closed_won"}', "data: Give an object."),
        (b'{"type":7}', "type: This is required."),
        (b'{"type":"deal.closed_won","data":{"amount":{"amount":1e-999999999,"currency":"EUR"}}}', "not JSON"),
        (b"[]", "The body is no object."),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 50_000, "not JSON"),
    ],
)
def test_what_cannot_be_read_of_a_generic_event_is_named_for_a_person(body: bytes, named: str) -> None:
    assert named in read(GENERIC, body).unreadable


def test_what_stands_for_a_deal_and_is_no_text_names_none() -> None:
    assert won(GENERIC, closed_won(amount=EURO, deal_id=7)).reference == ""


@pytest.mark.parametrize(
    ("session", "named"),
    [
        ({"currency": "eur"}, "data.object.amount_total: This is required."),
        ({"amount_total": None, "currency": "eur"}, "data.object.amount_total: "),
        ({"amount_total": -1, "currency": "eur"}, "data.object.amount_total: Use 0 or more."),
        ({"amount_total": 100.5, "currency": "eur"}, "data.object.amount_total: "),
        ({"amount_total": 100, "currency": None}, "data.object.currency: Write this as text."),
        ({"amount_total": 101, "currency": "isk"}, "data.object.amount_total: ISK has 0 digits"),
        ({"amount_total": 100, "currency": "btc"}, "data.object.amount_total: Use a three-letter"),
        ({"amount_total": 10**30, "currency": "eur"}, "data.object.amount_total: Write the amount"),
    ],
)
def test_a_stripe_checkout_without_an_amount_awaits_a_person(session: dict[str, Any], named: str) -> None:
    said = read(STRIPE, checkout(**session))
    assert (said.type, said.facts) == ("checkout.session.completed", ())
    assert named in said.unreadable


SOLD = {"id": "cs_1", "amount_total": 100, "currency": "eur", "client_reference_id": "D-7K3M-9Q2F"}


@pytest.mark.parametrize(
    ("event_type", "session", "reason"),
    [
        ("completed", {"mode": "payment", "payment_status": "paid"}, None),
        ("completed", {"mode": "subscription", "payment_status": "paid"}, None),
        ("completed", {"mode": "subscription", "payment_status": "no_payment_required"}, None),
        ("completed", {"mode": "payment", "payment_status": "unpaid"}, Reason.AWAITING_PAYMENT),
        ("completed", {"mode": "subscription", "payment_status": "unpaid"}, Reason.AWAITING_PAYMENT),
        ("completed", {"mode": "setup", "payment_status": "no_payment_required"}, Reason.NOT_A_SALE),
        ("completed", {"mode": "setup", "amount_total": None, "currency": None}, Reason.NOT_A_SALE),
        ("async_payment_succeeded", {"mode": "payment", "payment_status": "paid"}, None),
        ("async_payment_failed", {"mode": "payment", "payment_status": "unpaid"}, Reason.PAYMENT_FAILED),
        ("expired", {"mode": "payment", "payment_status": "unpaid"}, Reason.TYPE_NOT_HANDLED),
    ],
)
def test_a_checkout_is_a_sale_once_it_is_paid(event_type: str, session: dict[str, Any], reason: Reason | None) -> None:
    body = {"id": "evt_1", "type": f"checkout.session.{event_type}", "data": {"object": SOLD | session}}
    said = read(STRIPE, json.dumps(body).encode())
    assert (said.ignored or None, bool(said.facts)) == (reason, reason is None)
    assert said.ends_checkout is event_type.startswith("async")


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        (GENERIC, "invoice.paid"),
        (GENERIC, "refund.created"),
        (GENERIC, "checkout.session.completed"),
        (STRIPE, "charge.updated"),
        (STRIPE, "deal.closed_won"),
    ],
)
def test_a_type_of_a_later_day_is_kept_and_ignored(kind: SourceKind, event_type: str) -> None:
    said = read(kind, json.dumps({"type": event_type}).encode())
    assert said == Translated(event_type, ignored=Reason.TYPE_NOT_HANDLED)


def test_a_very_long_type_is_cut_for_the_list() -> None:
    assert len(read(GENERIC, json.dumps({"type": "x" * 5000}).encode()).type) == 100


@given(kind=st.sampled_from(SourceKind), body=st.binary(max_size=300))
def test_no_body_makes_reading_fail(kind: SourceKind, body: bytes) -> None:
    said = read(kind, body)
    assert said.unreadable or said.ignored or said.needs


_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.floats(-(10.0**30), 10.0**30) | _TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)


@given(data=st.dictionaries(st.sampled_from(["deal_id", "deal_number", "amount", "object"]), _JSON))
def test_no_shape_of_a_handled_event_makes_reading_fail(data: dict[str, Any]) -> None:
    assert read(GENERIC, closed_won(**data)).type == "deal.closed_won"
    assert read(STRIPE, checkout(**data)).type == "checkout.session.completed"


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.DEAL_UNKNOWN, EventStatus.UNMATCHED),
        (Reason.NO_DEAL_REFERENCE, EventStatus.UNMATCHED),
        (Reason.DEAL_NOT_APPROVED, EventStatus.UNMATCHED),
        (Reason.UNREADABLE, EventStatus.UNMATCHED),
        (Reason.PAYMENT_OVERDUE, EventStatus.UNMATCHED),
        (Reason.APPLY_FAILED, EventStatus.UNMATCHED),
        (Reason.AWAITING_APPROVAL, EventStatus.WAITING),
        (Reason.AWAITING_PAYMENT, EventStatus.WAITING),
        (Reason.TYPE_NOT_HANDLED, EventStatus.IGNORED),
        (Reason.NOT_A_SALE, EventStatus.IGNORED),
        (Reason.PAYMENT_FAILED, EventStatus.IGNORED),
        (Reason.SUPERSEDED, EventStatus.IGNORED),
        (Reason.CLOSED, EventStatus.IGNORED),
        (Reason.DEAL_ALREADY_WON, EventStatus.IGNORED),
        (Reason.OTHER_MODE, EventStatus.IGNORED),
        (Reason.NO_MONEY, EventStatus.IGNORED),
        (Reason.REFUNDS_LEFT_OUT, EventStatus.IGNORED),
        (Reason.FETCHING, EventStatus.WAITING),
        (Reason.FETCH_FAILED, EventStatus.UNMATCHED),
    ],
)
def test_what_a_person_should_see_is_unmatched(reason: Reason, status: EventStatus) -> None:
    assert reason.status is status
