"""What the `data` of each event of a partner's ledger holds: its own lines alone, whoever else shares in the deal.

Readers should accept fields they do not know: new ones may come with any release.
"""

from collections.abc import Mapping

from pydantic import BaseModel, Field


class Money(BaseModel):
    amount: str = Field(description="A decimal number, never a float; negative where money goes back")
    currency: str = Field(description="ISO 4217", examples=["EUR"])


class PostedLine(BaseModel):
    """The whole of it is at GET /v1/commissions/{id}."""

    id: str = Field(examples=["com_01JD5Y2Q3R0000001000000000"])
    number: int = Field(description="Gapless in the partner's ledger", ge=1)
    kind: str
    reason_code: str
    amount: Money
    available_at: str = Field(description="When its hold is over")
    text: str = Field(description="How it came about, in words")


class LinesPosted(BaseModel):
    deal_id: str | None
    deal_number: str | None
    sale_id: str | None = Field(description="The billing system's id")
    amount: Money = Field(description="Of all lines together")
    lines: list[PostedLine]


class CommissionAccrued(LinesPosted):
    """A payment was counted; where it earned nothing, the line says why."""


class CommissionClawedBack(LinesPosted):
    """A refund, or a chargeback that was lost, took commission back."""


class CommissionAdjusted(LinesPosted):
    """Commission was corrected: by another fact than money that came or went, or by hand."""


class CommissionReleased(BaseModel):
    """Holds ended: what is payable from this local day on."""

    date: str = Field(examples=["2026-12-20"])
    amount: Money
    lines: int = Field(description="How many", ge=1)


EVENT_TYPES: Mapping[str, type[BaseModel]] = {
    "commission.accrued": CommissionAccrued,
    "commission.clawed_back": CommissionClawedBack,
    "commission.adjusted": CommissionAdjusted,
    "commission.released": CommissionReleased,
}
