"""Months are closed one after another: no more lines go into them, and each partner's statements of them are kept.

The month is closed in one transaction; partners follow in pages, each a step that the row of the closing remembers.
"""

import logging
from datetime import datetime
from typing import Any

from dealreg.capability import Change
from dealreg.commissions.ledger import following
from dealreg.ledger import rows, terms
from dealreg.partners import rows as partner_rows
from dealreg.partners.program import current_program
from dealreg.periods import rows as period_rows
from dealreg.periods import sealing
from dealreg.periods.model import is_over_for, month_at
from dealreg.periods.views import ClosedPeriodView, closed_period_view
from dealreg.platform import dynamo, outbox, times
from dealreg.platform.errors import ConditionFailed, StateConflict

logger = logging.getLogger(__name__)
PARTNERS = 25
"""Of one step."""
_BY_CLOCK = "clock"


def close(period: str, by: str, now: datetime) -> ClosedPeriodView:
    """Raises StateConflict for all but the oldest open month, and for the one that is not over yet."""
    key = rows.periods_key()
    known = dynamo.get(key.table, key.pk, key.sk)
    until = period_rows.closed_until(known)
    if period >= month_at(now, terms.zone()):
        raise StateConflict("This month is not over yet.")
    if period <= until:
        raise StateConflict("This month is closed already.")
    if until and _is_under_way(until):
        raise StateConflict(f"{until} is still being closed.")
    oldest = _oldest_open(until)
    if oldest and period not in (oldest, following(until) if until else oldest):
        raise StateConflict(f"Months are closed in their order, and {oldest} is open.")
    _close(period, known, by, now)
    return closed_period_view(step(period, 0, now))


def _oldest_open(until: str) -> str:
    """Of the earliest line of all ledgers that no closed month has: months without lines are closed with the next.

    Else the one after the last that is closed; empty if there is none.
    """
    months = list[str]()
    start: dynamo.Item | None = None
    while True:
        page = dynamo.index_page(partner_rows.table(), "by_kind", ("kind", "partner"), limit=100, start=start)
        found = dynamo.batch_get([rows.head_key(item["id"]) for item in page.items], ("oldest",))
        months += [head["oldest"] for head in found.values() if "oldest" in head]
        start = page.next_key
        if start is None:
            break
    next_one = following(until) if until else ""
    return max(min(months, default=next_one), next_one)


def _is_under_way(period: str) -> bool:
    key = period_rows.closing_key(period)
    closing = dynamo.get(key.table, key.pk, key.sk)
    return closing is not None and closing["state"] != "closed"


def _close(period: str, known: dynamo.Item | None, by: str, now: datetime) -> None:
    key, own = rows.periods_key(), period_rows.closing_key(period)
    until = {"pk": key.pk, "sk": key.sk, "closed_until": period, "closed_at": times.to_text(now)}
    closing: dict[str, Any] = {"pk": own.pk, "sk": own.sk, "period": period, "state": "closing", "step": 0}
    closing |= {"partners": 0, "statements": 0, "by": by, "closed_at": times.to_text(now)}
    seen = {"until": known["closed_until"]} if known else {}
    when = "#closed_until = :until" if known else dynamo.ABSENT
    try:
        dynamo.transact(
            [
                dynamo.put(key.table, until, when, seen),
                dynamo.put(own.table, closing | outbox.pending(now, period), dynamo.ABSENT),
            ]
        )
    except ConditionFailed:
        raise StateConflict("Somebody else closes it.") from None
    logger.info("month closed", extra={"period": period, "by": by})


def step(period: str, seen: int, now: datetime) -> dynamo.Item:
    """A page of partners, if the closing is still where it was seen: as it is then."""
    key = period_rows.closing_key(period)
    closing = dynamo.get(key.table, key.pk, key.sk) or {}
    if closing["state"] == "closed" or closing["step"] != seen:
        return closing
    page = dynamo.index_page(
        partner_rows.table(), "by_kind", ("kind", "partner"), limit=PARTNERS, start=closing.get("after")
    )
    closed_at = times.from_text(closing["closed_at"])
    made = sum(sealing.seal(item["id"], period, closed_at, now) for item in page.items)
    counts = {"partners": closing["partners"] + len(page.items), "statements": closing["statements"] + made}
    goes_on = page.next_key is not None
    change = counts | {"step": seen + 1, "state": "closing" if goes_on else "closed"}
    change |= {"after": page.next_key, **outbox.pending(now, period)} if goes_on else {}
    remove = () if goes_on else (*outbox.ATTRIBUTES, "after")
    try:
        dynamo.write(dynamo.update(key, change=change, remove=remove, when="#step = :seen", values={"seen": seen}))
    except ConditionFailed:
        logger.info("somebody else is at this closing", extra={"period": period})
    return closing | change


def on_change(change: Change, now: datetime) -> None:
    if change.new:
        step(change.new["period"], change.new["step"], now)


def on_due(key: dynamo.Key, now: datetime) -> None:
    """What the stream lost."""
    closing = dynamo.get(key.table, key.pk, key.sk)
    if closing and closing["state"] != "closed":
        step(closing["period"], closing["step"], now)


def each_minute(now: datetime) -> None:
    """Closes the oldest open month once it is over for as many days as the program says; the next one, next minute.

    Whether there may be one is known without reading the heads of all ledgers.
    """
    days = current_program().money.close_after_days
    if days is None:
        return
    key = rows.periods_key()
    until = period_rows.closed_until(dynamo.get(key.table, key.pk, key.sk))
    zone = terms.zone()
    if now.minute % 10 if not until else not is_over_for(following(until), days, now, zone) or _is_under_way(until):
        return
    oldest = _oldest_open(until)
    if oldest and is_over_for(oldest, days, now, zone):
        close(oldest, _BY_CLOCK, now)
