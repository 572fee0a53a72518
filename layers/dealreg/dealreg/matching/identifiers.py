"""Numbers that only one company has: VAT and other tax ids, LEI, DUNS; read and checked.

An id whose check digits are wrong is a slip of the keys: it warns, and never claims a customer.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from dealreg.matching.vat import VAT, VatFormat
from dealreg.matching.written_ids import WrittenId
from dealreg.platform.countries import country_of

_DUNS_DIGITS = 9
_DUNS = re.compile(r"\d{7,9}")
_LEI = re.compile(r"[A-Z0-9]{18}\d{2}")
_SHORTEST = 4
_COUNTRY_OF_PREFIX = {"EL": "GR", "XI": "GB", "CHE": "CH"}
_PREFIX_OF_COUNTRY = {"GR": "EL", "CH": "CHE", "LI": "CHE", "MC": "FR", "IM": "GB"}
_OTHER_PREFIX = {"GB": "XI"}
_PREFIXES = {**{prefix: prefix for prefix in VAT}, "GR": "EL", "CH": "CHE", "UK": "GB"}
"""How people begin a VAT id, to its prefix."""
_FORMS = {"MX": re.compile(r"[A-Z]{2,4}\d{6}[A-Z0-9]{3}")}
"""Of national ids that begin with letters which may be their country's too."""
_REST = {
    "CA": re.compile(r"(?<=^.{9})R[A-Z]\d{4}$"),
    "JP": re.compile(r"^T(?=\d{13}$)"),
    "RU": re.compile(r"(?<=^\d{10})\d{9}$"),
}
"""What is written beside a company's number and is not part of it: an account with the tax office, a branch."""
_NEVER = re.compile(r"(?!)")


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
    is_nobodys: bool = False
    """Whether it is not even a hint: a word, zeros, a number counted up."""

    @property
    def key(self) -> str:
        """In the conflict index."""
        kind = "tax" if self.scheme in (Scheme.VAT, Scheme.NATIONAL) else self.scheme.value
        return f"{kind}#{self.value}"

    @property
    def kind(self) -> str:
        """Within which a company has one id."""
        return f"{self.scheme.value}/{self.country}"


def tax_id(text: str, country: str | None) -> Identifier:
    """Reads a VAT or tax id as a person types it.

    `country` is the customer's (ISO 3166). It wins over letters at the beginning that look like a country, unless with
    those the number is a valid VAT id.
    """
    written = WrittenId(text)
    country = country or written.country
    if written.register:
        problem = f"{text.strip()} is a number of a register, which others may have too, and no tax id"
        return Identifier(Scheme.NATIONAL, country or "DE", f"{country or 'DE'}{written.register}", problem)
    if written.is_nobodys:
        return Identifier(
            Scheme.NATIONAL, country or "", written.whole, f"{text.strip()} is no tax id", is_nobodys=True
        )
    return _vat_id(written, country) or _national(text, written, country)


def lei(text: str) -> Identifier:
    """A legal entity identifier (ISO 17442): 18 signs and two check digits, modulo 97."""
    written = WrittenId(text)
    value = written.signs
    right = bool(_LEI.fullmatch(value)) and int("".join(str(int(sign, 36)) for sign in value)) % 97 == 1
    problem = None if right else f"{value} is not a valid LEI"
    return Identifier(Scheme.LEI, "", value, problem, is_nobodys=not right and written.is_nobodys)


def duns(text: str) -> Identifier:
    """A DUNS number: nine digits, nothing to check; a spreadsheet drops the zeros that it begins with."""
    written = WrittenId(text)
    value = written.signs.zfill(_DUNS_DIGITS) if _DUNS.fullmatch(written.signs) else written.signs
    right = bool(_DUNS.fullmatch(value)) and not written.is_nobodys
    problem = None if right else f"{value or text.strip()} is not a DUNS number"
    return Identifier(Scheme.DUNS, "", value, problem, is_nobodys=written.is_nobodys)


def _vat_id(written: WrittenId, country: str | None) -> Identifier | None:
    """None where neither the country nor the beginning says one whose VAT ids are known here."""
    own = _PREFIX_OF_COUNTRY.get(country, country) if country else None
    named = next((signs for size in (3, 2) if (signs := written.signs[:size]) in _PREFIXES), None)
    prefix = _PREFIXES[named] if named else None
    if named and prefix:
        found = _read(prefix, written.signs.removeprefix(named))
        if prefix in (own, _OTHER_PREFIX.get(own or "")) or not found.problem:
            return found
        if not country and VAT[prefix].resembles(written.signs.removeprefix(named)):
            return found
    return _read(own, written.signs) if own in VAT else None


def _read(prefix: str, number: str) -> Identifier:
    format_ = VAT[prefix]
    number = format_.completed(number)
    home = _COUNTRY_OF_PREFIX.get(prefix, prefix)
    own = "GB" if prefix == "XI" else prefix  # a Northern Irish trader has one number with two prefixes
    return Identifier(Scheme.VAT, home, own + number, _problem(format_, home, number))


def _national(text: str, written: WrittenId, country: str | None) -> Identifier:
    signs = written.signs
    if not country and signs[:2] not in _PREFIXES:
        country = country_of(signs[:2])
    if not country:
        problem = f"nobody can tell of which country the tax id {text.strip()} is"
        return Identifier(Scheme.NATIONAL, "", signs, problem, is_nobodys=len(signs) < _SHORTEST)
    form = _FORMS.get(country, _NEVER)
    own = next(filter(form.fullmatch, (written.whole, signs)), None)
    number = own or _REST.get(country, _NEVER).sub("", signs.removeprefix(country))
    problem = f"{text.strip()} is no tax id" if len(signs) < _SHORTEST else None
    return Identifier(Scheme.NATIONAL, country, f"{country}{number}", problem, is_nobodys=problem is not None)


def _problem(format_: VatFormat, country: str, number: str) -> str | None:
    if not format_.shape.fullmatch(number):
        return f"{number} has not the form of a VAT id of {country}"
    return None if format_.check(number) else f"the check digits of {number} ({country}) are wrong"
