"""Buckets: a rule collects net money in them, and each one's commission is a function of what it holds. Pure.

What a sale puts into buckets comes from its price; a bucket knows only sums and what is posted, never its past.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from dealreg.commissions import arithmetic
from dealreg.commissions.days import month_of, quarter_of
from dealreg.commissions.plans import Rule
from dealreg.commissions.pricing import Part, Priced
from dealreg.commissions.splits import Share

PERIODS = ("month", "quarter", "year")


class BucketKey(NamedTuple):
    plan: str
    version: int
    rule: str
    name: str
    """Such as `sale:in_1`, `deal:…`, `month:2026-03`, `quarter:2026-Q1`, `year:2026`."""
    currency: str
    split: int = 0
    """A deal's bucket begins anew when its shares change."""
    partner_id: str = ""
    """In periods each partner has a bucket of its own."""


@dataclass(frozen=True, slots=True)
class Content:
    """Of a bucket, or what one sale puts into it."""

    base: int = 0
    sales: int = 0
    """How many have some base."""

    def changed(self, less: "Content", more: "Content") -> "Content":
        return Content(self.base - less.base + more.base, self.sales - less.sales + more.sales)


@dataclass(frozen=True, slots=True)
class Bucket:
    content: Content = Content()
    posted: Mapping[str, int] = field(default_factory=dict[str, int])
    """By partner."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one sale puts into one bucket."""

    part: Part
    content: Content
    shares: tuple[Share, ...]
    """By which the bucket's commission is divided."""

    @property
    def rule(self) -> Rule:
        return self.part.rule


EMPTY = Content()


def entries(priced: Priced | None) -> dict[BucketKey, Entry]:
    """All that a sale puts into buckets; nothing while it waits."""
    if priced is None or priced.version is None:
        return {}
    found: dict[BucketKey, Entry] = {}
    for part in priced.parts:
        name = name_of(part.rule, priced)
        key = BucketKey(priced.version.plan, priced.version.number, part.rule.id, name, priced.currency)
        if part.rule.per in PERIODS:
            bases = arithmetic.divide(part.converted, [share.percent for share in priced.shares])
            for share, base in zip(priced.shares, bases, strict=True):
                of_partner = key._replace(partner_id=share.partner_id)
                found[of_partner] = Entry(part, _content(base), (share,))
        else:
            split = priced.split if part.rule.per == "deal" else 0
            found[key._replace(split=split)] = Entry(part, _content(part.converted), priced.shares)
    return found


def name_of(rule: Rule, priced: Priced) -> str:
    match rule.per:
        case "sale":
            return f"sale:{priced.sale.id}"
        case "deal":
            return f"deal:{priced.deal.id}"
        case period:
            return f"{period}:{_period(period, priced.day)}"


def _period(period: str, day: date) -> str:
    return {"month": month_of, "quarter": quarter_of}[period](day) if period != "year" else f"{day.year:04}"


def _content(base: int) -> Content:
    return Content(base, int(base > 0))


def owed(key: BucketKey, rule: Rule, shares: Sequence[Share], content: Content) -> dict[str, int]:
    """By partner: the whole of its own bucket, or its share of a common one."""
    amount = arithmetic.commission(rule, content.base, content.sales)
    if key.partner_id:
        return {key.partner_id: amount}
    parts = arithmetic.divide(amount, [share.percent for share in shares])
    return {share.partner_id: part for share, part in zip(shares, parts, strict=True)}
