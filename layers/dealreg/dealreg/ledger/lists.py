"""Reading ledgers: lines page by page with the state that each is in now, and a partner's balance at any time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dealreg.commissions import payouts
from dealreg.commissions.ledger import Dispute, Line, Payout, Status, status
from dealreg.ledger import claimed, ids, lines, rows
from dealreg.ledger.inputs import LineFilter
from dealreg.ledger.views import LedgerBalanceView, LedgerLineView, line_view, purse_view
from dealreg.partners import rows as partner_rows
from dealreg.platform import dynamo
from dealreg.platform.errors import NotFound
from dealreg.platform.paging import Listing, PageRequest

_READ = 100
"""Lines that are read for a page with filters: it may be short, or empty, and not the last."""
_MOST_PARTNERS = 20
"""Whose ledgers are looked into for a page."""
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
    disputes, held = disputes_of(partner_id, found.items), claimed.payouts_of(found.items)
    states: list[tuple[dynamo.Item, Status]] = [(item, state_of(item, now, disputes, held)) for item in found.items]
    fitting = [one for one in states if wanted.fits(*one)]
    shown = fitting[:size]
    last = shown[-1][0] if len(fitting) > size else None
    following = {"pk": last["pk"], "sk": last["sk"]} if last else found.next_key
    return [line_view(_of_payout(item, held), state) for item, state in shown], following


def listing_of_all(wanted: LineFilter, page: PageRequest, now: datetime) -> Listing[LedgerLineView]:
    """One partner's after another's, each newest first; a page may be short, or empty, and not the last."""
    place: dict[str, Any] | None = page.start or {"after": None}
    items: list[LedgerLineView] = []
    for _ in range(_MOST_PARTNERS):
        if place is None or len(items) == page.size:
            break
        found, place = _next_part(wanted, page.size - len(items), place, now)
        items += found
    return page.listing(items, place)


def _next_part(
    wanted: LineFilter, size: int, place: Mapping[str, Any], now: datetime
) -> tuple[list[LedgerLineView], dict[str, Any] | None]:
    """Of the partner at that place; with the place behind it, None after the last partner."""
    partner_id, after = place.get("partner_id"), place["after"]
    if partner_id is None:
        found = dynamo.index_page(partner_rows.table(), "by_kind", ("kind", "partner"), limit=1, start=after)
        if not found.items:
            return [], None
        partner_id, after = found.items[0]["id"], found.next_key
    items, line = _page(partner_id, wanted, size, place.get("line"), now)
    if line:
        return items, {"partner_id": partner_id, "after": after, "line": line}
    return items, {"after": after} if after else None


def one(partner_id: str, line_id: str, now: datetime) -> LedgerLineView:
    """Raises NotFound, for another partner's line too."""
    number = ids.number_in(line_id)
    key = rows.line_key(partner_id, number or 0)
    item = dynamo.get(key.table, key.pk, key.sk) if number else None
    if item is None or item["id"] != line_id:
        raise NotFound("There is no such line.")
    held = claimed.payouts_of([item])
    return line_view(_of_payout(item, held), state_of(item, now, disputes_of(partner_id, [item]), held))


def balance(partner_id: str, at: datetime, deal_id: str | None = None) -> LedgerBalanceView:
    """Of the lines that had occurred by then, in the states that they were in; of one deal, if it is named.

    It reads the whole ledger.
    """
    pk = f"PARTNER#{partner_id}"
    disputes = _disputes(dynamo.every(rows.table(), pk, rows.DISPUTE))
    purses: dict[str, list[tuple[Line, str]]] = {}
    claims: dict[str, dynamo.Item] = {}
    for item in dynamo.every(rows.table(), pk, rows.LINE):
        line, payout_id = lines.from_item(item), item.get("payout_id", "")
        if line.occurred_at <= at and deal_id in (None, line.deal_id):
            purses.setdefault(line.amount.currency, []).append((line, payout_id))
            claims |= {payout_id: item} if payout_id else {}
    held = claimed.payouts_of(claims.values())
    items = [
        _purse(currency, [(line, held.get(payout_id)) for line, payout_id in own], at, disputes)
        for currency, own in sorted(purses.items())
    ]
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


def state_of(
    item: Mapping[str, Any], now: datetime, disputes: Disputes | None = None, held: Mapping[str, Payout] | None = None
) -> Status:
    """`held`: payouts by id."""
    return status(lines.from_item(item), now, (held or {}).get(item.get("payout_id", "")), disputes or {})


def _of_payout(item: Mapping[str, Any], held: Mapping[str, Payout]) -> Mapping[str, Any]:
    """Of none that is over; what came back names the one that it is from until it is in another."""
    return item if item.get("payout_id") in held else {**item, "payout_id": item.get("of_payout")}


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
