"""What becomes of an endpoint when its owner changes it, and why it is not enabled. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dealreg.webhooks.model import Endpoint, EndpointState, Health

MAX_ENDPOINTS = 20
"""Of one owner."""
MAX_DELETED = 180
"""Of one owner in the 90 days for which what they got is kept: with those it has, two reads by key find a delivery."""
UNPROVED = (
    "Its receiver has not proved itself: it answers endpoint.verify with 200 and the challenge, or you send the "
    "challenge that arrived there to POST /v1/webhook-endpoints/{id}/confirm."
)
_WHY_DISABLED = {
    "owner": "It was disabled by its owner.",
    "gone": "It answered 410 Gone.",
    "failing": "For five days it accepted nothing of what was sent.",
}


def changed(endpoint: Endpoint, wanted: Mapping[str, Any]) -> Endpoint:
    """As its owner wants it. Enabled is only who has proved itself at its URL; a new URL begins with a new health."""
    fields = dict(wanted)
    if "event_types" in fields:
        fields["event_types"] = tuple(fields["event_types"])
    after = replace(endpoint, **fields)
    if after.url != endpoint.url:
        after = replace(after, health=Health())
    if after.status == "disabled":
        return replace(after, disabled_reason="owner" if "status" in wanted else endpoint.disabled_reason)
    if endpoint.status == "disabled":  # it gets all its time again; an open breaker stays open
        health = replace(after.health, failing_since=None, failed_attempts=0, warnings=0)
        after = replace(after, health=health, disabled_reason="")
    return replace(after, status="enabled" if after.verified_url == after.url else "unverified")


def must_prove(before: Endpoint, after: Endpoint) -> bool:
    """Whether a change sends the challenge."""
    return after.status == "unverified" and (before.status != "unverified" or before.url != after.url)


def proved(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, status="enabled", verified_url=endpoint.url)


def state_of(endpoint: Endpoint) -> EndpointState:
    """Its status, and of an enabled one whether it works."""
    if endpoint.status != "enabled":
        return EndpointState(endpoint.status)
    return EndpointState.FAILING if endpoint.health.failing_since else EndpointState.WORKING


def why_not_enabled(endpoint: Endpoint) -> str | None:
    """In words for its owner; None when it is enabled."""
    if endpoint.status == "enabled":
        return None
    if endpoint.status == "unverified":
        return UNPROVED.replace("{id}", endpoint.id)
    return _WHY_DISABLED[endpoint.disabled_reason or "owner"]
