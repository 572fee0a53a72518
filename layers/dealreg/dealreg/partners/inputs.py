"""What an admin may send about the program, partners, people and keys."""

from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from dealreg.matching.domains import registrable_domain
from dealreg.partners.partners import DEFAULT_PLAN, Status
from dealreg.partners.program import Approvers, Extensions, MoneySettings, Product, Program, Tier
from dealreg.platform.fields import Amount, Domain, Email, Line, Name, Reason, Slug
from dealreg.platform.money import parse_money
from dealreg.platform.rights import Role
from dealreg.platform.validation import Input


def _registrable(host: str) -> str:
    domain = registrable_domain(host)
    if not domain:
        raise ValueError("Write a domain such as example.com.")
    return domain


OwnDomains = Annotated[list[Annotated[Domain, AfterValidator(_registrable)]], Field(max_length=20)]
"""Kept as registrable domains, as a customer's is."""


ExtensionDays = Annotated[int, Field(ge=1, le=365)]
NoticeDays = Annotated[list[Annotated[int, Field(ge=1, le=365)]], Field(max_length=10)]
"""None at all is none."""


class ProductInput(Input):
    id: Slug
    name: Name
    family: Slug


class TierInput(Input):
    id: Slug
    name: Name
    rank: Annotated[int, Field(ge=1, le=100)]
    auto_approve_limit: Amount | None = None
    protection_days: Annotated[int, Field(ge=1, le=730)] = 90
    open_limit: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    extensions: Extensions | None = None
    extension_days: ExtensionDays | None = None

    def to_tier(self) -> Tier:
        limit = self.auto_approve_limit.to_money() if self.auto_approve_limit else None
        own = self.model_dump(exclude={"auto_approve_limit"})
        return Tier(**own, auto_approve_limit=limit)


class ApproversInput(Input):
    first: Email
    escalation: Email | None = None


_MAX_FAMILIES = 8
"""A registration may claim four identities in each, in one transaction of a hundred writes."""


def _products_differ(products: list[ProductInput]) -> list[ProductInput]:
    if len({product.id for product in products}) < len(products):
        raise ValueError("Two products have the same id.")
    if len({product.family for product in products}) > _MAX_FAMILIES:
        raise ValueError(f"At the most {_MAX_FAMILIES} families, please.")
    return products


def _tiers_differ(tiers: list[TierInput]) -> list[TierInput]:
    if len({tier.id for tier in tiers}) < len(tiers):
        raise ValueError("Two tiers have the same id.")
    if len({tier.rank for tier in tiers}) < len(tiers):
        raise ValueError("Two tiers have the same rank.")
    return tiers


def _colour(text: str) -> str:
    digits = text.removeprefix("#")
    if len(text) != 7 or len(digits) != 6 or not set(digits) <= set("0123456789abcdefABCDEF"):
        raise ValueError("Write a colour such as #0d6350.")
    return text.lower()


Colour = Annotated[str, Field(max_length=20), AfterValidator(_colour)]
AccountVerdict = Literal["existing_customer", "direct_pipeline", "claimed_by_partner", "possible_duplicate", "clear"]


class OwnershipVerdicts(Input):
    """What a registration of one of the vendor's own accounts is told."""

    customer: AccountVerdict = "existing_customer"
    open_opportunity: AccountVerdict = "direct_pipeline"
    former_customer: AccountVerdict = "possible_duplicate"
    partner_owned: AccountVerdict = "possible_duplicate"


def _minimums(amounts: dict[str, str]) -> dict[str, str]:
    faults: list[str] = []
    for currency, amount in amounts.items():
        try:
            parse_money(amount, currency)
        except ValueError as fault:
            faults.append(f"{currency}: {fault}")
    if faults:
        raise ValueError(" ".join(faults))
    return amounts


CurrencyCode = Annotated[Line, Field(max_length=3)]
MinimumPayout = Annotated[
    dict[CurrencyCode, Annotated[Line, Field(max_length=20)]], Field(max_length=50), AfterValidator(_minimums)
]


class MoneyInput(Input):
    minimum_payout: MinimumPayout = Field(default_factory=dict[str, str])
    close_after_days: Annotated[int, Field(ge=0, le=365)] | None = None
    payout_approver: Email | None = None
    four_eyes: bool = False


