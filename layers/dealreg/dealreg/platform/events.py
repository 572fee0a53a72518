"""A domain event as it is stored, streamed, sent and shown: one envelope everywhere.

An event is written in the transaction that made it true; the relay publishes it. What each type's `data` holds is in
the `event_types.py` of its capability.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

from dealreg.platform import dynamo, outbox, times
from dealreg.platform.replies import Moment
from dealreg.platform.settings import Setting, read

ENVELOPE_VERSION = 1
KIND = "EVENT"
"""How the sort keys of events begin, in every table."""
VENDOR = "vendor"
"""Stands for the program's owner where a partner's id could stand: as an audience, as the owner of an endpoint."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a subject's events lie: a partition of a table."""

    table: Setting
    pk: str

    def key(self, sequence: int) -> dynamo.Key:
        return dynamo.Key(read(self.table), self.pk, f"{KIND}#{sequence:06d}")


class EventView(TypedDict):
    id: str
    type: str
    version: Annotated[Literal[1], "Of the envelope"]
    timestamp: Moment
    subject: Annotated[str, "The id of what it is about, such as a deal or an endpoint"]
    sequence: Annotated[int, "Of the subject's events: from 1, without gaps; grows with gaps if that is a question"]
    partner_id: str | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    type: str
    subject: str
    """The id of what it is about, such as a deal or an endpoint."""
    sequence: int
    """Among the subject's events: from 1, without gaps if they have rows."""
    timestamp: datetime
    partner_id: str
    """Empty when no partner is concerned."""
    audience: tuple[str, ...]
    """Whose endpoints are told: VENDOR, partners' ids, or nobody's for an internal note."""
    data: Mapping[str, Any]
    """What the audience may see."""
    place: Place
    internal: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What only the vendor may see: who decided, notes, matches."""

    @property
    def key(self) -> dynamo.Key:
        return self.place.key(self.sequence)

    def to_envelope(self) -> EventView:
        return {
            "id": self.id,
            "type": self.type,
            "version": ENVELOPE_VERSION,
            "timestamp": times.to_text(self.timestamp),
            "subject": self.subject,
            "sequence": self.sequence,
            "partner_id": self.partner_id or None,
            "data": dict(self.data),
        }


def to_item(event: Event, *, is_published: bool = False) -> dynamo.Item:
    """In the outbox until the relay has published it."""
    return {
        "pk": event.key.pk,
        "sk": event.key.sk,
        "audience": list(event.audience),
        "internal": dict(event.internal),
        **event.to_envelope(),
        **({} if is_published else outbox.pending(event.timestamp, event.id)),
    }


def from_item(table: Setting, item: Mapping[str, Any]) -> Event:
    return Event(
        id=item["id"],
        type=item["type"],
        subject=item["subject"],
        sequence=item["sequence"],
        timestamp=times.from_text(item["timestamp"]),
        partner_id=item["partner_id"] or "",
        audience=tuple(item["audience"]),
        data=item["data"],
        place=Place(table, item["pk"]),
        internal=item.get("internal", {}),
    )


def find(place: Place, sequence: int) -> Event | None:
    key = place.key(sequence)
    item = dynamo.get(key.table, key.pk, key.sk)
    return from_item(place.table, item) if item else None


def read_all(place: Place) -> list[Event]:
    """All events of a subject, oldest first."""
    return [from_item(place.table, item) for item in dynamo.every(read(place.table), place.pk, f"{KIND}#")]


def newest(place: Place, count: int, start: dynamo.Item | None = None) -> tuple[list[Event], dynamo.Item | None]:
    """Newest first, up to `count` and 1 MB, and where what is older begins; `start` is where a page before ended."""
    found = dynamo.page(read(place.table), place.pk, f"{KIND}#", forward=False, limit=count, start=start)
    return [from_item(place.table, item) for item in found.items], found.next_key
