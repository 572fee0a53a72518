"""All that happened to a deal, with whom of the vendor's it goes back to."""

from typing import Annotated, Any

from dealreg.deals import timeline
from dealreg.deals.model import Deal
from dealreg.deals.timeline import EntryView
from dealreg.partners import called
from dealreg.platform.paging import Listing, PageRequest


class AdminEntryView(EntryView):
    by: Annotated[str | None, "Whose act it was, of the vendor's people and keys, by name"]
    internal: Annotated[dict[str, Any], "What only the vendor may see"]


def admin_timeline_of(deal: Deal, page: PageRequest) -> Listing[AdminEntryView]:
    found, next_start = timeline.read(deal, page, lambda _: True)
    names = called.names(event.internal["by"] for event in found if event.internal.get("by"))
    return page.listing(
        [
            {**timeline.entry(event), "by": names.get(by, by), "internal": dict(event.internal)}
            for event in found
            for by in [event.internal.get("by") or None]
        ],
        next_start,
    )
