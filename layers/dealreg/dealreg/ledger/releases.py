"""When holds end: a partner's ledger is on the clock for the first of them, and each local day is told as one event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dealreg.commissions.days import local_day
from dealreg.ledger import heads, rows, terms
from dealreg.platform import due, dynamo, events, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.money import Money

RELEASED = "commission.released"
_MOST = 90
"""Events at once: the days, and currencies, of a clock that stood still for long."""


def on_due(key: dynamo.Key, now: datetime) -> None:
    """Idempotent: what was told is no longer before the day that the head waits for."""
    head = dynamo.get(key.table, key.pk, key.sk)
    if head is None or head.get("due_at", "~") > times.to_text(now):
        return
    told, held_from, following = _released(head, now)
    partner_id, after = head["partner_id"], dict(head)
    for name in (*due.ATTRIBUTES, "held_from", "release_at"):
        after.pop(name, None)
    if following:
        after |= heads.hold(key.pk, held_from, following)
    new = [
        heads.event_of(partner_id, head["sequence"] + place, RELEASED, data, now)
        for place, data in enumerate(told, 1)
    ]  # fmt: skip
    after |= {"sequence": head["sequence"] + len(new)} | ({"updated_at": times.to_text(now)} if new else {})
    try:
        dynamo.transact(
            [heads.put(head, after), *(dynamo.put(key.table, events.to_item(one), dynamo.ABSENT) for one in new)]
        )
    except ConditionFailed:
        return  # something was posted meanwhile: the ledger is still on the clock


def _released(head: Mapping[str, Any], now: datetime) -> tuple[list[Mapping[str, object]], int, str | None]:
    """By local day and currency; then the first line that is held still, and when the next hold ends."""
    zone, until = terms.zone(), times.to_text(now)
    sums: dict[tuple[str, str], list[int]] = {}
    held_from, following = 0, None
    for item in dynamo.every_from(rows.table(), head["pk"], rows.line_key(head["partner_id"], head["held_from"]).sk):
        ends = item["available_at"]
        if not item["minor"] or ends <= item["posted_at"] or ends < head["release_at"]:
            continue  # of nothing, never held, or told before
        if ends > until or len(sums) >= _MOST:
            held_from = held_from or item["number"]
            following = min(ends, following or ends)
            continue
        day = local_day(times.from_text(ends), zone).isoformat()
        sums.setdefault((day, item["currency"]), []).append(item["minor"])
    told: list[Mapping[str, object]] = [
        {"date": day, "amount": Money(sum(minors), currency).to_wire(), "lines": len(minors)}
        for (day, currency), minors in sorted(sums.items())
    ]
    return told, held_from, following
