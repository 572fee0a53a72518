"""What comes in: the admin's requests, and the bodies that billing systems send.

A sender's body may hold whatever else its system likes: only what we use is looked at.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dealreg.billing.model import ClosedWon, EventStatus, Reading, Reason, SourceKind
from dealreg.platform.fields import Amount, Line, Name
from dealreg.platform.money import Money, decimals, parse_money
from dealreg.platform.validation import Input

CLOSED_WON = "deal.closed_won"
CHECKOUT_COMPLETED = "checkout.session.completed"
_MAX_TYPE = 100
_STRIPE_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Where Stripe's minor unit is not ISO 4217's (docs.stripe.com/currencies, special cases)."""


class NewSource(Input):
    kind: SourceKind
    name: Name
    secret: Line | None = None
    """The one that the billing system made; without it, we make one."""


class NewSecret(Input):
    secret: Line | None = None


class Attachment(Input):
    deal_id: Annotated[Line, Field(min_length=1, max_length=40)]
    """An id, or the deal's number."""


class EventFilter(Input):
    status: Annotated[EventStatus, Field(strict=False)] = EventStatus.UNMATCHED


class _Inbound(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _Typed(_Inbound):
    type: str


class _Amount(Amount, extra="ignore"):
    pass


class _ClosedWonData(_Inbound):
    amount: _Amount
    deal_id: str | None = None
    deal_number: str | None = None


class _ClosedWonEvent(_Inbound):
    data: _ClosedWonData

    def closed_won(self) -> ClosedWon:
        reference = self.data.deal_id or self.data.deal_number or ""
        return ClosedWon(reference.strip(), self.data.amount.to_money())


class _CheckoutSession(_Inbound):
    amount_total: Annotated[int, Field(ge=0)]
    currency: str
    client_reference_id: str | None = None
    metadata: dict[str, Any] | None = None


class _CheckoutData(_Inbound):
    object: _CheckoutSession


class _CheckoutEvent(_Inbound):
    data: _CheckoutData

    def closed_won(self) -> ClosedWon:
        session = self.data.object
        named = (session.metadata or {}).get("deal_id")
        reference = named if isinstance(named, str) and named else session.client_reference_id or ""
        return ClosedWon(reference.strip(), stripe_money(session.amount_total, session.currency.upper()))


_HANDLED: dict[tuple[SourceKind, str], type[_ClosedWonEvent | _CheckoutEvent]] = {
    (SourceKind.STANDARD_WEBHOOKS, CLOSED_WON): _ClosedWonEvent,
    (SourceKind.STRIPE, CHECKOUT_COMPLETED): _CheckoutEvent,
}


def read(kind: SourceKind, body: bytes) -> Reading:
    """Never raises: what cannot be read is the reason UNREADABLE."""
    try:
        event_type = _Typed.model_validate_json(body).type
    except ValidationError:
        return Reading("", Reason.UNREADABLE)
    model = _HANDLED.get((kind, event_type))
    if model is None:
        return Reading(event_type[:_MAX_TYPE], Reason.TYPE_NOT_HANDLED)
    try:
        return Reading(event_type, model.model_validate_json(body).closed_won())
    except ValueError:  # pydantic's ValidationError is one; so is an amount that is no money
        return Reading(event_type, Reason.UNREADABLE)


def stripe_money(minor: int, currency: str) -> Money:
    """Raises ValueError for a currency we do not know, or a fraction that it does not have."""
    digits = _STRIPE_DECIMALS.get(currency, decimals(currency))
    whole, fraction = divmod(minor, 10**digits)
    amount = f"{whole}.{fraction:0{digits}d}".rstrip("0").rstrip(".") if digits else str(whole)
    return parse_money(amount, currency)
