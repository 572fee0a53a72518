"""Endpoints, what is delivered to them, and each attempt, as stored and as shown."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from dealreg import times
from dealreg.dynamo import Item

VENDOR = "vendor"
"""Owner of the program's own endpoints, such as its billing system's: they get all partners' events."""

EndpointStatus = Literal["enabled", "disabled"]
DeliveryStatus = Literal["pending", "delivered", "failed", "held"]
"""held: the endpoint was disabled; waits to be replayed."""
Result = Literal["answered", "unreachable", "timeout", "bad_answer"]
"""unreachable is everything before TLS is up, refused addresses too, so that a tenant cannot scan networks with us."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Names one of an endpoint's secrets, which are derived and never stored."""

    generation: int
    expires_at: datetime | None
    """None for the newest; the one before it stays live for a while."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    id: str
    owner: str
    """A partner's id, or VENDOR."""
    url: str
    event_types: tuple[str, ...]
    """Types, or patterns such as `deal.*`."""
    description: str
    status: EndpointStatus
    keys: tuple[SigningKey, ...]
    """Oldest first."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, byte for byte the same at every attempt and to every endpoint."""

    id: str
    """The event's id, and the `webhook-id` by which receivers know a repetition."""
    type: str
    timestamp: datetime
    body: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one endpoint."""

    id: str
    owner: str
    endpoint_id: str
    event_id: str
    event_type: str
    status: DeliveryStatus
    version: int
    """Each change makes a new one, and is written only on the one it was made from; so a lease has one holder."""
    attempts: int
    """All of them, and the number of the newest."""
    step: int
    """Attempts in the present run of the schedule: a resend starts a new one."""
    next_attempt_at: datetime | None
    lease_until: datetime | None
    """While somebody sends."""
    last_result: str
    """A Result, or why it went no further; "" before the first attempt."""
    last_status_code: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended. A status code is there as soon as the receiver gave one."""

    result: Result
    status_code: int | None
    duration_ms: int
    body: str
    """The beginning of it."""

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class Attempt:
    number: int
    started_at: datetime
    answer: Answer


def endpoint_to_item(endpoint: Endpoint) -> Item:
    return {
        "id": endpoint.id,
        "owner": endpoint.owner,
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "description": endpoint.description,
        "status": endpoint.status,
        "keys": keys_to_item(endpoint.keys),
        "created_at": times.to_text(endpoint.created_at),
    }


def keys_to_item(keys: tuple[SigningKey, ...]) -> list[Item]:
    return [{"generation": key.generation, "expires_at": _text(key.expires_at)} for key in keys]


def endpoint_from_item(item: Mapping[str, Any]) -> Endpoint:
    return Endpoint(
        id=item["id"],
        owner=item["owner"],
        url=item["url"],
        event_types=tuple(item["event_types"]),
        description=item["description"],
        status=item["status"],
        keys=tuple(SigningKey(key["generation"], _moment(key["expires_at"])) for key in item["keys"]),
        created_at=times.from_text(item["created_at"]),
    )


def delivery_to_item(delivery: Delivery) -> Item:
    return {
        "id": delivery.id,
        "owner": delivery.owner,
        "endpoint_id": delivery.endpoint_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "status": delivery.status,
        "version": delivery.version,
        "attempts": delivery.attempts,
        "step": delivery.step,
        "next_attempt_at": _text(delivery.next_attempt_at),
        "lease_until": _text(delivery.lease_until),
        "last_result": delivery.last_result,
        "last_status_code": delivery.last_status_code,
        "created_at": times.to_text(delivery.created_at),
    }


def delivery_from_item(item: Mapping[str, Any]) -> Delivery:
    return Delivery(
        id=item["id"],
        owner=item["owner"],
        endpoint_id=item["endpoint_id"],
        event_id=item["event_id"],
        event_type=item["event_type"],
        status=item["status"],
        version=item["version"],
        attempts=item["attempts"],
        step=item["step"],
        next_attempt_at=_moment(item["next_attempt_at"]),
        lease_until=_moment(item["lease_until"]),
        last_result=item["last_result"],
        last_status_code=item["last_status_code"],
        created_at=times.from_text(item["created_at"]),
    )


def message_to_item(message: Message) -> Item:
    return {
        "id": message.id,
        "type": message.type,
        "timestamp": times.to_text(message.timestamp),
        "body": message.body,
    }


def message_from_item(item: Mapping[str, Any]) -> Message:
    return Message(item["id"], item["type"], times.from_text(item["timestamp"]), item["body"])


def attempt_to_item(attempt: Attempt) -> Item:
    return {"number": attempt.number, "started_at": times.to_text(attempt.started_at), **asdict(attempt.answer)}


def attempt_view(item: Mapping[str, Any]) -> dict[str, Any]:
    """Of a stored attempt. How long an unreachable receiver took would tell why, so it is left out."""
    view = {name: item[name] for name in ("number", "started_at", "result", "status_code", "duration_ms", "body")}
    return view | {"duration_ms": None} if item["result"] == "unreachable" else view


def endpoint_view(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "description": endpoint.description,
        "status": endpoint.status,
        "created_at": times.to_text(endpoint.created_at),
    }


def delivery_view(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "endpoint_id": delivery.endpoint_id,
        "event_id": delivery.event_id,
        "event_type": delivery.event_type,
        "status": delivery.status,
        "attempt_count": delivery.attempts,
        "next_attempt_at": _text(delivery.next_attempt_at),
        "last_result": delivery.last_result or None,
        "last_status_code": delivery.last_status_code,
        "created_at": times.to_text(delivery.created_at),
    }


def _text(moment: datetime | None) -> str | None:
    return times.to_text(moment) if moment else None


def _moment(text: str | None) -> datetime | None:
    return times.from_text(text) if text else None
