"""The log as it is shown: who did what, by name, newest first."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dealreg.partners import called
from dealreg.partners.views import ActView
from dealreg.platform import acts, cells, dynamo
from dealreg.platform.ids import deal_locator, is_id, locator_of_number
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting, read

SOMEBODY = "somebody who left"
FILTERS = {"who": str, "partner_id": str, "deal_id": str}
_COLUMNS = ("at", "who", "name", "what", "partner_id", "deal_id", "changes")
_READ_AT_ONCE = 500
_MAX_READ = 1000
"""Of rows, for one page: some 300 kB. Who looks for what is rare goes on by the cursor."""
_KEPT_MONTHS = 14


def listing(wanted: Mapping[str, str], page: PageRequest, now: datetime) -> Listing[ActView]:
    """Of a person, a partner or a deal, if one is named. A page may be short of its size, and still not the last."""
    found, next_start = _find(wanted, page, now)
    names = called.names(row["who"] for row in found)
    return page.listing([_view(row, names.get(row["who"], SOMEBODY)) for row in found], next_start)


def export(wanted: Mapping[str, str], page: PageRequest, now: datetime) -> tuple[str, str | None]:
    """The same as comma-separated values, and the cursor of what is older."""
    listed = listing(wanted, page, now)
    rows = [list(_COLUMNS), *([cells.safe(_cell(act, name)) for name in _COLUMNS] for act in listed["items"])]
    return "".join(cells.row(row) + "\r\n" for row in rows), listed["next_cursor"]


def _cell(act: ActView, name: str) -> str:
    if name == "changes":
        told = [f"{change['field']}: {change['before']} → {change['after']}" for change in act["changes"]]
        return "; ".join(told or [f"{field}: {text}" for field, text in act["sent"].items()])
    return str(act[name] or "")  # pyright: ignore[reportUnknownArgumentType]  # a column is a key of the view


def _find(wanted: Mapping[str, str], page: PageRequest, now: datetime) -> tuple[list[dynamo.Item], dynamo.Item | None]:
    """Up to a page of rows, and the key behind the last one that was read."""
    found: list[dynamo.Item] = []
    start, been = page.start, 0
    for month in _months(start["pk"] if start else acts.partition(now), now):
        after = start if start and start["pk"] == month else None
        while True:
            count = _READ_AT_ONCE if wanted else page.size - len(found)
            read_now = dynamo.page(_table(), month, forward=False, limit=count, start=after)
            for row in read_now.items:
                been += 1
                if all(_is(row.get(name, ""), value) for name, value in wanted.items()):
                    found.append(row)
                if len(found) == page.size or been == _MAX_READ:
                    return found, {"pk": row["pk"], "sk": row["sk"]}
            after = read_now.next_key
            if after is None:
                break
    return found, None


def _is(there: str, wanted: str) -> bool:
    """A deal is named by its number, too."""
    return there == wanted or (is_id("deal", there) and locator_of_number(wanted) == deal_locator(there))


def _table() -> str:
    return read(Setting.LOG_TABLE)


def _months(first: str, now: datetime) -> list[str]:
    """From one back to the oldest that is kept."""
    counted = now.year * 12 + now.month - 1
    kept = [divmod(counted - back, 12) for back in range(_KEPT_MONTHS + 1)]
    months = [acts.partition(datetime(year, month + 1, 1, tzinfo=UTC)) for year, month in kept]
    return [month for month in months if month <= first]


def _view(row: dynamo.Item, name: str) -> ActView:
    changed: Mapping[str, Any] = row["changed"]
    return {
        "at": row["sk"].partition("#")[0],
        "who": row["who"],
        "name": name,
        "what": row["what"],
        "partner_id": row.get("partner_id"),
        "deal_id": row.get("deal_id"),
        "sent": row["sent"],
        "changes": [{"field": field, "before": old, "after": new} for field, (old, new) in changed.items()],
    }
