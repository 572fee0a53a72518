"""Statements as they are now: a closed one by what was kept of it, an open one by the lines that are there."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from dealreg.commissions.ledger import Status
from dealreg.ledger import claimed, lists, rows
from dealreg.partners import partners
from dealreg.partners.program import current_program
from dealreg.periods import rows as period_rows
from dealreg.periods.model import Carried, Item, Purse, Sheet, ShownLine
from dealreg.platform import dynamo
from dealreg.platform.errors import FieldError, InvalidInput, NotFound, TooLarge

MAX_LINES = 10_000
"""Of a statement that is made in one reply."""


def lines_from(partner_id: str, first: int, last: int | None = None) -> Iterator[dynamo.Item]:
    """By their numbers; all that follow, or up to and with the last."""
    key = rows.line_key(partner_id, first)
    for item in dynamo.every_from(key.table, key.pk, key.sk):
        if last is not None and item["number"] > last:
            return
        yield item


def with_states(partner_id: str, items: Sequence[Item], at: datetime) -> list[ShownLine]:
    """In which state each of a partner's lines is at a time."""
    disputes, held = lists.disputes_of(partner_id, items), claimed.payouts_of(items)
    return [_shown(item, lists.state_of(item, at, disputes, held)) for item in items]


def _shown(item: Item, state: Status) -> ShownLine:
    return ShownLine(item, state, _payout_id(item, state))


def _payout_id(item: Item, state: Status) -> str | None:
    """A line of a payout names it, too, and one that came back the one that it is from."""
    is_in_one = state in ("in_payout", "paid") or item["kind"] == "payout"
    return item.get("payout_id") if is_in_one else item.get("of_payout")


def load(partner_id: str, period: str, currency: str | None, now: datetime) -> Sheet:
    """Of the one currency that the month has, if none is named. Raises NotFound, InvalidInput or TooLarge."""
    carried = period_rows.load_carried(partner_id)  # before the rows that are written with it
    found = _kept(partner_id, period)
    if found:
        return _closed(partner_id, found[_chosen(sorted(found), currency)])
    if period <= carried.period:
        raise NotFound
    return _open(partner_id, period, currency, carried, now)


def _kept(partner_id: str, period: str) -> dict[str, dynamo.Item]:
    """By currency."""
    key = period_rows.statement_key(partner_id, period, "")
    return {item["currency"]: item for item in dynamo.every(key.table, key.pk, key.sk)}


def _chosen(currencies: Sequence[str], wanted: str | None) -> str:
    if wanted in currencies:
        return wanted or ""
    if wanted or not currencies:
        raise NotFound("There are no lines in this month.")
    if len(currencies) > 1:
        raise InvalidInput([FieldError("currency", f"Say which: {', '.join(currencies)}.")])
    return currencies[0]


def _closed(partner_id: str, kept: dynamo.Item) -> Sheet:
    _bound(kept["lines"])
    between = lines_from(partner_id, kept["first"], kept["last"])
    own = [item for item in between if (item["period"], item["currency"]) == (kept["period"], kept["currency"])]
    return Sheet(
        partner_id=partner_id,
        partner=kept["partner"],
        vendor=kept["vendor"],
        period=kept["period"],
        currency=kept["currency"],
        state="closed",
        opening=kept["opening"],
        lines=period_rows.lines_with_states(own, kept["states"]),
        held=kept["held"],
    )


def _open(partner_id: str, period: str, currency: str | None, carried: Carried, now: datetime) -> Sheet:
    purses, months = dict(carried.purses), dict[str, list[Item]]()
    for item in lines_from(partner_id, carried.first):
        own = item["currency"]
        if item["period"] == period:
            months.setdefault(own, []).append(item)
            _bound(len(months[own]))
        elif carried.period < item["period"] < period:
            purses[own] = purses.get(own, Purse()).with_lines([item], now)
    chosen = _chosen(sorted(months), currency)
    opening, lines = purses.get(chosen, Purse()), months[chosen]
    return Sheet(
        partner_id=partner_id,
        partner=partners.load(partner_id).name,
        vendor=current_program().name,
        period=period,
        currency=chosen,
        state="open",
        opening=opening.balance,
        lines=with_states(partner_id, lines, now),
        held=opening.with_lines(lines, now).held,
    )


def _bound(lines: int) -> None:
    if lines > MAX_LINES:
        raise TooLarge(TOO_LONG)


TOO_LONG = "This statement is too long for one reply. Read its lines page by page: GET /v1/commissions?period=…"
