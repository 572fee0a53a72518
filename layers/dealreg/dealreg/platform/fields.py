"""Types of the fields that several inputs share: each kind of value is read, limited and refused in one way."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from dealreg.platform.countries import country_of
from dealreg.platform.hosts import host_of, normalise_email
from dealreg.platform.money import Money, parse_money
from dealreg.platform.validation import Input

_FIRST_YEAR, _LAST_YEAR = 1970, 2200
_UNWRITABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufff9-\uffff\U000e0000-\U000e007f]"
)
"""Controls, line and paragraph separators, what turns the direction of the text beside it, what stands for bytes that
could not be read, and what no character is."""
_LINE_END = re.compile(r"\r\n?|[\x85\u2028\u2029]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NO_SUCH_YEAR = f"Write a year from {_FIRST_YEAR} to {_LAST_YEAR}."
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):(?://|(?![0-9]))", re.I)
"""A port's digits behind the colon mean a host before it."""
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


def _line(text: str) -> str:
    if not text.isprintable() or "\ufffd" in text:
        _refuse_unwritable(text)
    return text


def _paragraphs(text: str) -> str:
    _refuse_unwritable(text.replace("\n", "").replace("\t", ""))
    return text


def _refuse_unwritable(text: str) -> None:
    if found := _UNWRITABLE.search(text):
        raise ValueError(f"This holds a character that cannot be kept (U+{ord(found[0]):04X}): write it without.")


def _with_plain_line_ends(value: object) -> object:
    """A browser counts a line's end as one character and sends it as two."""
    return _LINE_END.sub("\n", value) if isinstance(value, str) else value


def _domain(text: str) -> str:
    host = None if _holds_more_than_a_place(text) else host_of(text)
    if not host:
        raise ValueError("Write a domain such as example.com.")
    return host


def _website(text: str) -> str:
    if text and (host_of(text) is None or _holds_more_than_a_place(text)):
        raise ValueError("This does not look like a website: write it as example.com.")
    return text


def _holds_more_than_a_place(text: str) -> bool:
    """Such as a password, or another protocol than the Web's; a bare e-mail address says where its host is."""
    text = text.strip()
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() not in ("http", "https"):
        return True
    rest = text[scheme.end() :] if scheme else text
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    return "@" in authority and (scheme is not None or ":" in authority or authority.count("@") > 1)


def _contact_email(text: str) -> str:
    if text:
        normalise_email(text)
    return text


def _country(text: str) -> str:
    country = country_of(text)
    if country is None:
        raise ValueError("Use a two-letter country code such as DE.")
    return country


def _day(value: object) -> object:
    """Nothing else that a library would take for a day, such as a number of seconds."""
    is_day = _DAY.fullmatch(value) if isinstance(value, str) else isinstance(value, date)
    if not is_day:
        raise ValueError("Write the date as YYYY-MM-DD.")
    if not _FIRST_YEAR <= int(str(value)[:4]) <= _LAST_YEAR:
        raise ValueError(_NO_SUCH_YEAR)
    return value


def _moment(value: object) -> datetime:
    moment = _written_moment(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime) or moment.tzinfo is None:
        raise ValueError("Write the time as 2026-11-27T10:00:00Z.")
    if not _FIRST_YEAR < moment.year < _LAST_YEAR:  # whatever its offset
        raise ValueError(_NO_SUCH_YEAR)
    return moment.astimezone(UTC)


def _written_moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if _MOMENT.fullmatch(text) else None
    except ValueError:  # the 30th of February
        return None


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


Line = Annotated[str, AfterValidator(_line)]
"""Text on one line, which can be shown beside any other."""
Paragraphs = Annotated[str, BeforeValidator(_with_plain_line_ends), AfterValidator(_paragraphs)]
"""Text of several lines, each ended by a line feed."""
Email = Annotated[Line, AfterValidator(normalise_email)]
"""One by which somebody is found or mailed: in lower case."""
ContactEmail = Annotated[Line, Field(max_length=254), AfterValidator(_contact_email)]
"""As it was typed; may be empty."""
Domain = Annotated[Line, AfterValidator(_domain)]
"""The host alone, in lower case."""
Website = Annotated[Line, Field(max_length=253), AfterValidator(_website)]
"""As it was typed; may be empty."""
Country = Annotated[Line, AfterValidator(_country)]
"""ISO 3166-1 alpha-2, in capitals."""
BlankIsNone = BeforeValidator(_none_if_blank)
Day = Annotated[date, BeforeValidator(_day), Field(strict=False)]
"""YYYY-MM-DD, in JSON and in a form alike."""
Moment = Annotated[datetime, BeforeValidator(_moment)]
"""RFC 3339 §5.6, with its offset; in UTC."""
Slug = Annotated[str, AfterValidator(_slug)]
"""An id that a person chooses."""
Name = Annotated[Line, Field(min_length=1, max_length=120)]
Reference = Annotated[Line, Field(min_length=1, max_length=100)]
"""Another system's name for something."""
Remark = Annotated[Paragraphs, Field(max_length=2000)]
"""Why something was done; may be empty."""
Reason = Annotated[Paragraphs, Field(min_length=1, max_length=2000)]
Comment = Annotated[Paragraphs, Field(min_length=1, max_length=4000)]
