"""Chargebee's events: a body is believed no more than its id; the event is what its API has under that id."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from pydantic import Field

from dealreg.billing import facts
from dealreg.billing.facts import Fact, Names, Translated, Unreadable
from dealreg.billing.model import Reason
from dealreg.billing.providers.chargebee_disputes import disputed
from dealreg.billing.providers.chargebee_invoices import Invoice, sale_of
from dealreg.billing.providers.event import Event, Handler, dispatch, read
from dealreg.billing.providers.parts import Currency, Free, NotNegative, Part, Shown, Unix, deal_in, of_minor, path_of
from dealreg.platform.foreign_json import object_in
from dealreg.platform.money import Money

_AT = "event"
_FREE = Field(default_factory=dict[str, Any])
_TAKEN_BACK = ("voided", "late_failure")
_REFUNDS: Mapping[str, str] = {
    "success": "succeeded",
    "in_progress": "pending",
    "needs_attention": "pending",
    "failure": "failed",
    "timeout": "failed",
    "voided": "failed",
    "late_failure": "failed",
}


class _Named(Part):
    id: str = Field(min_length=1)
    dispute_id: str | None = None


class _Customer(Part):
    id: Shown = None
    company: Shown = None
    first_name: Shown = None
    last_name: Shown = None
    email: Shown = None
    vat_number_prefix: Shown = None
    vat_number: Shown = None
    meta_data: Free = _FREE


class _Item(Part):
    amount: int = 0


class _Subscription(Part):
    id: Shown = None
    currency_code: Currency | None = None
    customer_id: Shown = None
    meta_data: Free = _FREE
    subscription_items: list[_Item] | None = None
    plan_amount: int | None = None
    cancelled_at: Unix | None = None
    current_term_end: Unix | None = None


class _Linked(Part):
    invoice_id: str
    applied_amount: NotNegative


class _CreditNote(Part):
    applied_amount: NotNegative
    cn_reference_invoice_id: Shown = None


class _LinkedPayment(Part):
    id: Shown = None


class _Transaction(Part):
    id: str
    type: str | None = None
    status: str = ""
    amount: NotNegative
    currency_code: Currency
    date: Unix | None = None
    voided_at: Unix | None = None
    updated_at: Unix | None = None
    refunded_txn_id: Shown = None
    linked_payments: list[_LinkedPayment] | None = None
    linked_invoices: list[_Linked] | None = None
    linked_credit_notes: list[_CreditNote] | None = None

    def money(self, minor: int) -> Money:
        return of_minor(minor, self.currency_code, f"{_AT}.content.transaction.amount")

    def payments(self) -> list[tuple[str, str, int]]:
        """Their ids, the invoices that they pay, and how much of each."""
        linked = [one for one in self.linked_invoices or () if one.applied_amount]
        if len(linked) < 2:
            return [(self.id, one.invoice_id, one.applied_amount) for one in linked]
        return [(f"{self.id}:{one.invoice_id}", one.invoice_id, one.applied_amount) for one in linked]


class _Content(Part):
    customer: _Customer = _Customer()
    subscription: _Subscription = _Subscription()


class _Told(Part):
    occurred_at: Unix
    event_type: str
    content: Free

    def names(self) -> Names:
        said = read(_Content, self.content, f"{_AT}.content")
        customer, subscription = said.customer, said.subscription
        person = " ".join(part for part in (customer.first_name, customer.last_name) if part)
        return Names(
            deal_in(subscription.meta_data, customer.meta_data),
            subscription.id,
            customer.id or subscription.customer_id,
            customer.company or person or None,
            customer.email,
            f"{customer.vat_number_prefix or ''}{customer.vat_number}" if customer.vat_number else None,
        )

    def deal_of_customer(self) -> str | None:
        return deal_in(read(_Content, self.content, f"{_AT}.content").customer.meta_data)

    def transaction(self) -> _Transaction:
        return read(_Transaction, self.content.get("transaction"), f"{_AT}.content.transaction")


def translate(event: Event) -> Translated:
    """Whatever the event is called, a payment that was taken back is told by its transaction."""
    if dispute_id := event.read(_Named).dispute_id:
        return disputed(event, dispute_id)
    event = replace(event, type_name=_told(event).event_type[:100])
    transaction = object_in(_told(event).content.get("transaction"))
    if transaction.get("type") == "payment" and transaction.get("status") in _TAKEN_BACK:
        return _reversal(event)
    return dispatch(HANDLERS, event)


def _told(event: Event) -> _Told:
    """Raises Needed."""
    event_id = event.read(_Named).id
    path = path_of("api", "v2", "events", event_id)
    answer = event.answer(path, lambda content: object_in(content.get("event")).get("id") == event_id)
    return read(_Told, answer["event"], _AT)


# ---- payments -------------------------------------------------------------------------------------------------------


def _payment(event: Event) -> Translated:
    told = _told(event)
    transaction, names = told.transaction(), told.names()
    paid = [_paid(event, told, transaction, *one) for one in transaction.payments()]
    return Translated(event.type_name, tuple(paid), names) if paid else event.ignored(Reason.NO_MONEY)


def _paid(event: Event, told: _Told, transaction: _Transaction, payment_id: str, invoice_id: str, amount: int) -> Fact:
    invoice = _invoice(event, told, invoice_id)
    names = told.names()
    if (bought := invoice.subscription()) != names.subscription_id:  # the event has no more than one of them
        names = replace(names, deal=told.deal_of_customer(), subscription_id=bought)
    sale, at = sale_of(event, invoice).to_wire(names), told.occurred_at
    paid_at = transaction.date or at
    return facts.payment(at, payment_id, transaction.money(amount), paid_at, sale, also=(transaction.id,))


def _invoice(event: Event, told: _Told, invoice_id: str) -> Invoice:
    """An event has one of the invoices that were paid; the others are fetched. Raises Needed."""
    here = object_in(told.content.get("invoice"))
    if here.get("id") == invoice_id:
        return read(Invoice, here, f"{_AT}.content.invoice")
    path = path_of("api", "v2", "invoices", invoice_id)
    answer = event.answer(path, lambda content: object_in(content.get("invoice")).get("id") == invoice_id)
    return read(Invoice, answer["invoice"], "invoice")


# ---- what goes back -------------------------------------------------------------------------------------------------


def _reversal(event: Event) -> Translated:
    """A payment that the bank took back is a refund of all of it."""
    told = _told(event)
    said, at = told.transaction(), told.occurred_at
    refunded_at = said.voided_at or said.updated_at or at
    payments = [(paid_as, amount) for paid_as, _, amount in said.payments()] or [(said.id, said.amount)]
    taken = [
        facts.refund(at, f"{paid_as}:reversal", said.money(amount), refunded_at, "succeeded", payment_id=paid_as)
        for paid_as, amount in payments
        if amount
    ]
    return Translated(event.type_name, tuple(taken)) if taken else event.ignored(Reason.NO_MONEY)


def _refund(event: Event) -> Translated:
    told = _told(event)
    said, at = told.transaction(), told.occurred_at
    status = _REFUNDS.get(said.status)
    if status is None:
        raise Unreadable(f"{_AT}.content.transaction.status: Of a refund, {said.status!r:.60} is not known.")
    if not said.amount:
        return event.ignored(Reason.NO_MONEY)
    linked = said.linked_payments or ()
    payment_id = said.refunded_txn_id or next((one.id for one in linked if one.id), None)
    given_back = [
        facts.refund(at, refund_id, said.money(amount), said.date or at, status, payment_id=payment_id, sale_id=sale)
        for refund_id, sale, amount in _parts(said)
    ]
    return Translated(event.type_name, tuple(given_back))


def _parts(refund: _Transaction) -> list[tuple[str, str | None, int]]:
    """One for each invoice that it gives money back of, which its payment's id alone does not tell."""
    sums: dict[str, int] = {}
    for note in refund.linked_credit_notes or ():
        if invoice := note.cn_reference_invoice_id:
            sums[invoice] = sums.get(invoice, 0) + note.applied_amount
    if len(sums) > 1 and sum(sums.values()) == refund.amount:
        return [(f"{refund.id}:{invoice}", invoice, amount) for invoice, amount in sums.items()]
    return [(refund.id, next(iter(sums)) if len(sums) == 1 else None, refund.amount)]


