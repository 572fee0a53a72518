"""What Zuora's callouts mean, as our template has them: each row of the table, after its API was asked."""

from typing import Any

import pytest

from dealreg.billing.facts import Names, Translated
from dealreg.billing.model import Reason, SourceKind
from tests.unit.billing.providers.senders import PAID, SAID, only_fact, source, translated

ZUORA = source(SourceKind.ZUORA, products={"prpc_1": "analytics"})
SOMEBODY = {"billing_id": "acc_1", "name": "Quarz GmbH", "email": "ada@quarz.example", "tax_id": "DE123456789"}
PAYMENT: dict[str, Any] = {
    "id": "pay_1",
    "number": "P-00000001",
    "status": "Processed",
    "amount": 119.0,
    "currency": "EUR",
    "effectiveDate": "2026-03-01",
    "createdDate": "2026-03-01 10:00:00",
}
PARTS = {"parts": [{"id": "part_1", "amount": 119.0, "invoiceId": "inv_1"}, {"id": "part_2", "amount": 5.0}]}
INVOICE: dict[str, Any] = {
    "id": "inv_1",
    "invoiceNumber": "INV00000001",
    "accountId": "acc_1",
    "currency": "EUR",
    "amount": 119.0,
    "balance": 0,
    "taxAmount": 19.0,
    "status": "Posted",
}
ITEMS: dict[str, Any] = {
    "invoiceItems": [
        {
            "id": "item_1",
            "chargeAmount": 120.0,
            "taxAmount": 19.0,
            "productRatePlanChargeId": "prpc_1",
            "productName": "Analytics",
            "subscriptionName": "A-S00000001",
            "serviceStartDate": "2026-03-01",
        },
        {"id": "item_2", "chargeAmount": -20.0, "taxAmount": 0, "productRatePlanChargeId": "discount"},
    ]
}
SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_1",
    "subscriptionNumber": "A-S00000001",
    "accountId": "acc_1",
    "subscriptionStartDate": "2026-03-01",
    "subscriptionEndDate": "2027-03-01",
    "deal_id__c": "D-7K3M-9Q2F",
}
ACCOUNT: dict[str, Any] = {
    "basicInfo": {"id": "acc_1", "name": "Quarz GmbH", "accountNumber": "A00000001"},
    "billToContact": {"workEmail": "ada@quarz.example"},
    "taxInfo": {"VATId": "DE123456789"},
}
API: dict[str, Any] = {
    "/v1/payments/pay_1": PAYMENT,
    "/v1/payments/pay_1/parts": PARTS,
    "/v1/invoices/inv_1": INVOICE,
    "/v1/invoices/inv_1/items?pageSize=40": ITEMS,
    "/v1/subscriptions/A-S00000001": SUBSCRIPTION,
    "/v1/accounts/acc_1": ACCOUNT,
    "/v1/refunds/ref_1": {
        "id": "ref_1",
        "status": "Processed",
        "amount": 40.1,
        "paymentId": "pay_1",
        "refundDate": "2026-03-01",
        "createdDate": "2026-03-01 10:00:00",
    },
    "/v1/orders/O-00000001": {
        "order": {
            "orderNumber": "O-00000001",
            "existingAccountNumber": "A00000001",
            "customFields": {"deal_number__c": "D-7K3M-9Q2F"},
            "subscriptions": [{"subscriptionNumber": "A-S00000001", "orderActions": [{"type": "CreateSubscription"}]}],
        }
    },
    "/v1/accounts/A00000001": ACCOUNT,
}
SALE = {
    "id": "inv_1",
    "deal_id": "D-7K3M-9Q2F",
    "kind": "new",
    "total": "119.00",
    "tax": "19.00",
    "lines": [{"product": "analytics", "amount": "120.00"}, {"product": "discount", "amount": "-20.00"}],
    "subscription_id": "A-S00000001",
    "customer": SOMEBODY,
}
POSTED = {
    "OrderProcessed": "O-00000001",
    "PaymentProcessed": "pay_1",
    "InvoicePaid": "inv_1",
    "RefundProcessed": "ref_1",
    "SubscriptionCanceled": "A-S00000001",
    "SubscriptionExpired": "A-S00000001",
}


def posted(kind: str) -> dict[str, Any]:
    return {"eventId": "e1", "eventType": kind, "objectId": POSTED.get(kind, "x"), "eventTime": "2026-03-01 10:00:05"}


def read(kind: str, **api: Any) -> Translated:
    return translated(ZUORA, posted(kind), API | api)


def test_what_it_takes_is_asked_for_one_after_the_other() -> None:
    fetched: dict[str, Any] = {}
    asked: list[str] = []
    while needs := translated(ZUORA, posted("PaymentProcessed"), fetched).needs:
        asked += needs
        fetched |= {path: API[path] for path in needs}
    assert asked == [
        "/v1/payments/pay_1",
        "/v1/payments/pay_1/parts",
        "/v1/invoices/inv_1",
        "/v1/invoices/inv_1/items?pageSize=40",
        "/v1/subscriptions/A-S00000001",
        "/v1/accounts/acc_1",
    ]


def test_a_processed_payment_pays_the_invoices_it_is_applied_to() -> None:
    found = read("PaymentProcessed")
    assert only_fact(found) == {
        "type": "payment.succeeded",
        "timestamp": SAID,
        "data": {
            "payment_id": "pay_1",
            "also": [],
            "cumulative": False,
            "amount": {"amount": "119.00", "currency": "EUR"},
            "paid_at": PAID,
            "sale": SALE,
        },
    }
    assert found.names == Names("D-7K3M-9Q2F", "A-S00000001", "acc_1", "Quarz GmbH", "ada@quarz.example", "DE123456789")


