"""Numbers that only one company has: VAT and other tax ids, LEI, DUNS; read and checked.

An id whose check digits are wrong is a slip of the keys: it warns, and never claims a customer.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from dealreg.matching.vat import VAT, VatFormat

_SIGNS = re.compile(r"[^A-Z0-9]")
_DUNS = re.compile(r"\d{9}")
_LEI = re.compile(r"[A-Z0-9]{18}\d{2}")
_SHORTEST = 4
_COUNTRY_OF_PREFIX = {"EL": "GR", "XI": "GB", "CHE": "CH"}


class Scheme(StrEnum):
    VAT = "vat"
    LEI = "lei"
    DUNS = "duns"
    NATIONAL = "national"
    """Of a country whose rules are not known here: taken as it is."""


@dataclass(frozen=True, slots=True)
class Identifier:
    scheme: Scheme
    country: str
    """Empty for ids of the whole world."""
    value: str
    """In capitals and digits; a VAT id with the prefix of its country."""
    problem: str | None = None
    """Why it cannot be right, in words for the reviewer."""

    @property
    def key(self) -> str:
        """In the conflict index."""
        kind = "tax" if self.scheme in (Scheme.VAT, Scheme.NATIONAL) else self.scheme.value
        return f"{kind}#{self.value}"

    @property
    def kind(self) -> str:
        """Within which a company has one id."""
        return f"{self.scheme.value}/{self.country}"

    @property
    def says_something(self) -> bool:
        return len(self.value) >= _SHORTEST


def tax_id(text: str, country: str | None) -> Identifier:
    """Reads a VAT or tax id as a person types it; `country` is the customer's (ISO 3166), used if the id names none."""
    signs = _SIGNS.sub("", text.upper())
    prefix = next((signs[:size] for size in (3, 2) if signs[:size] in VAT), "")
    if not prefix and country:
        prefix = {"GR": "EL", "CH": "CHE"}.get(country, country)
        signs = prefix + signs if prefix in VAT else signs
    format_ = VAT.get(prefix)
    if format_ is None:
        named = signs[:2].isalpha() or not country
        value = signs if named else f"{country}{signs}"
        problem = _unlikely(text, signs, is_named=bool(country) or signs[:2].isalpha())
        return Identifier(Scheme.NATIONAL, country or "", value, problem)
    number = format_.bare(signs.removeprefix(prefix))
    home = _COUNTRY_OF_PREFIX.get(prefix, prefix)
    own = "GB" if prefix == "XI" else prefix  # a Northern Irish trader has one number with two prefixes
    return Identifier(Scheme.VAT, home, own + number, _problem(format_, home, number))


def lei(text: str) -> Identifier:
    """A legal entity identifier (ISO 17442): 18 signs and two check digits, modulo 97."""
    value = _SIGNS.sub("", text.upper())
    right = bool(_LEI.fullmatch(value)) and int("".join(str(int(sign, 36)) for sign in value)) % 97 == 1
    return Identifier(Scheme.LEI, "", value, None if right else f"{value} is not a valid LEI")


def duns(text: str) -> Identifier:
    """A DUNS number: nine digits, nothing to check."""
    value = _SIGNS.sub("", text.upper())
    right = bool(_DUNS.fullmatch(value)) and not _is_made_up(value)
    return Identifier(Scheme.DUNS, "", value, None if right else f"{value} is not a DUNS number")


def _unlikely(text: str, signs: str, *, is_named: bool) -> str | None:
    """Of an id without known rules: nobody's, or anybody's."""
    digits = re.sub(r"\D", "", signs)
    if len(signs) < _SHORTEST or not digits or _is_made_up(digits):
        return f"{text.strip()} is no tax id"
    return None if is_named else f"nobody can tell of which country the tax id {text.strip()} is"


def _is_made_up(digits: str) -> bool:
    """All the same, or counting up or down."""
    steps = {(int(other) - int(one)) % 10 for one, other in pairwise(digits)}
    return len(digits) > 2 and len(steps) == 1 and steps <= {0, 1, 9}


def _problem(format_: VatFormat, country: str, number: str) -> str | None:
    if not format_.shape.fullmatch(number):
        return f"{number} has not the form of a VAT id of {country}"
    return None if format_.check(number) else f"the check digits of {number} ({country}) are wrong"
