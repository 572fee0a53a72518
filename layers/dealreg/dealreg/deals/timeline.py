"""What happened to a deal, in words, from its events: newest first, page by page."""

from collections.abc import Callable
from typing import Annotated

from dealreg.deals import words
from dealreg.deals.model import Deal, place_of
from dealreg.deals.rules import COMMENTED
from dealreg.platform import events
from dealreg.platform.events import Event, EventView
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.text import day

_READ = 100
"""Events, or fewer that are 1 MB together: what is read for a page of those that its reader may see."""


class EntryView(EventView):
    text: Annotated[str, "What happened, in words"]


def timeline_of(deal: Deal, page: PageRequest) -> Listing[EntryView]:
    """The partner's part: no internal notes, nothing from before the deal was its own. A page may be short."""
    found, next_start = read(deal, page, lambda event: _is_of_partner(deal, event))
    return page.listing([entry(event) for event in found], next_start)


def comments_of(deal: Deal, page: PageRequest) -> Listing[EntryView]:
    """What both sides wrote: of the partner's part, the comments."""
    found, next_start = read(deal, page, lambda event: event.type == COMMENTED and _is_of_partner(deal, event))
    return page.listing([entry(event) for event in found], next_start)


def _is_of_partner(deal: Deal, event: Event) -> bool:
    return event.partner_id == deal.partner_id and event.type in words.EVENTS


def read(deal: Deal, page: PageRequest, fits: Callable[[Event], bool]) -> tuple[list[Event], dict[str, str] | None]:
    """A page of the events that fit, and where the next begins, if there may be one."""
    found, next_start = events.newest(place_of(deal.id), max(page.size, _READ), page.start)
    fitting = [event for event in found if fits(event)]
    shown = fitting[: page.size]
    if len(fitting) > page.size:
        next_start = {"pk": shown[-1].key.pk, "sk": shown[-1].key.sk}
    return shown, next_start


def entry(event: Event) -> EntryView:
    until = event.data.get("protected_until")
    said = dict(event.data) | {
        "fields": ", ".join(event.data.get("fields", ())),
        "until": day(until) if until else "",
        "reason": event.data.get("reason") or "",
        "why": words.EXPIRED_BECAUSE.get(event.data.get("reason_code") or "", ""),
    }
    text = words.EVENTS.get(event.type, words.in_sentence(event.type)).format(**said)
    return {**event.to_envelope(), "text": text.removesuffix(": ")}
