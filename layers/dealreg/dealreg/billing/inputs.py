"""What comes in: what an admin says of an event, and the bodies that billing systems send.

A sender's body may hold whatever else its system likes: only what we use is looked at.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from dealreg.billing.model import MAX_BODY, EventStatus, Reading, Reason, SourceKind
from dealreg.billing.wire_facts import names_in
from dealreg.commissions.history import SubscriptionData
from dealreg.platform import fields
from dealreg.platform.errors import InvalidInput
from dealreg.platform.fields import Amount, Line, PositiveAmount
from dealreg.platform.foreign_json import ForeignJsonFault, parse
from dealreg.platform.money import Money, decimals, parse_money
from dealreg.platform.validation import Input, parse_values

CLOSED_WON = "deal.closed_won"
CHECKOUT_COMPLETED = "checkout.session.completed"
PAYMENT_SUCCEEDED = "checkout.session.async_payment_succeeded"
PAYMENT_FAILED = "checkout.session.async_payment_failed"
_MAX_TYPE = 100
_Part = TypeVar("_Part", bound=BaseModel)
_Content = TypeVar("_Content")
_SETUP = "setup"
_PENDING = "unpaid"
_STRIPE_DECIMALS = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Where Stripe's minor unit is not ISO 4217's (docs.stripe.com/currencies, special cases)."""
_NO_JSON = "The body is not JSON, or it has more or stranger things in it than we take."


class Attachment(Input):
    deal_id: Annotated[Line, Field(min_length=1, max_length=40)]
    """An id, or the deal's number."""
    amount: PositiveAmount | None = None
    """What was sold, where the event has no amount that can be read."""
    remember: bool = False
    """The subscription and the customer of a payment are the deal's from now on."""


class Closing(Input):
    reason: fields.Reason


class EventFilter(Input):
    status: Annotated[EventStatus, Field(strict=False)] = EventStatus.UNMATCHED


# ---- what billing systems send --------------------------------------------------------------------------------------


def _as_text(value: object) -> object:
    """A number that stands where a decimal text should: 48000, 48000.10 and 4.8e4 are exact, since none is a float."""
    if isinstance(value, Decimal):
        written = f"{value:f}"
        return written.rstrip("0").removesuffix(".") if "." in written else written
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _in_capitals(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


class _Inbound(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class _Typed(_Inbound):
    type: str


class _Amount(Amount, extra="ignore"):
    currency: Annotated[str, BeforeValidator(_in_capitals)]
    amount: Annotated[str, BeforeValidator(_as_text)]


class _Data(_Inbound, Generic[_Content]):
    data: _Content


class _Object(_Inbound, Generic[_Content]):
    object: _Content


class _ClosedWonDeal(_Inbound):
    deal_id: str | None = None
    deal_number: str | None = None


class _ClosedWonAmount(_Inbound):
    amount: _Amount


class _Session(_Inbound):
    id: str | None = None
    mode: str | None = None
    payment_status: str | None = None
    client_reference_id: str | None = None
    metadata: dict[str, Any] | None = None


class _SessionAmount(_Inbound):
    currency: Annotated[str, BeforeValidator(_in_capitals)]
    amount_total: Annotated[int, Field(ge=0)]


def _part(model: type[_Part], content: Any) -> tuple[_Part | None, str]:
    """A part of a body, or what is wrong with it: one faulty field does not hide what the others say."""
    try:
        return parse_values(model, content), ""
    except InvalidInput as fault:
        return None, " ".join(f"{error.field}: {error.message}" for error in fault.errors)


def read(kind: SourceKind, body: bytes) -> Reading:
    """Never raises: what cannot be read has the reason UNREADABLE, and names it."""
    try:
        content = parse(body, max_bytes=MAX_BODY, exact=True)
    except ForeignJsonFault:
        return Reading("", Reason.UNREADABLE, _NO_JSON)
    typed, problem = _part(_Typed, content)
    if typed is None:
        return Reading("", Reason.UNREADABLE, problem)
    reader = _READERS.get((kind, typed.type))
    if reader is None:
        return Reading(typed.type[:_MAX_TYPE], Reason.TYPE_NOT_HANDLED)
    return reader(typed.type, content)


def _closed_won(event_type: str, content: Any) -> Reading:
    named, no_name = _part(_Data[_ClosedWonDeal], content)
    sold, no_amount = _part(_Data[_ClosedWonAmount], content)
    problem = " ".join(dict.fromkeys(filter(None, (no_name, no_amount))))
    return Reading(
        event_type,
        Reason.UNREADABLE if problem else None,
        problem or None,
        deal_reference=(named.data.deal_id or named.data.deal_number or "").strip() if named else "",
        amount=sold.data.amount.to_money() if sold else None,
        names=_names(content),
    )


def _names(content: Any) -> tuple[tuple[str, str], ...]:
    named, _ = _part(_Data[SubscriptionData], content)
    return tuple(names_in(named.data)) if named else ()


def _checkout(event_type: str, content: Any) -> Reading:
    """A session in mode `payment` or `subscription`; docs.stripe.com/payments/checkout/fulfill-orders."""
    checkout, no_session = _part(_Data[_Object[_Session]], content)
    amount, no_amount = _session_amount(content)
    if checkout is None:
        return Reading(event_type, Reason.UNREADABLE, no_session, amount=amount)
    session = checkout.data.object
    reading = Reading(
        event_type, deal_reference=_deal_of(session), amount=amount, checkout=session.id or "",
        ends_checkout=event_type != CHECKOUT_COMPLETED,
    )  # fmt: skip
    if session.mode == _SETUP:
        return Reading(event_type, Reason.NOT_A_SALE)
    if event_type == PAYMENT_FAILED:
        return replace(reading, reason=Reason.PAYMENT_FAILED)
    if event_type == CHECKOUT_COMPLETED and session.payment_status == _PENDING:
        return replace(reading, reason=Reason.AWAITING_PAYMENT)
    return replace(reading, reason=Reason.UNREADABLE, problem=no_amount) if no_amount else reading


def _session_amount(content: Any) -> tuple[Money | None, str]:
    part, problem = _part(_Data[_Object[_SessionAmount]], content)
    if part is None:
        return None, problem
    try:
        return stripe_money(part.data.object.amount_total, part.data.object.currency), ""
    except ValueError as fault:
        return None, f"data.object.amount_total, data.object.currency: {fault}"


def _deal_of(session: _Session) -> str:
    metadata = session.metadata or {}
    named = [metadata.get("deal_id"), metadata.get("deal_number"), session.client_reference_id]
    return next((text.strip() for text in named if isinstance(text, str) and text.strip()), "")


_READERS: Mapping[tuple[SourceKind, str], Callable[[str, Any], Reading]] = {
    (SourceKind.STANDARD_WEBHOOKS, CLOSED_WON): _closed_won,
    (SourceKind.STRIPE, CHECKOUT_COMPLETED): _checkout,
    (SourceKind.STRIPE, PAYMENT_SUCCEEDED): _checkout,
    (SourceKind.STRIPE, PAYMENT_FAILED): _checkout,
}


def stripe_money(minor: int, currency: str) -> Money:
    """Raises ValueError for a currency we do not know, or a fraction that it does not have."""
    digits = _STRIPE_DECIMALS.get(currency, decimals(currency))
    whole, fraction = divmod(minor, 10**digits)
    amount = f"{whole}.{fraction:0{digits}d}".rstrip("0").rstrip(".") if digits else str(whole)
    return parse_money(amount, currency)
