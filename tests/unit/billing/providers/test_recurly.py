"""What Recurly's events mean: each row of the table, after what its API has under the posted id was fetched."""

import json
from typing import Any

import pytest

from dealreg.billing.facts import Names, Translated
from dealreg.billing.model import Reason, SourceKind
from dealreg.billing.providers import translate
from dealreg.platform.foreign_json import parse
from tests.unit.billing.providers.senders import PAID, RECEIVED, SAID, only_fact, source, translated

RECURLY = source(SourceKind.RECURLY, products={"analytics-monthly": "analytics", "rep": "reports"})
SOMEBODY = {"billing_id": "acc_1", "name": "Quarz GmbH", "email": "ada@quarz.example", "tax_id": None}
ACCOUNT = {
    "id": "acc_1",
    "object": "account",
    "code": "quarz",
    "company": "Quarz GmbH",
    "first_name": "Ada",
    "email": "ada@quarz.example",
}
DEAL = [{"name": "deal_id", "value": "D-7K3M-9Q2F"}]
INVOICE: dict[str, Any] = {
    "id": "inv_1",
    "object": "invoice",
    "type": "charge",
    "origin": "purchase",
    "state": "paid",
    "currency": "EUR",
    "account": ACCOUNT,
    "vat_number": "DE123456789",
    "subtotal": 120.0,
    "discount": 20.0,
    "tax": 19.0,
    "total": 119.0,
    "paid": 119.0,
    "subscription_ids": ["sub_1"],
    "closed_at": SAID,
    "has_more_line_items": False,
    "line_items": [
        {
            "id": "li_1",
            "object": "line_item",
            "plan_code": "analytics-monthly",
            "product_code": "analytics-monthly",
            "subtotal": 80.0,
            "discount": 20.0,
            "tax": 11.4,
            "tax_inclusive": False,
        },
        {
            "id": "li_2",
            "object": "line_item",
            "add_on_code": "seats",
            "product_code": "rep",
            "subtotal": 40.0,
            "discount": 0,
            "tax": 7.6,
        },
    ],
    "transactions": [
        {"id": "txn_0", "type": "purchase", "status": "declined", "collected_at": SAID},
        {"id": "txn_1", "type": "purchase", "status": "success", "collected_at": PAID},
    ],
}
SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_1",
    "object": "subscription",
    "account": ACCOUNT,
    "currency": "EUR",
    "subtotal": 100.0,
    "tax": 19.0,
    "total": 119.0,
    "custom_fields": DEAL,
    "expires_at": None,
    "current_period_ends_at": PAID,
}
TRANSACTION: dict[str, Any] = {
    "id": "txn_2",
    "object": "transaction",
    "type": "refund",
    "status": "success",
    "amount": 40.1,
    "currency": "EUR",
    "original_transaction_id": "txn_1",
    "collected_at": PAID,
    "invoice": {"id": "inv_2"},
}


def posted(kind: str, event: str, object_id: str) -> dict[str, Any]:
    return {
        "id": object_id,
        "object_type": kind,
        "site_id": "site_1",
        "event_type": event,
        "event_time": SAID,
        "uuid": "63b0",
    }


def paid(invoice: dict[str, Any], *, subscription: dict[str, Any] | None = SUBSCRIPTION, **others: Any) -> Translated:
    fetched = {"/invoices/inv_1": invoice, "/accounts/acc_1": ACCOUNT} | others
    fetched |= {"/subscriptions/sub_1": subscription} if subscription else {}
    return translated(RECURLY, posted("charge_invoice", "paid", "inv_1"), fetched)


def test_ids_are_all_that_is_posted() -> None:
    assert translated(RECURLY, posted("charge_invoice", "paid", "inv_1")).needs == ("/invoices/inv_1",)
    assert paid(INVOICE, subscription=None).needs == ("/subscriptions/sub_1",)
    assert paid(INVOICE | {"id": "inv_2"}).needs == ("/invoices/inv_1",)


