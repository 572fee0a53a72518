"""In which order a deal's sales were paid: rows that only a plan with windows needs.

A deal whose plan had none when it was first paid has none, which saves each of its payments a row, but for sales that
left no line. When a version with windows is in force, its sales are found once by the lines that they left.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

from dealreg.commissions.book import Book
from dealreg.commissions.posting import Standing
from dealreg.commissions.splits import Deal
from dealreg.ledger import rows
from dealreg.ledger.ids import qualified
from dealreg.ledger.shelf import Shelf
from dealreg.ledger.terms import MoneyOfDeal
from dealreg.platform import dynamo

_AT_ONCE = 99
"""Writes of a transaction, beside the check of the deal's row."""


def fetch(shelf: Shelf, day: date) -> None:
    """As far as windows can reach that are in force on that day."""
    for money in [*shelf.money.values()]:
        plan = shelf.plan(money)
        if not plan or not plan.has_windows:
            continue
        if not money.is_placed and _was_paid(shelf, money):
            if not plan.has_windows_by(day):
                continue
            _find(money)
        shelf.money[money.deal.id] = replace(money, is_placed=True)
        shelf.fetch_places(money, plan, len(shelf.sales) + 1)


def _was_paid(shelf: Shelf, money: MoneyOfDeal) -> bool:
    key = rows.money_key(money.deal.id)
    known = shelf.rows.get(key) if key else None
    return bool(known and known["is_paid"])


def actions(book: Book, shelf: Shelf) -> Iterator[dynamo.Action]:
    for move in {move.sale_id: move for move in book.moves}.values():
        before, after = shelf.before.get(move.sale_id), book.past.standing.get(move.sale_id)
        was, is_ = _key(before), _key(after)
        if was == is_:
            continue
        if before and was and shelf.money[before.priced.deal.id].is_placed:
            yield dynamo.delete(was)
        if after and is_ and _needs_row(book, shelf, before, after):
            yield dynamo.put(is_.table, {"pk": is_.pk, "sk": is_.sk})


def _needs_row(book: Book, shelf: Shelf, before: Standing | None, after: Standing) -> bool:
    return shelf.money[after.priced.deal.id].is_placed or not _left_line(book, before, after, shelf)


def _key(stood: Standing | None) -> dynamo.Key | None:
    if stood is None:
        return None
    return rows.place_key(stood.priced.deal.id, stood.priced.sale.first_paid_at, stood.priced.sale.id)


def _left_line(book: Book, before: Standing | None, after: Standing, shelf: Shelf) -> bool:
    """In the ledger of somebody who has a share in the deal, and will always have had one."""
    sale, deal = after.priced.sale, after.priced.deal
    if before and before.priced.deal.id == deal.id:
        return True  # or its place was written then
    lines = [line for line in book.lines if line.sale_id == sale.id and line.deal_id == deal.id]
    return sale.first_paid_at <= shelf.now and any(line.partner_id in _partners(deal) for line in lines)


def _partners(deal: Deal) -> set[str]:
    return {deal.partner_id, *(share.partner_id for split in deal.splits for share in split.shares)}


# ---- of a deal that had none ----------------------------------------------------------------------------------------


def _find(money: MoneyOfDeal) -> None:
    """Raises ConditionFailed when something of the deal is counted meanwhile."""
    key = rows.money_key(money.deal.id)
    if key is None:
        return
    there = {row["sk"]: rows.place_of(row["sk"])[0] for row in dynamo.every(key.table, key.pk, rows.PLACE)}
    placed = {rows.place_key(money.deal.id, *one).sk for one in _sold(money.deal, {*there.values()})}
    missing = [dynamo.put(key.table, {"pk": key.pk, "sk": sk}) for sk in sorted(placed - there.keys())]
    wrong = [dynamo.delete(dynamo.Key(key.table, key.pk, sk)) for sk in sorted(there.keys() - placed)]
    changes = [*missing, *wrong]
    for start in range(0, len(changes), _AT_ONCE):
        as_read = dynamo.check(key, "#revision = :revision", {"revision": money.revision})
        dynamo.transact([as_read, *changes[start : start + _AT_ONCE]])


def _sold(deal: Deal, named: set[str]) -> Iterator[tuple[datetime, str]]:
    """When each sale of it was first paid; `named`: sales that may be of it and left no line."""
    lines = (line for partner in sorted(_partners(deal)) for line in _lines(partner))
    told = {qualified(line["source_id"], line["sale_id"]) for line in lines if line.get("deal_id") == deal.id}
    keys = {rows.sale_key(sale_id): sale_id for sale_id in named | told}
    for key, item in dynamo.batch_get(keys, ("deal_id", "stamp")).items():
        if item.get("deal_id") == deal.id:
            yield datetime.fromisoformat(item["stamp"]["paid_at"]), keys[key]


def _lines(partner_id: str) -> Iterator[dynamo.Item]:
    lines = dynamo.every(rows.table(), rows.head_key(partner_id).pk, rows.LINE)
    return (line for line in lines if "sale_id" in line)
