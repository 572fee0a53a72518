"""What Chargebee's events mean: each row of the table, as its API has the event under the id that was posted."""

from typing import Any

import pytest

from dealreg.billing.facts import Names, Translated
from dealreg.billing.model import Reason, SourceKind
from tests.unit.billing.providers.senders import PAID, PAID_UNIX, SAID, SAID_UNIX, only_fact, source, translated

CHARGEBEE = source(SourceKind.CHARGEBEE, products={"analytics-EUR-monthly": "analytics"})
PATH = "/api/v2/events/ev_1"
POSTED = {"id": "ev_1", "event_type": "anything", "content": {"forged": True}}
SOMEBODY = {"billing_id": "cus_1", "name": "Quarz GmbH", "email": "ada@quarz.example", "tax_id": "DE123456789"}
CUSTOMER: dict[str, Any] = {
    "id": "cus_1",
    "company": "Quarz GmbH",
    "first_name": "Ada",
    "last_name": "Quarz",
    "email": "ada@quarz.example",
    "vat_number_prefix": "DE",
    "vat_number": "123456789",
    "object": "customer",
}
SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_1",
    "currency_code": "EUR",
    "customer_id": "cus_1",
    "status": "active",
    "meta_data": {"deal_id": "D-7K3M-9Q2F"},
    "subscription_items": [{"item_price_id": "analytics-EUR-monthly", "amount": 10000}],
    "current_term_end": SAID_UNIX,
}
INVOICE: dict[str, Any] = {
    "id": "inv_1",
    "currency_code": "EUR",
    "subscription_id": "sub_1",
    "first_invoice": True,
    "recurring": True,
    "price_type": "tax_exclusive",
    "total": 11900,
    "tax": 1900,
    "line_items": [
        {
            "entity_type": "plan_item_price",
            "entity_id": "analytics-EUR-monthly",
            "amount": 12000,
            "discount_amount": 2000,
            "tax_amount": 1900,
            "subscription_id": "sub_1",
        }
    ],
}
TRANSACTION: dict[str, Any] = {
    "id": "txn_1",
    "type": "payment",
    "status": "success",
    "amount": 11900,
    "currency_code": "EUR",
    "date": PAID_UNIX,
    "linked_invoices": [{"invoice_id": "inv_1", "applied_amount": 11900, "applied_at": PAID_UNIX}],
}
CONTENT = {"transaction": TRANSACTION, "invoice": INVOICE, "customer": CUSTOMER, "subscription": SUBSCRIPTION}


def read(kind: str, content: dict[str, Any], *invoices: dict[str, Any]) -> Translated:
    event = {"id": "ev_1", "occurred_at": SAID_UNIX, "event_type": kind, "content": content, "object": "event"}
    others = {f"/api/v2/invoices/{one['id']}": {"invoice": one} for one in invoices}
    return translated(CHARGEBEE, POSTED, {PATH: {"event": event}} | others)


def test_a_body_is_believed_no_more_than_its_id() -> None:
    assert translated(CHARGEBEE, POSTED).needs == (PATH,)
    assert translated(CHARGEBEE, {"id": "ev/1?a=b"}).needs == ("/api/v2/events/ev%2F1%3Fa%3Db",)
    assert "id: This is required." in translated(CHARGEBEE, {"content": {}}).unreadable


@pytest.mark.parametrize("answer", [None, [], {}, {"event": {"id": "ev_2"}}, {"message": "not found"}])
def test_another_answer_is_none(answer: Any) -> None:
    assert translated(CHARGEBEE, POSTED, {PATH: answer}).needs == (PATH,)


def test_a_payment_pays_its_invoice() -> None:
    found = read("payment_succeeded", CONTENT)
    assert found.type == "payment_succeeded"
    assert only_fact(found) == {
        "type": "payment.succeeded",
        "timestamp": SAID,
        "data": {
            "payment_id": "txn_1",
            "also": [],
            "cumulative": False,
            "amount": {"amount": "119.00", "currency": "EUR"},
            "paid_at": PAID,
            "sale": {
                "id": "inv_1",
                "deal_id": "D-7K3M-9Q2F",
                "kind": "new",
                "total": "119.00",
                "tax": "19.00",
                "lines": [{"product": "analytics", "amount": "100.00"}],
                "subscription_id": "sub_1",
                "customer": SOMEBODY,
            },
        },
    }
    assert found.names == Names("D-7K3M-9Q2F", "sub_1", "cus_1", "Quarz GmbH", "ada@quarz.example", "DE123456789")


