"""What may be asked of a ledger, and what an admin may post by hand."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from dealreg.commissions.ledger import LineKind, Status
from dealreg.platform.fields import Amount, Line, Moment, Reason, Reference
from dealreg.platform.money import parse_money
from dealreg.platform.validation import Input, parse_values

Month = Annotated[Line, Field(pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$")]


class LineFilter(Input):
    deal_id: Reference | None = None
    status: Status | None = None
    period: Month | None = None
    kind: LineKind | None = None

    def fits(self, item: Mapping[str, Any], state: Status) -> bool:
        wanted = {"deal_id": self.deal_id, "period": self.period, "kind": self.kind}
        return self.status in (None, state) and all(
            value is None or item.get(name) == value for name, value in wanted.items()
        )


FILTERS = ("deal_id", "status", "period", "kind")


def filter_of(query: Mapping[str, str]) -> LineFilter:
    return parse_values(LineFilter, {name: query[name] for name in FILTERS if name in query})


class BalanceQuery(Input):
    at: Moment | None = None


class SignedAmount(Amount):
    """Negative to take something back."""

    @field_validator("amount")
    @classmethod
    def _is_money(cls, value: str, info: ValidationInfo) -> str:
        if not parse_money(value, info.data.get("currency", "EUR"), signed=True).minor:
            raise ValueError("The amount must not be zero.")
        return value


class ManualLine(Input):
    partner_id: Reference
    amount: SignedAmount
    reason_code: Literal["goodwill", "correction", "write_off", "opening_balance"]
    text: Reason
