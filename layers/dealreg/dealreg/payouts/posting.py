"""What a payout says in its partner's ledger: a line when money has left or come back, and events in its sequence."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from dealreg.commissions.days import local_day, month_of
from dealreg.commissions.ledger import Line, period_of
from dealreg.ledger import lines, rows, terms
from dealreg.payouts.model import Payout
from dealreg.payouts.rules import number_of_payout
from dealreg.platform import dynamo, events, ids, times
from dealreg.platform.events import VENDOR, Event, Place
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting

Told = Literal["payout.created", "payout.paid", "payout.failed", "payout.returned"]


def actions(payout: Payout, told: Sequence[Told], line: Line | None, now: datetime) -> list[dynamo.Action]:
    """Conditional on the ledger's head as it is read here. `line` has neither number nor period yet."""
    key, periods = rows.head_key(payout.partner_id), rows.periods_key()
    found = dynamo.batch_get([key, periods])
    head = found.get(key, {"partner_id": payout.partner_id, "number": 0, "sequence": 0})
    number, sequence = head["number"], head["sequence"]
    done: list[dynamo.Action] = []
    if line:
        number += 1
        closed = found.get(periods, {}).get("closed_until", "")
        month = month_of(local_day(line.occurred_at, terms.zone()))
        posted = replace(line, number=number, period=period_of(month, closed) if closed else month)
        item = lines.to_item(posted, now, None, None) | ({"payout_id": payout.id} if line.kind == "payout" else {})
        done.append(dynamo.put(rows.table(), item, dynamo.ABSENT))
    for kind in told:
        sequence += 1
        event = _event(payout, kind, sequence, now)
        done.append(dynamo.put(rows.table(), events.to_item(event), dynamo.ABSENT))
    item = {
        **head,
        "pk": key.pk,
        "sk": key.sk,
        "number": number,
        "sequence": sequence,
        "updated_at": times.to_text(now),
    }
    if key in found:
        seen = {"number": head["number"], "sequence": head["sequence"]}
        return [*done, dynamo.put(key.table, item, "#number = :number AND #sequence = :sequence", seen)]
    return [*done, dynamo.put(key.table, item, dynamo.ABSENT)]


def paid(payout: Payout, at: datetime) -> Line:
    return Line(payout.partner_id, "payout", "payout", Money(-payout.minor, payout.currency), at, at)


def returned(payout: Payout, at: datetime) -> Line:
    """Payable at once."""
    return Line(payout.partner_id, "payout_return", "returned", Money(payout.minor, payout.currency), at, at)


def _event(payout: Payout, kind: Told, sequence: int, now: datetime) -> Event:
    return Event(
        id=ids.new_id("evt", now),
        type=kind,
        subject=payout.partner_id,
        sequence=sequence,
        timestamp=now,
        partner_id=payout.partner_id,
        audience=(VENDOR, payout.partner_id),
        data=_data(payout, kind),
        place=Place(Setting.LEDGER_TABLE, rows.head_key(payout.partner_id).pk),
    )


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
