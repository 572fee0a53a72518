"""A deal registration: what a partner sends, what is kept, what the partner sees."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from dealreg.deals.statuses import Status
from dealreg.partners.partners import DEFAULT_PLAN
from dealreg.platform.events import Place
from dealreg.platform.fields import (
    BlankIsNone,
    ContactEmail,
    Country,
    Day,
    Line,
    Paragraphs,
    PositiveAmount,
    Reference,
    Slug,
    Website,
    require_letters,
)
from dealreg.platform.ids import deal_locator, deal_number
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting
from dealreg.platform.text import day
from dealreg.platform.validation import Input

REQUESTABLE = (
    "customer.name",
    "customer.domain",
    "customer.country",
    "customer.tax_id",
    "customer.contact",
    "products",
    "amount",
    "type",
    "expected_close_date",
    "notes",
)
"""The fields that a reviewer may ask the partner to complete or correct."""


class Contact(Input):
    name: Annotated[Line, Field(max_length=120)] | None = None
    email: ContactEmail | None = None
    phone: Annotated[Line, Field(max_length=40)] | None = None


class Customer(Input):
    name: Annotated[
        Line, Field(min_length=1, max_length=200), AfterValidator(require_letters("Write the customer's name."))
    ]
    contact: Contact | None = None
    domain: Annotated[Website | None, Field(validate_default=True)] = None
    country: Annotated[Country | None, BlankIsNone] = None
    tax_id: Annotated[Line, Field(min_length=4, max_length=30)] | None = None
    lei: Annotated[Line, Field(min_length=4, max_length=30)] | None = None
    duns: Annotated[Line, Field(min_length=4, max_length=20)] | None = None

    @field_validator("domain")
    @classmethod
    def can_be_recognised(cls, value: str | None, info: ValidationInfo) -> str | None:
        """By its website, or else by the contact's address."""
        contact: Contact | None = info.data.get("contact")
        if not value and "contact" in info.data and not (contact and contact.email):
            raise ValueError("Give the customer's website, or the contact's e-mail address.")
        return value or None


Products = Annotated[list[str], Field(max_length=20)]


class ConflictCheckRequest(Input):
    """Who buys what: all that the conflict check is about; validated with the program's product ids as context."""

    customer: Customer
    products: Products = Field(default_factory=list[str], description="Their ids; all, if none is named")

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

    products: Products = Field(
        default_factory=list[str],
        validate_default=True,
        description="Their ids; at least one where the program has products of more than one family",
    )
    amount: PositiveAmount
    type: Annotated[Slug, Field(description="One of the program's deal_types")] | None = None
    expected_close_date: Day | None = None
    notes: Annotated[Paragraphs, Field(max_length=4000)] | None = None
    partner_reference: Reference | None = None

    @field_validator("products")
    @classmethod
    def are_named(cls, value: list[str], info: ValidationInfo) -> list[str]:
        """A deal claims its customer for the families of its products, and none in passing."""
        if not value and info.context and info.context.get("product_required"):
            raise ValueError("Choose at least one product.")
        return value

    @field_validator("type")
    @classmethod
    def is_a_known_type(cls, value: str | None, info: ValidationInfo) -> str | None:
        known: Collection[str] = info.context.get("deal_types", ()) if info.context else ()
        if value and value not in known:
            raise ValueError(f"There is no type {value}. Choose from {', '.join(known) or 'none'}.")
        return value

    @field_validator("expected_close_date")
    @classmethod
    def is_not_long_ago(cls, value: date | None, info: ValidationInfo) -> date | None:
        """Years before `closes_from` of the context are slips of the hand."""
        earliest: date | None = info.context.get("closes_from") if info.context else None
        if value and earliest and value < earliest:
            raise ValueError(f"This is long past: write a date from {day(earliest)} on.")
        return value


@dataclass(frozen=True, slots=True)
class Appeal:
    """A partner's wish to have a rejection looked at again: once for each deal."""

    at: str
    reason: str
    rejected_by: str
    """Who, or what, had rejected it, and does not decide alone this time."""


