"""Kinds of values that several billing systems write: read strictly where money follows, else leniently."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any
from urllib.parse import quote

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

from dealreg.billing.facts import Unreadable
from dealreg.platform.foreign_json import object_in
from dealreg.platform.money import Money, decimals, parse_money

_FIRST, _LAST = 86_400 * 366, 7_258_118_400 - 86_400
"""Seconds of 1971 and 2199, as our own times are bounded."""
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffd]")
_LONGEST, _LONGEST_NAME = 200, 100


class Part(BaseModel):
    """A sender may say whatever else it likes."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


class CamelPart(Part):
    """Of a sender that writes itsNamesSo."""

    model_config = ConfigDict(alias_generator=to_camel)


def _from_unix(value: object) -> object:
    if not isinstance(value, int) or isinstance(value, bool) or not _FIRST <= value <= _LAST:
        raise ValueError("Write the time in whole seconds since 1970.")
    return datetime.fromtimestamp(value, UTC)


def _id(value: object) -> object:
    return object_in(value).get("id") if isinstance(value, dict) else value


def _capitals(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def shown(value: object) -> str | None:
    text = _UNSEEN.sub(" ", value).strip()[:_LONGEST] if isinstance(value, str) else ""
    return text or None


def _digits(value: object) -> object:
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value, re.ASCII):
        raise ValueError("Write the amount as a text of digits, in the currency's smallest unit.")
    return int(value)


def _exact(value: object) -> object:
    if not isinstance(value, int | Decimal) or isinstance(value, bool):
        raise ValueError("Write the amount as a number.")
    return Decimal(value)


Unix = Annotated[datetime, BeforeValidator(_from_unix)]
Id = Annotated[str, BeforeValidator(_id)]
"""An object that was put in its place stands for its id."""
Currency = Annotated[str, BeforeValidator(_capitals)]
Shown = Annotated[str | None, BeforeValidator(shown)]
"""What is shown to people, or matched by: never a reason to refuse the whole."""
Free = Annotated[Mapping[str, Any], BeforeValidator(object_in)]
"""Fields that the sender's users have made."""
Digits = Annotated[int, BeforeValidator(_digits)]
NotNegative = Annotated[int, Field(ge=0)]
Exact = Annotated[Decimal, BeforeValidator(_exact)]
"""A JSON number, read from its text."""


def deal_in(*fields: Mapping[str, Any]) -> str | None:
    """The first that names a deal, by id or number."""
    return first(*(shown(fields_of.get(key)) for fields_of in fields for key in ("deal_id", "deal_number")))


def first(*names: str | None) -> str | None:
    """Of what may name a deal; as much of it as names one."""
    return next((name[:_LONGEST_NAME] for name in names if name), None)


def of_minor(amount: int, currency: str, at: str, digits: Mapping[str, int] | None = None) -> Money:
    """`digits`: where the sender's minor unit is not ISO 4217's. Raises Unreadable, with the amount's path."""
    units = (digits or {}).get(currency, decimals(currency))
    return of_major(Decimal(amount).scaleb(-units), currency, at)


def of_major(amount: Decimal | int, currency: str, at: str) -> Money:
    """Raises Unreadable for an amount of more digits than the currency has, or a currency that there is not."""
    try:
        return parse_money(written(amount), currency, signed=True)
    except ValueError as fault:
        raise Unreadable(f"{at}: {fault}") from None


def written(number: Decimal | int) -> str:
    """To its last digit: 48000, 48000.10 and 4.8e4 are exact, since none is a float."""
    text = f"{number:f}" if isinstance(number, Decimal) else str(number)
    return text.rstrip("0").removesuffix(".") if "." in text else text


def path_of(*parts: str) -> str:
    """Of a sender's API; an id that is somebody else's text stays one part of it."""
    return "/" + "/".join(quote(part, safe="") for part in parts)
