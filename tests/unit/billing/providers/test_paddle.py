"""What Paddle's events mean: each row of the table, in the shapes of its notifications."""

from typing import Any

import pytest

from dealreg.billing.facts import Names, Translated
from dealreg.billing.model import Reason, SourceKind
from tests.unit.billing.providers.senders import PAID, SAID, only_fact, source, translated

PADDLE = source(SourceKind.PADDLE, products={"pri_a": "analytics", "pro_b": "reports"})
SOMEBODY = {"billing_id": "ctm_1", "name": None, "email": None, "tax_id": None}
TRANSACTION: dict[str, Any] = {
    "id": "txn_1",
    "status": "completed",
    "origin": "web",
    "currency_code": "EUR",
    "customer_id": "ctm_1",
    "subscription_id": "sub_1",
    "invoice_id": "inv_1",
    "custom_data": {"deal_id": "D-7K3M-9Q2F"},
    "billed_at": "2026-03-01T10:00:01.294633Z",
    "details": {
        "totals": {
            "subtotal": "12000", "discount": "2000", "tax": "1900", "total": "11900", "credit": "0",
            "balance": "0", "grand_total": "11900", "currency_code": "EUR",
        },
        "line_items": [
            {
                "id": "txnitm_1",
                "price_id": "pri_a",
                "quantity": 2,
                "totals": {"subtotal": "8000", "discount": "2000", "tax": "1140", "total": "7140"},
                "product": {"id": "pro_a", "name": "Analytics"},
            },
            {
                "id": "txnitm_2",
                "price_id": "pri_b",
                "quantity": 1,
                "totals": {"subtotal": "4000", "discount": "0", "tax": "760", "total": "4760"},
                "product": {"id": "pro_b", "name": "Reports"},
            },
        ],
    },
    "payments": [
        {"amount": "11900", "status": "captured", "captured_at": PAID},
        {"amount": "11900", "status": "error", "captured_at": None},
    ],
}  # fmt: skip
ADJUSTMENT: dict[str, Any] = {
    "id": "adj_1",
    "action": "refund",
    "status": "approved",
    "transaction_id": "txn_1",
    "subscription_id": "sub_1",
    "customer_id": "ctm_1",
    "currency_code": "EUR",
    "created_at": PAID,
    "totals": {"subtotal": "3361", "tax": "639", "total": "4000", "fee": "5", "currency_code": "EUR"},
}
SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_1",
    "status": "active",
    "customer_id": "ctm_1",
    "currency_code": "EUR",
    "custom_data": {"deal_number": "D-7K3M-9Q2F"},
    "scheduled_change": None,
    "canceled_at": None,
    "items": [
        {"price": {"unit_price": {"amount": "3000", "currency_code": "EUR"}}, "quantity": 3},
        {"price": {"unit_price": {"amount": "1000", "currency_code": "EUR"}}, "quantity": 1},
    ],
}


def event(kind: str, data: Any) -> dict[str, Any]:
    return {"event_id": "evt_1", "event_type": kind, "occurred_at": SAID, "notification_id": "ntf_1", "data": data}


def read(kind: str, data: Any) -> Translated:
    return translated(PADDLE, event(kind, data))


@pytest.mark.parametrize("kind", ["transaction.completed", "transaction.paid"])
def test_a_transaction_is_paid_so_far(kind: str) -> None:
    found = read(kind, TRANSACTION)
    assert only_fact(found) == {
        "type": "payment.succeeded",
        "timestamp": SAID,
        "data": {
            "payment_id": "txn_1",
            "also": [],
            "cumulative": True,
            "amount": {"amount": "119.00", "currency": "EUR"},
            "paid_at": PAID,
            "sale": {
                "id": "txn_1",
                "deal_id": "D-7K3M-9Q2F",
                "kind": "new",
                "total": "119.00",
                "tax": "19.00",
                "lines": [
                    {"product": "analytics", "amount": "60.00"},
                    {"product": "reports", "amount": "40.00"},
                ],
                "subscription_id": "sub_1",
                "customer": SOMEBODY,
            },
        },
    }
    assert found.names == Names("D-7K3M-9Q2F", "sub_1", "ctm_1")


@pytest.mark.parametrize(
    ("origin", "subscription", "kind"),
    [
        ("subscription_recurring", "sub_1", "renewal"),
        ("subscription_update", "sub_1", "change"),
        ("subscription_charge", "sub_1", "change"),
        ("web", "sub_1", "new"),
        ("api", None, "one_off"),
        ("web", None, "one_off"),
    ],
)
def test_the_origin_says_what_kind_of_sale_it_is(origin: str, subscription: str | None, kind: str) -> None:
    said = TRANSACTION | {"origin": origin, "subscription_id": subscription}
    assert only_fact(read("transaction.completed", said))["data"]["sale"]["kind"] == kind


def test_it_is_paid_by_the_last_payment_that_was_captured() -> None:
    later = {"amount": "5000", "status": "captured", "captured_at": "2026-03-01T10:00:03.5Z"}
    said = TRANSACTION | {"payments": [later, *TRANSACTION["payments"]]}
    assert only_fact(read("transaction.paid", said))["data"]["paid_at"] == "2026-03-01T10:00:03.500000Z"


def test_without_one_it_is_paid_when_it_was_billed() -> None:
    assert only_fact(read("transaction.paid", TRANSACTION | {"payments": []}))["data"]["paid_at"] == (
        "2026-03-01T10:00:01.294633Z"
    )


def test_what_a_credit_has_paid_is_not_paid() -> None:
    totals = TRANSACTION["details"]["totals"] | {"credit": "1900", "grand_total": "10000"}
    said = TRANSACTION | {"details": TRANSACTION["details"] | {"totals": totals}}
    data = only_fact(read("transaction.completed", said))["data"]
    assert (data["amount"]["amount"], data["sale"]["total"]) == ("100.00", "119.00")


