"""Senders of Standard Webhooks write the facts themselves."""

from typing import Any

import pytest

from dealreg.billing.facts import Names
from dealreg.billing.model import Reason, SourceKind
from tests.unit.billing.providers.senders import PAID, RECEIVED, SAID, only_fact, source, translated

GENERIC = source(SourceKind.STANDARD_WEBHOOKS, products={"price_a": "analytics"})
EURO = {"amount": "119.00", "currency": "EUR"}
CUSTOMER = {"billing_id": "cus_1", "name": "Quarz GmbH", "email": "ada@quarz.example", "tax_id": "DE123456789"}
SALE: dict[str, Any] = {
    "id": "in_1",
    "deal_id": "D-7K3M-9Q2F",
    "kind": "new",
    "total": "119.00",
    "tax": "19.00",
    "lines": [{"product": "analytics", "amount": "100.00"}],
    "subscription_id": "sub_1",
    "customer": CUSTOMER,
}
PAYMENT: dict[str, Any] = {
    "payment_id": "pay_1",
    "also": ["pi_1", "ch_1"],
    "cumulative": False,
    "amount": EURO,
    "paid_at": PAID,
    "sale": SALE,
}
REFUND = {"refund_id": "re_1", "payment_id": "pi_1", "amount": EURO, "refunded_at": PAID, "status": "pending"}
CHARGEBACK = {
    "chargeback_id": "du_1",
    "payment_id": "pi_1",
    "amount": EURO,
    "opened_at": PAID,
    "closed_at": None,
    "status": "open",
}
WON = {"deal_id": "D-7K3M-9Q2F", "amount": EURO, "customer": CUSTOMER, "subscription_id": None}
CHANGED = {
    "subscription_id": "sub_1",
    "deal_id": None,
    "customer": CUSTOMER,
    "status": "ending",
    "ends_at": PAID,
}
SAMPLES = {
    "payment.succeeded": PAYMENT,
    "payment.refunded": REFUND,
    "payment.chargeback": CHARGEBACK,
    "deal.closed_won": WON,
    "subscription.changed": CHANGED,
}


def event(kind: str, data: Any) -> dict[str, Any]:
    return {"type": kind, "timestamp": SAID, "data": data}


def fact_of(kind: str, data: Any) -> Any:
    return only_fact(translated(GENERIC, event(kind, data)))["data"]


@pytest.mark.parametrize("kind", SAMPLES)
def test_what_they_write_is_the_fact(kind: str) -> None:
    assert only_fact(translated(GENERIC, event(kind, SAMPLES[kind]))) == event(kind, SAMPLES[kind])


def test_what_else_they_say_is_left_out() -> None:
    said = PAYMENT | {"note": "?", "sale": SALE | {"seats": 3, "customer": CUSTOMER | {"vip": True}}}
    assert fact_of("payment.succeeded", said) == PAYMENT


def test_numbers_and_small_letters_of_a_won_deal_become_the_one_form() -> None:
    won = fact_of("deal.closed_won", WON | {"amount": {"amount": 119.0, "currency": "eur"}})
    assert won["amount"] == {"amount": "119", "currency": "EUR"}
    paid = fact_of("payment.succeeded", PAYMENT | {"amount": EURO | {"currency": "eur"}})
    assert paid["amount"] == EURO


def test_a_product_is_the_one_that_the_source_maps() -> None:
    lines = [{"product": "price_a", "amount": "60.00"}, {"product": "setup", "amount": "40.00"}]
    told = fact_of("payment.succeeded", PAYMENT | {"sale": SALE | {"lines": lines}})
    assert [line["product"] for line in told["sale"]["lines"]] == ["analytics", "setup"]


def test_a_deal_may_be_named_by_its_number() -> None:
    sale = {name: held for name, held in SALE.items() if name != "deal_id"} | {"deal_number": "D-7K3M-9Q2F"}
    assert fact_of("payment.succeeded", PAYMENT | {"sale": sale}) == PAYMENT
    assert fact_of("deal.closed_won", {"deal_number": " D-7K3M-9Q2F ", "amount": EURO})["deal_id"] == "D-7K3M-9Q2F"


@pytest.mark.parametrize("kind", ["payment.succeeded", "deal.closed_won"])
def test_it_is_matched_by_what_it_names(kind: str) -> None:
    names = translated(GENERIC, event(kind, SAMPLES[kind])).names
    subscription = "sub_1" if kind == "payment.succeeded" else None
    assert names == Names("D-7K3M-9Q2F", subscription, "cus_1", "Quarz GmbH", "ada@quarz.example", "DE123456789")


def test_a_sale_may_stand_for_the_payment() -> None:
    refund = {name: held for name, held in REFUND.items() if name != "payment_id"} | {"sale_id": "in_1"}
    assert fact_of("payment.refunded", refund)["sale_id"] == "in_1"


