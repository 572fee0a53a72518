"""What partners and admins send about endpoints; validated with `endpoints.url_policy()` as context."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, Field, ValidationInfo

from dealreg.validation import Input
from dealreg.webhooks.addresses import parse_url
from dealreg.webhooks.rules import is_pattern


def _url(text: str, info: ValidationInfo) -> str:
    policy: dict[str, Any] = info.context or {}
    parse_url(text, **policy)
    return text


def _pattern(text: str) -> str:
    if not is_pattern(text):
        raise ValueError("Use a type of GET /v1/event-types, a family such as deal.*, or *.")
    return text


Url = Annotated[str, AfterValidator(_url)]
EventTypes = Annotated[list[Annotated[str, AfterValidator(_pattern)]], Field(min_length=1, max_length=50)]
Description = Annotated[str, Field(max_length=200)]


class NewEndpoint(Input):
    url: Url
    event_types: EventTypes
    description: Description = ""


class EndpointChange(Input):
    """Only the fields that are sent change."""

    url: Url = ""
    event_types: EventTypes = Field(default_factory=list[str])
    description: Description = ""
    status: Literal["enabled", "disabled"] = "enabled"

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class ReplayRequest(Input):
    """By when the events happened: from `since` up to and with `until`."""

    since: AwareDatetime
    until: AwareDatetime | None = None
    cursor: str | None = None
    """From the last reply, which had more to do."""