def test_a_payment_of_several_invoices_is_one_for_each() -> None:
    linked = [*TRANSACTION["linked_invoices"], {"invoice_id": "inv_2", "applied_amount": 2000}]
    content = CONTENT | {"transaction": TRANSACTION | {"amount": 13900, "linked_invoices": linked}}
    assert read("payment_succeeded", content).needs == ("/api/v2/invoices/inv_2",)
    other: dict[str, Any] = INVOICE | {
        "id": "inv_2",
        "subscription_id": "sub_2",
        "total": 2000,
        "tax": 0,
        "line_items": [],
    }
    first, second = (fact["data"] for fact in read("payment_succeeded", content, other).facts)
    assert (first["payment_id"], first["also"], first["amount"]["amount"]) == ("txn_1:inv_1", ["txn_1"], "119.00")
    assert (second["payment_id"], second["also"], second["amount"]["amount"]) == ("txn_1:inv_2", ["txn_1"], "20.00")
    assert (second["sale"]["subscription_id"], second["sale"]["deal_id"]) == ("sub_2", None)


@pytest.mark.parametrize(
    ("first", "subscription", "kind"), [(True, "sub_1", "new"), (False, "sub_1", "renewal"), (False, None, "one_off")]
)
def test_the_first_invoice_is_new_and_others_of_a_subscription_renew(
    first: bool, subscription: str | None, kind: str
) -> None:
    invoice: dict[str, Any] = INVOICE | {"first_invoice": first, "subscription_id": subscription, "line_items": []}
    assert only_fact(read("payment_succeeded", CONTENT | {"invoice": invoice}))["data"]["sale"]["kind"] == kind


def test_a_price_may_have_the_tax_inside() -> None:
    line = INVOICE["line_items"][0] | {"amount": 13900}
    invoice = INVOICE | {"price_type": "tax_inclusive", "line_items": [line]}
    sale = only_fact(read("payment_succeeded", CONTENT | {"invoice": invoice}))["data"]["sale"]
    assert sale["lines"] == [{"product": "analytics", "amount": "100.00"}]


def test_the_customer_names_the_deal_where_the_subscription_does_not() -> None:
    content: dict[str, Any] = CONTENT | {
        "subscription": SUBSCRIPTION | {"meta_data": {}},
        "customer": CUSTOMER | {"meta_data": {"deal_number": "D-1111-2222"}, "company": None},
    }
    names = read("payment_succeeded", content).names
    assert (names.deal, names.name) == ("D-1111-2222", "Ada Quarz")


def test_a_payment_of_no_invoice_is_no_sale_yet() -> None:
    assert (
        read("payment_succeeded", CONTENT | {"transaction": TRANSACTION | {"linked_invoices": []}}).ignored
        == Reason.NO_MONEY
    )


# ---- what goes back -------------------------------------------------------------------------------------------------

REFUND: dict[str, Any] = {
    "id": "txn_2",
    "type": "refund",
    "status": "success",
    "amount": 4000,
    "currency_code": "EUR",
    "date": PAID_UNIX,
    "refunded_txn_id": "txn_1",
    "linked_credit_notes": [{"cn_id": "cn_1", "applied_amount": 4000, "cn_reference_invoice_id": "inv_1"}],
}


def test_a_refund_names_the_payment_and_the_invoice_of_its_credit_note() -> None:
    assert only_fact(read("payment_refunded", {"transaction": REFUND})) == {
        "type": "payment.refunded",
        "timestamp": SAID,
        "data": {
            "refund_id": "txn_2",
            "payment_id": "txn_1",
            "sale_id": "inv_1",
            "amount": {"amount": "40.00", "currency": "EUR"},
            "refunded_at": PAID,
            "status": "succeeded",
        },
    }


