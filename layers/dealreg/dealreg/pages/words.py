"""A deal for a page: its status and next step in words, its facts in the order in which they are read."""

from collections.abc import Mapping, Sequence
from typing import Any

from dealreg.deals.words import FACTS, STATUSES
from dealreg.partners.program import Program
from dealreg.platform.countries import countries
from dealreg.platform.text import day, money

_TONES = {
    "submitted": "wait",
    "queued": "wait",
    "in_review": "wait",
    "action_required": "ask",
    "approved": "good",
    "won": "good",
    "lost": "over",
    "rejected": "stop",
    "withdrawn": "over",
    "expired": "over",
    "clear": "good",
    "possible_duplicate": "ask",
    "same_partner_repeat": "ask",
    "claimed_by_partner": "stop",
    "direct_pipeline": "stop",
    "existing_customer": "stop",
}
_CURRENCIES = """
    EUR USD GBP CHF SEK NOK DKK PLN CZK HUF RON TRY AED SAR ILS ZAR INR SGD HKD JPY CNY KRW AUD NZD CAD MXN BRL
""".split()


def status(name: str) -> str:
    return STATUSES[name]


def tone(name: str) -> str:
    """The style sheet's class for a status or a verdict."""
    return _TONES[name]


def next_step(deal: Mapping[str, Any]) -> str:
    """What happens next, for under the status in words."""
    if deal["status"] == "action_required":
        until = f" by {day(deal['answer_by'])}" if deal["answer_by"] else ""
        return f"Answer below{until}, and the review goes on."
    return str(deal["next"]).removeprefix(f"{status(deal['status'])}. ")


def currencies(chosen: str) -> Sequence[str]:
    """The currencies to choose from: the usual ones, and the one already chosen."""
    return _CURRENCIES if chosen in _CURRENCIES else [chosen, *_CURRENCIES]


def type_name(deal_type: str) -> str:
    return deal_type.replace("_", " ").replace("-", " ").capitalize()


def facts(deal: Mapping[str, Any], program: Program) -> list[tuple[str, str]]:
    """What is known of a deal (`deals.views.view`), in the order in which it is read; only what there is."""
    customer: dict[str, Any] = deal["customer"]
    contact: dict[str, str | None] = customer.get("contact") or {}
    country: str = customer.get("country") or ""
    chosen: list[str] = deal["products"]
    names = {product.id: product.name for product in program.products}
    rows: list[tuple[str, str | None]] = [
        ("amount", money(deal["amount"])),
        ("won_amount", money(deal["won_amount"]) if deal["won_amount"] else ""),
        ("customer.domain", customer.get("domain")),
        ("products", ", ".join(names.get(product, product) for product in chosen)),
        ("type", type_name(deal["type"] or "")),
        ("expected_close_date", day(deal["expected_close_date"]) if deal["expected_close_date"] else ""),
        ("customer.contact", "\n".join(filter(None, (contact.get(part) for part in ("name", "email", "phone"))))),
        ("customer.country", countries().get(country, country)),
        ("customer.tax_id", customer.get("tax_id")),
        ("customer.lei", customer.get("lei")),
        ("customer.duns", customer.get("duns")),
        ("notes", deal["notes"]),
        ("partner_reference", deal["partner_reference"]),
    ]
    return [(FACTS[name], value) for name, value in rows if value]
