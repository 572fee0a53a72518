"""Recurly's events hold ids: what they are about is fetched (recurly.com/developers/api), amounts as decimals."""

from collections.abc import Mapping
from functools import partial
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field

from dealreg.billing import facts
from dealreg.billing.facts import Names, Translated, Unreadable
from dealreg.billing.model import Reason
from dealreg.billing.providers.event import Event, Handler, dispatch, read
from dealreg.billing.providers.parts import Currency, Exact, Part, Shown, of_major, path_of
from dealreg.billing.providers.recurly_invoices import Account, Invoice, Line, WithCustomFields, sale_of
from dealreg.platform.fields import Moment

_REFUNDS: Mapping[str, str] = {
    "success": "succeeded",
    "pending": "pending",
    "processing": "pending",
    "scheduled": "pending",
    "declined": "failed",
    "error": "failed",
    "void": "failed",
}
_MOST_PAGES = 10


class _Posted(Part):
    id: str = Field(min_length=1)
    event_time: Moment


class _Subscription(WithCustomFields):
    id: str
    account: Account = Account()
    currency: Currency
    total: Exact | None = None
    subtotal: Exact | None = None
    canceled_at: Moment | None = None
    expires_at: Moment | None = None
    current_period_ends_at: Moment | None = None


class _Transaction(Part):
    id: str
    type: str
    status: str
    amount: Exact
    currency: Currency
    original_transaction_id: Shown = None
    collected_at: Moment | None = None
    created_at: Moment | None = None


class _Lines(Part):
    data: list[Line]
    has_more: bool | None = None
    next: Shown = None


def translate(event: Event) -> Translated:
    return dispatch(HANDLERS, event)


def _object(event: Event, kind: str, object_id: str) -> Mapping[str, object]:
    """Raises Needed."""
    return event.answer(path_of(kind, object_id), lambda answer: answer.get("id") == object_id)


# ---- payments -------------------------------------------------------------------------------------------------------


def _paid(event: Event) -> Translated:
    """A charge invoice, by all that transactions have paid of it: credits are no money."""
    posted = event.read(_Posted)
    invoice = read(Invoice, _object(event, "invoices", posted.id), "invoice")
    amount = of_major(invoice.paid, invoice.currency, "invoice.paid")
    if not amount.minor:
        return event.ignored(Reason.NO_MONEY)
    lines, subscription_id = _lines(event, invoice), next(iter(invoice.subscription_ids or ()), None)
    names = Names(_deal(event, lines, subscription_id, invoice.account.id), subscription_id)
    names = names.or_else(invoice.account.names(invoice.vat_number))
    purchases = [one for one in invoice.transactions or () if one.is_payment]
    collected = [one.collected_at for one in purchases if one.collected_at]
    fact = facts.payment(
        posted.event_time,
        invoice.id,
        amount,
        max(collected, default=invoice.closed_at or posted.event_time),
        sale_of(event, invoice, lines).to_wire(names),
        also=[one.id for one in purchases],
        cumulative=True,
    )
    return Translated(event.type_name, (fact,), names)


def _lines(event: Event, invoice: Invoice) -> list[Line]:
    """Raises Needed."""
    if not invoice.has_more_line_items:
        return invoice.line_items or []
    found: list[Line] = []
    path = f"{path_of('invoices', invoice.id, 'line_items')}?limit=200"
    for _ in range(_MOST_PAGES):
        page = read(_Lines, event.answer(path, lambda answer: isinstance(answer.get("data"), list)), "line_items")
        found += page.data
        following = urlsplit(page.next or "")
        if not page.has_more or not following.path.startswith(path_of("invoices", invoice.id, "")):
            break
        path = following._replace(scheme="", netloc="", fragment="").geturl()
    return found


def _deal(event: Event, lines: list[Line], subscription_id: str | None, account_id: str | None) -> str | None:
    """By the free fields of a line, else of the subscription, else of the account. Raises Needed."""
    of_lines = (line.deal() for line in lines)
    if named := next((deal for deal in of_lines if deal), None):
        return named
    if subscription_id and (named := read(WithCustomFields, _object(event, "subscriptions", subscription_id)).deal()):
        return named
    return read(WithCustomFields, _object(event, "accounts", account_id)).deal() if account_id else None


def _refunded(event: Event) -> Translated:
    posted = event.read(_Posted)
    said = read(_Transaction, _object(event, "transactions", posted.id), "transaction")
    status = _REFUNDS.get(said.status)
    if said.type != "refund" or status is None:
        raise Unreadable(f"transaction.status: A {said.type:.60} that is {said.status:.60} is no refund that we know.")
    amount = of_major(said.amount, said.currency, "transaction.amount")
    if not amount.minor:
        return event.ignored(Reason.NO_MONEY)
    at = said.collected_at or said.created_at or posted.event_time
    payment_id = said.original_transaction_id
    fact = facts.refund(posted.event_time, said.id, amount, at, status, payment_id=payment_id)
    return Translated(event.type_name, (fact,))


# ---- subscriptions --------------------------------------------------------------------------------------------------


def _subscription(event: Event) -> tuple[_Posted, _Subscription, Names]:
    posted = event.read(_Posted)
    said = read(_Subscription, _object(event, "subscriptions", posted.id), "subscription")
    named = said.deal() or _deal(event, [], None, said.account.id)
    return posted, said, Names(named, said.id).or_else(said.account.names())


def _won(event: Event) -> Translated:
    posted, said, names = _subscription(event)
    costs = said.subtotal if said.total is None else said.total
    amount = None if costs is None else of_major(costs, said.currency, "subscription.total")
    return Translated(event.type_name, (facts.closed_won(posted.event_time, names, amount),), names)


def _ends(event: Event, status: Literal["ending", "ended"]) -> Translated:
    """A subscription that is canceled runs on until it expires."""
    posted, said, names = _subscription(event)
    ends_at = said.expires_at or said.current_period_ends_at
    fact = facts.subscription_changed(posted.event_time, names, status, ends_at)
    return Translated(event.type_name, (fact,), names)


HANDLERS: Mapping[str, Handler] = {
    "subscription.created": _won,
    "charge_invoice.paid": _paid,
    "payment.refunded": _refunded,
    "subscription.canceled": partial(_ends, status="ending"),
    "subscription.expired": partial(_ends, status="ended"),
}
