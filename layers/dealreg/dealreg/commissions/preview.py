"""What monthly payments would earn, by the engine that posts them: pure, nothing is kept of it."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from fractions import Fraction

from dealreg.commissions import arithmetic
from dealreg.commissions.book import Book, Past, Terms
from dealreg.commissions.buckets import Bucket, BucketKey
from dealreg.commissions.days import local_day
from dealreg.commissions.facts import Kind, Payment, SaleContent, SaleLine
from dealreg.commissions.ledger import Line
from dealreg.commissions.plans import Plan, Version
from dealreg.commissions.pricing import DayRate
from dealreg.commissions.splits import Deal
from dealreg.platform.money import Money


@dataclass(frozen=True, slots=True)
class Payments:
    """Equal ones, the first at `start`, without tax."""

    deal: Deal
    families: Mapping[str, str]
    """By product, among which each payment is divided equally."""
    amount: Money
    """Of each."""
    kind: Kind | None
    """None: the first is new, those after it are renewals."""
    months: int
    start: datetime
    zone: tzinfo

    def facts(self) -> list[Payment]:
        return [self._fact(month) for month in range(self.months)]

    def month_of(self, line: Line) -> int:
        return int((line.sale_id or "").removeprefix(_SALE))

    def _fact(self, month: int) -> Payment:
        sale_id, paid_at, amount = f"{_SALE}{month}", months_later(self.start, month, self.zone), self.amount
        content = SaleContent(
            id=sale_id,
            kind=self.kind or ("renewal" if month else "new"),
            currency=amount.currency,
            total=amount.minor,
            tax=0,
            lines=self._lines(),
            deal_id=self.deal.id,
        )
        return Payment(sale_id, sale_id, amount.minor, amount.currency, paid_at, paid_at, sale_id, content=content)

    def _lines(self) -> tuple[SaleLine, ...]:
        amounts = arithmetic.divide(self.amount.minor, [Fraction(100, len(self.families))] * len(self.families))
        return tuple(
            SaleLine(amount, product, family)
            for amount, (product, family) in zip(amounts, self.families.items(), strict=True)
        )


_SALE = "month-"


def months_later(start: datetime, months: int, zone: tzinfo) -> datetime:
    """At the same local time, on the same day of a later month or on that month's last."""
    if not months:
        return start
    local = start.astimezone(zone)
    years, month = divmod(local.month - 1 + months, 12)
    last = monthrange(local.year + years, month + 1)[1]
    return local.replace(year=local.year + years, month=month + 1, day=min(local.day, last)).astimezone(UTC)


def version_of(plan: Plan | None, deal: Deal, day: date, zone: tzinfo) -> Version | None:
    """In force on that local day, for a payment of the deal."""
    return plan.version_for(local_day(deal.registered_at, zone), day) if plan else None


def price(
    paid: Payments, version: Version | None, rate: Fraction | None, buckets: Mapping[BucketKey, Bucket]
) -> tuple[Sequence[Line], set[BucketKey]]:
    """The lines, of all who share in the deal, and the buckets of periods that they are in.

    `version` and `rate`, from the amount's currency into the version's, hold for all payments.
    """
    facts, deal = paid.facts(), paid.deal
    plans = {deal.plan: Plan(deal.plan, (version,))} if version else {}
    days = [DayRate(local_day(fact.paid_at, paid.zone), rate) for fact in facts] if rate else []
    rates = {(paid.amount.currency, version.currency_of(paid.amount.currency)): days} if version else {}
    book = Book(Terms(paid.zone, plans, {deal.id: deal}, rates), Past(buckets=dict(buckets)))
    for fact in facts:
        book.add_payment(fact)
    return book.lines, {key for key in book.past.buckets if key.partner_id}
