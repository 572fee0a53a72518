"""What an admin says of billing events."""

from typing import Annotated

from pydantic import Field

from dealreg.billing.model import EventStatus
from dealreg.platform import fields
from dealreg.platform.fields import Line, Moment, PositiveAmount
from dealreg.platform.validation import Input


class Attachment(Input):
    deal_id: Annotated[Line, Field(min_length=1, max_length=40)]
    """An id, or the deal's number."""
    amount: PositiveAmount | None = None
    """What was sold, where the event has no amount that can be read."""
    remember: bool = False
    """The subscription and the customer of a payment are the deal's from now on."""


class Closing(Input):
    reason: fields.Reason


class Reconcile(Input):
    since: Moment | None = None
    """Without it, since where the last one ended."""


class EventFilter(Input):
    status: Annotated[EventStatus, Field(strict=False)] = EventStatus.UNMATCHED
    source_id: Annotated[Line, Field(max_length=40)] | None = None
