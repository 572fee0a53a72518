"""What may be sent about payout runs and payouts."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, field_validator

from dealreg.partners.inputs import CurrencyCode
from dealreg.payouts.model import Act
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.fields import Day, Line, Moment, Reason, Reference, Slug
from dealreg.platform.money import parse_money
from dealreg.platform.validation import Input, parse

MAX_PARTNERS = 100
_SKEW = timedelta(days=1)
"""Of somebody's clock: nothing was paid later than that."""


class NewRun(Input):
    at: Annotated[Moment | None, Field(description="Lines that were payable then; now, if it is left out")] = None
    partner_ids: Annotated[
        list[Reference] | None, Field(min_length=1, max_length=MAX_PARTNERS, description="All, if it is left out")
    ] = None


class Approval(Input):
    """What was seen: another version or other sums are a 409."""

    version: Annotated[int, Field(ge=1)]
    totals: Annotated[dict[CurrencyCode, Annotated[Line, Field(max_length=20)]], Field(max_length=200)]

    @field_validator("totals")
    @classmethod
    def _are_money(cls, totals: dict[str, str]) -> dict[str, str]:
        for currency, amount in totals.items():
            parse_money(amount, currency)
        return totals

    def minor(self) -> dict[str, int]:
        return {currency: parse_money(amount, currency).minor for currency, amount in self.totals.items()}


class NewExport(Input):
    mapping: Slug
    date: Annotated[Day, Field(description="Of the documents")]


class ExportPreview(Input):
    mapping: Slug
    run: Reference
    date: Annotated[Day | None, Field(description="Of the documents; today, if it is left out")] = None


class Paid(Input):
    paid_at: Moment
    reference: Reference | None = None


class Refused(Input):
    """Why a payout failed, or came back."""

    reason_code: Slug
    text: Reason | None = None


SAID: dict[Act, type[Input] | None] = {
    "paid": Paid,
    "failed": Refused,
    "returned": Refused,
    "retry": None,
    "cancel": None,
}


def said_of(act: Act, body: bytes, now: datetime) -> dict[str, Any]:
    """What an act says of its payout. Raises InvalidInput."""
    kind = SAID[act]
    if kind is None:
        return {}
    said = parse(kind, body)
    if isinstance(said, Paid) and said.paid_at > now + _SKEW:
        raise InvalidInput([FieldError("paid_at", "This is still to come: say when it was paid.")])
    return said.model_dump()
