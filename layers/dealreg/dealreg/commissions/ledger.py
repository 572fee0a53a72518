"""Ledger lines: what one says, when its money is free, and what state it is in at a time. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from dealreg.commissions.buckets import BucketKey, Content, Entry
from dealreg.commissions.pricing import Priced
from dealreg.platform.money import Money

LineKind = Literal["accrual", "clawback", "adjustment", "payout", "payout_return"]
Status = Literal["none", "held", "disputed", "payable", "in_payout", "paid"]
EARNED: tuple[Status, ...] = ("held", "disputed", "payable", "in_payout", "paid")


@dataclass(frozen=True, slots=True)
class Because:
    """What a line was worked out from."""

    key: BucketKey
    entry: Entry
    priced: Priced
    before: Content
    after: Content
    owed: int
    posted: int
    left: str = ""
    """Why the sale is no longer in the bucket for this partner, if it is not."""


@dataclass(frozen=True, slots=True)
class Line:
    partner_id: str
    kind: LineKind
    reason_code: str
    amount: Money
    occurred_at: datetime
    available_at: datetime
    number: int = 0
    """Gapless for each partner, from 1; given when it is posted, as is the period."""
    period: str = ""
    deal_id: str | None = None
    sale_id: str | None = None
    plan: str | None = None
    version: int | None = None
    rule: str | None = None
    bucket: str | None = None
    tier: str | None = None
    base_before: str | None = None
    base_after: str | None = None
    because: Because | None = field(default=None, repr=False, compare=False)
    nothing_of: Priced | None = field(default=None, repr=False, compare=False)
    """Of a zero line: the sale that it earned nothing of."""


@dataclass(frozen=True, slots=True)
class Payout:
    """As much of one as a line's status goes by."""

    at: datetime
    paid_at: datetime | None


@dataclass(frozen=True, slots=True)
class Dispute:
    """A chargeback's time on a sale."""

    opened_at: datetime
    closed_at: datetime | None

    def is_open(self, at: datetime) -> bool:
        return self.opened_at <= at and (self.closed_at is None or at < self.closed_at)


def status(line: Line, at: datetime, payout: Payout | None, disputes: Mapping[str, tuple[Dispute, ...]]) -> Status:
    """`disputes` are by sale."""
    if not line.amount.minor or line.kind == "payout":
        return "none"
    if payout and payout.at <= at:
        return "paid" if payout.paid_at is not None and payout.paid_at <= at else "in_payout"
    if any(dispute.is_open(at) for dispute in disputes.get(line.sale_id or "", ())):
        return "disputed"
    return "held" if at < line.available_at else "payable"


def period_of(month: str, closed_until: str) -> str:
    """Of a line of that local month; the next open one if it is closed. Closed months have no gap between them."""
    return month if month > closed_until else following(closed_until)


def following(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1:04}-01" if number == 12 else f"{year:04}-{number + 1:02}"
