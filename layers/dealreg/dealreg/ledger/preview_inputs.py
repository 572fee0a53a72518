"""What a preview is asked for with, and what it answers."""

from typing import Annotated, Any, TypedDict

from pydantic import Field, ValidationInfo, field_validator

from dealreg.commissions.facts import Kind
from dealreg.deals import register
from dealreg.partners.program import current_program
from dealreg.platform.fields import PositiveAmount, Reference, Slug
from dealreg.platform.http import Caller
from dealreg.platform.replies import MoneyView
from dealreg.platform.validation import Input

MAX_MONTHS = 60


def _context(info: ValidationInfo) -> dict[str, Any]:
    return info.context or {}


class PreviewInput(Input):
    """Validated with `context_of` its caller."""

    deal_id: Annotated[Reference, Field(description="The partner's; its tier, plan and shares count")] | None = None
    products: Annotated[list[Reference], Field(min_length=1, max_length=20)]
    amount: Annotated[PositiveAmount, Field(description="Of each month's payment, without tax")]
    type: Annotated[Slug, Field(description="Of the deal; one of the program's deal_types")] | None = None
    kind: Annotated[Kind, Field(description="Of all; else the first is new, then renewals")] | None = None
    months: Annotated[int, Field(ge=1, le=MAX_MONTHS)] = 1
    partner_id: Annotated[Reference | None, Field(validate_default=True, description="For admins")] = None
    tier: Annotated[Slug, Field(description="For admins: instead of the partner's")] | None = None

    @field_validator("products")
    @classmethod
    def are_offered(cls, value: list[str], info: ValidationInfo) -> list[str]:
        offered = _context(info).get("products", value)
        if unknown := [product for product in value if product not in offered]:
            known = ", ".join(sorted(offered))
            raise ValueError(f"There is no product {', '.join(unknown)[:100]}. Choose from {known}.")
        return list(dict.fromkeys(value))

    @field_validator("type")
    @classmethod
    def is_a_known_type(cls, value: str | None, info: ValidationInfo) -> str | None:
        known = _context(info).get("deal_types", (value,))
        if value and value not in known:
            raise ValueError(f"There is no type {value}. Choose from {', '.join(known) or 'none'}.")
        return value

    @field_validator("partner_id")
    @classmethod
    def is_named_by_admins(cls, value: str | None, info: ValidationInfo) -> str | None:
        is_admin = _context(info).get("is_admin", bool(value))
        if is_admin != bool(value):
            raise ValueError("Name the partner." if is_admin else "A partner asks for itself: leave this out.")
        return value

    @field_validator("tier")
    @classmethod
    def is_named_by_admins_alone(cls, value: str | None, info: ValidationInfo) -> str | None:
        known = _context(info).get("tiers", (value,))
        if value and not _context(info).get("is_admin", True):
            raise ValueError("A partner asks for its own tier: leave this out.")
        if value and value not in known:
            raise ValueError(f"There is no tier {value}. Choose from {', '.join(known)}.")
        return value


def context_of(caller: Caller) -> dict[str, Any]:
    tiers = tuple(tier.id for tier in current_program().tiers)
    return register.validation_context() | {"is_admin": caller.principal_type == "admin", "tiers": tiers}


class PreviewLineView(TypedDict):
    month: Annotated[int, "From 0, which is paid today"]
    amount: MoneyView
    rule: Annotated[str | None, "None: nothing is paid, as the steps say"]
    available_in_days: Annotated[int, "From today until its hold is over"]
    steps: Annotated[list[str], "The sum with all its digits, to be done again on paper"]


class PreviewView(TypedDict):
    lines: Annotated[list[PreviewLineView], "The partner's own, in the order of payments"]
    total: MoneyView
    plan: str
    version: Annotated[int | None, "Of the plan; None: none is in force"]
    assumes: Annotated[list[str], "What must hold for it to come so"]
