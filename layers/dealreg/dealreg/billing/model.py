"""Billing systems, what they sent, and what it means for a deal."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from dealreg.platform.money import Money


class SourceKind(StrEnum):
    """How a billing system signs and words its events."""

    STANDARD_WEBHOOKS = "standard-webhooks"
    STRIPE = "stripe"


class EventStatus(StrEnum):
    RECEIVED = "received"
    APPLIED = "applied"
    UNMATCHED = "unmatched"
    """A closed-won that a person has to look at: it can be attached to a deal."""
    IGNORED = "ignored"
    """Kept, but nothing to do."""


class Reason(StrEnum):
    """Why an event was not applied."""

    TYPE_NOT_HANDLED = "type_not_handled"
    UNREADABLE = "unreadable"
    NO_DEAL_REFERENCE = "no_deal_reference"
    DEAL_UNKNOWN = "deal_unknown"
    DEAL_NOT_APPROVED = "deal_not_approved"
    DEAL_ALREADY_WON = "deal_already_won"

    @property
    def status(self) -> EventStatus:
        nothing_to_do = self in (Reason.TYPE_NOT_HANDLED, Reason.DEAL_ALREADY_WON)
        return EventStatus.IGNORED if nothing_to_do else EventStatus.UNMATCHED


@dataclass(frozen=True, slots=True)
class Secret:
    value: str
    expires_at: datetime | None = None
    """None for the current one; a replaced one still counts until then."""


@dataclass(frozen=True, slots=True)
class Source:
    """A billing system that may post events to us."""

    id: str
    kind: SourceKind
    name: str
    secrets: tuple[Secret, ...]
    """The current one first."""
    created_at: datetime

    def live_secrets(self, now: datetime) -> list[str]:
        return [secret.value for secret in self.secrets if secret.expires_at is None or secret.expires_at > now]


@dataclass(frozen=True, slots=True)
class InboxEvent:
    """A verified request, kept as it came."""

    id: str
    source_id: str
    kind: SourceKind
    provider_id: str
    """The sender's own id of the event."""
    received_at: datetime
    body: bytes
    status: EventStatus = EventStatus.RECEIVED
    type: str = ""
    reason_code: str | None = None
    deal_id: str | None = None
    attached_by: str | None = None
    """The admin who said which deal it means."""


@dataclass(frozen=True, slots=True)
class ClosedWon:
    deal_reference: str
    """A deal's id or number as the sender wrote it; empty when it named none."""
    amount: Money


@dataclass(frozen=True, slots=True)
class Reading:
    """What a body says: a closed-won, or why it is none."""

    type: str
    meaning: ClosedWon | Reason
