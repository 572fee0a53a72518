"""A partner's statements, newest first: those of open months, then the closed ones."""

from datetime import datetime
from typing import Any

from dealreg.ledger import rows
from dealreg.partners import partners
from dealreg.periods import reading
from dealreg.periods import rows as period_rows
from dealreg.periods.model import Item, Purse
from dealreg.periods.views import StatementSummaryView, summary_view
from dealreg.platform import dynamo
from dealreg.platform.paging import Listing, PageRequest


def listing(partner_id: str, page: PageRequest, now: datetime) -> Listing[StatementSummaryView]:
    """Raises NotFound for an unknown partner."""
    partners.load(partner_id)
    start: dict[str, Any] = page.start or {"passed": []}
    shown = list[StatementSummaryView]()
    if "passed" in start:
        waiting = [one for one in _open(partner_id, now) if not start["passed"] or _place(one) < start["passed"]]
        shown = waiting[: page.size]
        if len(waiting) > page.size:
            return page.listing(shown, {"passed": _place(shown[-1])})
        if len(shown) == page.size:
            return page.listing(shown, {"after": None})
    found = dynamo.page(
        rows.table(),
        f"PARTNER#{partner_id}",
        period_rows.STATEMENT,
        forward=False,
        limit=page.size - len(shown),
        start=start.get("after"),
    )
    shown += [_closed(partner_id, item) for item in found.items]
    return page.listing(shown, {"after": found.next_key} if found.next_key else None)


def _place(one: StatementSummaryView) -> list[str]:
    return [one["period"], one["currency"]]


def _open(partner_id: str, now: datetime) -> list[StatementSummaryView]:
    """It reads all lines of the open months."""
    carried = period_rows.load_carried(partner_id)
    months: dict[tuple[str, str], list[Item]] = {}
    for item in reading.lines_from(partner_id, carried.first):
        if item["period"] > carried.period:
            months.setdefault((item["period"], item["currency"]), []).append(item)
    purses, views = dict(carried.purses), list[StatementSummaryView]()
    for (period, currency), items in sorted(months.items()):
        before = purses.get(currency, Purse())
        after = purses[currency] = before.with_lines(items, now)
        views.append(summary_view(partner_id, period, currency, "open", before.balance, after.balance, len(items)))
    return views[::-1]


def _closed(partner_id: str, kept: dynamo.Item) -> StatementSummaryView:
    period, currency = kept["period"], kept["currency"]
    opening, closing = kept["opening"], kept["closing"]
    return summary_view(partner_id, period, currency, "closed", opening, closing, kept["lines"])
