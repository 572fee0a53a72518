"""Recurly's invoices and accounts."""

from collections.abc import Sequence
from decimal import Decimal

from dealreg.billing import facts
from dealreg.billing.facts import Names, Sale
from dealreg.billing.providers.event import Event
from dealreg.billing.providers.parts import Currency, Exact, Part, Shown, deal_in, of_major
from dealreg.commissions.facts import Kind
from dealreg.platform.fields import Moment
from dealreg.platform.money import Money

_NOTHING = Decimal(0)


class CustomField(Part):
    name: Shown = None
    value: Shown = None


class WithCustomFields(Part):
    custom_fields: list[CustomField] | None = None

    def deal(self) -> str | None:
        return deal_in({one.name: one.value for one in self.custom_fields or () if one.name})


class Account(Part):
    id: Shown = None
    company: Shown = None
    first_name: Shown = None
    last_name: Shown = None
    email: Shown = None

    def names(self, tax_id: str | None = None) -> Names:
        person = " ".join(part for part in (self.first_name, self.last_name) if part)
        return Names(None, None, self.id, self.company or person or None, self.email, tax_id)


class Line(WithCustomFields):
    subtotal: Exact
    discount: Exact = _NOTHING
    tax: Exact = _NOTHING
    tax_inclusive: bool | None = None
    add_on_code: Shown = None
    plan_code: Shown = None
    item_code: Shown = None
    product_code: Shown = None

    @property
    def net(self) -> Decimal:
        return self.subtotal - self.discount - (self.tax if self.tax_inclusive else _NOTHING)

    @property
    def price(self) -> str | None:
        return self.add_on_code or self.plan_code or self.item_code


class _Transaction(Part):
    id: Shown = None
    type: str | None = None
    status: str | None = None
    collected_at: Moment | None = None

    @property
    def is_payment(self) -> bool:
        return self.type in ("purchase", "capture") and self.status == "success"


class Invoice(Part):
    id: str
    currency: Currency
    origin: str | None = None
    total: Exact
    tax: Exact = _NOTHING
    paid: Exact
    account: Account = Account()
    vat_number: Shown = None
    subscription_ids: list[str] | None = None
    line_items: list[Line] | None = None
    has_more_line_items: bool | None = None
    transactions: list[_Transaction] | None = None
    closed_at: Moment | None = None

    @property
    def kind(self) -> Kind:
        if self.origin == "renewal":
            return "renewal"
        if self.origin == "immediate_change":
            return "change"
        return "new" if self.subscription_ids else "one_off"


def sale_of(event: Event, invoice: Invoice, lines: Sequence[Line]) -> Sale:
    def money(amount: Decimal, field: str) -> Money:
        return of_major(amount, invoice.currency, f"invoice.{field}")

    sold = [
        facts.Line(money(line.net, f"line_items.{place}"), event.product(line.price, line.product_code))
        for place, line in enumerate(lines)
    ]
    return Sale(invoice.id, invoice.kind, money(invoice.total, "total"), money(invoice.tax, "tax"), sold)
