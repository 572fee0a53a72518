"""Bodies of the vendor's acts on a deal."""

from typing import Annotated

from pydantic import Field

from dealreg.deals.statuses import RejectReason
from dealreg.platform.validation import Input

Text = Annotated[str, Field(max_length=2000)]


class Approval(Input):
    reason: Text = ""


class Rejection(Input):
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    reason_code: RejectReason = Field(RejectReason.OTHER, strict=False)


class InfoRequest(Input):
    fields: Annotated[list[str], Field(max_length=20)] = Field(default_factory=list[str])
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Reassignment(Input):
    partner_id: Annotated[str, Field(max_length=40)]


class Note(Input):
    text: Annotated[str, Field(min_length=1, max_length=4000)]
    internal: bool = False
    """Whether only the vendor sees it."""
