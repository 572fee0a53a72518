"""Bodies of the vendor's commands on a deal."""

from typing import Annotated, Literal

from pydantic import Field

from dealreg.deals.statuses import RejectReason
from dealreg.platform.fields import Comment, Email, Line, Reason, Remark, Slug
from dealreg.platform.validation import Input


class StepDecision(Input):
    step: Slug | Literal[""] = Field("", description="A step that is asked; left out, the whole review is decided")
    note: Remark = Field("", description="For the vendor alone")


class Approval(StepDecision):
    reason: Remark = Field("", description="For the partner")


class Rejection(StepDecision):
    reason: Reason
    reason_code: RejectReason = Field(RejectReason.OTHER, strict=False)


class InfoRequest(StepDecision):
    fields: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list[str])
    reason: Reason


class Delegation(Input):
    one: Annotated[Email, Field(alias="from")]
    to: Email


class Reassignment(Input):
    partner_id: Annotated[Line, Field(max_length=40)]


class Note(Input):
    text: Comment
    internal: bool = False
    """Whether only the vendor sees it."""
