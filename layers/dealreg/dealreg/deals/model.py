"""A deal registration: what a partner sends, what is kept, what the partner sees."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Annotated, Any

from pydantic import Field, ValidationInfo, field_validator

from dealreg.matching.domains import host_of
from dealreg.matching.identities import problems_of
from dealreg.platform.ids import deal_number
from dealreg.platform.money import Money, parse_money
from dealreg.platform.replies import FaultView
from dealreg.platform.validation import Input


class Contact(Input):
    name: Annotated[str, Field(max_length=120)] | None = None
    email: Annotated[str, Field(max_length=254)] | None = None
    phone: Annotated[str, Field(max_length=40)] | None = None

    @field_validator("email")
    @classmethod
    def is_address(cls, value: str | None) -> str | None:
        if value and ("@" not in value or host_of(value) is None or " " in value):
            raise ValueError("This does not look like an e-mail address.")
        return value


class Customer(Input):
    name: Annotated[str, Field(min_length=2, max_length=200)]
    contact: Contact | None = None
    domain: Annotated[str | None, Field(max_length=253, validate_default=True)] = None
    country: str | None = None
    tax_id: Annotated[str, Field(min_length=4, max_length=30)] | None = None
    lei: Annotated[str, Field(min_length=4, max_length=30)] | None = None
    duns: Annotated[str, Field(min_length=4, max_length=20)] | None = None

    @field_validator("name")
    @classmethod
    def has_letters(cls, value: str) -> str:
        if not any(character.isalnum() for character in value):
            raise ValueError("Write the customer's name.")
        return value

    @field_validator("domain")
    @classmethod
    def can_be_recognised(cls, value: str | None, info: ValidationInfo) -> str | None:
        """By its website, or else by the contact's address."""
        if value and host_of(value) is None:
            raise ValueError("This does not look like a website: write it as example.com.")
        contact: Contact | None = info.data.get("contact")
        if not value and "contact" in info.data and not (contact and contact.email):
            raise ValueError("Give the customer's website, or the contact's e-mail address.")
        return value or None

    @field_validator("country")
    @classmethod
    def is_country(cls, value: str | None) -> str | None:
        if value and not (len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()):
            raise ValueError("Use the two-letter country code, such as DE.")
        return value or None


class Amount(Input):
    currency: str
    amount: str

    @field_validator("currency")
    @classmethod
    def is_currency(cls, value: str) -> str:
        parse_money("1", value)
        return value

    @field_validator("amount")
    @classmethod
    def is_positive(cls, value: str, info: ValidationInfo) -> str:
        if parse_money(value, info.data.get("currency", "EUR")).minor == 0:
            raise ValueError("The amount must be more than zero.")
        return value

    def to_money(self) -> Money:
        return parse_money(self.amount, self.currency)


class ConflictCheckRequest(Input):
    """Who buys what: all that the conflict check is about; validated with the program's product ids as context."""

    customer: Customer
    products: Annotated[list[str], Field(max_length=20)] = Field(default_factory=list[str])

    @field_validator("products")
    @classmethod
    def are_offered(cls, value: list[str], info: ValidationInfo) -> list[str]:
        offered: frozenset[str] = info.context["products"] if info.context else frozenset()
        if unknown := [product for product in value if product not in offered]:
            raise ValueError(
                f"There is no product {', '.join(unknown)[:100]}. Choose from {', '.join(sorted(offered))}."
            )
        return list(dict.fromkeys(value))


