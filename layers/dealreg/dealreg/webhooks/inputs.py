"""What partners and admins send about endpoints.

Validated with the catalogue as `event_types` in the context and, where there is a URL, with `endpoints.url_policy()`.
"""

import re
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from dealreg.platform import aws
from dealreg.platform.fields import Line, Moment
from dealreg.platform.validation import Input
from dealreg.webhooks.deliveries import policy
from dealreg.webhooks.deliveries.rules import is_pattern
from dealreg.webhooks.model import Ordered, Payload, Sink
from dealreg.webhooks.transport.addresses import parse_url

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_HEADER_VALUE = re.compile(r"[!-~](?:[ -~]{0,254}[!-~])?")
_OURS = re.compile(
    r"(?:accept|accept-.*|access-control-.*|age|allow|alt-.*|authority|cache-control|cdn-loop|cf-.*|client-ip|connection"
    r"|content-.*|cookie.*|date|early-data|expect|fastly-.*|forwarded|forwarded-.*|front-end-https|host|http2-settings|if-.*"
    r"|keep-alive|max-forwards|method|origin|path|pragma|priority|proxy.*|range|referer|scheme|sec-.*|set-cookie.*|svix-.*|te"
    r"|trailer|transfer-encoding|true-client-ip|upgrade.*|user-agent|via|warning|webhook-.*|x-accel-.*|x-amz.*"
    r"|x-client-ip|x-cluster-client-ip|x-envoy-.*|x-forward.*|x-host|x-http-.*|x-method-.*|x-original-.*|x-proxy.*"
    r"|x-real-ip|x-remote-.*|x-rewrite-.*|x-sendfile.*|x-server-name)"
)
"""Headers that say how a request travels, what of it is meant, or who sent it; as `_plain_name` writes them."""
_REGION = r"(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)"
_QUEUE = re.compile(rf"https://sqs\.{_REGION}\.amazonaws\.com/(?P<account>[0-9]{{12}})/[A-Za-z0-9_-]{{1,80}}")
_BUS = re.compile(rf"arn:aws:events:{_REGION}:(?P<account>[0-9]{{12}}):event-bus/[A-Za-z0-9._/-]{{1,256}}")
_ROLE = re.compile(r"arn:aws:iam::(?P<account>[0-9]{12}):role/dealreg/[A-Za-z0-9+=,.@_/-]{1,128}")


def _pattern(text: str, info: ValidationInfo) -> str:
    if not is_pattern(text, _context(info).get("event_types", ())):
        raise ValueError("Use a type of GET /v1/event-types, a family such as deal.*, or *.")
    return text


def _plain_name(name: str) -> str:
    """As gateways pass headers on to programs, for which Content_Length, content.length and Content-Length are one."""
    return re.sub(r"[^a-z0-9]", "-", name.lower())


def _headers(headers: dict[str, str]) -> dict[str, str]:
    if len({_plain_name(name) for name in headers}) < len(headers):
        raise ValueError("Two of these names are one to many receivers: names differ in more than case and signs.")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or _OURS.fullmatch(_plain_name(name)):
            raise ValueError("One of these names cannot be used: choose one of your own, such as X-Tenant.")
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError("Write each value in printable ASCII on one line, with 256 characters at most.")
    return headers


EventTypes = Annotated[list[Annotated[str, AfterValidator(_pattern)]], Field(min_length=1, max_length=50)]
Description = Annotated[Line, Field(max_length=200)]
Headers = Annotated[dict[str, str], Field(max_length=10), AfterValidator(_headers)]
RateLimit = Annotated[int, Field(ge=1, le=6000)]


class NewEndpoint(Input):
    """`url` is the receiver's; for the sinks in AWS a queue's URL, or an event bus's ARN."""

    sink: Sink = "http"
    role_arn: Annotated[Line, Field(max_length=200)] = ""
    url: Line
    event_types: EventTypes
    description: Description = ""
    payload: Payload = "full"
    headers: Headers = Field(default_factory=dict[str, str])
    rate_limit: RateLimit | None = None
    ordered: Ordered = "off"

    @field_validator("role_arn")
    @classmethod
    def _is_wanted(cls, text: str, info: ValidationInfo) -> str:
        if text and info.data.get("sink") == "http":
            raise ValueError("Only a queue or a bus is reached by a role: leave it out.")
        return text

    @field_validator("url")
    @classmethod
    def _leads_somewhere(cls, text: str, info: ValidationInfo) -> str:
        sink = info.data.get("sink", "http")
        if sink == "http":
            parse_url(text, **_url_policy(info))
            return text
        place = (_QUEUE if sink == "sqs" else _BUS).fullmatch(text)
        if not place:
            raise ValueError("Give a queue's URL (sqs) or an event bus's ARN (eventbridge).")
        if place["region"] not in aws.regions():
            raise ValueError("There is no such region of AWS.")
        role = _ROLE.fullmatch(info.data.get("role_arn", ""))
        if not role or role["account"] != place["account"]:
            raise ValueError("role_arn must be a role of the same account with the path /dealreg/.")
        return text


def _url_policy(info: ValidationInfo) -> dict[str, Any]:
    return {name: said for name, said in _context(info).items() if name != "event_types"}


def _context(info: ValidationInfo) -> dict[str, Any]:
    return info.context or {}


class EndpointChange(Input):
    """Only the fields that are sent change. What kind of receiver it is stays."""

    url: Line = ""
    event_types: EventTypes = Field(default_factory=list[str])
    description: Description = ""
    payload: Payload = "full"
    headers: Headers = Field(default_factory=dict[str, str])
    rate_limit: RateLimit | None = None
    ordered: Ordered = "off"
    status: Literal["enabled", "disabled"] = "enabled"

    @field_validator("url")
    @classmethod
    def _leads_somewhere(cls, text: str, info: ValidationInfo) -> str:
        parse_url(text, **_url_policy(info))
        return text

    def changes(self) -> dict[str, Any]:
        return self.model_dump(exclude_unset=True)


class Confirmation(Input):
    challenge: Annotated[Line, Field(min_length=1, max_length=200)]
    """As it stands in the `endpoint.verify` message that arrived at the receiver."""


class Rotation(Input):
    overlap_hours: Annotated[int, Field(ge=0, le=policy.LONGEST_OVERLAP // timedelta(hours=1))] = (
        policy.KEY_OVERLAP // timedelta(hours=1)
    )
    """How long the secret before the new one still signs."""


class ReplayRequest(Input):
    """What to send again, by when the events happened: from `since` up to and with `until`."""

    since: Moment
    until: Moment | None = None
    what: Annotated[list[Literal["failed", "held", "delivered", "missing"]], Field(min_length=1, max_length=4)] = Field(
        default_factory=lambda: ["failed", "held"]
    )
    """missing: events that the endpoint now subscribes to and was never told of, such as those before it was made."""
    event_types: EventTypes = Field(default_factory=lambda: ["*"])
    preview: bool = False
    """Counts, and waits for the word to go on."""

    @field_validator("until")
    @classmethod
    def _comes_after(cls, until: datetime | None, info: ValidationInfo) -> datetime | None:
        since: datetime | None = info.data.get("since")
        if until and since and until < since:
            raise ValueError("This must not be before since.")
        return until
