"""What the pages call things: statuses, fields, amounts and dates in words for people."""

from collections.abc import Mapping
from typing import Any

from dealreg.pages.countries import countries
from dealreg.partners.model import Program
from dealreg.platform import times
from dealreg.platform.money import readable

_STATUS = {
    "submitted": ("Received", "wait"),
    "queued": ("Waiting in line", "wait"),
    "in_review": ("In review", "wait"),
    "action_required": ("Needs your answer", "ask"),
    "approved": ("Approved", "good"),
    "won": ("Won", "good"),
    "lost": ("Lost", "over"),
    "rejected": ("Not approved", "stop"),
    "withdrawn": ("Withdrawn", "over"),
    "expired": ("Expired", "over"),
}
_CURRENCIES = [
    "EUR",
    "USD",
    "GBP",
    "CHF",
    "SEK",
    "NOK",
    "DKK",
    "PLN",
    "CZK",
    "HUF",
    "RON",
    "TRY",
    "AED",
    "SAR",
    "ILS",
    "ZAR",
    "INR",
    "SGD",
    "HKD",
    "JPY",
    "CNY",
    "KRW",
    "AUD",
    "NZD",
    "CAD",
    "MXN",
    "BRL",
]


def status(name: str) -> str:
    return _STATUS[name][0]


def tone(name: str) -> str:
    """The style sheet's class for a status."""
    return _STATUS[name][1]


def next_step(deal: Mapping[str, Any]) -> str:
    """What happens next, for under the status in words."""
    if deal["status"] == "action_required":
        return "Answer below, and the review goes on."
    return str(deal["next"]).removeprefix(f"{status(deal['status'])}. ")


def day(text: str) -> str:
    """A date or a moment as 7 Nov 2026."""
    moment = times.from_text(text)
    return f"{moment.day} {moment:%b %Y}"


def moment(text: str) -> str:
    return f"{day(text)}, {times.from_text(text):%H:%M} UTC"


def currencies(chosen: str) -> list[str]:
    """The currencies to choose from: the usual ones, and the one already chosen."""
    return _CURRENCIES if chosen in _CURRENCIES else [chosen, *_CURRENCIES]


def facts(deal: Mapping[str, Any], program: Program) -> list[tuple[str, str]]:
    """What is known of a deal (`deals.model.view`), in the order in which it is read; only what there is."""
    customer: dict[str, Any] = deal["customer"]
    contact: dict[str, str | None] = customer.get("contact") or {}
    country: str = customer.get("country") or ""
    chosen: list[str] = deal["products"]
    names = {product.id: product.name for product in program.products}
    rows: list[tuple[str, str | None]] = [
        ("Value", readable(deal["amount"])),
        ("Won for", readable(deal["won_amount"]) if deal["won_amount"] else ""),
        ("Website", customer.get("domain")),
        ("Products", ", ".join(names.get(product, product) for product in chosen)),
        ("Closes", day(deal["expected_close_date"]) if deal["expected_close_date"] else ""),
        ("Contact", "\n".join(filter(None, (contact.get(part) for part in ("name", "email", "phone"))))),
        ("Country", countries().get(country, country)),
        ("Tax number", customer.get("tax_id")),
        ("LEI", customer.get("lei")),
        ("DUNS number", customer.get("duns")),
        ("Notes", deal["notes"]),
        ("Reference", deal["partner_reference"]),
    ]
    return [(name, value) for name, value in rows if value]
