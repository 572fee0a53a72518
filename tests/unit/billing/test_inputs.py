"""What a billing system's body says: a closed-won, or the reason why it is none."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.billing.inputs import read, stripe_money
from dealreg.billing.model import ClosedWon, EventStatus, Reading, Reason, SourceKind
from dealreg.platform.money import Money

GENERIC = SourceKind.STANDARD_WEBHOOKS
STRIPE = SourceKind.STRIPE
EURO = {"amount": "48000.00", "currency": "EUR"}


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
    expected = Reading("deal.closed_won", ClosedWon(reference, Money(4800000, "EUR")))
    assert read(GENERIC, closed_won(amount=EURO, customer={"name": "Müller"}, invoice=7, **data)) == expected


@pytest.mark.parametrize(
    ("session", "reference"),
    [
        ({"metadata": {"deal_id": "deal_1"}}, "deal_1"),
        ({"client_reference_id": "D-7K3M-9Q2F", "metadata": None}, "D-7K3M-9Q2F"),
        ({"client_reference_id": "cart-9", "metadata": {"deal_id": "deal_1", "seats": "3"}}, "deal_1"),
        ({"client_reference_id": "D-7K3M-9Q2F", "metadata": {"deal_id": ""}}, "D-7K3M-9Q2F"),
        ({"client_reference_id": None}, ""),
    ],
)
def test_a_stripe_checkout_names_its_deal_in_its_metadata_or_reference(session: dict[str, Any], reference: str) -> None:
    expected = Reading("checkout.session.completed", ClosedWon(reference, Money(4800000, "EUR")))
    assert read(STRIPE, checkout(amount_total=4800000, currency="eur", payment_status="paid", **session)) == expected


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
    assert stripe_money(minor, currency) == amount


@given(minor=st.integers(0, 10**12), currency=st.sampled_from(["EUR", "JPY", "KWD", "USD", "KRW"]))
def test_where_the_units_agree_no_amount_changes(minor: int, currency: str) -> None:
    assert stripe_money(minor, currency) == Money(minor, currency)


@pytest.mark.parametrize(
    "body",
    [
        closed_won(),
        closed_won(amount={"amount": 48000.0, "currency": "EUR"}),
        closed_won(amount={"amount": "-1.00", "currency": "EUR"}),
        closed_won(amount={"amount": "48000.00", "currency": "eur"}),
        closed_won(amount={"amount": "48000.00", "currency": "XXX"}),
        closed_won(amount=EURO, deal_id=7),
        b'{"type":"deal.closed_won"}',
        b'{"type":7}',
        b"[]",
        b"",
        b"{",
        b"\xff",
    ],
)
def test_a_generic_event_that_cannot_be_read_awaits_a_person(body: bytes) -> None:
    assert read(GENERIC, body).meaning is Reason.UNREADABLE


@pytest.mark.parametrize(
    "session",
    [
        {"currency": "eur"},
        {"amount_total": None, "currency": "eur"},
        {"amount_total": -1, "currency": "eur"},
        {"amount_total": 100.5, "currency": "eur"},
        {"amount_total": 100, "currency": None},
        {"amount_total": 101, "currency": "isk"},
        {"amount_total": 100, "currency": "btc"},
        {"amount_total": 10**30, "currency": "eur"},
    ],
)
def test_a_stripe_checkout_without_an_amount_awaits_a_person(session: dict[str, Any]) -> None:
    assert read(STRIPE, checkout(**session)) == Reading("checkout.session.completed", Reason.UNREADABLE)


@pytest.mark.parametrize(
    ("kind", "event_type"),
    [
        (GENERIC, "invoice.paid"),
        (GENERIC, "refund.created"),
        (GENERIC, "checkout.session.completed"),
        (STRIPE, "charge.refunded"),
        (STRIPE, "deal.closed_won"),
    ],
)
def test_a_type_of_a_later_day_is_kept_and_ignored(kind: SourceKind, event_type: str) -> None:
    assert read(kind, json.dumps({"type": event_type}).encode()) == Reading(event_type, Reason.TYPE_NOT_HANDLED)


def test_a_very_long_type_is_cut_for_the_list() -> None:
    assert len(read(GENERIC, json.dumps({"type": "x" * 5000}).encode()).type) == 100


@given(kind=st.sampled_from(SourceKind), body=st.binary(max_size=300))
def test_no_body_makes_reading_fail(kind: SourceKind, body: bytes) -> None:
    assert isinstance(read(kind, body).meaning, Reason)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
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
        (Reason.TYPE_NOT_HANDLED, EventStatus.IGNORED),
        (Reason.DEAL_ALREADY_WON, EventStatus.IGNORED),
    ],
)
def test_what_a_person_should_see_is_unmatched(reason: Reason, status: EventStatus) -> None:
    assert reason.status is status