class NewDeal(ConflictCheckRequest):
    """The body of `POST /v1/deals`."""

    amount: Amount
    expected_close_date: Annotated[date, Field(strict=False)] | None = None
    notes: Annotated[str, Field(max_length=4000)] | None = None
    partner_reference: Annotated[str, Field(min_length=1, max_length=100)] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    id: str
    partner_id: str
    user_id: str = ""
    status: str
    stage: str = "prospect"
    version: int = 1
    sequence: int = 0
    """Of its newest event."""
    customer: Mapping[str, Any]
    products: list[str]
    families: list[str]
    identities: list[str]
    """What it claims, or waits for."""
    hints: list[str] = field(default_factory=list[str])
    """Identities that it cannot claim: they may be wrong, or several customers have them."""
    aliases: list[str] = field(default_factory=list[str])
    """Names of registrations that a reviewer found to be of the same customer."""
    index_keys: list[str] = field(default_factory=list[str])
    """Of the rows of the conflict index that hold its entries."""
    customer_since: str | None = None
    """When its customer was corrected; None if it was not."""
    amount: Money
    expected_close_date: str | None = None
    notes: str | None = None
    partner_reference: str | None = None
    verdict: str
    conflict_reason: str | None = None
    matches: list[dict[str, Any]]
    """For the reviewer alone."""
    tier: str = ""
    """Of the partner when it registered; rates and limits follow it."""
    decide_by: str | None = None
    review_version: int = 0
    """Its version when the present or last review began; comments may make newer ones during it. 0: no review yet."""
    protected_until: str | None = None
    extensions: int = 0
    editable: list[str]
    """In `action_required`: the fields the reviewer named."""
    reason_code: str | None = None
    reason: str | None = None
    won_amount: Money | None = None
    due_bucket: str | None = None
    due_at: str | None = None
    created_at: str
    updated_at: str

    @property
    def number(self) -> str:
        return deal_number(self.id)


_STATUS_TEXT = {
    "submitted": "We have your registration and look at it now.",
    "queued": "Another registration is ahead of yours. You move up if it ends without a sale.",
    "in_review": "A reviewer decides by {decide_by}.",
    "action_required": "The reviewer needs something from you: {reason}",
    "approved": "Approved. The deal is yours until {protected_until}.",
    "won": "Won. Your commission follows the customer's payments.",
    "lost": "Closed as lost.",
    "rejected": "Not approved. {reason}",
    "withdrawn": "You withdrew this registration.",
    "expired": "The protection ended.",
}


def warnings(deal: Deal) -> list[FaultView]:
    """What should be looked at again but keeps nobody from registering."""
    problems = problems_of(deal.customer)
    return [{"field": f"customer.{name}", "message": f"{problem}."} for name, problem in problems.items()]


def summary(deal: Deal) -> dict[str, Any]:
    """What an event says of its deal: no contact, no notes."""
    return {
        "deal_id": deal.id,
        "number": deal.number,
        "status": deal.status,
        "stage": deal.stage,
        "version": deal.version,
        "customer_name": deal.customer["name"],
        "amount": deal.amount.to_wire(),
        "products": deal.products,
        "partner_reference": deal.partner_reference,
    }


def next_step(deal: Deal) -> str:
    """What happens next, in words."""
    return (
        _STATUS_TEXT[deal.status]
        .format(
            decide_by=in_words(deal.decide_by),
            protected_until=in_words(deal.protected_until),
            reason=deal.reason or "",
        )
        .strip()
    )


def in_words(moment: str | None) -> str:
    """The day of a stored time, as a person reads it."""
    return f"{date.fromisoformat(moment[:10]):%d %b %Y}".lstrip("0") if moment else "soon"


def to_item(deal: Deal) -> dict[str, Any]:
    """Without the keys and without what is empty."""
    content = asdict(deal)
    return {name: value for name, value in content.items() if value not in (None, [], "", {})}


_LISTS = ("products", "families", "identities", "hints", "aliases", "index_keys", "matches", "editable")


def from_item(item: Mapping[str, Any]) -> Deal:
    lists: dict[str, Any] = {name: [] for name in _LISTS}
    known = {one.name for one in fields(Deal)}
    values: dict[str, Any] = lists | {name: value for name, value in item.items() if name in known}
    deal = Deal(**values)
    return replace(deal, amount=Money(**item["amount"]), won_amount=_money(item.get("won_amount")))


def _money(value: Mapping[str, Any] | None) -> Money | None:
    return Money(value["minor"], value["currency"]) if value else None
