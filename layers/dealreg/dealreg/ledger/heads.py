"""A partner's ledger: its lines are numbered without gaps, since its head is written with each of them.

What is posted together is told as one event for each currency, which for a cause is hardly ever more than one.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from dealreg.commissions.ledger import Line
from dealreg.ledger import lines, rows
from dealreg.platform import dynamo, events, ids, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.events import VENDOR, Event, Place
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting

_TYPES = {
    "accrual": "commission.accrued",
    "clawback": "commission.clawed_back",
    "adjustment": "commission.adjusted",
}
_NEVER = "9999-12"
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
    change: Mapping[str, Any] | None = None,
) -> list[dynamo.Action]:
    """Lines that follow on the head as it was read, in their order, if there are any, and events `also`, after theirs.

    `event_id`: of the billing event that they are from. `customers`: names by deal. `by_hand`: what an admin wrote.
    `change`: of the head itself. Raises ConditionFailed for a line of a month that was closed meanwhile.
    """
    known = head or {"number": 0, "sequence": 0}
    if any(line.period <= known.get("closed_until", "") for line in posted):
        raise ConditionFailed({})
    names = customers or {}
    items = [
        lines.to_item(line, posted_at, event_id, names.get(line.deal_id or ""), by_hand=by_hand) for line in posted
    ]
    said = [*_posted(items), *also]
    told = [_event(partner_id, known["sequence"] + place, one, posted_at) for place, one in enumerate(said, 1)]
    own = dict(change or {}) | {
        "number": posted[-1].number if posted else known["number"],
        "sequence": known["sequence"] + len(told),
        "oldest": min([known.get("oldest", _NEVER), *(line.period for line in posted)]),
        "updated_at": times.to_text(posted_at) if told else known.get("updated_at", ""),
    }
    return [
        *(dynamo.put(rows.table(), item, dynamo.ABSENT) for item in items),
        *(dynamo.put(rows.table(), events.to_item(event), dynamo.ABSENT) for event in told),
        _head(partner_id, head, own),
    ]


def _event(partner_id: str, sequence: int, told: Told, now: datetime) -> Event:
    kind, data = told
    return Event(
        id=ids.new_id("evt", now),
        type=kind,
        subject=partner_id,
        sequence=sequence,
        timestamp=now,
        partner_id=partner_id,
        audience=(VENDOR, partner_id),
        data=data,
        place=Place(Setting.LEDGER_TABLE, rows.head_key(partner_id).pk),
    )


def _posted(items: Sequence[dynamo.Item]) -> Iterator[Told]:
    for currency in dict.fromkeys(item["currency"] for item in items):
        own = [item for item in items if item["currency"] == currency]
        yield (
            _TYPES[own[0]["kind"]],
            {
                "deal_id": own[0].get("deal_id"),
                "deal_number": own[0].get("deal_number"),
                "sale_id": own[0].get("sale_id"),
                "amount": Money(sum(item["minor"] for item in own), currency).to_wire(),
                "lines": [_told(item) for item in own],
            },
        )


def _told(item: dynamo.Item) -> Mapping[str, object]:
    shown = ("id", "number", "kind", "reason_code", "available_at")
    own = {"amount": Money(item["minor"], item["currency"]).to_wire(), "text": lines.words_of(item)[0]}
    return {name: item[name] for name in shown} | own


def _head(partner_id: str, head: dynamo.Item | None, own: Mapping[str, Any]) -> dynamo.Action:
    """On the condition that nothing was posted, told or closed since it was read."""
    key = rows.head_key(partner_id)
    item = {**(head or {}), "pk": key.pk, "sk": key.sk, "partner_id": partner_id, **own}
    item = {name: value for name, value in item.items() if value is not None}
    if head is None:
        return dynamo.put(key.table, item, dynamo.ABSENT)
    seen = {name: head[name] for name in ("number", "sequence")}
    when = "#number = :number AND #sequence = :sequence"
    if "closed_until" in head:
        return dynamo.put(key.table, item, f"{when} AND #closed_until = :until", seen | {"until": head["closed_until"]})
    return dynamo.put(key.table, item, f"{when} AND attribute_not_exists(#closed_until)", seen)
