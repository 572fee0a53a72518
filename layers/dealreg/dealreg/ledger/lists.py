"""Reading ledgers: lines page by page with the state that each is in now, and a partner's balance at any time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dealreg.commissions import payouts
from dealreg.commissions.ledger import Dispute, Line, Payout, Status, status
from dealreg.ledger import ids, lines, rows
from dealreg.ledger.inputs import LineFilter
from dealreg.ledger.views import LedgerBalanceView, LedgerLineView, line_view, purse_view
from dealreg.partners import rows as partner_rows
from dealreg.platform import dynamo, times
from dealreg.platform.errors import NotFound
from dealreg.platform.paging import Listing, PageRequest

_READ = 100
"""Lines that are read for a page with filters: it may be short, or empty, and not the last."""
Disputes = Mapping[str, tuple[Dispute, ...]]


def listing(partner_id: str, wanted: LineFilter, page: PageRequest, now: datetime) -> Listing[LedgerLineView]:
    """Newest first."""
    return page.listing(*_page(partner_id, wanted, page.size, page.start, now))


def _page(
    partner_id: str, wanted: LineFilter, size: int, start: dynamo.Item | None, now: datetime
) -> tuple[list[LedgerLineView], dynamo.Item | None]:
    """With where the next one begins."""
    found = dynamo.page(
        rows.table(), f"PARTNER#{partner_id}", rows.LINE, forward=False, limit=max(size, _READ), start=start
    )
    disputes = disputes_of(partner_id, found.items)
    states: list[tuple[dynamo.Item, Status]] = [(item, state_of(item, now, disputes)) for item in found.items]
    fitting = [one for one in states if wanted.fits(*one)]
    shown = fitting[:size]
    last = shown[-1][0] if len(fitting) > size else None
    following = {"pk": last["pk"], "sk": last["sk"]} if last else found.next_key
    return [line_view(item, state) for item, state in shown], following


def listing_of_all(wanted: LineFilter, page: PageRequest, now: datetime) -> Listing[LedgerLineView]:
    """One partner's after another's, each newest first; a page may be short, or empty, and not the last."""
    start: dict[str, Any] = page.start or {"after": None}
    partner_id, after = start.get("partner_id"), start.get("after")
    if partner_id is None:
        found = dynamo.index_page(partner_rows.table(), "by_kind", ("kind", "partner"), limit=1, start=after)
        if not found.items:
            return page.listing([], None)
        partner_id, after = found.items[0]["id"], found.next_key
    items, line = _page(partner_id, wanted, page.size, start.get("line"), now)
    if line:
        return page.listing(items, {"partner_id": partner_id, "after": after, "line": line})
    return page.listing(items, {"after": after} if after else None)


def one(partner_id: str, line_id: str, now: datetime) -> LedgerLineView:
    """Raises NotFound, for another partner's line too."""
    number = ids.number_in(line_id)
    key = rows.line_key(partner_id, number or 0)
    item = dynamo.get(key.table, key.pk, key.sk) if number else None
    if item is None or item["id"] != line_id:
        raise NotFound("There is no such line.")
    return line_view(item, state_of(item, now, disputes_of(partner_id, [item])))


def balance(partner_id: str, at: datetime) -> LedgerBalanceView:
    """Of the lines that had occurred by then, in the states that they were in. It reads the whole ledger."""
    pk = f"PARTNER#{partner_id}"
    disputes = _disputes(dynamo.every(rows.table(), pk, rows.DISPUTE))
    purses: dict[str, list[tuple[Line, Payout | None]]] = {}
    for item in dynamo.every(rows.table(), pk, rows.LINE):
        line = lines.from_item(item)
        if line.occurred_at <= at:
            purses.setdefault(line.amount.currency, []).append((line, _payout(item)))
    items = [_purse(currency, held, at, disputes) for currency, held in sorted(purses.items())]
    return {"items": items}


def _purse(currency: str, held: Sequence[tuple[Line, Payout | None]], at: datetime, disputes: Disputes) -> Any:
    of_line = {line.number: payout for line, payout in held}
    own = [line for line, _ in held]
    sums = payouts.balance(own, at, lambda line: of_line[line.number], disputes)
    releases: dict[datetime, int] = {}
    for line, payout in held:
        if status(line, at, payout, disputes) == "held":
            releases[line.available_at] = releases.get(line.available_at, 0) + line.amount.minor
    return purse_view(currency, sums, min(releases.items(), default=None))


def state_of(item: Mapping[str, Any], now: datetime, disputes: Disputes | None = None) -> Status:
    return status(lines.from_item(item), now, _payout(item), disputes or {})


def _payout(item: Mapping[str, Any]) -> Payout | None:
    """The payout that has claimed the line."""
    if "payout_id" not in item:
        return None
    paid_at = item.get("paid_at")
    return Payout(times.from_text(item["claimed_at"]), times.from_text(paid_at) if paid_at else None)


def disputes_of(partner_id: str, items: Iterable[Mapping[str, Any]]) -> Disputes:
    sales = {ids.qualified(item["source_id"], item["sale_id"]) for item in items if "sale_id" in item}
    keys = [rows.dispute_key(partner_id, sale_id) for sale_id in sales]
    return _disputes(dynamo.batch_get(keys).values())


def _disputes(items: Iterable[Mapping[str, Any]]) -> Disputes:
    return {ids.qualified(item["source_id"], item["sale_id"]): tuple(_each(item["disputes"])) for item in items}


def _each(disputes: Sequence[Sequence[str | None]]) -> Iterator[Dispute]:
    for opened_at, closed_at in disputes:
        closed = datetime.fromisoformat(closed_at) if closed_at else None
        yield Dispute(datetime.fromisoformat(opened_at or ""), closed)
