"""What tells a company from every other one: its domains and its numbers, and which of these cannot be relied on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dealreg.matching import identifiers
from dealreg.matching.domains import identifying_domain, is_own
from dealreg.matching.identifiers import Identifier


@dataclass(frozen=True, slots=True)
class Identities:
    claims: tuple[str, ...]
    """Keys such as `domain#acme.com` that only one customer has."""
    hints: tuple[str, ...]
    """Keys that may be wrong, or another's too: they claim nothing, and who has them as well is worth a look."""
    numbers: Mapping[str, str]
    """Valid ids by scheme and country: {"vat/DE": "DE811907980"}. Companies whose ids differ are two."""


def of_customer(customer: Mapping[str, Any]) -> Identities:
    """Of a registration's customer: the contact's e-mail stands in for a website that is not the customer's own."""
    contact: Mapping[str, str] = customer.get("contact") or {}
    texts = (customer.get("domain") or "", contact.get("email", ""))
    known = [domain for domain in map(identifying_domain, texts) if domain]
    return identify(sorted(known, key=is_own, reverse=True)[:1], customer)


def identify(domains: Iterable[str], company: Mapping[str, Any]) -> Identities:
    """From websites or domains, and the fields `tax_id`, `lei`, `duns` and `country` of a company."""
    read = _numbers_of(company)
    sites = dict.fromkeys(filter(None, map(identifying_domain, domains)))
    return Identities(
        claims=(*(f"domain#{site}" for site in sites), *(one.key for one in read.values() if not one.problem)),
        hints=tuple(one.key for one in read.values() if one.problem and not one.is_nobodys),
        numbers={one.kind: one.value for one in read.values() if not one.problem},
    )


def problems_of(company: Mapping[str, Any]) -> Mapping[str, str]:
    """By field, what is wrong with an id, in words."""
    return {field: one.problem for field, one in _numbers_of(company).items() if one.problem}


def without_domains(keys: Iterable[str], domains: Iterable[str]) -> tuple[str, ...]:
    """Identities that are not these domains: a partner's own and the vendor's never identify a customer."""
    own = {f"domain#{domain}" for domain in domains}
    return tuple(key for key in keys if key not in own)


def differing_number(mine: Mapping[str, str], theirs: Mapping[str, str]) -> str | None:
    """The scheme and country in which both have a valid id, and not the same: two companies, whatever else is equal."""
    return next((kind for kind in sorted(mine.keys() & theirs.keys()) if mine[kind] != theirs[kind]), None)


def _numbers_of(company: Mapping[str, Any]) -> dict[str, Identifier]:
    read: dict[str, Identifier] = {}
    if text := company.get("tax_id"):
        read["tax_id"] = identifiers.tax_id(text, company.get("country"))
    if text := company.get("lei"):
        read["lei"] = identifiers.lei(text)
    if text := company.get("duns"):
        read["duns"] = identifiers.duns(text)
    return read