def test_without_a_credit_note_it_names_the_payment() -> None:
    refund = {name: held for name, held in REFUND.items() if name not in ("refunded_txn_id", "linked_credit_notes")}
    data = only_fact(read("payment_refunded", {"transaction": refund | {"linked_payments": [{"id": "txn_1"}]}}))["data"]
    assert (data["payment_id"], "sale_id" in data) == ("txn_1", False)


def test_a_refund_of_several_invoices_is_one_for_each() -> None:
    notes = [
        {"cn_id": "cn_1", "applied_amount": 1500, "cn_reference_invoice_id": "inv_1"},
        {"cn_id": "cn_2", "applied_amount": 2500, "cn_reference_invoice_id": "inv_2"},
    ]
    found = read("payment_refunded", {"transaction": REFUND | {"linked_credit_notes": notes}})
    assert [(fact["data"]["refund_id"], fact["data"]["sale_id"], fact["data"]["amount"]) for fact in found.facts] == [
        ("txn_2:inv_1", "inv_1", {"amount": "15.00", "currency": "EUR"}),
        ("txn_2:inv_2", "inv_2", {"amount": "25.00", "currency": "EUR"}),
    ]


@pytest.mark.parametrize(
    ("status", "means"),
    [("success", "succeeded"), ("in_progress", "pending"), ("failure", "failed"), ("voided", "failed")],
)
def test_a_refund_may_fail(status: str, means: str) -> None:
    refund = REFUND | {"status": status}
    assert only_fact(read("payment_refunded", {"transaction": refund}))["data"]["status"] == means


@pytest.mark.parametrize("kind", ["payment_failed", "transaction_updated", "payment_succeeded"])
@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"status": "voided", "voided_at": PAID_UNIX, "updated_at": SAID_UNIX}, PAID),
        ({"status": "late_failure", "updated_at": PAID_UNIX}, PAID),
        ({"status": "late_failure"}, SAID),
    ],
)
def test_a_payment_that_the_bank_takes_back_is_a_refund_of_all_of_it(
    kind: str, change: dict[str, Any], at: str
) -> None:
    assert only_fact(read(kind, CONTENT | {"transaction": TRANSACTION | change}))["data"] == {
        "refund_id": "txn_1:reversal",
        "payment_id": "txn_1",
        "amount": {"amount": "119.00", "currency": "EUR"},
        "refunded_at": at,
        "status": "succeeded",
    }


def test_that_of_several_invoices_takes_back_each() -> None:
    linked = [*TRANSACTION["linked_invoices"], {"invoice_id": "inv_2", "applied_amount": 2000}]
    transaction = TRANSACTION | {"status": "voided", "amount": 13900, "linked_invoices": linked}
    found = read("transaction_updated", CONTENT | {"transaction": transaction})
    assert [(fact["data"]["refund_id"], fact["data"]["payment_id"]) for fact in found.facts] == [
        ("txn_1:inv_1:reversal", "txn_1:inv_1"),
        ("txn_1:inv_2:reversal", "txn_1:inv_2"),
    ]


# ---- subscriptions --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["subscription_created", "subscription_activated"])
@pytest.mark.parametrize("backdated", ["", "_with_backdating"])
@pytest.mark.parametrize(
    ("invoice", "subscription", "amount"),
    [
        (INVOICE, {}, {"amount": "119.00", "currency": "EUR"}),
        (None, {}, {"amount": "100.00", "currency": "EUR"}),
        (None, {"subscription_items": None, "plan_amount": 9000}, {"amount": "90.00", "currency": "EUR"}),
        (None, {"subscription_items": None}, None),
    ],
)
def test_a_new_subscription_wins_its_deal(
    kind: str, backdated: str, invoice: Any, subscription: dict[str, Any], amount: Any
) -> None:
    content: dict[str, Any] = {"customer": CUSTOMER, "subscription": SUBSCRIPTION | subscription}
    content |= {"invoice": invoice} if invoice else {}
    assert only_fact(read(f"{kind}{backdated}", content)) == {
        "type": "deal.closed_won",
        "timestamp": SAID,
        "data": {
            "deal_id": "D-7K3M-9Q2F",
            "amount": amount,
            "customer": SOMEBODY,
            "subscription_id": "sub_1",
        },
    }


