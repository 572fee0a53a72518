"""What Stripe's events mean: each row of the table, in the present and older shapes of its API."""

from typing import Any

import pytest

from dealreg.billing.facts import Names, Translated
from dealreg.billing.model import Mode, Reason, SourceKind
from tests.unit.billing.providers.senders import (
    PAID,
    PAID_UNIX,
    RECEIVED,
    SAID,
    SAID_UNIX,
    only_fact,
    source,
    translated,
)  # fmt: skip

STRIPE = source(SourceKind.STRIPE, products={"price_a": "analytics", "prod_b": "reports"})
CUSTOMER = {"billing_id": "cus_1", "name": "Quarz GmbH", "email": "ada@quarz.example", "tax_id": "DE123456789"}
NOBODY = {"billing_id": None, "name": None, "email": None, "tax_id": None}


def event(kind: str, content: dict[str, Any], **envelope: Any) -> dict[str, Any]:
    told = {"id": "evt_1", "object": "event", "type": kind, "created": SAID_UNIX, "livemode": True}
    return told | {"data": {"object": content}} | envelope


def read(kind: str, content: dict[str, Any], **envelope: Any) -> Translated:
    return translated(STRIPE, event(kind, content, **envelope))


LINE = {
    "id": "il_1",
    "amount": 10000,
    "discount_amounts": [],
    "metadata": {},
    "taxes": [{"amount": 1900, "tax_behavior": "exclusive"}],
    "pricing": {"type": "price_details", "price_details": {"price": "price_a", "product": "prod_a"}},
}
INVOICE: dict[str, Any] = {
    "id": "in_1",
    "object": "invoice",
    "currency": "eur",
    "total": 11900,
    "amount_due": 11900,
    "amount_paid": 11900,
    "total_taxes": [{"amount": 1900, "tax_behavior": "exclusive"}],
    "billing_reason": "subscription_create",
    "customer": "cus_1",
    "customer_name": "Quarz GmbH",
    "customer_email": "ada@quarz.example",
    "customer_tax_ids": [{"type": "eu_vat", "value": "DE123456789"}],
    "status_transitions": {"paid_at": PAID_UNIX},
    "metadata": {"deal_id": "D-7K3M-9Q2F"},
    "parent": {"type": "subscription_details", "subscription_details": {"subscription": "sub_1", "metadata": {}}},
    "lines": {"object": "list", "has_more": False, "data": [LINE]},
}
"""As Stripe writes it since 2025-03-31."""
OLDER: dict[str, Any] = {
    name: held for name, held in INVOICE.items() if name not in ("parent", "total_taxes", "metadata")
} | {
    "charge": "ch_1",
    "payment_intent": "pi_1",
    "paid": True,
    "subscription": "sub_1",
    "subscription_details": {"metadata": {"deal_number": "D-7K3M-9Q2F"}},
    "total_tax_amounts": [{"amount": 1900, "inclusive": False}],
    "tax": 1900,
    "lines": {
        "data": [
            {
                "id": "il_1",
                "amount": 10000,
                "discount_amounts": [],
                "tax_amounts": [{"amount": 1900, "inclusive": False}],
                "price": {"id": "price_a", "product": "prod_a"},
            }
        ]
    },
}
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


def sale_of(**invoice: Any) -> Any:
    return only_fact(read("invoice.paid", INVOICE | invoice))["data"]["sale"]


# ---- invoices -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["invoice.paid", "invoice.payment_succeeded", "invoice.updated"])
def test_a_paid_invoice_is_all_that_was_paid_of_its_sale_so_far(kind: str) -> None:
    found = read(kind, INVOICE)
    assert only_fact(found) == {
        "type": "payment.succeeded",
        "timestamp": SAID,
        "data": {
            "payment_id": "in_1",
            "also": [],
            "cumulative": True,
            "amount": {"amount": "119.00", "currency": "EUR"},
            "paid_at": PAID,
            "sale": SALE,
        },
    }
    assert found.names == Names("D-7K3M-9Q2F", "sub_1", "cus_1", "Quarz GmbH", "ada@quarz.example", "DE123456789")


def test_before_2025_03_31_an_invoice_names_its_charge_and_subscription_itself() -> None:
    data = only_fact(read("invoice.paid", OLDER))["data"]
    assert data["also"] == ["pi_1", "ch_1"]
    assert data["sale"] == SALE


