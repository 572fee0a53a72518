"""What happened to a deal, in words, from its events."""

from typing import Annotated, Any, TypedDict

from dealreg.deals import store, words
from dealreg.deals.model import Deal
from dealreg.platform.events import Event, EventView
from dealreg.platform.text import day


class EntryView(EventView):
    text: Annotated[str, "What happened, in words"]


class AdminEntryView(EntryView):
    internal: Annotated[dict[str, Any], "What only the vendor may see"]


class TimelineView(TypedDict):
    items: list[EntryView]


class AdminTimelineView(TypedDict):
    items: list[AdminEntryView]


def timeline_of(deal: Deal) -> TimelineView:
    """The partner's part, oldest first: no internal notes, nothing from before the deal was its own."""
    own = [event for event in store.events_of(deal) if event.partner_id == deal.partner_id]
    return {"items": [_entry(event) for event in own if event.type in words.EVENTS]}


def admin_timeline_of(deal: Deal) -> AdminTimelineView:
    return {"items": [{**_entry(event), "internal": dict(event.internal)} for event in store.events_of(deal)]}


def _entry(event: Event) -> EntryView:
    until = event.data.get("protected_until")
    said = dict(event.data) | {
        "fields": ", ".join(event.data.get("fields", ())),
        "until": day(until) if until else "",
    }
    text = words.EVENTS.get(event.type, words.in_sentence(event.type)).format(**said)
    return {**event.to_envelope(), "text": text.removesuffix(": ")}
