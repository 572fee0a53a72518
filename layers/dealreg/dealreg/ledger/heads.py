"""A partner's ledger: its lines are numbered without gaps, since its head is written with each of them.

What is posted together is told as one event for each currency, which for a cause is hardly ever more than one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dealreg.commissions.ledger import Line
from dealreg.ledger import lines, rows
from dealreg.platform import due, dynamo, events, ids, times
from dealreg.platform.events import VENDOR, Event, Place
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting

_TYPES = {
    "accrual": "commission.accrued",
    "clawback": "commission.clawed_back",
    "adjustment": "commission.adjusted",
}


def post(
    partner_id: str,
    head: dynamo.Item | None,
    posted: Sequence[Line],
    posted_at: datetime,
    *,
    event_id: str | None = None,
    customers: Mapping[str, str] | None = None,
    by_hand: str | None = None,
) -> list[dynamo.Action]:
    """Lines that follow on the head as it was read, in their order.

    `event_id`: of the billing event that they are from. `customers`: names by deal. `by_hand`: what an admin wrote.
    """
    names = customers or {}
    items = [
        lines.to_item(line, posted_at, event_id, names.get(line.deal_id or ""), by_hand=by_hand) for line in posted
    ]
    told = list(_events(partner_id, head["sequence"] if head else 0, items, posted_at))
    sequence = told[-1].sequence if told else 0
    return [
        *(dynamo.put(rows.table(), item, dynamo.ABSENT) for item in items),
        *(dynamo.put(rows.table(), events.to_item(event), dynamo.ABSENT) for event in told),
        _head(partner_id, head, items, sequence, posted_at),
    ]


def _events(partner_id: str, last: int, items: Sequence[dynamo.Item], now: datetime) -> Iterator[Event]:
    for sequence, currency in enumerate(dict.fromkeys(item["currency"] for item in items), last + 1):
        own = [item for item in items if item["currency"] == currency]
        data = {
            "deal_id": own[0].get("deal_id"),
            "deal_number": own[0].get("deal_number"),
            "sale_id": own[0].get("sale_id"),
            "amount": Money(sum(item["minor"] for item in own), currency).to_wire(),
            "lines": [_told(item) for item in own],
        }
        yield event_of(partner_id, sequence, _TYPES[own[0]["kind"]], data, now)


def event_of(partner_id: str, sequence: int, event_type: str, data: Mapping[str, object], now: datetime) -> Event:
    return Event(
        id=ids.new_id("evt", now),
        type=event_type,
        subject=partner_id,
        sequence=sequence,
        timestamp=now,
        partner_id=partner_id,
        audience=(VENDOR, partner_id),
        data=data,
        place=Place(Setting.LEDGER_TABLE, rows.head_key(partner_id).pk),
    )


def _told(item: dynamo.Item) -> Mapping[str, object]:
    shown = ("id", "number", "kind", "reason_code", "available_at")
    own = {"amount": Money(item["minor"], item["currency"]).to_wire(), "text": lines.words_of(item)[0]}
    return {name: item[name] for name in shown} | own


def _head(
    partner_id: str, head: dynamo.Item | None, items: Sequence[dynamo.Item], sequence: int, now: datetime
) -> dynamo.Action:
    key = rows.head_key(partner_id)
    item: dynamo.Item = {"pk": key.pk, "sk": key.sk, "partner_id": partner_id}
    item |= {"number": items[-1]["number"], "sequence": sequence, "updated_at": times.to_text(now)}
    return put(head, (head or {}) | item | _holds(head or {}, items, now))


def put(head: dynamo.Item | None, after: dynamo.Item) -> dynamo.Action:
    """Unless something was posted, or released, meanwhile."""
    if head is None:
        return dynamo.put(rows.table(), after, dynamo.ABSENT)
    as_read = {"number": head["number"], "sequence": head["sequence"]}
    return dynamo.put(rows.table(), after, "#number = :number AND #sequence = :sequence", as_read)


def _holds(head: Mapping[str, Any], items: Sequence[dynamo.Item], now: datetime) -> dynamo.Item:
    """On the clock for the end of the first hold."""
    held = [item for item in items if item["minor"] and item["available_at"] > times.to_text(now)]
    if not held:
        return {}
    ends = min(item["available_at"] for item in held)
    return hold(held[0]["pk"], head.get("held_from", held[0]["number"]), min(ends, head.get("release_at", ends)))


def hold(pk: str, first: int, ends: str) -> dynamo.Item:
    """The first line that is held, and when the first hold ends. What a clock that fails puts off is `due_at` alone."""
    return {"held_from": first, "release_at": ends, **due.at(times.from_text(ends), pk)}
