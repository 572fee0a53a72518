"""Types of the fields that several inputs share: each kind of value is read, limited and refused in one way."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from dealreg.platform.hosts import host_of, normalise_email
from dealreg.platform.money import Money, parse_money
from dealreg.platform.validation import Input

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})", re.I
)


class Amount(Input):
    """A decimal string and an ISO 4217 code."""

    # The currency comes first: it says how many decimals the amount may have.

    currency: str
    amount: str

    @field_validator("currency")
    @classmethod
    def _is_known(cls, value: str) -> str:
        parse_money("1", value)
        return value

    @field_validator("amount")
    @classmethod
    def _is_money(cls, value: str, info: ValidationInfo) -> str:
        parse_money(value, info.data.get("currency", "EUR"))
        return value

    def to_money(self) -> Money:
        return parse_money(self.amount, self.currency)


class PositiveAmount(Amount):
    @field_validator("amount")
    @classmethod
    def _is_positive(cls, value: str) -> str:
        if not value.strip("0."):
            raise ValueError("The amount must be more than zero.")
        return value


def _domain(text: str) -> str:
    host = host_of(text)
    if not host:
        raise ValueError("Write a domain such as example.com.")
    return host


def _website(text: str) -> str:
    if text and host_of(text) is None:
        raise ValueError("This does not look like a website: write it as example.com.")
    return text


def _contact_email(text: str) -> str:
    if text:
        normalise_email(text)
    return text


def _country(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValueError("Use a two-letter country code such as DE.")
    return text.upper()


def _day(value: object) -> object:
    """Nothing else that a library would take for a day, such as a number of seconds."""
    is_day = _DAY.fullmatch(value) if isinstance(value, str) else isinstance(value, date)
    if not is_day:
        raise ValueError("Write the date as YYYY-MM-DD.")
    return value


def _moment(value: object) -> datetime:
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):  # the 30th of February, and the ends of the calendar
            pass
    raise ValueError("Write the time as 2026-11-27T10:00:00Z.")


def _slug(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", text):
        raise ValueError("Use up to 40 small letters, digits, - and _.")
    return text


def _none_if_blank(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def require_letters(message: str) -> Callable[[str], str]:
    """A validator of names, which refuses punctuation alone with this message."""

    def check(text: str) -> str:
        if not any(character.isalnum() for character in text):
            raise ValueError(message)
        return text

    return check


Email = Annotated[str, AfterValidator(normalise_email)]
"""One by which somebody is found or mailed: in lower case."""
ContactEmail = Annotated[str, Field(max_length=254), AfterValidator(_contact_email)]
"""As it was typed; may be empty."""
Domain = Annotated[str, AfterValidator(_domain)]
"""The host alone, in lower case."""
Website = Annotated[str, Field(max_length=253), AfterValidator(_website)]
"""As it was typed; may be empty."""
Country = Annotated[str, AfterValidator(_country)]
"""ISO 3166-1 alpha-2, in capitals."""
BlankIsNone = BeforeValidator(_none_if_blank)
Day = Annotated[date, BeforeValidator(_day), Field(strict=False)]
"""YYYY-MM-DD, in JSON and in a form alike."""
Moment = Annotated[datetime, BeforeValidator(_moment)]
"""RFC 3339 §5.6, with its offset; in UTC."""
Slug = Annotated[str, AfterValidator(_slug)]
"""An id that a person chooses."""
Name = Annotated[str, Field(min_length=1, max_length=120)]
Reference = Annotated[str, Field(min_length=1, max_length=100)]
"""Another system's name for something."""
Remark = Annotated[str, Field(max_length=2000)]
"""Why something was done; may be empty."""
Reason = Annotated[str, Field(min_length=1, max_length=2000)]
Comment = Annotated[str, Field(min_length=1, max_length=4000)]
