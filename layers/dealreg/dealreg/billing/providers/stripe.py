"""Stripe's events, in today's shape and that of before 2025-03-31 (docs.stripe.com/api, and its changelog)."""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Literal

from pydantic import Field

from dealreg.billing import facts
from dealreg.billing.facts import Fact, Names, Translated, Unreadable
from dealreg.billing.model import Reason
from dealreg.billing.providers.event import Event, Handler, dispatch
from dealreg.billing.providers.parts import Currency, Free, Id, NotNegative, Part, Shown, Unix, deal_in
from dealreg.billing.providers.stripe_checkouts import checkout, quote_accepted
from dealreg.billing.providers.stripe_invoices import invoice, invoice_payment
from dealreg.billing.providers.stripe_values import AT, money, object_of, said_at

_SUBSCRIBE = (
    "Stripe leaves the refunds out of charge.refunded: subscribe to refund.created, refund.updated, refund.failed."
)
_REFUNDS: Mapping[str, str] = {
    "pending": "pending",
    "requires_action": "pending",
    "succeeded": "succeeded",
    "failed": "failed",
    "canceled": "failed",
}
_DISPUTES: Mapping[str, Literal["open", "won", "lost"]] = {
    "needs_response": "open",
    "under_review": "open",
    "warning_needs_response": "open",
    "warning_under_review": "open",
    "appeal_needs_response": "open",
    "appeal_under_review": "open",
    "won": "won",
    "warning_closed": "won",
    "prevented": "won",
    "lost": "lost",
}


class _Mode(Part):
    livemode: bool | None = None


def translate(event: Event) -> Translated:
    """An event of the other mode is none of ours, whatever it is."""
    is_live = event.read(_Mode).livemode
    if is_live is not None and is_live != (event.source.mode == "live"):
        return event.ignored(Reason.OTHER_MODE)
    return dispatch(HANDLERS, event)


# ---- refunds and disputes -------------------------------------------------------------------------------------------


class _GoneBack(Part):
    id: str
    amount: NotNegative
    currency: Currency
    created: Unix
    status: str | None = None
    payment_intent: Id | None = None
    charge: Id | None = None


class _Refunds(Part):
    data: list[_GoneBack] = Field(default_factory=list[_GoneBack])


class _Charge(Part):
    id: str
    payment_intent: Id | None = None
    refunds: _Refunds | None = None


def _refund(event: Event) -> Translated:
    fact = _refund_fact(event, object_of(event, _GoneBack))
    return Translated(event.type_name, (fact,)) if fact else event.ignored(Reason.NO_MONEY)


def _charge_refunded(event: Event) -> Translated:
    charge = object_of(event, _Charge)
    refunds = charge.refunds.data if charge.refunds else []
    if not refunds:
        return Translated(event.type_name, ignored=Reason.REFUNDS_LEFT_OUT, warnings=(_SUBSCRIBE,))
    named = [one.model_copy(update=_payment_of(one, charge)) for one in refunds]
    told = tuple(fact for one in named if (fact := _refund_fact(event, one)))
    return Translated(event.type_name, told) if told else event.ignored(Reason.NO_MONEY)


def _payment_of(refund: _GoneBack, charge: _Charge) -> dict[str, str | None]:
    return {
        "payment_intent": refund.payment_intent or charge.payment_intent,
        "charge": refund.charge or charge.id,
    }


def _refund_fact(event: Event, refund: _GoneBack) -> Fact | None:
    status = _REFUNDS.get(refund.status or "succeeded")  # before 2018 there was no other
    if status is None:
        raise Unreadable(f"{AT}.status: Of a refund, {refund.status!r:.60} is not known.")
    if not refund.amount:
        return None
    payment_id = refund.payment_intent or refund.charge
    amount = money(refund.amount, refund.currency, "amount")
    return facts.refund(said_at(event), refund.id, amount, refund.created, status, payment_id=payment_id)


def _dispute(event: Event) -> Translated:
    dispute = object_of(event, _GoneBack)
    status = _DISPUTES.get(dispute.status or "")
    if status is None:
        raise Unreadable(f"{AT}.status: Of a dispute, {dispute.status!r:.60} is not known.")
    if not dispute.amount:
        return event.ignored(Reason.NO_MONEY)
    at = said_at(event)
    fact = facts.chargeback(
        at,
        dispute.id,
        dispute.payment_intent or dispute.charge,
        money(dispute.amount, dispute.currency, "amount"),
        dispute.created,
        None if status == "open" else at,
        status,
    )
    return Translated(event.type_name, (fact,))


# ---- subscriptions --------------------------------------------------------------------------------------------------


class _Item(Part):
    current_period_end: Unix | None = None


class _Items(Part):
    data: list[_Item] = Field(default_factory=list[_Item])


class _Subscription(Part):
    id: str
    customer: Id | None = None
    customer_account: Shown = None
    metadata: Free = Field(default_factory=dict)
    cancel_at_period_end: bool | None = None
    cancel_at: Unix | None = None
    ended_at: Unix | None = None
    current_period_end: Unix | None = None
    """Of its items since 2025-03-31."""
    items: _Items | None = None

    def period_ends_at(self) -> datetime | None:
        ends = [item.current_period_end for item in (self.items.data if self.items else ())]
        return self.current_period_end or max((end for end in ends if end), default=None)


def _subscription(event: Event, *, is_ended: bool = False) -> Translated:
    said = object_of(event, _Subscription)
    names = Names(deal_in(said.metadata), said.id, said.customer or said.customer_account)
    at = said_at(event)
    if is_ended:
        fact = facts.subscription_changed(at, names, "ended", said.ended_at or at)
    elif said.cancel_at_period_end or said.cancel_at:
        fact = facts.subscription_changed(at, names, "ending", said.cancel_at or said.period_ends_at())
    else:
        fact = facts.subscription_changed(at, names, "active")
    return Translated(event.type_name, (fact,), names)


HANDLERS: Mapping[str, Handler] = {
    "checkout.session.completed": checkout,
    "checkout.session.async_payment_succeeded": checkout,
    "checkout.session.async_payment_failed": checkout,
    "quote.accepted": quote_accepted,
    "invoice.paid": invoice,
    "invoice.payment_succeeded": invoice,
    "invoice.updated": invoice,
    "invoice_payment.paid": invoice_payment,
    "refund.created": _refund,
    "refund.updated": _refund,
    "refund.failed": _refund,
    "charge.refund.updated": _refund,
    "charge.refunded": _charge_refunded,
    "charge.dispute.*": _dispute,
    "customer.subscription.*": _subscription,
    "customer.subscription.deleted": partial(_subscription, is_ended=True),
}
