"""Bodies of the vendor's commands on a deal."""

from typing import Annotated

from pydantic import Field

from dealreg.deals.statuses import RejectReason
from dealreg.platform.fields import Comment, Line, Reason, Remark
from dealreg.platform.validation import Input


class Approval(Input):
    reason: Remark = ""


class Rejection(Input):
    reason: Reason
    reason_code: RejectReason = Field(RejectReason.OTHER, strict=False)


class InfoRequest(Input):
    fields: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list[str])
    reason: Reason


class Reassignment(Input):
    partner_id: Annotated[Line, Field(max_length=40)]


class Note(Input):
    text: Comment
    internal: bool = False
    """Whether only the vendor sees it."""
