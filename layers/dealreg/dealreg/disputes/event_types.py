"""What the `data` of a dispute's events holds. A dispute is of one partner's ledger, whoever else shares in the deal.

Readers should accept fields they do not know: new ones may come with any release.
"""

from collections.abc import Mapping

from pydantic import BaseModel, Field


class GrantedAmount(BaseModel):
    amount: str = Field(description="A decimal number, never a float; negative where it is taken back")
    currency: str = Field(description="ISO 4217", examples=["EUR"])


class DisputeAnswer(BaseModel):
    outcome: str = Field(examples=["accepted", "rejected"])
    text: str
    at: str
    amount: GrantedAmount | None = Field(description="What was posted with the answer")
    line_id: str | None = Field(description="The adjustment that has it")


class CommissionDisputed(BaseModel):
    """The partner said that a line, or what a deal has earned, is wrong."""

    dispute_id: str = Field(examples=["dis_01JD5Y2Q3R0000001000000000"])
    status: str
    line_id: str | None
    deal_id: str | None
    text: str = Field(description="What the partner wrote")


class CommissionDisputeAnswered(CommissionDisputed):
    """The vendor answered a dispute."""

    answer: DisputeAnswer


EVENT_TYPES: Mapping[str, type[BaseModel]] = {
    "commission.disputed": CommissionDisputed,
    "commission.dispute_answered": CommissionDisputeAnswered,
}
