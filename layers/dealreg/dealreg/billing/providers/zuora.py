"""Zuora's callouts, as our template has them: `eventId`, `eventType`, `objectId`, `eventTime`. The rest is fetched.

Tenants with Invoice Settlement (developer.zuora.com/v1-api-reference): before it, a payment names no invoices here.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

from pydantic import Field

from dealreg.billing import facts
from dealreg.billing.facts import Fact, Names, Translated, Unreadable
from dealreg.billing.model import Reason
from dealreg.billing.providers.event import Event, Handler, dispatch, read
from dealreg.billing.providers.parts import CamelPart, Currency, Exact, Shown, of_major, path_of
from dealreg.billing.providers.zuora_invoices import ZuoraTime, day_at, deal_of, invoice_at, of_account, subscription_at
from dealreg.platform.foreign_json import list_in, object_in

_REFUNDS: Mapping[str, str] = {"Processed": "succeeded", "Processing": "pending", "Error": "failed", "Voided": "failed"}
_CANCELED = "Canceled"


class _Posted(CamelPart):
    object_id: str = Field(min_length=1)
    event_time: ZuoraTime = None


class _Payment(CamelPart):
    id: str
    status: str
    amount: Exact
    currency: Currency
    effective_date: ZuoraTime = None
    created_date: ZuoraTime = None


class _PaidPart(CamelPart):
    amount: Exact
    invoice_id: Shown = None


class _Parts(CamelPart):
    parts: list[_PaidPart]


class _Refund(CamelPart):
    id: str
    status: str
    amount: Exact
    payment_id: Shown = None
    refund_date: ZuoraTime = None
    created_date: ZuoraTime = None


def translate(event: Event) -> Translated:
    return dispatch(HANDLERS, event)


def _posted(event: Event) -> tuple[str, Any]:
    """The object's id, and when it was said."""
    posted = event.read(_Posted)
    return posted.object_id, posted.event_time or event.received_at


def _object(event: Event, kind: str, object_id: str) -> Mapping[str, Any]:
    """By its id or number, so the answer is believed to be it if it has one. Raises Needed."""
    return event.answer(path_of("v1", kind, object_id), lambda answer: isinstance(answer.get("id"), str))


# ---- payments -------------------------------------------------------------------------------------------------------


def _paid(event: Event) -> Translated:
    """One for each invoice that the payment is applied to."""
    object_id, at = _posted(event)
    payment = read(_Payment, _object(event, "payments", object_id), "payment")
    if payment.status != "Processed":
        return event.ignored(Reason.NO_MONEY)
    answer = event.answer(path_of("v1", "payments", object_id, "parts"), lambda it: isinstance(it.get("parts"), list))
    parts = [part for part in read(_Parts, answer).parts if part.invoice_id and part.amount]
    told: list[Fact] = []
    names = Names()
    for part in parts:
        invoice = invoice_at(event, part.invoice_id or "")
        names = invoice.names
        payment_id = payment.id if len(parts) == 1 else f"{payment.id}:{part.invoice_id}"
        amount = of_major(part.amount, payment.currency, "parts.amount")
        paid_at = day_at(payment.effective_date, payment.created_date, at)
        sale = invoice.sale.to_wire(names)
        told.append(facts.payment(at, payment_id, amount, paid_at, sale, also=(payment.id,)))
    return Translated(event.type_name, tuple(told), names) if told else event.ignored(Reason.NO_MONEY)


def _invoice_paid(event: Event) -> Translated:
    """By an external payment, of which Zuora tells nothing else: all of the invoice that is not open any more."""
    object_id, at = _posted(event)
    invoice = invoice_at(event, object_id)
    if invoice.paid.minor <= 0:
        return event.ignored(Reason.NO_MONEY)
    sale = invoice.sale.to_wire(invoice.names)
    fact = facts.payment(at, invoice.sale.id, invoice.paid, at, sale, cumulative=True)
    return Translated(event.type_name, (fact,), invoice.names)


def _refunded(event: Event) -> Translated:
    object_id, at = _posted(event)
    refund = read(_Refund, _object(event, "refunds", object_id), "refund")
    if refund.status == _CANCELED or not refund.amount:
        return event.ignored(Reason.NO_MONEY)
    status = _REFUNDS.get(refund.status)
    if status is None or not refund.payment_id:
        raise Unreadable(f"refund.status: One that is {refund.status:.60} is no refund of a payment that we know.")
    payment = read(_Payment, _object(event, "payments", refund.payment_id), "payment")
    amount = of_major(refund.amount, payment.currency, "refund.amount")
    given_back = day_at(refund.refund_date, refund.created_date, at)
    fact = facts.refund(at, refund.id, amount, given_back, status, payment_id=payment.id)
    return Translated(event.type_name, (fact,))


# ---- orders and subscriptions ---------------------------------------------------------------------------------------


def _ordered(event: Event) -> Translated:
    """An order has no total: its deal is won with the amount that was registered."""
    object_id, at = _posted(event)
    answer = event.answer(path_of("v1", "orders", object_id), lambda it: isinstance(it.get("order"), dict))
    order = object_in(answer["order"])
    subscriptions = [object_in(one) for one in list_in(order.get("subscriptions"))]
    new = [one for one in subscriptions if _creates(one)]
    if not new:
        return event.ignored(Reason.NO_MONEY)
    free = [object_in(one.get("customFields")) for one in (order, *new)]
    number = new[0].get("subscriptionNumber")
    account = order.get("existingAccountNumber")
    told = Names(deal_of(*free), number if isinstance(number, str) else None)
    names = told.or_else(of_account(event, account)) if isinstance(account, str) and account else told
    return Translated(event.type_name, (facts.closed_won(at, names, None),), names)


def _creates(subscription: Mapping[str, Any]) -> bool:
    actions = [object_in(one).get("type") for one in list_in(subscription.get("orderActions"))]
    return "CreateSubscription" in actions


def _ends(event: Event, status: Literal["ending", "ended"]) -> Translated:
    object_id, at = _posted(event)
    said = subscription_at(event, object_id)
    names = said.names.or_else(of_account(event, said.account_id)) if said.account_id else said.names
    return Translated(event.type_name, (facts.subscription_changed(at, names, status, said.ends_at),), names)


HANDLERS: Mapping[str, Handler] = {
    "OrderProcessed": _ordered,
    "PaymentProcessed": _paid,
    "InvoicePaid": _invoice_paid,
    "RefundProcessed": _refunded,
    "SubscriptionCanceled": partial(_ends, status="ending"),
    "SubscriptionExpired": partial(_ends, status="ended"),
}
"""What our template's `eventType` may say; one that names another is ignored."""
