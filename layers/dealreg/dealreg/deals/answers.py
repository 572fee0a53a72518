"""A partner's answer to a reviewer who asked for information: what was asked, and what of the deal it changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from dealreg.deals.model import REQUESTABLE, Deal, place_of
from dealreg.deals.words import FACTS
from dealreg.partners.program import Program
from dealreg.platform import events
from dealreg.platform.text import day, money


class ChangedField(TypedDict):
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class PartnerAnswer:
    asked: str
    """In the reviewer's words."""
    changes: tuple[tuple[str, str, str], ...]
    """What a field is called, and how it was and is in words; both are the same for one that was asked for in vain."""


def answer_of(before: Deal, after: Deal, program: Program) -> dict[str, Any]:
    """For the event that tells of it. `before` still knows what was asked."""
    changes = [
        ChangedField(field=name, before=old, after=new)
        for name in REQUESTABLE
        if (old := _in_words(before, name, program)) != (new := _in_words(after, name, program))
        or name in before.editable
    ]
    return {"asked": before.reason or "", "changes": changes}


def in_review(deal: Deal) -> PartnerAnswer | None:
    """What the deal's present or last review began with; None if that was not an answer."""
    event = events.find(place_of(deal.id), deal.review_sequence)
    answer: Mapping[str, Any] | None = event.internal.get("answer") if event else None
    if answer is None:
        return None
    changes = ((FACTS[change["field"]], change["before"], change["after"]) for change in answer["changes"])
    return PartnerAnswer(answer["asked"], tuple(changes))


def _in_words(deal: Deal, name: str, program: Program) -> str:
    reader = _READERS.get(name)
    return reader(deal, program) if reader else deal.customer.get(name.removeprefix("customer.")) or ""


def _products(deal: Deal, program: Program) -> str:
    names = {product.id: product.name for product in program.products}
    return ", ".join(names.get(product, product) for product in deal.products)


def _contact(deal: Deal, _: Program) -> str:
    contact: Mapping[str, str | None] = deal.customer.get("contact") or {}
    return ", ".join(filter(None, (contact.get(part) for part in ("name", "email", "phone"))))


_READERS: Mapping[str, Callable[[Deal, Program], str]] = {
    "customer.contact": _contact,
    "products": _products,
    "amount": lambda deal, _: money(deal.amount),
    "type": lambda deal, _: deal.type or "",
    "expected_close_date": lambda deal, _: day(deal.expected_close_date) if deal.expected_close_date else "",
    "notes": lambda deal, _: deal.notes or "",
}
"""Of the fields that are not one text of the customer."""