def test_longer_ago_it_named_a_plan_and_one_tax() -> None:
    invoice = {name: held for name, held in OLDER.items() if name != "total_tax_amounts"}
    line = {"amount": 10000, "plan": {"id": "plan_a", "product": "prod_b"}}
    sale = only_fact(read("invoice.payment_succeeded", invoice | {"lines": {"data": [line]}}))["data"]["sale"]
    assert sale["tax"] == "19.00"
    assert sale["lines"] == [{"product": "reports", "amount": "100.00"}]


def test_an_expanded_object_stands_for_its_id() -> None:
    parent = {"subscription_details": {"subscription": {"id": "sub_1", "object": "subscription"}}}
    price = {"price_details": {"price": {"id": "price_a", "unit_amount": 10000}, "product": "prod_a"}}
    lines = {"data": [LINE | {"pricing": price}]}
    assert sale_of(customer={"id": "cus_1", "name": "Quarz"}, parent=parent, lines=lines) == SALE


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("subscription_create", "new"),
        ("subscription_cycle", "renewal"),
        ("subscription_threshold", "renewal"),
        ("subscription_update", "change"),
        ("manual", "one_off"),
        ("quote_accept", "one_off"),
        (None, "one_off"),
    ],
)
def test_the_billing_reason_says_what_kind_of_sale_it_is(reason: str | None, kind: str) -> None:
    assert sale_of(billing_reason=reason)["kind"] == kind


@pytest.mark.parametrize(
    ("invoice", "deal"),
    [
        ({"metadata": {"deal_id": "of the invoice"}}, "of the invoice"),
        ({"metadata": {"deal_id": " ", "deal_number": "by number"}}, "by number"),
        (
            {"metadata": {}, "parent": {"subscription_details": {"metadata": {"deal_id": "of the subscription"}}}},
            "of the subscription",
        ),
        ({"metadata": {}, "lines": {"data": [LINE, LINE | {"metadata": {"deal_id": "of a line"}}]}}, "of a line"),
        ({"metadata": {"deal_id": "x" * 500}}, "x" * 100),
        ({"metadata": {"deal_id": 7}}, None),
        ({"metadata": None}, None),
    ],
)
def test_the_deal_is_named_by_the_invoice_then_its_subscription_then_a_line(
    invoice: dict[str, Any], deal: str | None
) -> None:
    assert sale_of(**invoice)["deal_id"] == deal


@pytest.mark.parametrize(
    ("price", "product", "is_called"),
    [
        ("price_a", "prod_b", "analytics"),
        ("price_x", "prod_b", "reports"),
        ("price_x", "prod_x", "price_x"),
        ("price_x", None, "price_x"),
        (None, None, None),
    ],
)
def test_a_product_is_known_by_its_price_then_by_itself_then_called_as_the_price(
    price: str | None, product: str | None, is_called: str | None
) -> None:
    line = LINE | {"pricing": {"price_details": {"price": price, "product": product}}}
    assert sale_of(lines={"data": [line]})["lines"] == [{"product": is_called, "amount": "100.00"}]


def test_a_line_is_without_its_discounts_and_the_taxes_inside_it() -> None:
    inclusive = {
        "amount": 14280,
        "discount_amounts": [{"amount": 2000}, {"amount": 380}],
        "taxes": [{"amount": 1900, "tax_behavior": "inclusive"}],
    }
    assert sale_of(lines={"data": [inclusive]})["lines"] == [{"product": None, "amount": "100.00"}]


def test_before_2025_03_31_a_tax_said_so_itself() -> None:
    line = {"amount": 11900, "tax_amounts": [{"amount": 1900, "inclusive": True}]}
    sale = only_fact(read("invoice.paid", OLDER | {"lines": {"data": [line]}}))["data"]["sale"]
    assert sale["lines"] == [{"product": None, "amount": "100.00"}]


def test_a_credit_for_unused_time_is_a_negative_line() -> None:
    lines = [LINE | {"amount": 15000}, LINE | {"amount": -5000}]
    assert [line["amount"] for line in sale_of(lines={"data": lines})["lines"]] == ["150.00", "-50.00"]


def test_lines_that_do_not_add_up_become_one_without_product() -> None:
    assert sale_of(lines={"data": [LINE, LINE]})["lines"] == [{"product": None, "amount": "100.00"}]


def test_five_hundred_lines_are_fine() -> None:
    lines = [LINE | {"amount": 20}] * 500
    assert len(sale_of(lines={"data": lines})["lines"]) == 500