def test_a_paid_charge_invoice_is_paid_so_far() -> None:
    found = paid(INVOICE)
    assert found.type == "charge_invoice.paid"
    assert only_fact(found) == {
        "type": "payment.succeeded",
        "timestamp": SAID,
        "data": {
            "payment_id": "inv_1",
            "also": ["txn_1"],
            "cumulative": True,
            "amount": {"amount": "119.00", "currency": "EUR"},
            "paid_at": PAID,
            "sale": {
                "id": "inv_1",
                "deal_id": "D-7K3M-9Q2F",
                "kind": "new",
                "total": "119.00",
                "tax": "19.00",
                "lines": [
                    {"product": "analytics", "amount": "60.00"},
                    {"product": "reports", "amount": "40.00"},
                ],
                "subscription_id": "sub_1",
                "customer": SOMEBODY | {"tax_id": "DE123456789"},
            },
        },
    }
    assert found.names == Names("D-7K3M-9Q2F", "sub_1", "acc_1", "Quarz GmbH", "ada@quarz.example", "DE123456789")


@pytest.mark.parametrize(
    ("written", "amount"),
    [("0.30", "0.30"), ("900719925474099.31", "900719925474099.31"), ("12.3e1", "123.00"), ("7", "7.00")],
)
def test_an_amount_is_read_from_its_text(written: str, amount: str) -> None:
    """No float comes between: the second has more digits than one."""
    bare = json.dumps(INVOICE | {"line_items": [], "tax": 0, "total": 424242, "paid": 424242})
    invoice = parse(bare.replace("424242", written), max_bytes=10_000, exact=True)
    fetched = {"/invoices/inv_1": invoice, "/subscriptions/sub_1": SUBSCRIPTION}
    body = posted("charge_invoice", "paid", "inv_1")
    found = translate(RECURLY, body, received_at=RECEIVED, fetched=fetched)
    assert only_fact(found)["data"]["amount"]["amount"] == amount


@pytest.mark.parametrize(
    ("origin", "subscriptions", "kind"),
    [
        ("purchase", ["sub_1"], "new"),
        ("renewal", ["sub_1"], "renewal"),
        ("immediate_change", ["sub_1"], "change"),
        ("purchase", [], "one_off"),
    ],
)
def test_the_origin_says_what_kind_of_sale_it_is(origin: str, subscriptions: list[str], kind: str) -> None:
    found = paid(INVOICE | {"origin": origin, "subscription_ids": subscriptions})
    assert only_fact(found)["data"]["sale"]["kind"] == kind


def test_the_deal_is_named_by_a_line_then_the_subscription_then_the_account() -> None:
    of_line = [INVOICE["line_items"][0] | {"custom_fields": [{"name": "deal_number", "value": "of a line"}]}]
    assert paid(INVOICE | {"line_items": of_line}, subscription=None).names.deal == "of a line"
    assert paid(INVOICE).names.deal == "D-7K3M-9Q2F"
    account = ACCOUNT | {"custom_fields": [{"name": "deal_id", "value": "of the account"}]}
    unnamed: dict[str, Any] = SUBSCRIPTION | {"custom_fields": []}
    assert paid(INVOICE, subscription=unnamed, **{"/accounts/acc_1": account}).names.deal == "of the account"


def test_a_line_may_have_the_tax_inside() -> None:
    line = INVOICE["line_items"][0] | {"subtotal": 139.0, "tax": 19.0, "tax_inclusive": True}
    sale = only_fact(paid(INVOICE | {"line_items": [line]}))["data"]["sale"]
    assert sale["lines"] == [{"product": "analytics", "amount": "100.00"}]


def test_lines_that_an_invoice_leaves_out_are_asked_for() -> None:
    begin, onward = "/invoices/inv_1/line_items?limit=200", "/invoices/inv_1/line_items?cursor=x&limit=200"
    long = INVOICE | {"has_more_line_items": True, "line_items": INVOICE["line_items"][:1]}
    assert paid(long).needs == (begin,)
    first = {"object": "list", "data": INVOICE["line_items"][:1], "has_more": True, "next": onward}
    assert paid(long, **{begin: first}).needs == (onward,)
    rest = {"object": "list", "data": INVOICE["line_items"][1:], "has_more": False, "next": None}
    assert paid(long, **{begin: first, onward: rest}) == paid(INVOICE)
    elsewhere = first | {"next": "https://other.example/accounts"}
    assert len(only_fact(paid(long, **{begin: elsewhere}))["data"]["sale"]["lines"]) == 1


