"""All that happened to a deal, with whom of the vendor's it goes back to."""

from collections.abc import Mapping
from typing import Annotated, Any

from dealreg.deals import timeline
from dealreg.deals.model import Deal
from dealreg.deals.timeline import EntryView
from dealreg.partners import called
from dealreg.platform.events import Event
from dealreg.platform.paging import Listing, PageRequest


class AdminEntryView(EntryView):
    by: Annotated[str | None, "Whose act it was, of the vendor's people and keys, by name"]
    internal: Annotated[dict[str, Any], "What only the vendor may see"]


def admin_timeline_of(deal: Deal, page: PageRequest) -> Listing[AdminEntryView]:
    found, next_start = timeline.read(deal, page, lambda _: True)
    names = called.names(event.internal["by"] for event in found if event.internal.get("by"))
    return page.listing([_entry(event, names) for event in found], next_start)


def _entry(event: Event, names: Mapping[str, str]) -> AdminEntryView:
    by: str | None = event.internal.get("by")
    told = names.get(by, by) if by else None
    return {**timeline.entry(event), "by": told, "internal": dict(event.internal)}
