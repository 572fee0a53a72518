"""What all of Stripe's objects share: where they stand in an event, and its own minor units."""

from datetime import datetime
from typing import Any, TypeVar

from dealreg.billing.providers.event import Event, read
from dealreg.billing.providers.parts import Part, Shown, Unix, of_minor
from dealreg.platform.money import Money

AT = "data.object"
_DIGITS = {"ISK": 2, "UGX": 2, "MGA": 0}
"""Where its minor unit is not ISO 4217's (docs.stripe.com/currencies, special cases)."""
_Of = TypeVar("_Of", bound=Part)


class _Data(Part):
    object: Any = None


class _Envelope(Part):
    created: Unix | None = None
    data: _Data


class TaxId(Part):
    value: Shown = None


TaxIds = list[TaxId] | None


def object_of(event: Event, model: type[_Of]) -> _Of:
    """Raises Unreadable."""
    return read(model, event.read(_Envelope).data.object, AT)


def said_at(event: Event) -> datetime:
    return event.read(_Envelope).created or event.received_at


def money(minor: int, currency: str, field: str) -> Money:
    """Raises Unreadable."""
    return of_minor(minor, currency, f"{AT}.{field}", _DIGITS)


def tax_id_of(ids: TaxIds) -> str | None:
    return next((one.value for one in ids or () if one.value), None)
