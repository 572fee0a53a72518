"""What the `data` of each event of a deal holds.

Readers should accept fields they do not know: new ones may come with any release.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field

Status = Literal[
    "submitted", "queued", "in_review", "action_required", "approved", "won", "lost", "rejected", "withdrawn", "expired"
]
Stage = Literal["prospect", "qualified", "proposal", "negotiation", "verbal"]


class Money(BaseModel):
    amount: str = Field(description="A decimal number, never a float", examples=["48000.00"])
    currency: str = Field(description="ISO 4217", examples=["EUR"])


class DealData(BaseModel):
    """The deal as it was right after the event; the whole of it is at GET /v1/deals/{id}."""

    deal_id: str = Field(examples=["deal_01JD5Y2Q3R7K3M9Q2F0000000A"])
    number: str = Field(examples=["D-7K3M-9Q2F"])
    status: Status
    stage: Stage
    version: int = Field(description="Grows with each change: an event with a lower one is old news", ge=1)
    customer_name: str
    amount: Money
    products: list[str]
    partner_reference: str | None


class DealSubmitted(DealData):
    """A partner registered a deal."""


class DealQueued(DealData):
    """It waits behind another registration of the same customer."""


class DealInReview(DealData):
    """It moved up from the queue; a reviewer looks at it."""


class DealActionRequired(DealData):
    """The reviewer needs more; only the named fields can be edited."""

    fields: list[str]
    reason: str
    answer_by: str = Field(description="Without an answer by then the registration expires")


class DealReminded(DealData):
    """Half of the time to answer the reviewer has passed."""

    fields: list[str]
    reason: str
    answer_by: str


class DealResubmitted(DealData):
    """The partner answered the reviewer."""


class DealApproved(DealData):
    """The deal is the partner's until the protection ends."""

    protected_until: str
    reason: str | None = Field(None, description="What the reviewer wrote to the partner")


class DealRejected(DealData):
    """The vendor said no."""

    reason_code: str
    reason: str
    appeal_by: str | None = Field(None, description="Until when the partner may appeal; null: it is final")


class DealAppealed(DealData):
    """The partner asked to look at a rejection again; it is in review, or waits if the customer is taken by now."""

    reason: str


class DealWithdrawn(DealData):
    """The partner took it back."""

    reason_code: str
    reason: str | None


class DealExpiring(DealData):
    """The protection ends soon."""

    protected_until: str = Field(description="When it ends, be it later than that of the deal while an answer is due")
    extension_decide_by: str | None = Field(None, description="A longer one was asked for: by when it is answered")


class DealExpired(DealData):
    """The protection, or the time to answer, has ended."""

    reason_code: str = Field(examples=["protection_ended", "no_answer", "stale", "claim_released"])


class DealSignOfLifeAsked(DealData):
    """Its partner has done nothing for long: anything it does, or a confirmation, keeps the protection."""

    answer_by: str = Field(description="Without any by then the protection ends")


class DealConfirmed(DealData):
    """The partner says that the sale goes on."""


class DealExtensionRequested(DealData):
    """The partner asks for a longer protection, and somebody has to agree; until then it holds."""

    days: int
    protected_until: str = Field(description="When it ends without")
    decide_by: str = Field(description="We promise an answer by then; the protection ends then, if not later")
    reason: str | None


class DealExtended(DealData):
    """The protection was made longer."""

    protected_until: str
    reason: str | None = Field(None, description="What whoever agreed wrote to the partner")


class DealExtensionRefused(DealData):
    """The protection was not made longer."""

    protected_until: str
    reason_code: str
    reason: str


class Conflict(BaseModel):
    verdict: str = Field(examples=["possible_duplicate"])
    reason_code: str | None = Field(examples=["name_match"])


class DealConflictChanged(DealData):
    """The customer was checked again and the verdict is another one."""

    conflict: Conflict


class DealEdited(DealData):
    """The partner changed what may be changed."""


class DealStageChanged(DealData):
    """The partner's word on how far the sale is."""

    from_stage: Stage = Field(alias="from")


class DealCommented(DealData):
    """A comment that both sides see."""

    text: str
    author: str
    author_name: str = Field(description="Whom to show", examples=["Jana Weiß"])
    side: Literal["partner", "vendor"] = Field(description="Whose word it is")


class DealReassigned(DealData):
    """The deal came to this partner from another."""


class DealReassignedAway(DealData):
    """The deal was given to another partner; who had it hears no more of it."""


class DealWon(DealData):
    """The billing system reported the sale."""

    won_amount: Money


class DealLost(DealData):
    """The partner closed it without a sale."""

    reason_code: str
    reason: str | None


EVENT_TYPES: Mapping[str, type[BaseModel]] = {
    "deal.submitted": DealSubmitted,
    "deal.queued": DealQueued,
    "deal.in_review": DealInReview,
    "deal.action_required": DealActionRequired,
    "deal.reminded": DealReminded,
    "deal.resubmitted": DealResubmitted,
    "deal.approved": DealApproved,
    "deal.rejected": DealRejected,
    "deal.appealed": DealAppealed,
    "deal.withdrawn": DealWithdrawn,
    "deal.expiring": DealExpiring,
    "deal.sign_of_life_asked": DealSignOfLifeAsked,
    "deal.confirmed": DealConfirmed,
    "deal.expired": DealExpired,
    "deal.extension_requested": DealExtensionRequested,
    "deal.extended": DealExtended,
    "deal.extension_refused": DealExtensionRefused,
    "deal.conflict_changed": DealConflictChanged,
    "deal.edited": DealEdited,
    "deal.stage_changed": DealStageChanged,
    "deal.commented": DealCommented,
    "deal.reassigned": DealReassigned,
    "deal.reassigned_away": DealReassignedAway,
    "deal.won": DealWon,
    "deal.lost": DealLost,
}