def test_an_invoice_that_credits_have_paid_is_no_fact() -> None:
    assert paid(INVOICE | {"paid": 0.0}).ignored == Reason.NO_MONEY


# ---- what goes back -------------------------------------------------------------------------------------------------


def refunded(transaction: dict[str, Any]) -> Translated:
    return translated(RECURLY, posted("payment", "refunded", "txn_2"), {"/transactions/txn_2": transaction})


def test_a_refund_is_a_transaction() -> None:
    assert translated(RECURLY, posted("payment", "refunded", "txn_2")).needs == ("/transactions/txn_2",)
    assert only_fact(refunded(TRANSACTION)) == {
        "type": "payment.refunded",
        "timestamp": SAID,
        "data": {
            "refund_id": "txn_2",
            "payment_id": "txn_1",
            "amount": {"amount": "40.10", "currency": "EUR"},
            "refunded_at": PAID,
            "status": "succeeded",
        },
    }


@pytest.mark.parametrize(("status", "means"), [("pending", "pending"), ("void", "failed"), ("declined", "failed")])
def test_a_refund_may_fail(status: str, means: str) -> None:
    assert only_fact(refunded(TRANSACTION | {"status": status}))["data"]["status"] == means


# ---- subscriptions --------------------------------------------------------------------------------------------------


def of_subscription(event: str, **change: Any) -> Translated:
    fetched = {"/subscriptions/sub_1": SUBSCRIPTION | change, "/accounts/acc_1": ACCOUNT}
    return translated(RECURLY, posted("subscription", event, "sub_1"), fetched)


def test_a_new_subscription_wins_its_deal() -> None:
    assert only_fact(of_subscription("created")) == {
        "type": "deal.closed_won",
        "timestamp": SAID,
        "data": {
            "deal_id": "D-7K3M-9Q2F",
            "amount": {"amount": "119.00", "currency": "EUR"},
            "customer": SOMEBODY,
            "subscription_id": "sub_1",
        },
    }
    assert only_fact(of_subscription("created", total=None))["data"]["amount"]["amount"] == "100.00"


@pytest.mark.parametrize(
    ("event", "change", "status", "ends_at"),
    [
        ("canceled", {}, "ending", PAID),
        ("canceled", {"expires_at": SAID}, "ending", SAID),
        ("expired", {"expires_at": SAID}, "ended", SAID),
    ],
)
def test_canceled_is_ending_and_expired_has_ended(
    event: str, change: dict[str, Any], status: str, ends_at: str
) -> None:
    assert only_fact(of_subscription(event, **change))["data"] == {
        "subscription_id": "sub_1",
        "deal_id": "D-7K3M-9Q2F",
        "customer": SOMEBODY,
        "status": status,
        "ends_at": ends_at,
    }


@pytest.mark.parametrize(("kind", "event"), [("account", "created"), ("payment", "succeeded"), ("invoice", "paid")])
def test_all_other_types_are_ignored(kind: str, event: str) -> None:
    assert translated(RECURLY, posted(kind, event, "x")).ignored == Reason.TYPE_NOT_HANDLED


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"paid": "119.00"}, "invoice.paid: Write the amount as a number."),
        ({"paid": -1.0}, "data.amount.amount: The amount must not be negative"),
        ({"paid": 1.005}, "invoice.paid: EUR has 2 digits after the point."),
        ({"currency": "XYZ"}, "Use a three-letter currency code"),
        ({"line_items": [{"id": "li_1"}]}, "invoice.line_items.0.subtotal: This is required."),
        ({"account": 7}, "invoice.account: Give an object."),
    ],
)
def test_what_cannot_be_read_is_named_for_a_person(change: dict[str, Any], told: str) -> None:
    assert told in paid(INVOICE | change).unreadable


def test_a_body_without_ids_is_named_for_a_person() -> None:
    assert translated(RECURLY, {"object_type": "account"}).unreadable == "event_type: This is required."
    assert "event_time" in translated(RECURLY, posted("charge_invoice", "paid", "x") | {"event_time": 7}).unreadable
    assert "is no refund that we know" in refunded(TRANSACTION | {"type": "purchase"}).unreadable