class ProgramInput(Input):
    """The whole settings: what is left out goes back to its default."""

    version: Annotated[int, Field(ge=0, description="The one that was read: another one since is a 409")] | None = None
    name: Name
    products: Annotated[list[ProductInput], Field(min_length=1, max_length=100), AfterValidator(_products_differ)]
    tiers: Annotated[list[TierInput], Field(min_length=1, max_length=20), AfterValidator(_tiers_differ)]
    approvers: ApproversInput
    decide_within_days: Annotated[int, Field(ge=1, le=30)] = Program().decide_within_days
    remind_after_hours: Annotated[int, Field(ge=1, le=720)] = Program().remind_after_hours
    escalate_after_hours: Annotated[int, Field(ge=2, le=1440, validate_default=True)] = Program().escalate_after_hours
    extensions: Extensions = Program().extensions
    extension_days: ExtensionDays = Program().extension_days
    expiring_notice_days: NoticeDays = Field(default_factory=lambda: list(Program().expiring_notice_days))
    answer_within_days: Annotated[int, Field(ge=1, le=90)] = Program().answer_within_days
    appeal_within_days: Annotated[int, Field(ge=1, le=365)] = Program().appeal_within_days
    stale_after_days: Annotated[int, Field(ge=1, le=730)] | None = None
    digest_from: Annotated[int, Field(ge=1, le=1000)] = Program().digest_from
    colour: Colour = Program().colour
    ownership_verdicts: OwnershipVerdicts = OwnershipVerdicts()
    own_domains: OwnDomains = Field(default_factory=list[str])
    checks_per_hour: Annotated[int, Field(ge=0, le=1000)] = Program().checks_per_hour
    registrations_per_hour: Annotated[int, Field(ge=1, le=100_000)] = Program().registrations_per_hour
    changes_per_hour: Annotated[int, Field(ge=1, le=100_000)] = Program().changes_per_hour
    comments_per_hour: Annotated[int, Field(ge=1, le=100_000)] = Program().comments_per_hour
    endpoints_per_hour: Annotated[int, Field(ge=1, le=1000)] = Program().endpoints_per_hour
    replays_per_hour: Annotated[int, Field(ge=1, le=1000)] = Program().replays_per_hour
    resends_per_hour: Annotated[int, Field(ge=1, le=100_000)] = Program().resends_per_hour
    possible_match_percent: Annotated[int, Field(ge=1, le=99)] | None = None
    partner_emails: bool = Program().partner_emails
    import_removal_percent: Annotated[int, Field(ge=0, le=100)] = Program().import_removal_percent
    import_removal_minimum: Annotated[int, Field(ge=1, le=1_000_000)] = Program().import_removal_minimum
    money: MoneyInput = MoneyInput()

    @field_validator("escalate_after_hours")
    @classmethod
    def _comes_after_the_reminder(cls, hours: int, info: ValidationInfo) -> int:
        if hours <= info.data.get("remind_after_hours", 0):
            raise ValueError("Escalate after the reminder, not before it.")
        return hours

    def to_program(self) -> Program:
        taken_apart: dict[str, Any] = {
            "products": tuple(Product(product.id, product.name, product.family) for product in self.products),
            "tiers": tuple(tier.to_tier() for tier in self.tiers),
            "approvers": Approvers(self.approvers.first, self.approvers.escalation),
            "own_domains": tuple(self.own_domains),
            "money": MoneySettings(**self.money.model_dump()),
            "expiring_notice_days": tuple(sorted(set(self.expiring_notice_days), reverse=True)),
        }
        as_it_is: dict[str, Any] = self.model_dump(include=ProgramInput.model_fields.keys() - {"version", *taken_apart})
        return Program(**as_it_is, **taken_apart)


class NewPartner(Input):
    name: Name
    tier: Slug
    own_domains: OwnDomains = Field(default_factory=list[str])
    manager: Email | None = None
    plan: Slug = DEFAULT_PLAN


class BlockInput(Input):
    reason_code: Literal["paperwork", "review", "manual"]
    text: Reason


def _percent(text: str) -> str:
    if Decimal(text) > 100:
        raise ValueError("A percent is at most 100.")
    return text


class PayoutSettingsInput(Input):
    """Of these, too, only the fields that are sent change."""

    block: BlockInput | None = None
    erp_reference: Annotated[Line, Field(min_length=1, max_length=50)] | None = None
    tax_code: Annotated[Line, Field(min_length=1, max_length=20)] | None = None
    tax_percent: Annotated[Line, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$"), AfterValidator(_percent)] = "0"


class PartnerChange(Input):
    """Only the fields that are sent change; the defaults here say no more than that none is required."""

    name: Name = ""
    tier: Slug = ""
    status: Status = "active"
    own_domains: OwnDomains = Field(default_factory=list[str])
    manager: Email | None = None
    plan: Slug = DEFAULT_PLAN
    payout: PayoutSettingsInput = PayoutSettingsInput()

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class NewUser(Input):
    name: Name
    email: Email


Roles = Annotated[list[Annotated[Role, Field(strict=False)]], Field(min_length=1, max_length=len(Role))]


class NewStaff(Input):
    name: Name
    email: Email
    roles: Roles


class StaffChange(Input):
    """Only the fields that are sent change; an address stays."""

    name: Name = ""
    roles: Roles = Field(default_factory=list[Role])

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class NewApiKey(Input):
    name: Name