# ---- subscriptions --------------------------------------------------------------------------------------------------


def _won(event: Event) -> Translated:
    told = _told(event)
    names = told.names()
    return Translated(event.type_name, (facts.closed_won(told.occurred_at, names, _sold(told)),), names)


def _sold(told: _Told) -> Money | None:
    """Of the first invoice, if there is one already, or else what a period costs."""
    here = told.content.get("invoice")
    if here is not None:
        invoice = read(Invoice, here, f"{_AT}.content.invoice")
        return of_minor(invoice.total, invoice.currency_code, f"{_AT}.content.invoice.total")
    said = read(_Content, told.content, f"{_AT}.content").subscription
    items = said.subscription_items
    amount = sum(item.amount for item in items) if items else said.plan_amount
    if amount is None or said.currency_code is None:
        return None
    return of_minor(amount, said.currency_code, f"{_AT}.content.subscription")


def _ends(event: Event, status: Literal["ending", "ended"]) -> Translated:
    told = _told(event)
    names, said = told.names(), read(_Content, told.content, f"{_AT}.content").subscription
    ends_at = said.cancelled_at or said.current_term_end
    fact = facts.subscription_changed(told.occurred_at, names, status, ends_at)
    return Translated(event.type_name, (fact,), names)


HANDLERS: Mapping[str, Handler] = {
    "subscription_created": _won,
    "subscription_created_with_backdating": _won,
    "subscription_activated": _won,
    "subscription_activated_with_backdating": _won,
    "payment_succeeded": _payment,
    "payment_refunded": _refund,
    "subscription_cancellation_scheduled": partial(_ends, status="ending"),
    "subscription_cancelled": partial(_ends, status="ended"),
    "subscription_canceled_with_backdating": partial(_ends, status="ended"),
}