def test_lines_that_an_event_leaves_out_are_asked_for_where_there_is_a_key() -> None:
    keyed = source(SourceKind.STRIPE, api_key="rk_1")
    first = {"data": [LINE | {"id": "il_9", "amount": 4000}], "has_more": True}
    told = event("invoice.paid", INVOICE | {"lines": first})
    begin = "/v1/invoices/in_1/lines?limit=100"
    assert translated(keyed, told).needs == (begin,)
    onward = f"{begin}&starting_after=il_9"
    assert translated(keyed, told, {begin: first}).needs == (onward,)
    rest = {"data": [LINE | {"amount": 6000}], "has_more": False}
    lines = only_fact(translated(keyed, told, {begin: first, onward: rest}))["data"]["sale"]["lines"]
    assert [line["amount"] for line in lines] == ["40.00", "60.00"]
    assert translated(keyed, told, {begin: {"error": {}}}).needs == (begin,)


def test_without_a_key_they_become_one_line() -> None:
    first = {"data": [LINE | {"amount": 4000}], "has_more": True}
    assert sale_of(lines=first)["lines"] == [{"product": None, "amount": "100.00"}]


def test_paid_out_of_band_counts_as_paid_in_full() -> None:
    data = only_fact(read("invoice.paid", OLDER | {"amount_paid": 0, "paid_out_of_band": True}))["data"]
    assert data["amount"] == {"amount": "119.00", "currency": "EUR"}


def test_a_part_that_was_paid_is_paid_when_it_was_said() -> None:
    unfinished = INVOICE | {"amount_paid": 5000, "status_transitions": {"paid_at": None}}
    data = only_fact(read("invoice.updated", unfinished))["data"]
    assert data["amount"] == {"amount": "50.00", "currency": "EUR"}
    assert data["paid_at"] == SAID


@pytest.mark.parametrize("kind", ["invoice.paid", "invoice.updated"])
def test_an_invoice_of_nothing_is_no_fact(kind: str) -> None:
    assert read(kind, INVOICE | {"total": 0, "amount_paid": 0, "amount_due": 0}).ignored == Reason.NO_MONEY


@pytest.mark.parametrize(
    ("currency", "minor", "written"),
    [("jpy", 500, "500"), ("kwd", 5120, "5.120"), ("isk", 500, "5"), ("ugx", 10000, "100"), ("mga", 500, "500.00")],
)
def test_minor_units_are_stripes_own(currency: str, minor: int, written: str) -> None:
    bare: dict[str, Any] = {"total": minor, "amount_paid": minor, "total_taxes": [], "lines": {"data": []}}
    data = only_fact(read("invoice.paid", INVOICE | bare | {"currency": currency}))["data"]
    assert data["amount"] == {"amount": written, "currency": currency.upper()}
    assert data["sale"]["lines"] == [{"product": None, "amount": written}]


# ---- single payments ------------------------------------------------------------------------------------------------

INVOICE_PAYMENT: dict[str, Any] = {
    "id": "inpay_1",
    "object": "invoice_payment",
    "invoice": "in_1",
    "amount_paid": 5000,
    "amount_requested": 5000,
    "currency": "eur",
    "payment": {"type": "payment_intent", "payment_intent": "pi_1"},
    "status": "paid",
    "status_transitions": {"paid_at": PAID_UNIX},
}


def test_an_invoice_may_be_paid_in_several_payments_each_with_its_intent() -> None:
    assert only_fact(read("invoice_payment.paid", INVOICE_PAYMENT)) == {
        "type": "payment.succeeded",
        "timestamp": SAID,
        "data": {
            "payment_id": "inpay_1",
            "also": ["pi_1"],
            "cumulative": False,
            "amount": {"amount": "50.00", "currency": "EUR"},
            "paid_at": PAID,
            "sale": {"id": "in_1"},
        },
    }


@pytest.mark.parametrize(
    ("payment", "also"),
    [
        ({"type": "charge", "charge": "ch_1"}, ["ch_1"]),
        ({"type": "payment_intent", "payment_intent": {"id": "pi_2"}}, ["pi_2"]),
        ({"type": "payment_record", "payment_record": "prec_1"}, ["prec_1"]),
        (None, []),
    ],
)
def test_a_single_payment_is_also_known_by_what_paid_it(payment: Any, also: list[str]) -> None:
    assert only_fact(read("invoice_payment.paid", INVOICE_PAYMENT | {"payment": payment}))["data"]["also"] == also


