"""What happened to a deal, in words, from its events."""

from typing import Annotated, Any, TypedDict

from dealreg.deals import store
from dealreg.deals.model import Deal, in_words
from dealreg.deals.statuses import words
from dealreg.platform.events import Event, EventView

_TEXTS = {
    "deal.submitted": "Registered",
    "deal.queued": "Waiting: another registration of this customer is ahead",
    "deal.in_review": "Moved up from the queue; in review",
    "deal.action_required": "The reviewer asked for information: {reason}",
    "deal.resubmitted": "Information sent; in review again",
    "deal.approved": "Approved and protected until {until}",
    "deal.rejected": "Not approved: {reason}",
    "deal.withdrawn": "Withdrawn",
    "deal.expiring": "The protection ends on {until}",
    "deal.expired": "Expired",
    "deal.extended": "Protection extended until {until}",
    "deal.stage_changed": "Stage is now {stage}",
    "deal.commented": "{text}",
    "deal.conflict_changed": "Checked again",
    "deal.edited": "Changed: {fields}",
    "deal.reassigned": "Taken over",
    "deal.won": "Won",
    "deal.lost": "Lost",
}


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
    return {"items": [_entry(event) for event in own if event.type in _TEXTS]}


def admin_timeline_of(deal: Deal) -> AdminTimelineView:
    return {"items": [{**_entry(event), "internal": dict(event.internal)} for event in store.events_of(deal)]}


def _entry(event: Event) -> EntryView:
    said = dict(event.data) | {
        "fields": ", ".join(event.data.get("fields", ())),
        "until": in_words(event.data.get("protected_until")),
    }
    text = _TEXTS.get(event.type, words(event.type)).format(**said)
    return {**event.to_envelope(), "text": text.removesuffix(": ")}
