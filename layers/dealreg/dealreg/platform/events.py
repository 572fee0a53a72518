"""A domain event as it is stored, streamed, sent and shown: one envelope everywhere.

An event is written in the transaction that made it true; the relay publishes it. What each type's `data` holds is in
`event_types.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

from dealreg.platform import due, dynamo, times
from dealreg.platform.ids import deal_locator
from dealreg.platform.replies import Moment

ENVELOPE_VERSION = 1


class EventView(TypedDict):
    id: str
    type: str
    version: Annotated[Literal[1], "Of the envelope"]
    timestamp: Moment
    sequence: Annotated[int, "Without gaps for each deal"]
    partner_id: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    id: str
    type: str
    sequence: int
    timestamp: datetime
    partner_id: str
    deal_id: str
    data: Mapping[str, Any]
    """What the partner and the endpoints may see."""
    internal: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What only the vendor may see: who decided, notes, matches."""

    def to_envelope(self) -> EventView:
        return {
            "id": self.id,
            "type": self.type,
            "version": ENVELOPE_VERSION,
            "timestamp": times.to_text(self.timestamp),
            "sequence": self.sequence,
            "partner_id": self.partner_id,
            "data": dict(self.data),
        }


def partition(deal_id: str) -> str:
    return f"DEAL#{deal_locator(deal_id)}"


def to_item(event: Event) -> dynamo.Item:
    """On the clock until the relay has published it."""
    return {
        "pk": partition(event.deal_id),
        "sk": f"EVENT#{event.sequence:06d}",
        "deal_id": event.deal_id,
        "internal": dict(event.internal),
        **event.to_envelope(),
        **due.at(event.timestamp + due.RELAY_GRACE, event.id),
    }


def from_item(item: Mapping[str, Any]) -> Event:
    return Event(
        id=item["id"],
        type=item["type"],
        sequence=item["sequence"],
        timestamp=times.from_text(item["timestamp"]),
        partner_id=item["partner_id"],
        deal_id=item["deal_id"],
        data=item["data"],
        internal=item.get("internal", {}),
    )