# ---- checkouts and quotes -------------------------------------------------------------------------------------------

SESSION: dict[str, Any] = {
    "id": "cs_1",
    "object": "checkout.session",
    "mode": "payment",
    "payment_status": "paid",
    "payment_intent": "pi_1",
    "amount_total": 11900,
    "total_details": {"amount_tax": 1900, "amount_discount": 0},
    "currency": "eur",
    "client_reference_id": "D-7K3M-9Q2F",
    "customer": "cus_1",
    "customer_details": {"name": "Quarz GmbH", "email": "ada@quarz.example", "tax_ids": [{"value": "DE123456789"}]},
    "metadata": {},
}
WON: dict[str, Any] = {
    "type": "deal.closed_won",
    "timestamp": SAID,
    "data": {
        "deal_id": "D-7K3M-9Q2F",
        "amount": {"amount": "119.00", "currency": "EUR"},
        "customer": CUSTOMER,
        "subscription_id": None,
    },
}


@pytest.mark.parametrize("kind", ["checkout.session.completed", "checkout.session.async_payment_succeeded"])
def test_a_checkout_without_invoice_wins_the_deal_and_is_its_payment(kind: str) -> None:
    won, paid = read(kind, SESSION).facts
    assert won == WON
    assert paid["data"] == {
        "payment_id": "pi_1",
        "also": [],
        "cumulative": False,
        "amount": {"amount": "119.00", "currency": "EUR"},
        "paid_at": SAID,
        "sale": SALE
        | {
            "id": "pi_1",
            "kind": "one_off",
            "lines": [{"product": None, "amount": "100.00"}],
            "subscription_id": None,
        },
    }


@pytest.mark.parametrize(
    "session",
    [
        {"mode": "subscription", "subscription": "sub_1", "payment_intent": None, "invoice": "in_1"},
        {"invoice": "in_1"},
        {"payment_status": "no_payment_required", "payment_intent": None},
        {"payment_intent": None},
    ],
)
def test_a_checkout_with_an_invoice_or_nothing_to_pay_only_wins_the_deal(session: dict[str, Any]) -> None:
    fact = only_fact(read("checkout.session.completed", SESSION | session))
    assert fact["type"] == "deal.closed_won"
    assert fact["data"]["subscription_id"] == session.get("subscription")


def test_a_checkout_that_is_not_paid_wins_nothing_yet() -> None:
    found = read("checkout.session.completed", SESSION | {"payment_status": "unpaid"})
    assert (found.facts, found.ignored) == ((), Reason.AWAITING_PAYMENT)
    assert (found.checkout, found.ends_checkout, found.names.deal) == ("cs_1", False, "D-7K3M-9Q2F")


def test_a_payment_that_fails_ends_its_checkout() -> None:
    found = read("checkout.session.async_payment_failed", SESSION | {"payment_status": "unpaid"})
    assert (found.facts, found.ignored) == ((), Reason.PAYMENT_FAILED)
    assert (found.checkout, found.ends_checkout) == ("cs_1", True)


def test_a_checkout_that_saves_a_card_is_no_sale() -> None:
    assert read("checkout.session.completed", SESSION | {"mode": "setup"}).ignored == Reason.NOT_A_SALE


def test_the_sessions_metadata_come_before_its_reference() -> None:
    found = read("checkout.session.completed", SESSION | {"metadata": {"deal_id": "deal_1"}})
    assert found.names.deal == "deal_1"


def test_an_accepted_quote_wins_its_deal() -> None:
    quote = {
        "id": "qt_1",
        "amount_total": 11900,
        "currency": "eur",
        "customer": "cus_1",
        "subscription": "sub_1",
        "metadata": {"deal_number": "D-7K3M-9Q2F"},
    }
    data = only_fact(read("quote.accepted", quote))["data"]
    assert data == WON["data"] | {"customer": NOBODY | {"billing_id": "cus_1"}, "subscription_id": "sub_1"}


# ---- refunds --------------------------------------------------------------------------------------------------------

REFUND: dict[str, Any] = {
    "id": "re_1",
    "object": "refund",
    "amount": 4000,
    "currency": "eur",
    "created": PAID_UNIX,
    "status": "succeeded",
    "payment_intent": "pi_1",
    "charge": "ch_1",
}
REFUNDED = {
    "type": "payment.refunded",
    "timestamp": SAID,
    "data": {
        "refund_id": "re_1",
        "payment_id": "pi_1",
        "amount": {"amount": "40.00", "currency": "EUR"},
        "refunded_at": PAID,
        "status": "succeeded",
    },
}