def test_a_closed_won_without_its_time_is_of_now() -> None:
    told = only_fact(translated(GENERIC, {"type": "deal.closed_won", "data": WON}))
    assert told["timestamp"] == RECEIVED.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("kind", ["invoice.paid", "deal.lost"])
def test_all_other_types_are_ignored(kind: str) -> None:
    assert translated(GENERIC, event(kind, {})).ignored == Reason.TYPE_NOT_HANDLED


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("payment.succeeded", None, "data: Give an object."),
        ("payment.succeeded", {}, "data.payment_id: This is required."),
        ("payment.succeeded", PAYMENT | {"amount": "119.00"}, "data.amount: Give an object."),
        (
            "payment.succeeded",
            PAYMENT | {"amount": {"amount": "-1", "currency": "EUR"}},
            "data.amount.amount: The amount must not be negative.",
        ),
        (
            "payment.succeeded",
            PAYMENT | {"amount": EURO | {"amount": 11900}},
            "data.amount.amount: Write this as text.",
        ),
        ("payment.succeeded", PAYMENT | {"sale": SALE | {"total": 119.0}}, "data.sale.total: Write this as text."),
        (
            "payment.succeeded",
            PAYMENT | {"sale": SALE | {"lines": [{"amount": 100}]}},
            "data.sale.lines.0.amount: Write this as text.",
        ),
        ("payment.refunded", REFUND | {"amount": EURO | {"amount": 1.5}}, "data.amount.amount: Write this as text."),
        (
            "payment.refunded",
            REFUND | {"amount": EURO | {"amount": "0.00"}},
            "data.amount: A refund of nothing is none.",
        ),
        (
            "payment.chargeback",
            CHARGEBACK | {"amount": EURO | {"amount": "0"}},
            "data.amount: A chargeback of nothing is none.",
        ),
        (
            "payment.chargeback",
            CHARGEBACK | {"status": "won", "closed_at": "2026-02-01T00:00:00Z"},
            "data.closed_at: This is before opened_at.",
        ),
        (
            "payment.chargeback",
            CHARGEBACK | {"status": "lost", "closed_at": "2026-03-09T00:00:00Z"},
            "data.closed_at: This is more than a day ahead.",
        ),
        (
            "payment.succeeded",
            PAYMENT | {"amount": {"amount": "0", "currency": "EUR"}},
            "data.amount: A payment of nothing is none.",
        ),
        (
            "payment.succeeded",
            PAYMENT | {"amount": {"amount": "1.5", "currency": "JPY"}},
            "data.amount.amount: JPY has 0 digits",
        ),
        ("payment.succeeded", PAYMENT | {"sale": None}, "data.sale: Name the sale, here or in sale_id."),
        ("payment.succeeded", PAYMENT | {"sale": 7}, "data.sale: Give an object."),
        ("payment.succeeded", PAYMENT | {"sale": SALE | {"kind": "gift"}}, "data.sale.kind: Use one of"),
        (
            "payment.succeeded",
            PAYMENT | {"sale": SALE | {"tax": "18.00"}},
            "data.sale.lines: Lines and tax do not come to the total.",
        ),
        (
            "payment.succeeded",
            PAYMENT | {"sale": SALE | {"tax": "-1.00", "lines": [{"product": "analytics", "amount": "120.00"}]}},
            "data.sale.tax: The tax is a part of the total.",
        ),
        (
            "payment.succeeded",
            PAYMENT | {"sale": SALE | {"tax": "120.00", "lines": [{"product": "analytics", "amount": "-1.00"}]}},
            "data.sale.tax: The tax is a part of the total.",
        ),
        ("payment.succeeded", PAYMENT | {"sale": SALE | {"total": "119.001"}}, "EUR has 2 digits"),
        (
            "payment.succeeded",
            PAYMENT | {"paid_at": "2026-03-03T10:00:00Z"},
            "data.paid_at: This is more than a day ahead.",
        ),
        ("payment.refunded", REFUND | {"status": "lost"}, "data.status: Use one of"),
        (
            "payment.refunded",
            REFUND | {"payment_id": None},
            "data.payment_id: Name the payment, or its sale in sale_id.",
        ),
        ("payment.refunded", REFUND | {"refunded_at": "2026-03-03T10:00:00Z"}, "data.refunded_at: This is more"),
        ("payment.chargeback", CHARGEBACK | {"opened_at": "2026-03-03T10:00:00Z"}, "data.opened_at: This is more"),
        ("deal.closed_won", {"deal_id": "D-7K3M-9Q2F"}, "data.amount: This is required."),
        ("deal.closed_won", WON | {"amount": {"amount": "1", "currency": "XXX"}}, "amount.currency: Use a three"),
        ("subscription.changed", CHANGED | {"status": "paused"}, "status: Use one of"),
        ("subscription.changed", CHANGED | {"subscription_id": None}, "subscription_id: Write this as text."),
    ],
)
def test_what_cannot_be_read_is_named_for_a_person(kind: str, data: Any, told: str) -> None:
    assert told in translated(GENERIC, event(kind, data)).unreadable
