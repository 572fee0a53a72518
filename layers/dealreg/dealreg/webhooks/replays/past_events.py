"""All that an owner should have heard in a span of time, page by page, read from the events themselves."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dealreg.capability import EventSource
from dealreg.platform import dynamo, events, times
from dealreg.platform.events import VENDOR, Event
from dealreg.platform.settings import Setting, read

Position = Mapping[str, Any]
"""`source` is a place in the list of sources, `subjects` where to go on in it, `partner_id` whose subjects they are,
and `partner`, if the owner is the vendor, that partner's place in the index."""


def page(
    sources: Sequence[EventSource], owner: str, since: datetime, until: datetime, position: Position, count: int
) -> tuple[list[Event], dict[str, Any]]:
    """Of up to `count` subjects from `position` on; with the position of the next page, {} after the last.

    The first position is {}. The vendor hears all partners' events. A partner to whom a subject has moved hears what
    happened to it since: what went before is the other partner's, who has no part in it any more.
    """
    partner_id = position.get("partner_id") or (_next_partner({}) if owner == VENDOR else (owner, {}))[0]
    if not partner_id or not sources:
        return [], {}
    number: int = position.get("source", 0)
    source = sources[number]
    rows = dynamo.page(
        read(source.table), f"PARTNER#{partner_id}", source.prefix, limit=count, start=position.get("subjects")
    )
    touched = [row for row in rows.items if row["updated_at"] >= times.to_text(since)]
    every = [event for row in touched for event in events.read_all(source.place_of(row))]
    found = [event for event in every if owner in event.audience and since <= event.timestamp <= until]
    return found, _after(len(sources), owner, partner_id, rows.next_key, position)


def _after(
    sources: int, owner: str, partner_id: str, next_subject: dynamo.Item | None, position: Position
) -> dict[str, Any]:
    """The rest of a source's subjects, then the partner's next source, then the next partner."""
    here, source = dict(position) | {"partner_id": partner_id}, position.get("source", 0)
    if next_subject:
        return here | {"subjects": next_subject}
    if source + 1 < sources:
        return here | {"source": source + 1, "subjects": None}
    if owner != VENDOR:
        return {}
    seen: dict[str, Any] = position["partner"] if "partner" in position else _next_partner({})[1]
    following, key = _next_partner(seen) if seen else ("", {})  # {}: the index had nothing behind it
    return {"partner_id": following, "partner": key} if following else {}


def _next_partner(after: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The id of the partner behind `after`, with its place in the index; "" behind the last."""
    found = dynamo.index_page(
        read(Setting.PARTNERS_TABLE), "by_kind", ("kind", "partner"), limit=1, start=dict(after) or None
    )
    if not found.items:
        return "", {}
    return found.items[0]["id"], found.next_key or {}