@pytest.mark.parametrize("kind", ["refund.created", "refund.updated", "refund.failed", "charge.refund.updated"])
def test_a_refund_is_told_by_its_own_events(kind: str) -> None:
    assert only_fact(read(kind, REFUND)) == REFUNDED


@pytest.mark.parametrize(
    ("status", "means"),
    [
        ("pending", "pending"),
        ("requires_action", "pending"),
        ("succeeded", "succeeded"),
        ("failed", "failed"),
        ("canceled", "failed"),
        (None, "succeeded"),
    ],
)
def test_a_canceled_refund_failed(status: str | None, means: str) -> None:
    assert only_fact(read("refund.updated", REFUND | {"status": status}))["data"]["status"] == means


def test_without_an_intent_a_refund_names_the_charge() -> None:
    assert only_fact(read("refund.created", REFUND | {"payment_intent": None}))["data"]["payment_id"] == "ch_1"


def test_a_refunded_charge_tells_by_its_refunds() -> None:
    charge = {"id": "ch_1", "payment_intent": "pi_1", "refunds": {"data": [REFUND, REFUND | {"id": "re_2"}]}}
    found = read("charge.refunded", charge)
    assert [fact["data"]["refund_id"] for fact in found.facts] == ["re_1", "re_2"]
    assert found.facts[0] == REFUNDED
    assert not found.warnings


@pytest.mark.parametrize("refunds", [None, {"data": []}, {"object": "list"}])
def test_a_refunded_charge_that_leaves_its_refunds_out_is_no_fact_and_a_warning(refunds: Any) -> None:
    found = read("charge.refunded", {"id": "ch_1", "amount_refunded": 4000, "refunds": refunds})
    assert (found.facts, found.ignored) == ((), Reason.REFUNDS_LEFT_OUT)
    [warning] = found.warnings
    assert "subscribe to refund.created, refund.updated, refund.failed" in warning


# ---- disputes -------------------------------------------------------------------------------------------------------

DISPUTE = REFUND | {"id": "du_1", "object": "dispute", "status": "needs_response"}


@pytest.mark.parametrize("kind", ["created", "updated", "closed", "funds_withdrawn", "funds_reinstated"])
def test_a_dispute_is_a_chargeback(kind: str) -> None:
    assert only_fact(read(f"charge.dispute.{kind}", DISPUTE)) == {
        "type": "payment.chargeback",
        "timestamp": SAID,
        "data": {
            "chargeback_id": "du_1",
            "payment_id": "pi_1",
            "amount": {"amount": "40.00", "currency": "EUR"},
            "opened_at": PAID,
            "closed_at": None,
            "status": "open",
        },
    }


@pytest.mark.parametrize(
    ("status", "means"),
    [
        ("needs_response", "open"),
        ("under_review", "open"),
        ("warning_needs_response", "open"),
        ("warning_under_review", "open"),
        ("appeal_needs_response", "open"),
        ("appeal_under_review", "open"),
        ("won", "won"),
        ("warning_closed", "won"),
        ("prevented", "won"),
        ("lost", "lost"),
    ],
)
def test_what_the_states_of_a_dispute_mean(status: str, means: str) -> None:
    data = only_fact(read("charge.dispute.closed", DISPUTE | {"status": status}))["data"]
    assert (data["status"], data["closed_at"]) == (means, None if means == "open" else SAID)


def test_a_state_that_is_new_to_us_is_named() -> None:
    assert "'reopened' is not known" in read("charge.dispute.updated", DISPUTE | {"status": "reopened"}).unreadable


# ---- subscriptions --------------------------------------------------------------------------------------------------

SUBSCRIPTION: dict[str, Any] = {
    "id": "sub_1",
    "object": "subscription",
    "customer": "cus_1",
    "status": "active",
    "cancel_at_period_end": False,
    "cancel_at": None,
    "metadata": {"deal_id": "deal_1"},
    "items": {"data": [{"id": "si_1", "current_period_end": PAID_UNIX}]},
}


