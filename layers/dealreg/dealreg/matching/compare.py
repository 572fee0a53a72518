"""Two companies side by side, line by line, with the words that only one of them has: what a reviewer looks at."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

from dealreg.matching import identifiers
from dealreg.matching.domains import identifying_domain, registrable_domain
from dealreg.matching.names.explain import Explanation, explain
from dealreg.matching.names.lookalikes import Entry, LookAlike, best_of
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.remarks import known_as
from dealreg.platform.hosts import host_of
from dealreg.platform.replies import one_of

IDENTITIES = ("domain", "tax_id", "lei", "duns")
"""The fields that tell a company from every other one."""
_BETWEEN = "·"
"""Parts names, and domains, of which somebody has several."""
Word = tuple[str, bool]
"""And whether the other side lacks it."""


@dataclass(frozen=True, slots=True)
class Party:
    """What is known of a company; a field that is not known is empty."""

    names: tuple[str, ...]
    """The first is its own; the others it is known by."""
    domains: tuple[str, ...]
    country: str
    tax_id: str
    lei: str = ""
    duns: str = ""

    def lines(self) -> Mapping[str, tuple[str, ...]]:
        return {
            "name": self.names,
            "domain": self.domains,
            "country": (self.country,) if self.country else (),
            "tax_id": (self.tax_id,) if self.tax_id else (),
            "lei": (self.lei,) if self.lei else (),
            "duns": (self.duns,) if self.duns else (),
        }


@dataclass(frozen=True, slots=True)
class Line:
    field: str
    prospect: tuple[Word, ...]
    candidate: tuple[Word, ...]
    agrees: bool | None
    """None where one side says nothing."""


def party_of_customer(customer: Mapping[str, Any], aliases: Iterable[str] = ()) -> Party:
    """Of a registration's customer; its contact's e-mail stands in for a website."""
    contact: Mapping[str, str] = customer.get("contact") or {}
    email = contact.get("email", "")
    domain = str(customer.get("domain") or email.rpartition("@")[2])
    return Party(
        names=(customer["name"], *aliases),
        domains=(domain,) if domain else (),
        country=customer.get("country") or "",
        tax_id=customer.get("tax_id") or "",
        lei=customer.get("lei") or "",
        duns=customer.get("duns") or "",
    )


def party_of_export(side: Mapping[str, Any]) -> Party:
    """Of a side of a reviewer's verdict, from JSON. Raises TypeError or KeyError."""
    several: dict[str, Any] = {name: tuple(side[name]) for name in ("names", "domains")}
    return Party(**{**side, **several})


def likeness(prospect: Party, candidate: Party) -> LookAlike:
    """Of the candidate's names the one most like the prospect's own, with its score."""
    names = [Entry(name, name, candidate.country or None) for name in known_as(*candidate.names)]
    return best_of(map(normalise, known_as(prospect.names[0])), prospect.country or None, names, keep=1)[0]


def reasons(prospect: Party, candidate: Party) -> list[Explanation]:
    """Why the names are alike and why not, in words; the weightiest first."""
    return explain(likeness(prospect, candidate).score, prospect.country or None, candidate.country or None)


def compare(prospect: Party, candidate: Party) -> list[Line]:
    """Only the fields of which one side says something."""
    left, right = prospect.lines(), candidate.lines()
    sides = (prospect.country or None, candidate.country or None)
    return [_line(field, left[field], right[field], *sides) for field in left if left[field] or right[field]]


def _line(field: str, left: tuple[str, ...], right: tuple[str, ...], one: str | None, other: str | None) -> Line:
    """`one` and `other` are the sides' countries."""
    _, same = _SAME[field]
    whole = {same(text, one) for text in left} & {same(text, other) for text in right}
    agrees = bool(whole) if left and right else None
    return Line(field, _marked(field, left, right, one, other), _marked(field, right, left, other, one), agrees)


def _marked(
    field: str, side: tuple[str, ...], other: tuple[str, ...], country: str | None, other_country: str | None
) -> tuple[Word, ...]:
    pieces, same = _SAME[field]
    known = {same(piece, other_country) for text in other for piece in pieces(text)}
    marked: list[Word] = []
    for text in side:
        marked += [(_BETWEEN, False)] if marked else []
        marked += [(piece, bool(other) and same(piece, country) not in known) for piece in pieces(text)]
    return tuple(marked)


def _domain(text: str, _: str | None) -> str:
    host = host_of(text)
    return identifying_domain(text) or (registrable_domain(host) if host else None) or text


def _tax_id(text: str, country: str | None) -> str:
    return identifiers.tax_id(text, country).value


def _lei(text: str, _: str | None) -> str:
    return identifiers.lei(text).value


def _duns(text: str, _: str | None) -> str:
    return identifiers.duns(text).value


def _name(text: str, _: str | None) -> str:
    return " ".join(normalise(text).words)


def _country(text: str, _: str | None) -> str:
    return text.upper()


def _whole(text: str) -> list[str]:
    return [text]


def _words(text: str) -> list[str]:
    return re.findall(r"\S+", text)


_SAME: Mapping[str, tuple[Callable[[str], list[str]], Callable[[str, str | None], str]]] = {
    "name": (_words, _name),
    "domain": (_whole, _domain),
    "country": (_whole, _country),
    "tax_id": (_whole, _tax_id),
    "lei": (_whole, _lei),
    "duns": (_whole, _duns),
}
"""By field: into which pieces its text falls, and what of a piece must be the same, given the company's country."""


class LineView(TypedDict):
    field: Annotated[str, one_of(["name", *IDENTITIES, "country"])]
    prospect: str
    candidate: str
    agrees: bool | None
    only_prospect: list[str]
    only_candidate: list[str]


def view(line: Line) -> LineView:
    return {
        "field": line.field,
        "prospect": " ".join(word for word, _ in line.prospect),
        "candidate": " ".join(word for word, _ in line.candidate),
        "agrees": line.agrees,
        "only_prospect": [word for word, differs in line.prospect if differs],
        "only_candidate": [word for word, differs in line.candidate if differs],
    }
