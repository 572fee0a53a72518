"""Endpoints, deliveries, attempts and replays as their owner is shown them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, TypedDict, cast

from dealreg.platform import times
from dealreg.platform.replies import Moment, Uri, one_of
from dealreg.webhooks import model
from dealreg.webhooks.endpoints import rules
from dealreg.webhooks.model import Delivery, Endpoint, Timing


class EndpointView(TypedDict):
    id: str
    url: Uri
    sink: model.Sink
    role_arn: str | None
    event_types: list[str]
    payload: model.Payload
    headers: dict[str, str]
    rate_limit: Annotated[int | None, "Deliveries a minute"]
    ordered: model.Ordered
    description: str
    status: model.EndpointStatus
    disabled_reason: Annotated[str, one_of(("owner", "gone", "failing"))] | None
    status_reason: Annotated[str | None, "Why it is not enabled, and what its owner can do; null when it is"]
    failing_since: Moment | None
    created_at: Moment


class OwnedEndpointView(EndpointView):
    owner: Annotated[str, "A partner's id, or vendor"]
    partner_name: str | None
    state: Annotated[str, one_of(model.EndpointState)]


class EndpointWithSecretView(EndpointView):
    secret: Annotated[str, "Only in this reply, which creates the endpoint"]
    external_id: Annotated[str, "Likewise; what a role in your AWS account must ask of us"]


class SecretView(TypedDict):
    secret: str


class TimingView(TypedDict):
    dns_ms: int | None
    connect_ms: int | None
    tls_ms: int | None
    first_byte_ms: int | None


class AttemptView(TypedDict):
    number: int
    started_at: Moment
    result: str
    status_code: int | None
    duration_ms: int | None
    body: str
    headers: dict[str, str]
    timing: TimingView


class DeliveryView(TypedDict):
    id: str
    endpoint_id: str
    event_id: str
    event_type: str
    subject: str
    deal_id: Annotated[str | None, "The subject, if that is a deal"]
    status: model.DeliveryStatus
    attempt_count: int
    next_attempt_at: Moment | None
    last_result: str | None
    last_status_code: int | None
    created_at: Moment


class FullDeliveryView(DeliveryView):
    event: Annotated[dict[str, Any] | None, "As it is sent; null when it is forgotten"]
    attempts: Annotated[list[AttemptView], "The newest first"]


class StatsView(TypedDict):
    endpoint_id: str
    since: Moment
    deliveries: Annotated[dict[str, int], "By status"]
    attempts: int
    success_rate: float | None
    first_attempt_success_rate: float | None
    duration_ms: Annotated[dict[str, int | None], "By percentile: p50, p95, p99"]


class ReplayView(TypedDict):
    id: str
    endpoint_id: str
    status: Annotated[str, one_of(("counting", "ready", "running", "paused", "done", "failed"))]
    since: Moment
    until: Moment
    what: list[str]
    event_types: list[str]
    total: Annotated[int, "How many it sends; grows while it counts"]
    sent: int
    failed_because: Annotated[str | None, "Why it ended before its end"]
    created_at: Moment


class ErasedView(TypedDict):
    deliveries: Annotated[int, "How many were forgotten now; not those of an erasing before"]
    is_finished: Annotated[bool, "If not, it goes on by itself; asked for again, the reply says how far it is"]


class EventTypeView(TypedDict):
    type: str
    description: str
    schema: Annotated[dict[str, Any], "JSON Schema of the event's data"]


class EventTypesView(TypedDict):
    items: list[EventTypeView]
    next_cursor: str | None
    verification: Annotated[dict[str, str], "Code that verifies what is sent, by language"]


class PublicKeyView(TypedDict):
    kty: str
    crv: str
    alg: str
    use: str
    kid: str
    x: str
    whpk: Annotated[str, "As Standard Webhooks writes it"]


class PublicKeysView(TypedDict):
    keys: list[PublicKeyView]


def attempt_view(item: Mapping[str, Any]) -> AttemptView:
    """Of a stored attempt. How long an unreachable receiver took would tell why, so it is left out."""
    view = {name: item[name] for name in ("number", "started_at", "result", "status_code", "duration_ms", "body")}
    view |= {"headers": item["headers"], "timing": item["timing"]}
    if item["result"] == "unreachable":
        view |= {"duration_ms": None, "timing": asdict(Timing())}
    return cast("AttemptView", view)


def endpoint_view(endpoint: Endpoint) -> EndpointView:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "sink": endpoint.sink,
        "role_arn": endpoint.role_arn or None,
        "event_types": list(endpoint.event_types),
        "payload": endpoint.payload,
        "headers": dict(endpoint.headers),
        "rate_limit": endpoint.rate_limit,
        "ordered": endpoint.ordered,
        "description": endpoint.description,
        "status": endpoint.status,
        "disabled_reason": endpoint.disabled_reason or None,
        "status_reason": rules.why_not_enabled(endpoint),
        "failing_since": _text(endpoint.health.failing_since),
        "created_at": times.to_text(endpoint.created_at),
    }


def delivery_view(delivery: Delivery) -> DeliveryView:
    return {
        "id": delivery.id,
        "endpoint_id": delivery.endpoint_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "subject": delivery.subject,
        "deal_id": delivery.subject if delivery.subject.startswith("deal_") else None,
        "status": delivery.status,
        "attempt_count": delivery.attempts,
        "next_attempt_at": _text(delivery.next_attempt_at),
        "last_result": delivery.last_result or None,
        "last_status_code": delivery.last_status_code,
        "created_at": times.to_text(delivery.created_at),
    }


def _text(moment: datetime | None) -> str | None:
    return times.to_text(moment) if moment else None