@pytest.mark.parametrize(
    ("kind", "change", "status", "ends_at"),
    [
        ("created", {}, "active", None),
        ("updated", {}, "active", None),
        ("updated", {"cancel_at_period_end": True}, "ending", PAID),
        ("updated", {"cancel_at_period_end": True, "items": None, "current_period_end": PAID_UNIX}, "ending", PAID),
        ("updated", {"cancel_at": SAID_UNIX}, "ending", SAID),
        ("deleted", {"status": "canceled", "ended_at": PAID_UNIX}, "ended", PAID),
        ("deleted", {"cancel_at_period_end": True}, "ended", SAID),
    ],
)
def test_a_subscription_ends_when_it_is_deleted(
    kind: str, change: dict[str, Any], status: str, ends_at: str | None
) -> None:
    assert only_fact(read(f"customer.subscription.{kind}", SUBSCRIPTION | change)) == {
        "type": "subscription.changed",
        "timestamp": SAID,
        "data": {
            "subscription_id": "sub_1",
            "deal_id": "deal_1",
            "customer": NOBODY | {"billing_id": "cus_1"},
            "status": status,
            "ends_at": ends_at,
        },
    }


# ---- the rest -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "livemode"), [(Mode.LIVE, False), (Mode.TEST, True)])
def test_an_event_of_the_other_mode_is_ignored(mode: Mode, livemode: bool) -> None:
    of = source(SourceKind.STRIPE, mode=mode)
    assert translated(of, event("invoice.paid", INVOICE, livemode=livemode)).ignored == Reason.OTHER_MODE
    assert translated(of, event("invoice.paid", INVOICE, livemode=not livemode)).facts
    unsaid = event("invoice.paid", INVOICE)
    del unsaid["livemode"]
    assert translated(of, unsaid).facts


@pytest.mark.parametrize(
    "kind", ["invoice.finalized", "charge.succeeded", "invoice.payment_failed", "customer.created", "x"]
)
def test_all_other_types_are_ignored(kind: str) -> None:
    assert read(kind, {}).ignored == Reason.TYPE_NOT_HANDLED


@pytest.mark.parametrize(
    ("kind", "content", "told"),
    [
        ("invoice.paid", INVOICE | {"amount_paid": -1}, "data.object.amount_paid: Use 0 or more."),
        ("invoice.paid", INVOICE | {"amount_paid": "119.00"}, "data.object.amount_paid: Use a whole number."),
        ("invoice.paid", INVOICE | {"amount_paid": 119.5}, "data.object.amount_paid: Use a whole number."),
        ("invoice.paid", INVOICE | {"currency": "xyz"}, "data.object.total: Use a three-letter currency code"),
        ("invoice.paid", INVOICE | {"currency": "isk", "total": 11901}, "data.object.total: ISK has 0 digits"),
        ("invoice.paid", INVOICE | {"total": 10**20}, "data.object.total: Write the amount"),
        ("invoice.paid", INVOICE | {"lines": {"data": [7]}}, "data.object.lines.data.0: Give an object."),
        ("invoice.paid", INVOICE | {"status_transitions": {"paid_at": "now"}}, "paid_at: Write the time in whole"),
        ("invoice.paid", INVOICE | {"id": None}, "data.object.id: Write this as text."),
        ("invoice.paid", {}, "data.object.id: This is required."),
        ("invoice.paid", {"id": "in_1"}, "data.object.amount_paid: This is required."),
        ("invoice.paid", INVOICE | {"id": "x" * 101}, "data.payment_id: This is too long: at most 100."),
        ("refund.created", REFUND | {"amount": -4000}, "data.object.amount: Use 0 or more."),
        ("refund.created", REFUND | {"payment_intent": None, "charge": None}, "data.payment_id: Name the payment"),
        ("refund.created", REFUND | {"status": "lost"}, "data.object.status: Of a refund, 'lost' is not known."),
        ("checkout.session.completed", SESSION | {"amount_total": None}, "data.object.amount_total: Use a whole"),
    ],
)
def test_what_cannot_be_read_is_named_for_a_person(kind: str, content: dict[str, Any], told: str) -> None:
    found = read(kind, content)
    assert (found.type, found.facts) == (kind, ())
    assert told in found.unreadable


def test_a_payment_of_the_day_after_tomorrow_cannot_be_meant() -> None:
    seconds = int(RECEIVED.timestamp())
    for ahead, told in [(86_400, ""), (86_401, "data.paid_at: This is more than a day ahead.")]:
        times = {"paid_at": seconds + ahead}
        assert read("invoice.paid", INVOICE | {"status_transitions": times}).unreadable == told


def test_the_past_has_no_limit() -> None:
    assert read("invoice.paid", INVOICE | {"status_transitions": {"paid_at": PAID_UNIX - 3_650 * 86_400}}).facts
