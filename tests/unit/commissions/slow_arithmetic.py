"""The slow model: plans, buckets and what a set of facts makes of them (§2 of the money contract)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tests.unit.commissions.slow_facts import JSON, Sale, Shares, apportion, half_up, instant, sales_in, whole_months

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Program:
    history: JSON

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.history["program"]["time_zone"])

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    @cached_property
    def deals(self) -> dict[str, JSON]:
        return {deal["id"]: deal for deal in self.history["deals"]}

    @cached_property
    def partners(self) -> dict[str, JSON]:
        return {partner["id"]: partner for partner in self.history["partners"]}

    def plan_of(self, deal: JSON) -> str:
        """The registering partner's, whoever shares in the deal."""
        return self.partners[deal["partner_id"]].get("plan") or "standard"

    def version(self, deal: JSON, day: date) -> JSON | None:
        """The latest that applies to a sale of the deal that was first paid on that day."""
        applying: list[JSON] = []
        for plan in self.history["plans"]:
            if plan["id"] == self.plan_of(deal):
                registered = self.day(instant(deal["registered_at"]))
                for version in plan["versions"]:
                    asked = registered if version["applies_to"] == "new_deals" else day
                    if date.fromisoformat(version["effective_from"]) <= asked:
                        applying.append(version)
        return max(applying, key=lambda version: (version["effective_from"], version["version"]), default=None)

    def rate(self, source: str, target: str, day: date) -> Fraction | None:
        """The newest known on or before the day, at most 7 days old."""
        if source == target:
            return Fraction(1)
        known = [
            (date.fromisoformat(rate["date"]), Fraction(rate["rate"]))
            for rate in self.history.get("exchange_rates") or ()
            if (rate["from"], rate["to"]) == (source, target)
        ]
        near = [(dated, rate) for dated, rate in known if timedelta(0) <= day - dated <= timedelta(days=7)]
        return max(near, key=lambda one: one[0])[1] if near else None

    def split(self, deal: JSON, at: datetime) -> tuple[int, Shares]:
        """The shares in force then, and how often they had changed before."""
        splits: list[JSON] = deal.get("splits") or []
        dated = sorted(splits, key=lambda split: (split["from"] is not None, split["from"] or ""))
        timeline: list[Shares] = [((deal["partner_id"], Fraction(100)),)]
        for split in dated:
            shares = tuple((share["partner_id"], Fraction(share["percent"])) for share in split["shares"])
            if split["from"] is None:
                timeline = [shares]
            elif instant(split["from"]) <= at and shares != timeline[-1]:
                timeline.append(shares)
        return len(timeline) - 1, timeline[-1]

    def hold_end(self, at: datetime, hold_days: int) -> datetime:
        """The first instant of the local day so many days later."""
        if hold_days == 0:
            return at
        day = self.day(at) + timedelta(days=hold_days)
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)


@dataclass(frozen=True, order=True)
class Bucket:
    """Ordered as the lines of one cause are [3]."""

    plan: str
    version: int
    place: int  # of the rule, in the plan's order
    name: str  # "sale:in_1"
    era: int  # of a deal's bucket: it begins anew when the shares change, under the same name
    currency: str
    holder: str  # the partner of a month's, quarter's or year's bucket; empty where the commission is divided
    rule: str


@dataclass(frozen=True)
class Content:
    terms: JSON  # the rule
    currency: str
    bases: dict[str, Fraction]  # by sale, converted
    shares: Shares  # who is paid

    @property
    def counts(self) -> bool:
        """Whether its base is a number of sales."""
        rate = self.terms["rate"]
        return any("flat" in step for step in [rate, *rate.get("marginal", ()), *rate.get("whole", ())])

    @property
    def base(self) -> Fraction:
        if self.counts:
            return Fraction(sum(1 for base in self.bases.values() if base > 0))
        return sum(self.bases.values(), Fraction(0))

    @property
    def commission(self) -> Fraction:
        base = self.base
        amount = half_up(applied(self.terms["rate"], base), self.currency)
        if base > 0 and self.terms.get("floor") is not None:
            amount = max(amount, Fraction(self.terms["floor"]))
        if self.terms.get("ceiling") is not None:
            amount = min(amount, Fraction(self.terms["ceiling"]))
        return amount

    @property
    def is_full(self) -> bool:
        return self.terms.get("ceiling") is not None and self.commission == Fraction(self.terms["ceiling"])


def applied(rate: JSON, base: Fraction) -> Fraction:
    if "percent" in rate or "flat" in rate:
        return base * each(rate)
    steps: list[JSON] = rate.get("marginal") or rate["whole"]
    if "whole" in rate:
        return base * each([step for step in steps if Fraction(step["from"]) <= base][-1])
    amount = Fraction(0)
    for step, following in zip(steps, [*steps[1:], None], strict=True):
        end = base if following is None else min(base, Fraction(following["from"]))
        amount += max(end - Fraction(step["from"]), Fraction(0)) * each(step)
    return amount


def each(step: JSON) -> Fraction:
    """What one unit of the base brings."""
    return Fraction(step["percent"]) / 100 if "percent" in step else Fraction(step["flat"])


