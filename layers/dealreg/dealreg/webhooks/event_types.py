"""What the `data` of each event of an endpoint holds."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, Field


class EndpointData(BaseModel):
    endpoint_id: str


class EndpointTest(EndpointData):
    """What the test of an endpoint sends; it goes to that endpoint alone."""


class EndpointVerify(EndpointData):
    """Asks a new endpoint whether it wants to be one: answer 200 with {"challenge": the same text}.

    If your receiver cannot, send the text to POST /v1/webhook-endpoints/{id}/confirm.
    """

    challenge: str


class EndpointState(EndpointData):
    url: str
    status: Literal["unverified", "enabled", "disabled"]
    reason: Literal["gone", "failing"] | None = Field(description="Why it was disabled")
    failing_since: str | None


class EndpointFailing(EndpointState):
    """One of your endpoints has failed for an hour, a day or three days; told to the others and by e-mail."""


class EndpointDisabled(EndpointState):
    """One of your endpoints answered 410, or failed for five days; what it would get is held until it is enabled."""


class EndpointRecovered(EndpointState):
    """One of your endpoints that failed works again."""


EVENT_TYPES: Mapping[str, type[BaseModel]] = {
    "endpoint.failing": EndpointFailing,
    "endpoint.disabled": EndpointDisabled,
    "endpoint.recovered": EndpointRecovered,
    "endpoint.test": EndpointTest,
    "endpoint.verify": EndpointVerify,
}
