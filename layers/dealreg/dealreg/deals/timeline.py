"""What happened to a deal, in words, from its events."""

from typing import Any

from dealreg.deals import store, words
from dealreg.deals.model import Deal
from dealreg.platform.events import Event
from dealreg.platform.text import day


def timeline_of(deal: Deal) -> dict[str, Any]:
    """The partner's part, oldest first: no internal notes, nothing from before the deal was its own."""
    own = [event for event in store.events_of(deal) if event.partner_id == deal.partner_id]
    return {"items": [_entry(event) for event in own if event.type in words.EVENTS]}


def admin_timeline_of(deal: Deal) -> dict[str, Any]:
    return {"items": [_entry(event) | {"internal": dict(event.internal)} for event in store.events_of(deal)]}


def _entry(event: Event) -> dict[str, Any]:
    until = event.data.get("protected_until")
    said = dict(event.data) | {
        "fields": ", ".join(event.data.get("fields", ())),
        "until": day(until) if until else "",
    }
    text = words.EVENTS.get(event.type, words.in_sentence(event.type)).format(**said)
    return event.to_envelope() | {"text": text.removesuffix(": ")}
