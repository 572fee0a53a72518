"""Partners as they are listed: all, or those of a manager, and of these the ones that are looked for."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from dealreg.partners import partners
from dealreg.partners.rows import table
from dealreg.partners.views import PartnerView
from dealreg.platform import dynamo
from dealreg.platform.hosts import normalise_email
from dealreg.platform.paging import Listing, PageRequest


class StatusFilter(StrEnum):
    ACTIVE = "active"
    SUSPENDED = "suspended"


FILTERS: Mapping[str, type] = {"status": StatusFilter, "tier": str, "manager": str, "q": str}
"""`q` is a part of the name; an empty filter is none."""
_MAX_READ = 500
"""Of rows, for one page that is looked for: some 40 read units. Who looks for what is rare goes on by the cursor."""


def listing(page: PageRequest, wanted: Mapping[str, str], only_of: str | None = None) -> Listing[PartnerView]:
    """Oldest first; `only_of` a manager, if one is named. A page may be short, or empty, and still not the last."""
    filters = {name: text for name in FILTERS if (text := wanted.get(name, "").strip())}
    if "manager" in filters:
        filters["manager"] = _address(filters["manager"])
    manager = filters.get("manager") if only_of is None else only_of
    if manager == "" or filters.get("manager", manager) != manager:
        return page.listing([], None)
    looks = filters.keys() - {"manager"}
    found = _read(manager, max(_MAX_READ, page.size) if looks else page.size, page.start)
    fitting = [row for row in found.items if _fits(row, filters)]
    shown = fitting[: page.size]
    next_start = _place_of(shown[-1], manager) if len(fitting) > page.size else found.next_key
    return page.listing([partners.view(partners.from_item(row)) for row in shown], next_start)


def _read(manager: str | None, count: int, start: dynamo.Item | None) -> dynamo.Page:
    index, key = ("by_manager", ("managed_by", manager)) if manager else ("by_kind", ("kind", "partner"))
    return dynamo.index_page(table(), index, key, limit=count, start=start)


def _address(text: str) -> str:
    """Empty for what is none: nobody's partners."""
    try:
        return normalise_email(text)
    except ValueError:
        return ""


def _fits(row: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    return (
        filters.get("status", row["status"]) == row["status"]
        and filters.get("tier", row["tier"]) == row["tier"]
        and filters.get("q", "").casefold() in row["name"].casefold()
    )


def _place_of(row: dynamo.Item, manager: str | None) -> dynamo.Item:
    """In the index that was read."""
    names = ("pk", "sk", "id", "managed_by" if manager else "kind")
    return {name: row[name] for name in names}