def test_one_of_several_invoices_is_one_for_each() -> None:
    parts = {"parts": [{"amount": 100.0, "invoiceId": "inv_1"}, {"amount": 19.0, "invoiceId": "inv_2"}]}
    other = {
        "/v1/payments/pay_1/parts": parts,
        "/v1/invoices/inv_2": INVOICE | {"id": "inv_2"},
        "/v1/invoices/inv_2/items?pageSize=40": ITEMS,
    }
    told = [fact["data"] for fact in read("PaymentProcessed", **other).facts]
    assert [(one["payment_id"], one["also"], one["amount"]["amount"]) for one in told] == [
        ("pay_1:inv_1", ["pay_1"], "100.00"),
        ("pay_1:inv_2", ["pay_1"], "19.00"),
    ]


@pytest.mark.parametrize(
    ("api", "reason"),
    [
        ({"/v1/payments/pay_1": PAYMENT | {"status": "Error"}}, Reason.NO_MONEY),
        ({"/v1/payments/pay_1/parts": {"parts": []}}, Reason.NO_MONEY),
    ],
)
def test_a_payment_of_nothing_is_no_fact(api: dict[str, Any], reason: str) -> None:
    assert read("PaymentProcessed", **api).ignored == reason


def test_an_invoice_paid_by_an_external_payment_is_paid_as_far_as_it_is_not_open() -> None:
    data = only_fact(read("InvoicePaid", **{"/v1/invoices/inv_1": INVOICE | {"balance": 19.0}}))["data"]
    assert (data["payment_id"], data["cumulative"], data["amount"]["amount"]) == ("inv_1", True, "100.00")
    assert data["sale"] == SALE
    assert read("InvoicePaid", **{"/v1/invoices/inv_1": INVOICE | {"balance": 119.0}}).ignored == Reason.NO_MONEY


@pytest.mark.parametrize(
    ("served", "subscription", "kind"),
    [("2026-03-01", "A-S00000001", "new"), ("2026-04-01", "A-S00000001", "renewal"), ("2026-04-01", None, "one_off")],
)
def test_what_is_served_from_the_first_day_on_is_new(served: str, subscription: str | None, kind: str) -> None:
    item = ITEMS["invoiceItems"][0] | {"serviceStartDate": served, "subscriptionName": subscription}
    items = {"/v1/invoices/inv_1/items?pageSize=40": {"invoiceItems": [item]}}
    assert only_fact(read("PaymentProcessed", **items))["data"]["sale"]["kind"] == kind


def test_further_pages_of_items_are_asked_for() -> None:
    begin, onward = "/v1/invoices/inv_1/items?pageSize=40", "/v1/invoices/inv_1/items?page=2&pageSize=40"
    first = {"invoiceItems": ITEMS["invoiceItems"][:1], "nextPage": f"https://rest.zuora.example{onward}"}
    assert read("PaymentProcessed", **{begin: first}).needs == (onward,)
    rest = {"invoiceItems": ITEMS["invoiceItems"][1:]}
    assert read("PaymentProcessed", **{begin: first, onward: rest}) == read("PaymentProcessed")


def test_a_refund_names_its_payment() -> None:
    assert only_fact(read("RefundProcessed")) == {
        "type": "payment.refunded",
        "timestamp": SAID,
        "data": {
            "refund_id": "ref_1",
            "payment_id": "pay_1",
            "amount": {"amount": "40.10", "currency": "EUR"},
            "refunded_at": PAID,
            "status": "succeeded",
        },
    }


def test_an_order_of_a_new_subscription_wins_its_deal() -> None:
    assert only_fact(read("OrderProcessed")) == {
        "type": "deal.closed_won",
        "timestamp": SAID,
        "data": {
            "deal_id": "D-7K3M-9Q2F",
            "amount": None,
            "customer": SOMEBODY,
            "subscription_id": "A-S00000001",
        },
    }


@pytest.mark.parametrize(("kind", "status"), [("SubscriptionCanceled", "ending"), ("SubscriptionExpired", "ended")])
def test_canceled_is_ending_and_expired_has_ended(kind: str, status: str) -> None:
    assert only_fact(read(kind))["data"] == {
        "subscription_id": "A-S00000001",
        "deal_id": "D-7K3M-9Q2F",
        "customer": SOMEBODY,
        "status": status,
        "ends_at": "2027-03-01T00:00:00Z",
    }


def test_all_other_types_are_ignored() -> None:
    assert read("InvoicePosted").ignored == Reason.TYPE_NOT_HANDLED


@pytest.mark.parametrize(
    ("api", "told"),
    [
        ({"/v1/payments/pay_1": PAYMENT | {"amount": "119"}}, "payment.amount: Write the amount as a number."),
        ({"/v1/payments/pay_1": PAYMENT | {"effectiveDate": "2026-02-30"}}, "payment.effectiveDate: Write the time"),
        ({"/v1/invoices/inv_1": INVOICE | {"amount": 1.005}}, "invoice.amount: EUR has 2 digits after the point."),
        ({"/v1/invoices/inv_1": INVOICE | {"currency": "XYZ"}}, "Use a three-letter currency code"),
    ],
)
def test_what_cannot_be_read_is_named_for_a_person(api: dict[str, Any], told: str) -> None:
    assert told in read("PaymentProcessed", **api).unreadable
