"""Stripe's invoices and their payments."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from pydantic import Field

from dealreg.billing import facts
from dealreg.billing.facts import Line, Names, Sale, Translated
from dealreg.billing.model import Reason
from dealreg.billing.providers.event import Event, read
from dealreg.billing.providers.parts import Currency, Free, Id, NotNegative, Part, Shown, Unix, deal_in, path_of
from dealreg.billing.providers.stripe_values import TaxIds, money, object_of, said_at, tax_id_of
from dealreg.commissions.facts import Kind
from dealreg.platform.money import Money

_KINDS: dict[str, Kind] = {
    "subscription_create": "new",
    "subscription_cycle": "renewal",
    "subscription_threshold": "renewal",
    "subscription_update": "change",
}
_PAGE, _MOST_PAGES = 100, 10
_FREE = Field(default_factory=dict[str, Any])


class _Share(Part):
    amount: int


class _Tax(_Share):
    tax_behavior: str | None = None
    inclusive: bool | None = None
    """Before 2025-03-31."""

    @property
    def is_inside(self) -> bool:
        return self.inclusive or self.tax_behavior == "inclusive"


class _Price(Part):
    id: Shown = None
    product: Id | None = None


class _PriceDetails(Part):
    price: Id | None = None
    product: Id | None = None


class _Pricing(Part):
    price_details: _PriceDetails | None = None


class _Line(Part):
    id: Shown = None
    amount: int
    discount_amounts: list[_Share] | None = None
    taxes: list[_Tax] | None = None
    tax_amounts: list[_Tax] | None = None
    pricing: _Pricing | None = None
    price: _Price | None = None
    plan: _Price | None = None
    metadata: Free = _FREE

    @property
    def net(self) -> int:
        taxes = self.taxes if self.taxes is not None else self.tax_amounts
        inside = sum(tax.amount for tax in taxes or () if tax.is_inside)
        return self.amount - sum(discount.amount for discount in self.discount_amounts or ()) - inside

    @property
    def sold_as(self) -> tuple[str | None, str | None]:
        """The price's id and the product's."""
        if self.pricing and (now := self.pricing.price_details):
            return now.price, now.product
        before = self.price or self.plan
        return (before.id, before.product) if before else (None, None)


class _Lines(Part):
    data: list[_Line] = Field(default_factory=list[_Line])
    has_more: bool | None = None


class _Subscription(Part):
    subscription: Id | None = None
    metadata: Free = _FREE


class _Parent(Part):
    subscription_details: _Subscription | None = None


class _Times(Part):
    paid_at: Unix | None = None


class _Invoice(Part):
    id: str
    currency: Currency
    total: int
    amount_paid: NotNegative
    amount_due: int | None = None
    paid_out_of_band: bool | None = None
    total_taxes: list[_Share] | None = None
    total_tax_amounts: list[_Share] | None = None
    tax: int | None = None
    billing_reason: str | None = None
    lines: _Lines = _Lines()
    charge: Id | None = None
    payment_intent: Id | None = None
    status_transitions: _Times = _Times()
    parent: _Parent | None = None
    subscription: Id | None = None
    subscription_details: _Subscription | None = None
    metadata: Free = _FREE
    customer: Id | None = None
    customer_account: Shown = None
    customer_name: Shown = None
    customer_email: Shown = None
    customer_tax_ids: TaxIds = None

    @property
    def paid(self) -> int:
        return (self.amount_due or self.total) if self.paid_out_of_band else self.amount_paid

    @property
    def all_taxes(self) -> int:
        listed = self.total_taxes if self.total_taxes is not None else self.total_tax_amounts
        return sum(tax.amount for tax in listed) if listed is not None else self.tax or 0

    def names(self, lines: Sequence[_Line]) -> Names:
        now = (self.parent.subscription_details if self.parent else None) or _Subscription()
        before = self.subscription_details or _Subscription()
        return Names(
            deal_in(self.metadata, now.metadata, before.metadata, *(line.metadata for line in lines)),
            now.subscription or self.subscription or before.subscription,
            self.customer or self.customer_account,
            self.customer_name,
            self.customer_email,
            tax_id_of(self.customer_tax_ids),
        )


def invoice(event: Event) -> Translated:
    said = object_of(event, _Invoice)
    if said.paid <= 0:
        return event.ignored(Reason.NO_MONEY)
    lines = _all_lines(event, said)
    names = said.names(lines)

    def amount(minor: int, field: str) -> Money:
        return money(minor, said.currency, field)

    total, tax = amount(said.total, "total"), amount(said.all_taxes, "total_taxes")
    sold = [
        Line(amount(line.net, f"lines.data.{place}.amount"), event.product(*line.sold_as))
        for place, line in enumerate(lines)
    ]
    sale = Sale(said.id, _KINDS.get(said.billing_reason or "", "one_off"), total, tax, sold)
    at = said_at(event)
    fact = facts.payment(
        at,
        said.id,
        amount(said.paid, "amount_paid"),
        said.status_transitions.paid_at or at,
        sale.to_wire(names),
        also=(said.payment_intent, said.charge),
        cumulative=True,
    )
    return Translated(event.type_name, (fact,), names)


def _all_lines(event: Event, said: _Invoice) -> list[_Line]:
    """An event has no more than an invoice's first; the others need a key. Raises Needed."""
    if not said.lines.has_more or not event.source.api_key:
        return said.lines.data
    found: list[_Line] = []
    first = path = f"{path_of('v1', 'invoices', said.id, 'lines')}?limit={_PAGE}"
    for _ in range(_MOST_PAGES):
        page = read(_Lines, event.answer(path, _is_list), path)
        found += page.data
        last = found[-1].id if page.data else None
        if not page.has_more or not last:
            break
        path = f"{first}&starting_after={quote(last, safe='')}"
    return found


def _is_list(answer: Mapping[str, Any]) -> bool:
    return isinstance(answer.get("data"), list)


# ---- single payments ------------------------------------------------------------------------------------------------


class _PaidBy(Part):
    payment_intent: Id | None = None
    charge: Id | None = None
    payment_record: Id | None = None


class _Payment(Part):
    id: str
    invoice: Id
    currency: Currency
    amount_paid: NotNegative
    payment: _PaidBy | None = None
    status_transitions: _Times = _Times()


def invoice_payment(event: Event) -> Translated:
    """One of several of an invoice, whose own event says what was sold."""
    said = object_of(event, _Payment)
    if not said.amount_paid:
        return event.ignored(Reason.NO_MONEY)
    by, at = said.payment or _PaidBy(), said_at(event)
    fact = facts.payment(
        at,
        said.id,
        money(said.amount_paid, said.currency, "amount_paid"),
        said.status_transitions.paid_at or at,
        {"id": said.invoice},
        also=(by.payment_intent, by.charge, by.payment_record),
    )
    return Translated(event.type_name, (fact,))