def test_yen_have_no_smaller_unit() -> None:
    data = only_fact(read("transaction.completed", TRANSACTION | {"currency_code": "JPY"}))["data"]
    assert data["amount"] == {"amount": "11900", "currency": "JPY"}


def test_a_new_card_costs_nothing() -> None:
    nothing: dict[str, Any] = {"totals": {"total": "0", "tax": "0", "grand_total": "0"}, "line_items": []}
    said = TRANSACTION | {"origin": "subscription_payment_method_change", "details": nothing}
    assert read("transaction.completed", said).ignored == Reason.NO_MONEY


# ---- what goes back -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["adjustment.created", "adjustment.updated"])
@pytest.mark.parametrize(
    ("status", "means"), [("approved", "succeeded"), ("rejected", "failed"), ("reversed", "failed")]
)
def test_a_refund_is_an_adjustment(kind: str, status: str, means: str) -> None:
    assert only_fact(read(kind, ADJUSTMENT | {"status": status})) == {
        "type": "payment.refunded",
        "timestamp": SAID,
        "data": {
            "refund_id": "adj_1",
            "payment_id": "txn_1",
            "amount": {"amount": "40.00", "currency": "EUR"},
            "refunded_at": PAID,
            "status": means,
        },
    }


def test_a_refund_that_nobody_approved_yet_is_nothing() -> None:
    assert read("adjustment.created", ADJUSTMENT | {"status": "pending_approval"}).ignored == Reason.NO_MONEY


@pytest.mark.parametrize(
    ("action", "status", "means"),
    [
        ("chargeback_warning", "approved", "open"),
        ("chargeback", "approved", "lost"),
        ("chargeback", "reversed", "won"),
        ("chargeback_reverse", "approved", "won"),
        ("chargeback_warning_reverse", "approved", "won"),
    ],
)
def test_a_chargeback_is_one_of_its_transaction(action: str, status: str, means: str) -> None:
    fact = only_fact(read("adjustment.created", ADJUSTMENT | {"action": action, "status": status}))
    assert fact == {
        "type": "payment.chargeback",
        "timestamp": SAID,
        "data": {
            "chargeback_id": "txn_1",
            "payment_id": "txn_1",
            "amount": {"amount": "40.00", "currency": "EUR"},
            "opened_at": PAID,
            "closed_at": None if means == "open" else PAID,
            "status": means,
        },
    }


@pytest.mark.parametrize("action", ["credit", "credit_reverse"])
def test_credits_to_a_balance_move_nothing(action: str) -> None:
    assert read("adjustment.created", ADJUSTMENT | {"action": action}).ignored == Reason.NO_MONEY


# ---- subscriptions --------------------------------------------------------------------------------------------------


def test_a_new_subscription_wins_its_deal_and_begins() -> None:
    won, begun = read("subscription.created", SUBSCRIPTION).facts
    assert won == {
        "type": "deal.closed_won",
        "timestamp": SAID,
        "data": {
            "deal_id": "D-7K3M-9Q2F",
            "amount": {"amount": "100.00", "currency": "EUR"},
            "customer": SOMEBODY,
            "subscription_id": "sub_1",
        },
    }
    assert (begun["type"], begun["data"]["status"]) == ("subscription.changed", "active")


@pytest.mark.parametrize(
    ("kind", "change", "status", "ends_at"),
    [
        ("activated", {}, "active", None),
        ("updated", {}, "active", None),
        ("updated", {"scheduled_change": {"action": "pause", "effective_at": PAID}}, "active", None),
        ("updated", {"scheduled_change": {"action": "cancel", "effective_at": PAID}}, "ending", PAID),
        ("canceled", {"canceled_at": PAID}, "ended", PAID),
    ],
)
def test_a_subscription_ends_when_it_is_canceled(
    kind: str, change: dict[str, Any], status: str, ends_at: str | None
) -> None:
    assert only_fact(read(f"subscription.{kind}", SUBSCRIPTION | change))["data"] == {
        "subscription_id": "sub_1",
        "deal_id": "D-7K3M-9Q2F",
        "customer": SOMEBODY,
        "status": status,
        "ends_at": ends_at,
    }


@pytest.mark.parametrize("kind", ["transaction.billed", "transaction.payment_failed", "customer.created"])
def test_all_other_types_are_ignored(kind: str) -> None:
    assert read(kind, {}).ignored == Reason.TYPE_NOT_HANDLED


@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("transaction.paid", {}, "data.id: This is required."),
        ("transaction.paid", TRANSACTION | {"currency_code": "XYZ"}, "Use a three-letter currency code"),
        (
            "transaction.paid",
            TRANSACTION | {"details": {"totals": {"total": "119.00", "tax": "0"}}},
            "data.details.totals.total: Write the amount as a text of digits",
        ),
        (
            "transaction.paid",
            TRANSACTION | {"details": {"totals": {"total": "-500", "tax": "0"}}},
            "data.amount.amount: The amount must not be negative",
        ),
        ("adjustment.created", ADJUSTMENT | {"totals": None}, "data.totals: Give an object."),
        ("adjustment.created", ADJUSTMENT | {"status": "odd"}, "Of a refund, 'odd' is not known."),
        ("subscription.updated", SUBSCRIPTION | {"canceled_at": "soon"}, "data.canceled_at: Write the time"),
    ],
)
def test_what_cannot_be_read_is_named_for_a_person(kind: str, data: Any, told: str) -> None:
    assert told in read(kind, data).unreadable