@pytest.mark.parametrize(
    ("kind", "change", "status", "ends_at"),
    [
        ("subscription_cancellation_scheduled", {}, "ending", SAID),
        ("subscription_cancellation_scheduled", {"cancelled_at": PAID_UNIX}, "ending", PAID),
        ("subscription_cancelled", {"cancelled_at": PAID_UNIX}, "ended", PAID),
    ],
)
def test_a_subscription_ends(kind: str, change: dict[str, Any], status: str, ends_at: str) -> None:
    content = {"customer": CUSTOMER, "subscription": SUBSCRIPTION | change}
    assert only_fact(read(kind, content))["data"] == {
        "subscription_id": "sub_1",
        "deal_id": "D-7K3M-9Q2F",
        "customer": SOMEBODY,
        "status": status,
        "ends_at": ends_at,
    }


@pytest.mark.parametrize("kind", ["invoice_generated", "payment_failed", "subscription_changed"])
def test_all_other_types_are_ignored(kind: str) -> None:
    assert read(kind, CONTENT | {"transaction": TRANSACTION | {"status": "failure"}}).ignored == (
        Reason.TYPE_NOT_HANDLED
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"transaction": None}, "event.content.transaction: Give an object."),
        ({"transaction": TRANSACTION | {"amount": -1}}, "event.content.transaction.amount: Use 0 or more."),
        ({"transaction": TRANSACTION | {"currency_code": "XYZ"}}, "Use a three-letter currency code"),
        ({"invoice": INVOICE | {"total": "119.00"}}, "event.content.invoice.total: Use a whole number."),
        ({"customer": 7}, "event.content.customer: Give an object."),
    ],
)
def test_what_cannot_be_read_is_named_for_a_person(change: dict[str, Any], told: str) -> None:
    assert told in read("payment_succeeded", CONTENT | change).unreadable


# ---- disputes, by reconcile -----------------------------------------------------------------------------------------

DISPUTE: dict[str, Any] = {
    "id": "du_1",
    "transaction_id": "txn_1",
    "amount": 4000,
    "currency_code": "EUR",
    "status": "in_review",
    "type": "chargeback",
    "created_at": PAID_UNIX,
    "updated_at": SAID_UNIX,
}
NAMED = {"id": "dispute:du_1:in_review", "event_type": "dispute", "dispute_id": "du_1"}


def disputed(**changes: Any) -> Translated:
    return translated(CHARGEBEE, NAMED, {"/api/v2/disputes/du_1": {"dispute": DISPUTE | changes}})


def test_a_dispute_is_what_the_api_has_of_it() -> None:
    assert translated(CHARGEBEE, NAMED | {"dispute": DISPUTE}).needs == ("/api/v2/disputes/du_1",)
    assert disputed(id="du_2").needs == ("/api/v2/disputes/du_1",)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("initiated", "open"),
        ("funds_withdrawn", "open"),
        ("in_review", "open"),
        ("cancelled", "won"),
        ("won", "won"),
        ("lost", "lost"),
    ],
)
def test_a_dispute_is_a_chargeback(status: str, state: str) -> None:
    assert only_fact(disputed(status=status)) == {
        "type": "payment.chargeback",
        "timestamp": SAID,
        "data": {
            "chargeback_id": "du_1",
            "payment_id": "txn_1",
            "amount": {"amount": "40.00", "currency": "EUR"},
            "opened_at": PAID,
            "closed_at": None if state == "open" else SAID,
            "status": state,
        },
    }


def test_a_dispute_that_nobody_can_read_says_why() -> None:
    assert "dispute.status" in disputed(status="vanished").unreadable
    assert disputed(transaction_id=None).unreadable
    assert disputed(amount=0).ignored == Reason.NO_MONEY
