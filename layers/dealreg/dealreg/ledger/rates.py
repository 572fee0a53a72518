"""Exchange rates: which there are, which sales wait for one, and from which day on they may still change."""

import logging
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Annotated, Any, TypedDict

from pydantic import Field, field_validator, model_validator

from dealreg.commissions.book import Book
from dealreg.commissions.history import ExchangeRateInput
from dealreg.commissions.pricing import Priced
from dealreg.ledger import rows
from dealreg.ledger.names import events_of
from dealreg.ledger.shelf import Shelf
from dealreg.platform import due, dynamo
from dealreg.platform.errors import ConditionFailed, StateConflict
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.replies import Day
from dealreg.platform.validation import Input

logger = logging.getLogger(__name__)
_MOST = 50
"""At once: each is in one transaction with the others."""


class DayRateInput(ExchangeRateInput):
    @model_validator(mode="after")
    def _is_of_two_currencies(self) -> "DayRateInput":
        if self.source == self.into:
            raise ValueError("Name two currencies.")
        return self


class DayRatesInput(Input):
    items: Annotated[list[DayRateInput], Field(min_length=1, max_length=_MOST)]

    @field_validator("items")
    @classmethod
    def _are_of_several_days_or_pairs(cls, items: list[DayRateInput]) -> list[DayRateInput]:
        of = [(item.source, item.into, item.day) for item in items]
        if twice := [one for place, one in enumerate(of) if one in of[:place]]:
            source, into, day = twice[0]
            raise ValueError(f"Two rates from {source} to {into} of {day}: name one.")
        return items


DayRateView = TypedDict("DayRateView", {"date": Day, "from": str, "to": str, "rate": str})


def save(said: DayRatesInput, by: str, now: datetime) -> None:
    """Sales that waited for one of them are counted by the clock. Raises StateConflict: one was converted already."""
    pairs: dict[tuple[str, str], date] = {}
    for rate in said.items:
        pair = (rate.source, rate.into)
        pairs[pair] = min(rate.day, pairs.get(pair, rate.day))
    items = {rows.rate_key(rate.source, rate.into, rate.day): _item(rate) for rate in said.items}
    try:
        dynamo.transact(
            [
                *(_open(pair, first, now) for pair, first in pairs.items()),
                *(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk} | item) for key, item in items.items()),
            ]
        )
    except ConditionFailed as used:
        row = next(iter(used.failures.values()))
        told = f"A sale of {row['used']} was converted from {row['from']} into {row['to']} already: name later days."
        raise StateConflict(told) from None
    logger.info("exchange rates saved", extra={"by": by, "rates": len(items)})


def listing(page: PageRequest) -> Listing[DayRateView]:
    """By pair and day."""
    found = dynamo.page(rows.table(), rows.RATES, rows.DAY, limit=page.size, start=page.start)
    items: list[DayRateView] = [
        {"date": item["date"], "from": item["from"], "to": item["to"], "rate": item["rate"]} for item in found.items
    ]
    return page.listing(items, found.next_key)


def _item(rate: ExchangeRateInput) -> dynamo.Item:
    return {"from": rate.source, "to": rate.into, "date": rate.day.isoformat(), "rate": rate.rate}


def _open(pair: tuple[str, str], first: date, now: datetime) -> dynamo.Action:
    """Only days after the last that a sale was converted by; on the clock, which counts those who wait."""
    key = rows.pair_key(*pair)
    own = {"from": pair[0], "to": pair[1], **due.at(now, key.sk)}
    day = {"day": first.isoformat()}
    return dynamo.update(
        key, change=own, add={"saves": 1}, when="attribute_not_exists(#used) OR #used < :day", values=day
    )


# ---- sales ----------------------------------------------------------------------------------------------------------


def used(book: Book, shelf: Shelf) -> Iterator[dynamo.Action]:
    """Notes the sales that are converted now, and those that wait for it."""
    newest: dict[dynamo.Key, tuple[str, Priced]] = {}
    asked: dict[dynamo.Key, None] = {}
    for move in book.moves:
        priced = move.after.priced if move.after else None
        if priced is None or priced.currency == priced.sale.content.currency:
            continue
        own = priced.sale.content.currency
        key, day = rows.pair_key(own, priced.currency), priced.day.isoformat()
        if priced.waits:
            waits = rows.rate_waits_key(own, priced.currency, move.sale_id)
            yield dynamo.put(waits.table, {"pk": waits.pk, "sk": waits.sk})
            asked[key] = None
            continue
        known = shelf.rows.get(key) or {}
        if key in shelf.rows and day > max(known.get("used", ""), newest.get(key, ("", None))[0]):
            newest[key] = (day, priced)
    for key, (day, priced) in newest.items():
        yield _use(key, day, priced, shelf.rows.get(key))
    for key in asked:
        if key in shelf.rows and key not in newest:
            yield dynamo.check(key, *_as_read(shelf.rows[key], "saves"))


def _use(key: dynamo.Key, day: str, priced: Priced, known: dynamo.Item | None) -> dynamo.Action:
    change = {"used": day, "from": priced.sale.content.currency, "to": priced.currency}
    when, values = _as_read(known, "used", "saves")
    return dynamo.update(key, change=change, when=when, values=values)


def _as_read(known: dynamo.Item | None, *names: str) -> tuple[str, dict[str, Any]]:
    """No rate was saved since, by which a sale would be another's worth."""
    values = {name: known[name] for name in names if known and name in known}
    is_same = [f"#{name} = :{name}" if name in values else f"attribute_not_exists(#{name})" for name in names]
    return " AND ".join(is_same), values


def waiting(pair: dynamo.Item) -> Iterator[tuple[dynamo.Key, Sequence[str]]]:
    """The rows of sales that wait for a rate of this pair, each with the events of the sale's facts."""
    pk = rows.rate_waits_key(pair["from"], pair["to"], "").pk
    for row in [*dynamo.every(rows.table(), pk, rows.WAITS)]:
        yield dynamo.Key(rows.table(), pk, row["sk"]), events_of(row["sk"].removeprefix(rows.WAITS))
