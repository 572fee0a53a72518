"""Endpoints, deliveries and attempts as their owner is shown them."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dealreg.platform import times
from dealreg.webhooks.model import Delivery, Endpoint, Timing


def attempt_view(item: Mapping[str, Any]) -> dict[str, Any]:
    """Of a stored attempt. How long an unreachable receiver took would tell why, so it is left out."""
    view = {name: item[name] for name in ("number", "started_at", "result", "status_code", "duration_ms", "body")}
    view |= {"headers": item["headers"], "timing": item["timing"]}
    if item["result"] == "unreachable":
        view |= {"duration_ms": None, "timing": asdict(Timing())}
    return view


def endpoint_view(endpoint: Endpoint) -> dict[str, Any]:
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
        "failing_since": _text(endpoint.health.failing_since),
        "created_at": times.to_text(endpoint.created_at),
    }


def delivery_view(delivery: Delivery) -> dict[str, Any]:
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
