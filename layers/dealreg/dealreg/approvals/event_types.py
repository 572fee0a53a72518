"""What the `data` of each event of a question holds: for the vendor's own chat and ticket systems, never for a partner.

Nothing that an approver wrote is in it, and no link: who has one can decide.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field


class AskedAbout(BaseModel):
    id: str
    title: str = Field(description="What the partner reads")


class ApprovalData(BaseModel):
    """A question: a step, or several side by side, put to one person."""

    question_id: str = Field(examples=["apr_7K3M9Q2F-1-1"])
    deal_id: str = Field(examples=["deal_01JD5Y2Q3R7K3M9Q2F0000000A"])
    number: str = Field(examples=["D-7K3M-9Q2F"], description="The deal's")
    customer_name: str
    steps: list[AskedAbout]
    approver: str = Field(description="An e-mail address")
    instead_of: str | None
    because: str | None = Field(description="Why this person: away, nobody, escalated, delegated; null: as named")
    asked_at: str
    escalate_at: str | None = Field(description="When others are asked, or it is late, if nobody answers")


class ApprovalRequested(ApprovalData):
    """Somebody is asked; what comes of it is told by one of the three events of its end."""


class ApprovalReminded(ApprovalData):
    """Who is asked has not answered yet."""


class ApprovalEscalated(ApprovalData):
    """Not answered in time: others are asked, each of whom has a question of their own."""

    to: list[str]


class ApprovalDelegated(ApprovalData):
    """Passed on, by who was asked or since they are away, cannot be reached or decide no more."""

    to: list[str]


class ApprovalDecided(ApprovalData):
    """It needs no answer any more."""

    status: Literal["decided", "superseded"] = Field(description="By who was asked, or by another or not at all")
    choice: Literal["approve", "reject", "request_info"] | None = Field(description="Null: the deal left the review")
    by: str | None = Field(description="An approver's address, or an admin's id")


VENDOR_EVENT_TYPES: Mapping[str, type[BaseModel]] = {
    "approval.requested": ApprovalRequested,
    "approval.reminded": ApprovalReminded,
    "approval.escalated": ApprovalEscalated,
    "approval.delegated": ApprovalDelegated,
    "approval.decided": ApprovalDecided,
}
