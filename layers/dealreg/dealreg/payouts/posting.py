"""What a payout says in its partner's ledger: a line when money has left or come back, and events in its sequence."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from dealreg.commissions.days import local_day, month_of
from dealreg.commissions.ledger import Line, period_of
from dealreg.ledger import heads, lines, rows, terms
from dealreg.payouts.model import Payout
from dealreg.payouts.rules import number_of_payout
from dealreg.platform import dynamo, events, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.money import Money

Told = Literal["payout.created", "payout.paid", "payout.failed", "payout.returned"]


def actions(payout: Payout, told: Sequence[Told], line: Line | None, now: datetime) -> list[dynamo.Action]:
    """Conditional on the ledger's head as it is read here. `line` has neither number nor period yet."""
    key, periods = rows.head_key(payout.partner_id), rows.periods_key()
    found = dynamo.batch_get([key, periods])
    head = found.get(key)
    known = head or {"number": 0, "sequence": 0, "updated_at": ""}
    items: list[dynamo.Item] = []
    if line:
        closed = found.get(periods, {}).get("closed_until", "")
        month = month_of(local_day(line.occurred_at, terms.zone()))
        posted = replace(line, number=known["number"] + 1, period=period_of(month, closed))
        if posted.period <= known.get("closed_until", ""):
            raise ConditionFailed({})  # the month was closed since
        name = "payout_id" if line.kind == "payout" else "of_payout"  # what came back is free for the next
        items.append(lines.to_item(posted, now, None, None) | {name: payout.id})
    new = [
        heads.event_of(payout.partner_id, known["sequence"] + place, kind, _data(payout, kind), now)
        for place, kind in enumerate(told, 1)
    ]
    return [
        *(dynamo.put(rows.table(), item, dynamo.ABSENT) for item in items),
        *(dynamo.put(rows.table(), events.to_item(event), dynamo.ABSENT) for event in new),
        heads.put(head, heads.moved(payout.partner_id, known, items, len(new), now)),
    ]


def paid(payout: Payout, at: datetime) -> Line:
    return Line(payout.partner_id, "payout", "payout", Money(-payout.minor, payout.currency), at, at)


def returned(payout: Payout, at: datetime) -> Line:
    """Payable at once."""
    return Line(payout.partner_id, "payout_return", "returned", Money(payout.minor, payout.currency), at, at)


def _data(payout: Payout, kind: Told) -> dict[str, Any]:
    data: dict[str, Any] = {
        "payout_id": payout.id,
        "payout_number": number_of_payout(payout.id, payout.attempt),
        "amount": Money(payout.minor, payout.currency).to_wire(),
        "tax": Money(payout.tax, payout.currency).to_wire(),
        "total": Money(payout.minor + payout.tax, payout.currency).to_wire(),
        "lines": payout.lines,
    }
    if kind == "payout.paid":
        data |= {"paid_at": times.to_text(payout.paid_at) if payout.paid_at else None, "reference": payout.reference}
    if kind in ("payout.failed", "payout.returned"):
        data |= {"reason_code": payout.reason_code, "text": payout.text}
    return data
