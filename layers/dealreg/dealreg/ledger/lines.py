"""A ledger line as it is kept, found again and shown to nobody yet: every word of it is written when it is posted.

`PARTNER#<id>` / `LINE#<number>`. Nothing of it changes later, but for the payout that it is in. `of_payout` is the one
that came back with it.
"""

import zlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from dealreg.commissions import words
from dealreg.commissions.ledger import Line
from dealreg.commissions.pricing import Priced
from dealreg.ledger import ids, rows
from dealreg.platform import dynamo, times
from dealreg.platform.ids import deal_number
from dealreg.platform.money import Money

_BETWEEN = "\x1e"
"""No sentence has it."""


def to_item(
    line: Line, posted_at: datetime, event_id: str | None, customer_name: str | None, *, by_hand: str | None = None
) -> dynamo.Item:
    """`by_hand`: what an admin wrote of it, in place of the engine's words."""
    key = rows.line_key(line.partner_id, line.number)
    source = ids.source_of(line.sale_id) if line.sale_id else ""
    own: dict[str, Any] = {
        "id": ids.line_id(line.partner_id, line.number, posted_at),
        "number": line.number,
        "partner_id": line.partner_id,
        "kind": line.kind,
        "reason_code": line.reason_code,
        "minor": line.amount.minor,
        "currency": line.amount.currency,
        "deal_id": line.deal_id,
        "deal_number": deal_number(line.deal_id) if line.deal_id else None,
        "customer_name": customer_name,
        "sale_id": ids.provider_id_of(line.sale_id) if line.sale_id else None,
        "source_id": source or None,
        "event_id": event_id,
        "plan": line.plan,
        "version": line.version,
        "rule": line.rule,
        "tier": line.tier,
        "bucket": ids.without_source(line.bucket, source) if line.bucket else None,
        "base_before": line.base_before,
        "base_after": line.base_after,
        "words": _packed(by_hand or words.text(line), words.steps(line), source),
        "occurred_at": times.to_text(line.occurred_at),
        "posted_at": times.to_text(posted_at),
        "period": line.period,
        "available_at": times.to_text(line.available_at),
    }
    priced = line.because.priced if line.because else line.nothing_of
    told = own | (_share(line.partner_id, priced) if priced else {})
    return {"pk": key.pk, "sk": key.sk} | {name: value for name, value in told.items() if value is not None}


def _packed(text: str, steps: Sequence[str], source: str) -> bytes:
    """Compressed: a line is to fit into one kilobyte."""
    own = [ids.without_source(one, source) for one in (text, *steps)]
    return zlib.compress(_BETWEEN.join(own).encode(), 9)


def words_of(item: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The sentence, and the sum in its steps."""
    text, *steps = zlib.decompress(item["words"]).decode().split(_BETWEEN)
    return text, steps


def _share(partner_id: str, priced: Priced) -> dict[str, Any]:
    """The line's own, and never another's."""
    own = next((share for share in priced.shares if share.partner_id == partner_id), None)
    return {"share": words.number(own.percent) if own else "0", "user_id": own.user_id if own else None}


def from_item(item: Mapping[str, Any]) -> Line:
    """As much as statuses and sums go by; the rest is shown as it is kept."""
    sale_id = ids.qualified(item["source_id"], item["sale_id"]) if "sale_id" in item else None
    return Line(
        partner_id=item["partner_id"],
        kind=item["kind"],
        reason_code=item["reason_code"],
        amount=Money(item["minor"], item["currency"]),
        occurred_at=times.from_text(item["occurred_at"]),
        available_at=times.from_text(item["available_at"]),
        number=item["number"],
        period=item["period"],
        deal_id=item.get("deal_id"),
        sale_id=sale_id,
        plan=item.get("plan"),
        version=item.get("version"),
        rule=item.get("rule"),
        bucket=item.get("bucket"),
        tier=item.get("tier"),
        base_before=item.get("base_before"),
        base_after=item.get("base_after"),
    )
