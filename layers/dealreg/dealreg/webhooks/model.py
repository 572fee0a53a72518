"""Endpoints, what is delivered to them, and each attempt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from dealreg.platform.events import Place
from dealreg.platform.settings import Setting

EndpointStatus = Literal["unverified", "enabled", "disabled"]
"""unverified: its receiver has not yet shown that it wants to be one."""
DeliveryStatus = Literal["pending", "delivered", "failed", "held", "superseded"]
"""held: waits until its endpoint is enabled; superseded: a newer state of the subject was sent instead."""
Result = Literal["answered", "unproven", "unreachable", "timeout", "bad_answer"]
"""unreachable is everything before TLS is up, refused addresses too, so that a tenant cannot scan networks with us;
unproven is a 2xx to the challenge without what it asked for; bad_answer is one that we cannot read."""
Payload = Literal["full", "thin"]
Ordered = Literal["off", "on", "supersede"]
Sink = Literal["http", "sqs", "eventbridge"]


class EndpointState(StrEnum):
    """The status of one that is not enabled, and of the others whether they work; those that need somebody first."""

    FAILING = "failing"
    DISABLED = "disabled"
    UNVERIFIED = "unverified"
    WORKING = "working"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Names one of an endpoint's secrets, which are derived and never stored."""

    generation: int
    expires_at: datetime | None
    """None for the newest; the one before it stays live for a while."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the last attempts at an endpoint showed; that of a healthy one is never written."""

    window_start: datetime | None = None
    attempts: int = 0
    """In the window."""
    failures: int = 0
    timeouts: int = 0
    """In a row."""
    slow: int = 0
    """Slow answers, each fast one takes one off."""
    open_until: datetime | None = None
    """The circuit breaker: until then nothing is sent."""
    openings: int = 0
    """In a row."""
    probe_until: datetime | None = None
    """While one delivery tries whether it works again."""
    failing_since: datetime | None = None
    """The first failure after the last success."""
    failed_attempts: int = 0
    """Since then."""
    warnings: int = 0
    """Given to the owner since then."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    id: str
    owner: str
    """A partner's id, or VENDOR for the program's own, such as its billing system's."""
    url: str
    """Of a queue in SQS its URL, of an event bus its ARN."""
    event_types: tuple[str, ...]
    """Types, or patterns such as `deal.*`."""
    description: str
    status: EndpointStatus
    keys: tuple[SigningKey, ...]
    """Oldest first."""
    created_at: datetime
    payload: Payload = "full"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Sent along, such as a tenant's name."""
    rate_limit: int | None = None
    """Deliveries a minute."""
    ordered: Ordered = "off"
    sink: Sink = "http"
    role_arn: str = ""
    """In the receiver's AWS account, for the sinks there."""
    verified_url: str = ""
    """The one that answered the challenge."""
    disabled_reason: str = ""
    """`owner`, `gone` or `failing`."""
    health: Health = Health()
    sequence: int = 0
    """Of the newest event about it."""
    version: int = 1
    """Each write makes a new one, and is made on the one it was decided on."""


def place_of(endpoint_id: str) -> Place:
    """Where the events about an endpoint lie."""
    return Place(Setting.WEBHOOKS_TABLE, f"ENDPOINT#{endpoint_id}")


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent, byte for byte the same at every attempt: it is made of the event's own row."""

    id: str
    """The event's id, and the `webhook-id` by which receivers know a repetition."""
    type: str
    timestamp: datetime
    body: str
    subject: str
    sequence: int
    """Orders the subject's events."""
    place: Place
    """Of the subject's events."""
    has_row: bool = True
    """Else each delivery keeps the body."""


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
    subject: str
    sequence: int
    place: Place
    """Where the event is read from for each attempt."""
    due_at: datetime | None = None
    """When the clock looks at it; None at its end."""
    in_line: bool = False
    """Has to wait for the subject's earlier ones."""
    has_slot: bool = False
    """The endpoint's rate limit has given it the time of its next attempt."""
    is_slow: bool = False
    """Goes through the slow lane."""
    replay_id: str = ""
    """The job that sent it again last."""
    last_duration_ms: int | None = None
    success: Mapping[str, Any] | None = None
    """The attempt that delivered it, as stored, when it is short enough to cost no row of its own."""
    lost: int = 0
    """How often in a row the clock has called for it without anybody taking it up."""
    body: str = field(default="", repr=False)
    """Of an event that has no row to be read from; empty for all others."""
    is_erased: bool = False
    """What it said, and what was answered, is forgotten: it can not be sent again."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of an attempt's parts; None for what it did not come to."""

    dns_ms: int | None = None
    connect_ms: int | None = None
    tls_ms: int | None = None
    first_byte_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended. A status code is there as soon as the receiver gave one."""

    result: Result
    status_code: int | None
    duration_ms: int
    body: str
    """The beginning of it."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Those worth keeping, by lower-case names."""
    timing: Timing = Timing()

    @property
    def is_success(self) -> bool:
        return self.result == "answered" and self.status_code is not None and 200 <= self.status_code < 300


@dataclass(frozen=True, slots=True)
class Attempt:
    number: int
    started_at: datetime
    answer: Answer