@dataclass(frozen=True, slots=True)
class Extension:
    """A longer protection that its partner has asked for, until somebody has answered."""

    review_version: int
    """Of the deal, when the review of it began."""
    days: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deal:
    id: str
    partner_id: str
    user_id: str = ""
    status: str
    stage: str = "prospect"
    version: int = 1
    revision: int = 0
    """Grows with each write of the row, also with one that its partner must not notice, which makes no version."""
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
    another_since: str | None = None
    """When a correction made its customer another company; None if none did. By this it came before others or after."""
    amount: Money
    type: str | None = None
    expected_close_date: str | None = None
    notes: str | None = None
    partner_reference: str | None = None
    verdict: str
    conflict_reason: str | None = None
    matches: list[dict[str, Any]]
    """For the reviewer alone."""
    tier: str = ""
    """Of the partner when it registered; rates and limits follow it."""
    plan: str = DEFAULT_PLAN
    """Of the partner when it registered: commissions are worked out by it, whoever has the deal later."""
    registered_by: str = ""
    """The partner that registered it, once another one has it."""
    registered_tier: str = ""
    """Of that one then."""
    passed_on: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """Each partner that it was given to, and when: `partner_id`, `at`."""
    program_version: int = 0
    """Of the settings that its present or last review began with, and that hold for it since; 0: none yet."""
    decide_by: str | None = None
    """What was promised last: of its review, or of the extension that it asked for."""
    review_version: int = 0
    """Its version when the present or last review began; comments may make newer ones during it. 0: no review yet."""
    review_sequence: int = 0
    """Of the event with which that review began."""
    protected_until: str | None = None
    extensions: int = 0
    extended_from: str | None = None
    """Where the days of its last extension begin: its end before that."""
    extension: Extension | None = None
    """While it is approved, if one was asked for."""
    told_until: str | None = None
    """Which notices of the protection's end are past: those up to this moment were sent, or are none."""
    silent_since: str | None = None
    """While it is approved: the last act of its partner, or when it was approved or came to the partner."""
    sign_of_life_by: str | None = None
    """Its partner is asked whether the sale goes on, and answers by then."""
    answer_by: str | None = None
    """In `action_required`."""
    remind_at: str | None = None
    """In `action_required`, until the partner is reminded."""
    rejected_by: str | None = None
    """While it is rejected."""
    appeal_by: str | None = None
    """While it is rejected, if its partner may appeal: until when."""
    appeal: Appeal | None = None
    """Of its rejection; the present or last review, or the place in the queue, is since then."""
    editable: list[str]
    """In `action_required`: the fields the reviewer named."""
    reason_code: str | None = None
    reason: str | None = None
    won_amount: Money | None = None
    reported_sales: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    """For the vendor alone: sales that billing systems reported before the deal was approved, as `ReportedSaleView`."""
    due_bucket: str | None = None
    due_at: str | None = None
    created_at: str
    updated_at: str

    @property
    def number(self) -> str:
        return deal_number(self.id)

    @property
    def protection_ends(self) -> str | None:
        """Not before an extension that was asked for is answered, or was to be."""
        if not (self.extension and self.protected_until and self.decide_by):
            return self.protected_until
        return max(self.protected_until, self.decide_by)

    @property
    def is_waiting(self) -> bool:
        """For the vendor to decide, on the deal itself or on its extension."""
        return self.status == Status.IN_REVIEW or self.extension is not None

    @property
    def asked_version(self) -> int:
        """Of the review that goes on, be it of an extension; else of the last one of the deal itself."""
        return self.extension.review_version if self.extension else self.review_version

    @property
    def has_customer_since(self) -> str:
        return self.another_since or self.created_at


def place_of(deal_id: str) -> Place:
    """Where its events lie, so that a deal is found by id or number without an index."""
    return Place(Setting.DEALS_TABLE, f"DEAL#{deal_locator(deal_id)}")


def to_item(deal: Deal) -> dict[str, Any]:
    """Without the keys and without what is empty."""
    content = asdict(deal)
    return {name: value for name, value in content.items() if value not in (None, [], "", {})}


_LISTS = (
    "products",
    "families",
    "identities",
    "hints",
    "aliases",
    "index_keys",
    "matches",
    "editable",
    "reported_sales",
    "passed_on",
)


def from_item(item: Mapping[str, Any]) -> Deal:
    lists: dict[str, Any] = {name: [] for name in _LISTS}
    known = {one.name for one in fields(Deal)}
    values: dict[str, Any] = lists | {name: value for name, value in item.items() if name in known}
    deal = Deal(**values)
    return replace(
        deal,
        amount=Money(**item["amount"]),
        won_amount=_money(item.get("won_amount")),
        appeal=Appeal(**item["appeal"]) if "appeal" in item else None,
        extension=Extension(**item["extension"]) if "extension" in item else None,
    )


def _money(value: Mapping[str, Any] | None) -> Money | None:
    return Money(value["minor"], value["currency"]) if value else None
