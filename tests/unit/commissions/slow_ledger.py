"""The slow model: lines, and their statuses (§3 of the money contract)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.unit.commissions.slow_arithmetic import Bucket, Program, Reckoning, reckon, weights
from tests.unit.commissions.slow_facts import (
    JSON,
    Sale,
    instant,
    latest,
    money,
    months_later,
    sale_named_by,
    sales_by_payment,
    stamp,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Line:
    number: int
    partner_id: str
    kind: str
    amount: Fraction
    currency: str
    reason_code: str
    occurred_at: datetime
    available_at: datetime
    period: str
    deal_id: str | None = None
    sale_id: str | None = None
    tier: str | None = None
    plan: str | None = None
    version: int | None = None
    bucket: Bucket | None = None
    base_before: str | None = None
    base_after: str | None = None

    def shown(self) -> JSON:
        return {
            "number": self.number,
            "partner_id": self.partner_id,
            "kind": self.kind,
            "amount": money(self.amount, self.currency),
            "reason_code": self.reason_code,
            "occurred_at": stamp(self.occurred_at),
            "available_at": stamp(self.available_at),
            "period": self.period,
            "deal_id": self.deal_id,
            "sale_id": self.sale_id,
            "plan": self.plan,
            "version": self.version,
            "rule": self.bucket.rule if self.bucket else None,
            "bucket": self.bucket.name if self.bucket else None,
            "tier": self.tier,
            "base_before": self.base_before,
            "base_after": self.base_after,
        }


@dataclass(frozen=True)
class Run:
    at: datetime
    paid_at: datetime | None
    shown: JSON


@dataclass
class Book:
    program: Program
    words: list[JSON] = field(default_factory=list[JSON])
    lines: list[Line] = field(default_factory=list[Line])
    claims: dict[tuple[str, int], Run] = field(default_factory=dict[tuple[str, int], Run])
    """By partner and number of the line."""
    runs: list[Run] = field(default_factory=list[Run])
    closed: str = ""
    """The last closed month: those before it are closed too."""

    def post(self, partner_id: str, kind: str, amount: Fraction, currency: str, **rest: Any) -> None:
        number = 1 + sum(1 for line in self.lines if line.partner_id == partner_id)
        period = self.open_period(self.program.day(rest["occurred_at"]))
        self.lines.append(Line(number, partner_id, kind, amount, currency, period=period, **rest))

    def open_period(self, day: date) -> str:
        """Its month; if closed, the next open one."""
        month = day.replace(day=1)
        while f"{month:%Y-%m}" <= self.closed:
            month = months_later(month, 1)
        return f"{month:%Y-%m}"

    def posted(self) -> dict[tuple[Bucket, str], Fraction]:
        """By bucket and partner."""
        sums: dict[tuple[Bucket, str], Fraction] = {}
        for line in self.lines:
            if line.bucket is not None:
                key = line.bucket, line.partner_id
                sums[key] = sums.get(key, Fraction(0)) + line.amount
        return sums

    def status(self, line: Line, at: datetime) -> str:
        run = self.claims.get((line.partner_id, line.number))
        if line.kind == "payout" or line.amount == 0:
            return "none"
        if run is not None and run.at <= at:
            return "paid" if run.paid_at is not None and run.paid_at <= at else "in_payout"
        if line.sale_id is not None and self.is_disputed(line.sale_id, at):
            return "disputed"
        return "held" if at < line.available_at else "payable"

    def is_disputed(self, sale_id: str, at: datetime) -> bool:
        by_payment = sales_by_payment(latest(self.words, "payment.succeeded"))
        for word in latest(self.words, "payment.chargeback").values():
            if sale_named_by(word, by_payment) == sale_id and instant(word["data"]["opened_at"]) <= at:
                closed_at = closing_time(word)
                if closed_at is None or at < closed_at:
                    return True
        return False


def closing_time(chargeback: JSON) -> datetime | None:
    if chargeback["data"]["status"] == "open":
        return None
    return instant(chargeback["data"].get("closed_at") or chargeback["timestamp"])


@dataclass(frozen=True)
class Cause:
    kind: str
    reason_code: str
    occurred_at: datetime
    sale_id: str | None


def cause_of(word: JSON, before: Reckoning, after: Reckoning, words: Sequence[JSON]) -> Cause:
    """What a word that moves its own sale is called."""
    data = word["data"]
    sale_id = sale_named_by(word, sales_by_payment(latest(words, "payment.succeeded")))
    if word["type"] == "payment.succeeded":
        # Reading: a payment is what brings money, a grown total or a raised amount too; any other word changes one
        kind, reason = (
            ("accrual", "payment") if is_raised(sale_id, before, after) else ("adjustment", "payment_changed")
        )
        return Cause(kind, reason, instant(data["paid_at"]), sale_id)
    if word["type"] == "payment.refunded":
        if data["status"] == "failed":
            return Cause("adjustment", "refund_failed", instant(word["timestamp"]), sale_id)
        return Cause("clawback", "refund", instant(data["refunded_at"]), sale_id)
    at = closing_time(word) or instant(word["timestamp"])
    if data["status"] == "lost":
        return Cause("clawback", "chargeback_lost", at, sale_id)
    return Cause("adjustment", "chargeback_won", at, sale_id)


def hear(book: Book, word: JSON) -> None:
    """A fact: its lines, then it is one of all facts."""
    before, after = reckon(book.program, book.words), reckon(book.program, [*book.words, word])
    cause = cause_of(word, before, after, book.words)
    moved: set[str] = set()
    for bucket, partner, amount in differences_to_post(book, before, after):
        moved.add(partner)
        _post_difference(book, cause, bucket, partner, amount, before, after)
    if word["type"] == "payment.succeeded" and is_raised(cause.sale_id, before, after):
        sale = after.sales[cause.sale_id or ""]
        for partner, _ in after.shares[sale.id]:
            if partner not in moved:
                _post_nothing(book, cause, sale, partner, after)
    book.words.append(word)


def is_raised(sale_id: str | None, before: Reckoning, after: Reckoning) -> bool:
    """Whether a sale has become known, or its net has grown."""
    was, sale = before.sales.get(sale_id or ""), after.sales.get(sale_id or "")
    return sale is not None and (was is None or sale.net > was.net)


def differences_to_post(book: Book, before: Reckoning, after: Reckoning) -> list[tuple[Bucket, str, Fraction]]:
    """Owed less posted, by plan, version, rule, bucket, then the split's order."""
    posted = book.posted()
    owed = {(bucket, partner): amount for bucket, own in after.owed().items() for partner, amount in own}
    were = [(bucket, partner) for bucket, content in before.buckets.items() for partner, _ in content.shares]
    in_order = sorted(dict.fromkeys([*owed, *were, *posted]), key=lambda key: key[0])  # stable
    found = [(*key, owed.get(key, Fraction(0)) - posted.get(key, Fraction(0))) for key in in_order]
    return [(bucket, partner, amount) for bucket, partner, amount in found if amount != 0]


