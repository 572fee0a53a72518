"""Paddle Billing's events (developer.paddle.com/webhooks): transactions are invoices, adjustments what goes back."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from dealreg.billing import facts
from dealreg.billing.facts import Line, Names, Sale, Translated, Unreadable
from dealreg.billing.model import Reason
from dealreg.billing.providers.event import Event, Handler, dispatch, read
from dealreg.billing.providers.parts import Currency, Digits, Free, Part, Shown, deal_in, of_minor
from dealreg.commissions.facts import Kind
from dealreg.platform.fields import Moment
from dealreg.platform.money import Money

_AT = "data"
_FREE = Field(default_factory=dict[str, Any])
_REFUNDS = {"approved": "succeeded", "rejected": "failed", "reversed": "failed", "pending_approval": ""}
_CHARGEBACKS: Mapping[str, Literal["open", "won", "lost"]] = {
    "chargeback_warning": "open",
    "chargeback": "lost",
    "chargeback_reverse": "won",
    "chargeback_warning_reverse": "won",
}
_TAKEN_BACK = ("rejected", "reversed")


class _Envelope(Part):
    occurred_at: Moment
    data: Any


def translate(event: Event) -> Translated:
    return dispatch(HANDLERS, event)


def _said(event: Event) -> _Envelope:
    return event.read(_Envelope)


def _amount(digits: int, currency: str, field: str) -> Money:
    """Paddle's smallest unit is ISO 4217's."""
    return of_minor(digits, currency, f"{_AT}.{field}")


# ---- transactions ---------------------------------------------------------------------------------------------------


class _Product(Part):
    id: Shown = None


class _LineTotals(Part):
    subtotal: Digits
    discount: Digits = 0


class _Line(Part):
    price_id: Shown = None
    product: _Product | None = None
    totals: _LineTotals


class _Totals(Part):
    total: Digits
    tax: Digits
    grand_total: Digits | None = None
    """After credits from the customer's balance."""
    balance: Digits = 0


class _Details(Part):
    totals: _Totals
    line_items: list[_Line] = Field(default_factory=list[_Line])


class _Attempt(Part):
    status: str | None = None
    captured_at: Moment | None = None


class _Transaction(Part):
    id: str
    currency_code: Currency
    origin: str | None = None
    details: _Details
    payments: list[_Attempt] | None = None
    billed_at: Moment | None = None
    subscription_id: Shown = None
    customer_id: Shown = None
    custom_data: Free = _FREE

    @property
    def kind(self) -> Kind:
        origin = self.origin or ""
        if origin == "subscription_recurring":
            return "renewal"
        if origin.startswith("subscription_"):
            return "change"
        return "new" if self.subscription_id else "one_off"

    @property
    def paid(self) -> int:
        totals = self.details.totals
        return (totals.total if totals.grand_total is None else totals.grand_total) - totals.balance


def _transaction(event: Event) -> Translated:
    at = _said(event).occurred_at
    said = read(_Transaction, _said(event).data, _AT)
    paid = _amount(said.paid, said.currency_code, "details.totals.grand_total")
    if paid.minor == 0:
        return event.ignored(Reason.NO_MONEY)
    captured = [one.captured_at for one in said.payments or () if one.status == "captured" and one.captured_at]
    names = Names(deal_in(said.custom_data), said.subscription_id, said.customer_id)
    fact = facts.payment(
        at,
        said.id,
        paid,
        max(captured, default=said.billed_at or at),
        _sale(event, said).to_wire(names),
        cumulative=True,
    )
    return Translated(event.type_name, (fact,), names)


def _sale(event: Event, said: _Transaction) -> Sale:
    totals = said.details.totals
    lines = [
        Line(
            _amount(
                line.totals.subtotal - line.totals.discount, said.currency_code, f"details.line_items.{place}.totals"
            ),
            event.product(line.price_id, line.product.id if line.product else None),
        )
        for place, line in enumerate(said.details.line_items)
    ]
    total = _amount(totals.total, said.currency_code, "details.totals.total")
    return Sale(said.id, said.kind, total, _amount(totals.tax, said.currency_code, "details.totals.tax"), lines)


# ---- adjustments ----------------------------------------------------------------------------------------------------


class _AdjustedTotals(Part):
    total: Digits


class _Adjustment(Part):
    id: str
    action: str
    status: str
    transaction_id: str
    currency_code: Currency
    created_at: Moment
    totals: _AdjustedTotals


def _adjustment(event: Event) -> Translated:
    at = _said(event).occurred_at
    said = read(_Adjustment, _said(event).data, _AT)
    amount = _amount(said.totals.total, said.currency_code, "totals.total")
    if said.action == "refund":
        status = _REFUNDS.get(said.status)
        if status is None:
            raise Unreadable(f"{_AT}.status: Of a refund, {said.status!r:.60} is not known.")
        if not status or not amount.minor:
            return event.ignored(Reason.NO_MONEY)
        fact = facts.refund(at, said.id, amount, said.created_at, status, payment_id=said.transaction_id)
    elif said.action in _CHARGEBACKS and amount.minor:
        state = "won" if said.status in _TAKEN_BACK else _CHARGEBACKS[said.action]
        closed_at = None if state == "open" else said.created_at
        payment_id = said.transaction_id
        fact = facts.chargeback(at, payment_id, payment_id, amount, said.created_at, closed_at, state)
    else:  # a credit to the customer's balance
        return event.ignored(Reason.NO_MONEY)
    return Translated(event.type_name, (fact,))


# ---- subscriptions --------------------------------------------------------------------------------------------------


class _UnitPrice(Part):
    amount: Digits
    currency_code: Currency


class _Price(Part):
    unit_price: _UnitPrice


class _Item(Part):
    price: _Price
    quantity: int = 1


class _Scheduled(Part):
    action: str | None = None
    effective_at: Moment | None = None


class _Subscription(Part):
    id: str
    currency_code: Currency
    customer_id: Shown = None
    custom_data: Free = _FREE
    canceled_at: Moment | None = None
    scheduled_change: _Scheduled | None = None

    def names(self) -> Names:
        return Names(deal_in(self.custom_data), self.id, self.customer_id)


class _Items(Part):
    items: list[_Item]


def _subscription(event: Event) -> Translated:
    at = _said(event).occurred_at
    said = read(_Subscription, _said(event).data, _AT)
    names = said.names()
    if event.type_name == "subscription.canceled":
        fact = facts.subscription_changed(at, names, "ended", said.canceled_at or at)
    elif said.scheduled_change and said.scheduled_change.action == "cancel":
        fact = facts.subscription_changed(at, names, "ending", said.scheduled_change.effective_at)
    else:
        fact = facts.subscription_changed(at, names, "active")
    return Translated(event.type_name, (fact,), names)


def _subscription_created(event: Event) -> Translated:
    """It wins its deal, with what its items cost in a period."""
    at = _said(event).occurred_at
    said = read(_Subscription, _said(event).data, _AT)
    items = read(_Items, _said(event).data, _AT).items
    units = sum(item.price.unit_price.amount * item.quantity for item in items)
    won = facts.closed_won(at, said.names(), _amount(units, said.currency_code, "items"))
    begun = _subscription(event)
    return Translated(event.type_name, (won, *begun.facts), begun.names)


HANDLERS: Mapping[str, Handler] = {
    "transaction.completed": _transaction,
    "transaction.paid": _transaction,
    "adjustment.*": _adjustment,
    "subscription.created": _subscription_created,
    "subscription.*": _subscription,
}