@dataclass(frozen=True)
class Reckoning:
    """What a set of facts makes."""

    known: dict[str, Sale]
    sales: dict[str, Sale]  # that are priced
    unpriced: dict[str, str]  # why the others are not
    shares: dict[str, Shares]  # by sale
    buckets: dict[Bucket, Content]

    def owed(self) -> dict[Bucket, list[tuple[str, Fraction]]]:
        """In the split's order."""
        return {
            bucket: apportion(content.commission, content.shares, content.currency)
            for bucket, content in self.buckets.items()
        }

    def shares_of(self, bucket: Bucket) -> Shares | None:
        return self.buckets[bucket].shares if bucket in self.buckets else None

    def buckets_of(self, sale_id: str) -> dict[Bucket, Content]:
        return {bucket: content for bucket, content in self.buckets.items() if sale_id in content.bases}


def reckon(program: Program, words: Sequence[JSON]) -> Reckoning:
    found = sales_in(words)
    of_deal: dict[str | None, list[Sale]] = {}
    for sale in found.values():
        of_deal.setdefault(sale.deal_id, []).append(sale)
    made = Reckoning(found, {}, {}, {}, {})
    for sale in sorted(found.values(), key=lambda sale: sale.id):
        deal = program.deals.get(sale.deal_id or "")
        if deal is None:
            made.unpriced[sale.id] = "deal_unknown"
            continue
        version = program.version(deal, program.day(sale.first_paid))
        currency = sale.currency if version is None else version["currency"] or sale.currency
        rate = program.rate(sale.currency, currency, program.day(sale.first_paid))
        if rate is None:  # Reading: whether a rule would have matched or not
            made.unpriced[sale.id] = "no_rate"
            continue
        made.sales[sale.id] = sale
        made.shares[sale.id] = program.split(deal, sale.first_paid)[1]
        if version is not None:
            _put_into_buckets(made, program, sale, of_deal[sale.deal_id], deal, version, currency, rate)
    return made


def _put_into_buckets(
    made: Reckoning,
    program: Program,
    sale: Sale,
    of_deal: list[Sale],
    deal: JSON,
    version: JSON,
    currency: str,
    rate: Fraction,
) -> None:
    era, shares = program.split(deal, sale.first_paid)
    day = program.day(sale.first_paid)
    for place, weight in weights(program, sale, of_deal, deal, version["rules"]).items():
        terms = version["rules"][place]
        base = half_up(sale.net * weight / sale.total, sale.currency) if sale.total else Fraction(0)
        converted = half_up(base * rate, currency)
        per = terms.get("per") or "sale"
        name = bucket_name(per, sale, day)
        numbers = (program.plan_of(deal), version["version"], place, name, era if per == "deal" else 0, currency)
        if per in ("sale", "deal"):
            _add(made, Bucket(*numbers, "", terms["id"]), terms, sale, converted, shares)
        else:
            for partner, own in apportion(converted, shares, currency):
                all_of_it: Shares = ((partner, Fraction(100)),)
                _add(made, Bucket(*numbers, partner, terms["id"]), terms, sale, own, all_of_it)


def _add(made: Reckoning, bucket: Bucket, terms: JSON, sale: Sale, base: Fraction, shares: Shares) -> None:
    made.buckets.setdefault(bucket, Content(terms, bucket.currency, {}, shares)).bases[sale.id] = base


def bucket_name(per: str, sale: Sale, day: date) -> str:
    return {
        "sale": f"sale:{sale.id}",
        "deal": f"deal:{sale.deal_id}",
        "month": f"month:{day:%Y-%m}",
        "quarter": f"quarter:{day.year}-Q{(day.month + 2) // 3}",
        "year": f"year:{day.year}",
    }[per]


def weights(
    program: Program, sale: Sale, of_deal: list[Sale], deal: JSON, rules: Sequence[JSON]
) -> dict[int, Fraction]:
    """Of the rules that pay for a line of the sale, by their place in the plan."""
    sums: dict[int, Fraction] = {}
    for line in sale.lines:
        matching = [place for place, rule in enumerate(rules) if matches(program, rule, line, sale, of_deal, deal)]
        ordinary = [place for place in matching if not rules[place].get("adds")]
        for place in ordinary[:1] + [place for place in matching if rules[place].get("adds")]:
            sums[place] = sums.get(place, Fraction(0)) + Fraction(line["amount"])
    credit = -sum((sums[place] for place in sums if not rules[place].get("adds") and sums[place] < 0), Fraction(0))
    for place in sorted(sums):
        sums[place] = max(sums[place], Fraction(0))
        if not rules[place].get("adds"):
            set_off = min(sums[place], credit)
            sums[place] -= set_off
            credit -= set_off
    return dict(sorted(sums.items()))


def matches(program: Program, rule: JSON, line: JSON, sale: Sale, of_deal: list[Sale], deal: JSON) -> bool:
    facts = {
        "tier": deal.get("tier"),
        "type": deal.get("type"),
        "product": line.get("product"),
        "family": line.get("family"),
        "kind": sale.kind,
    }
    by_time = sorted(of_deal, key=lambda other: (other.first_paid, other.id))
    day = program.day(sale.first_paid)
    conditions: JSON = rule.get("when") or {}
    for condition, wanted in conditions.items():
        if condition == "months":
            held = within(whole_months(program.day(by_time[0].first_paid), day), wanted)
        elif condition == "first_sales":
            held = sale.id in [other.id for other in by_time[:wanted]]
        elif condition == "paid":
            held = within(day.isoformat(), wanted)
        else:
            held = facts[condition] in wanted
        if not held:
            return False
    return True


def within(value: Any, window: JSON) -> bool:
    start, end = window.get("from"), window.get("before")
    return (start is None or start <= value) and (end is None or value < end)
