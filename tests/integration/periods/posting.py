"""Lines of chosen days, as facts would post them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from dealreg.commissions.days import local_day, month_of
from dealreg.commissions.ledger import Line, period_of
from dealreg.ledger import heads, lists, rows, terms
from dealreg.ledger.ids import qualified
from dealreg.periods import rows as period_rows
from dealreg.platform import dynamo
from dealreg.platform.money import Money

SOURCE = "bsrc_01JD8V4M2T7QK3N5P9XWZRB6YC"


def earn(partner_id: str, day: str, minor: int, currency: str = "EUR", *, held_days: int = 0, **changes: Any) -> str:
    """Posts a line at noon (UTC), in the month that is open for it; its id."""
    at = datetime.fromisoformat(f"{day}T12:00:00").replace(tzinfo=UTC)
    found = dynamo.batch_get([rows.head_key(partner_id), rows.periods_key()])
    head = found.get(rows.head_key(partner_id))
    number = (head or {"number": 0})["number"] + 1
    until = period_rows.closed_until(found.get(rows.periods_key()))
    month = month_of(local_day(at, terms.zone()))
    said: dict[str, Any] = {
        "partner_id": partner_id,
        "kind": "accrual",
        "reason_code": "payment",
        "amount": Money(minor, currency),
        "occurred_at": at,
        "available_at": at + timedelta(days=held_days),
        "number": number,
        "period": period_of(month, until) if until else month,
        "deal_id": "deal_01JD8V4M2T7QK3N5P9XWZRB6YC",
        "sale_id": qualified(SOURCE, f"in_{number}"),
    }
    posted = heads.post(partner_id, head, [Line(**(said | changes))], at, by_hand=f"Line {number}.")
    dynamo.transact(posted)
    (line,) = dynamo.page(rows.table(), f"PARTNER#{partner_id}", rows.LINE, forward=False, limit=1).items
    assert lists.one(partner_id, line["id"], at)
    return str(line["id"])
