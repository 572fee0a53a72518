"""A partner's ledger: its lines are numbered without gaps, since its head is written with each of them.

What is posted together is told as one event for each currency, which for a cause is hardly ever more than one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dealreg.commissions.ledger import Line
from dealreg.ledger import lines, rows
from dealreg.platform import due, dynamo, events, ids, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.events import VENDOR, Event, Place
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting

_TYPES = {
    "accrual": "commission.accrued",
    "clawback": "commission.clawed_back",
    "adjustment": "commission.adjusted",
}
Told = tuple[str, Mapping[str, Any]]
"""The type of an event, and its data."""


def post(
    partner_id: str,
    head: dynamo.Item | None,
    posted: Sequence[Line],
    posted_at: datetime,
    *,
    event_id: str | None = None,
    customers: Mapping[str, str] | None = None,
    by_hand: str | None = None,
    also: Sequence[Told] = (),
    closed_until: str = "",
    oldest: str = "",
) -> list[dynamo.Action]:
    """Lines that follow on the head as it was read, in their order, if there are any, and events `also` after theirs.

    `event_id`: of the billing event that they are from. `customers`: names by deal. `by_hand`: what an admin wrote.
    `closed_until`: the month that is closed with this; `oldest`: the earliest one after it that has lines.
    Raises ConditionFailed for a line of a month that was meanwhile.
    """
    known = head or {"number": 0, "sequence": 0, "updated_at": ""}
    if any(line.period <= known.get("closed_until", "") for line in posted):
        raise ConditionFailed({})
    names = customers or {}
    items = [
        lines.to_item(line, posted_at, event_id, names.get(line.deal_id or ""), by_hand=by_hand) for line in posted
    ]
    said = [*_posted(items), *also]
    told = [event_of(partner_id, known["sequence"] + place, *one, posted_at) for place, one in enumerate(said, 1)]
    after = moved(partner_id, known, items, len(told), posted_at) | _holds(known, items, posted_at)
    if closed_until:
        after = {name: value for name, value in after.items() if name != "oldest"} | {"closed_until": closed_until}
        after |= {"oldest": oldest} if oldest else {}
    return [
        *(dynamo.put(rows.table(), item, dynamo.ABSENT) for item in items),
        *(dynamo.put(rows.table(), events.to_item(event), dynamo.ABSENT) for event in told),
        put(head, after),
    ]


def moved(
    partner_id: str, head: Mapping[str, Any], items: Sequence[dynamo.Item], told: int, now: datetime
) -> dynamo.Item:
    """`oldest`: the earliest open month that the ledger has lines of."""
    key = rows.head_key(partner_id)
    months = [item["period"] for item in items] + [head[name] for name in ("oldest",) if name in head]
    own = {"pk": key.pk, "sk": key.sk, "partner_id": partner_id} | ({"oldest": min(months)} if months else {})
    own |= {"number": head["number"] + len(items), "sequence": head["sequence"] + told}
    return {**head, **own, "updated_at": times.to_text(now) if told else head["updated_at"]}


def _posted(items: Sequence[dynamo.Item]) -> Iterator[Told]:
    for currency in dict.fromkeys(item["currency"] for item in items):
        own = [item for item in items if item["currency"] == currency]
        data = {
            "deal_id": own[0].get("deal_id"),
            "deal_number": own[0].get("deal_number"),
            "sale_id": own[0].get("sale_id"),
            "amount": Money(sum(item["minor"] for item in own), currency).to_wire(),
            "lines": [_told(item) for item in own],
        }
        yield _TYPES[own[0]["kind"]], data


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


def put(head: dynamo.Item | None, after: dynamo.Item) -> dynamo.Action:
    """Unless something was posted, told, released or closed meanwhile."""
    if head is None:
        return dynamo.put(rows.table(), after, dynamo.ABSENT)
    as_read = {name: head[name] for name in ("number", "sequence", "closed_until") if name in head}
    when = " AND ".join(f"#{name} = :{name}" for name in as_read)
    if "closed_until" not in head:
        when += " AND attribute_not_exists(#closed_until)"
    return dynamo.put(rows.table(), after, when, as_read)


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