def _post_difference(
    book: Book, cause: Cause, bucket: Bucket, partner: str, amount: Fraction, before: Reckoning, after: Reckoning
) -> None:
    moved = sales_moved(bucket, before, after)
    own = cause.sale_id in moved
    kind, reason = (cause.kind, cause.reason_code) if own else ("adjustment", "recalculated")
    # Reading: of the sales that another's fact moves in one bucket, the first by time, then id, is named
    sales = before.known | after.known
    sale = sales[cause.sale_id or ""] if own else min((sales[one] for one in moved), key=lambda s: (s.first_paid, s.id))
    deal = book.program.deals.get(sale.deal_id or "", {})
    book.post(
        partner,
        kind,
        amount,
        bucket.currency,
        reason_code=reason,
        occurred_at=cause.occurred_at,
        available_at=available_at(book.program, kind, cause.occurred_at, sale, hold_days(book.program, bucket)),
        deal_id=sale.deal_id,
        sale_id=sale.id,
        tier=deal.get("tier"),
        plan=bucket.plan,
        version=bucket.version,
        bucket=bucket,
        base_before=base_written(before, after, bucket),
        base_after=base_written(after, before, bucket),
    )


def sales_moved(bucket: Bucket, before: Reckoning, after: Reckoning) -> list[str]:
    """Whose base in the bucket, or whose shares of it, are not what they were."""
    was, now = bases_of(before, bucket), bases_of(after, bucket)
    reshared = was and now and not bucket.holder and before.shares_of(bucket) != after.shares_of(bucket)
    return [sale_id for sale_id in was | now if reshared or was.get(sale_id, 0) != now.get(sale_id, 0)]


def bases_of(made: Reckoning, bucket: Bucket) -> dict[str, Fraction]:
    return made.buckets[bucket].bases if bucket in made.buckets else {}


def base_written(now: Reckoning, other: Reckoning, bucket: Bucket) -> str:
    content = now.buckets.get(bucket)
    base = Fraction(0) if content is None else content.base
    return str(base) if (content or other.buckets[bucket]).counts else written(base, bucket.currency)


def hold_days(program: Program, bucket: Bucket) -> int:
    [plan] = [plan for plan in program.history["plans"] if plan["id"] == bucket.plan]
    [version] = [version for version in plan["versions"] if version["version"] == bucket.version]
    return version["hold_days"]


def available_at(program: Program, kind: str, occurred_at: datetime, sale: Sale, days: int) -> datetime:
    if kind == "accrual":
        return program.hold_end(occurred_at, days)
    return max(occurred_at, program.hold_end(sale.first_paid, days))


def _post_nothing(book: Book, cause: Cause, sale: Sale, partner: str, after: Reckoning) -> None:
    """Nothing is silent: the zero line of a partner that the payment moved nothing for."""
    program = book.program
    deal = program.deals[sale.deal_id or ""]
    version = program.version(deal, program.day(sale.first_paid))
    days = 0 if version is None else version["hold_days"]
    book.post(
        partner,
        "accrual",
        Fraction(0),
        sale.currency if version is None else version["currency"] or sale.currency,
        reason_code=why_nothing(program, version, sale, partner, after),
        occurred_at=cause.occurred_at,
        available_at=program.hold_end(cause.occurred_at, days),
        deal_id=sale.deal_id,
        sale_id=sale.id,
        tier=deal.get("tier"),
        plan=program.plan_of(deal),
        version=None if version is None else version["version"],
    )


def why_nothing(program: Program, version: JSON | None, sale: Sale, partner: str, after: Reckoning) -> str:
    """Reading: the first that holds, in the contract's order; what none of them explains rounds to zero.

    Nothing is left, too, where credits take all that a rule would pay for.
    """
    if version is None:
        return "no_plan"
    buckets = after.buckets_of(sale.id)
    if not buckets:
        return "no_rule"
    of_deal = [other for other in after.known.values() if other.deal_id == sale.deal_id]
    paid_for = weights(program, sale, of_deal, program.deals[sale.deal_id or ""], version["rules"])
    if sale.net == 0 or not any(paid_for.values()):
        return "nothing_left"
    own = [content for bucket, content in buckets.items() if bucket.holder in ("", partner)]
    return "ceiling_reached" if any(content.is_full for content in own) else "rounds_to_zero"
