"""Stripe's checkouts and quotes: a deal is won, and where there is no invoice, the payment is here too."""

from typing import Any

from pydantic import Field

from dealreg.billing import facts
from dealreg.billing.facts import Fact, Line, Names, Sale, Translated
from dealreg.billing.model import Reason
from dealreg.billing.providers.event import Event
from dealreg.billing.providers.parts import Currency, Free, Id, NotNegative, Part, Shown, deal_in, first
from dealreg.billing.providers.stripe_values import TaxIds, money, object_of, said_at, tax_id_of


class _Customer(Part):
    name: Shown = None
    business_name: Shown = None
    email: Shown = None
    tax_ids: TaxIds = None


class _Totals(Part):
    amount_tax: NotNegative | None = None


class _Session(Part):
    id: str | None = None
    mode: str | None = None
    payment_status: str | None = None
    client_reference_id: Shown = None
    metadata: Free = Field(default_factory=dict[str, Any])
    customer: Id | None = None
    customer_account: Shown = None
    customer_email: Shown = None
    customer_details: _Customer | None = None
    subscription: Id | None = None
    invoice: Id | None = None
    payment_intent: Id | None = None
    total_details: _Totals | None = None

    def names(self) -> Names:
        said = self.customer_details or _Customer()
        return Names(
            first(deal_in(self.metadata), self.client_reference_id),
            self.subscription,
            self.customer or self.customer_account,
            said.business_name or said.name,
            said.email or self.customer_email,
            tax_id_of(said.tax_ids),
        )


class _Sold(Part):
    currency: Currency
    amount_total: NotNegative


class _Quote(_Sold):
    metadata: Free = Field(default_factory=dict[str, Any])
    customer: Id | None = None
    subscription: Id | None = None


def checkout(event: Event) -> Translated:
    """A session in mode `payment` or `subscription` (docs.stripe.com/payments/checkout/fulfill-orders)."""
    session = object_of(event, _Session)
    if session.mode == "setup":
        return event.ignored(Reason.NOT_A_SALE)
    is_completion = event.type_name.endswith(".completed")
    if event.type_name.endswith(".async_payment_failed"):
        ignored = Reason.PAYMENT_FAILED
    elif is_completion and session.payment_status == "unpaid":
        ignored = Reason.AWAITING_PAYMENT
    else:
        ignored = ""
    told = () if ignored else tuple(_sold(event, session))
    names = session.names()
    return Translated(event.type_name, told, names, ignored, checkout=session.id or "", ends_checkout=not is_completion)


def _sold(event: Event, session: _Session) -> list[Fact]:
    sold, at, names = object_of(event, _Sold), said_at(event), session.names()
    total = money(sold.amount_total, sold.currency, "amount_total")
    won = facts.closed_won(at, names, total)
    paid_as = session.payment_intent
    is_payment = session.mode == "payment" and session.payment_status == "paid" and not session.invoice
    if not is_payment or not paid_as or not total.minor:
        return [won]
    taxes = session.total_details.amount_tax if session.total_details else 0
    tax = money(taxes or 0, sold.currency, "total_details.amount_tax")
    sale = Sale(paid_as, "one_off", total, tax, [Line(facts.less(total, tax))])
    return [won, facts.payment(at, paid_as, total, at, sale.to_wire(names))]


def quote_accepted(event: Event) -> Translated:
    quote = object_of(event, _Quote)
    names = Names(deal_in(quote.metadata), quote.subscription, quote.customer)
    total = money(quote.amount_total, quote.currency, "amount_total")
    return Translated(event.type_name, (facts.closed_won(said_at(event), names, total),), names)
