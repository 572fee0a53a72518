"""Chargebee's invoices."""

from dealreg.billing.facts import Line, Sale
from dealreg.billing.providers.event import Event
from dealreg.billing.providers.parts import Currency, Part, Shown, of_minor
from dealreg.commissions.facts import Kind
from dealreg.platform.money import Money


class _Line(Part):
    amount: int
    discount_amount: int | None = None
    tax_amount: int | None = None
    entity_id: Shown = None
    """Of the item's price; formerly the plan's or add-on's."""
    subscription_id: Shown = None


class Invoice(Part):
    id: str
    currency_code: Currency
    total: int
    tax: int | None = None
    price_type: str | None = None
    first_invoice: bool | None = None
    recurring: bool | None = None
    subscription_id: Shown = None
    line_items: list[_Line] | None = None

    def subscription(self) -> str | None:
        of_lines = (line.subscription_id for line in self.line_items or () if line.subscription_id)
        return self.subscription_id or next(of_lines, None)

    @property
    def kind(self) -> Kind:
        if self.first_invoice:
            return "new"
        return "renewal" if self.subscription() else "one_off"

    def net(self, line: _Line) -> int:
        inside = line.tax_amount or 0 if self.price_type == "tax_inclusive" else 0
        return line.amount - (line.discount_amount or 0) - inside


def sale_of(event: Event, invoice: Invoice) -> Sale:
    """Chargebee's smallest unit is ISO 4217's."""

    def money(minor: int, field: str) -> Money:
        return of_minor(minor, invoice.currency_code, f"invoice.{field}")

    lines = [
        Line(money(invoice.net(line), f"line_items.{place}.amount"), event.product(line.entity_id, None))
        for place, line in enumerate(invoice.line_items or ())
    ]
    return Sale(invoice.id, invoice.kind, money(invoice.total, "total"), money(invoice.tax or 0, "tax"), lines)
