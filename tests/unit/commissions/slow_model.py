"""Commissions as the money contract words them, slowly: after each event everything again from the set of all facts.

Written from the contract alone, to be held against the engine. Numbers are exact fractions, nothing is kept between two
events but the lines that were posted, and a line is what is owed now less what those lines sum to. Numbers in brackets
are sections of the contract. Where it is silent, the reading taken here is said with "Reading:".
"""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JSON: TypeAlias = dict[str, Any]
Shares: TypeAlias = tuple[tuple[str, Fraction], ...]
"""Partners and percents, in the split's order."""

# ---------------------------------------------------------------------------------------------- amounts and moments

_DIGITS = dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0) | dict.fromkeys(
    "BHD IQD JOD KWD LYD OMR TND".split(), 3
)


def digits(currency: str) -> int:
    return _DIGITS.get(currency, 2)


def half_up(exact: Fraction, currency: str) -> Fraction:
    unit = 10 ** digits(currency)
    return Fraction(math.floor(exact * unit + Fraction(1, 2)), unit)


def written(amount: Fraction, currency: str) -> str:
    units = amount * 10 ** digits(currency)
    assert units.denominator == 1, f"{amount} is not an amount of {currency}"
    sign, figures = "-" if units < 0 else "", str(abs(int(units))).rjust(digits(currency) + 1, "0")
    return sign + (f"{figures[: -digits(currency)]}.{figures[-digits(currency) :]}" if digits(currency) else figures)


def money(amount: Fraction, currency: str) -> JSON:
    return {"amount": written(amount, currency), "currency": currency}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last [2]."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_months(start: date, day: date) -> int:
    count = 0
    while months_later(start, count + 1) <= day:
        count += 1
    return count


def apportion(amount: Fraction, shares: Shares, currency: str) -> list[tuple[str, Fraction]]:
    """By largest remainder: floor each, the units left over to the largest remainders, equal ones to the earlier [2]."""
    unit = 10 ** digits(currency)
    exact = [amount * unit * percent / 100 for _, percent in shares]
    units = [math.floor(one) for one in exact]
    left_over = int(amount * unit) - sum(units)
    by_remainder = sorted(range(len(shares)), key=lambda place: (units[place] - exact[place], place))
    for place in by_remainder[:left_over]:
        units[place] += 1
    return [(partner, Fraction(own, unit)) for (partner, _), own in zip(shares, units, strict=True)]


# ------------------------------------------------------------------------------------------------------- 1. facts

_OBJECT = {
    "payment.succeeded": "payment_id",
    "payment.refunded": "refund_id",
    "payment.chargeback": "chargeback_id",
}
_RANK = {"failed": 2, "won": 2, "lost": 2, "succeeded": 1, "pending": 0, "open": 0}


def age(word: JSON) -> tuple[datetime, int]:
    """Of two words on one object the later counts; at the same time, the one that settles more."""
    return instant(word["timestamp"]), _RANK.get(word["data"].get("status", ""), 0)


def latest(words: Iterable[JSON], fact: str) -> dict[str, JSON]:
    """The word that counts on each object of one type. Reading: of two words of one age, the first that came."""
    kept: dict[str, JSON] = {}
    for word in words:
        if word["type"] == fact:
            own = word["data"][_OBJECT[fact]]
            if own not in kept or age(word) > age(kept[own]):
                kept[own] = word
    return kept


def sale_of_payment(payment: JSON) -> str:
    data = payment["data"]
    return data["sale"]["id"] if "sale" in data else data["sale_id"]


def sale_named_by(word: JSON, payments: dict[str, JSON]) -> str | None:
    """The sale that a payment, refund or chargeback is about. None: the payment is unknown."""
    data = word["data"]
    if word["type"] == "payment.succeeded":
        return sale_of_payment(word)
    if "sale_id" in data:
        return data["sale_id"]
    for own, payment in payments.items():
        if data["payment_id"] in (own, *payment["data"].get("also", ())):
            return sale_of_payment(payment)
    return None


@dataclass(frozen=True)
class Sale:
    id: str
    deal_id: str | None
    kind: str
    currency: str
    total: Fraction
    lines: tuple[JSON, ...]
    net: Fraction
    first_paid: datetime


def sales_in(words: Sequence[JSON]) -> dict[str, Sale]:
    """All sales that a payment has described. Reading: the newest word that describes a sale does."""
    payments = latest(words, "payment.succeeded")
    found: dict[str, Sale] = {}
    for sale_id in {sale_of_payment(payment) for payment in payments.values()}:
        own = [payment for payment in payments.values() if sale_of_payment(payment) == sale_id]
        describing = [payment for payment in own if "total" in payment["data"].get("sale", {})]
        if describing:
            newest = max(describing, key=lambda word: (age(word), word["data"]["payment_id"]))["data"]
            total = Fraction(newest["sale"]["total"])
            found[sale_id] = Sale(
                id=sale_id,
                deal_id=newest["sale"].get("deal_id"),
                kind=newest["sale"]["kind"],
                currency=newest["amount"]["currency"],
                total=total,
                lines=tuple(newest["sale"]["lines"]),
                net=min(max(paid(own) - taken_back(sale_id, words), Fraction(0)), total),
                first_paid=min(instant(payment["data"]["paid_at"]) for payment in own),
            )
    return found


def paid(payments: list[JSON]) -> Fraction:
    """The larger of the single payments' sum and the largest cumulative one."""
    single, cumulative = Fraction(0), Fraction(0)
    for payment in payments:
        amount = Fraction(payment["data"]["amount"]["amount"])
        if payment["data"].get("cumulative"):
            cumulative = max(cumulative, amount)
        else:
            single += amount
    return max(single, cumulative)


def taken_back(sale_id: str, words: Sequence[JSON]) -> Fraction:
    """Refunds that did not fail, and lost chargebacks."""
    payments = latest(words, "payment.succeeded")
    counted = [word for word in latest(words, "payment.refunded").values() if word["data"]["status"] != "failed"]
    counted += [word for word in latest(words, "payment.chargeback").values() if word["data"]["status"] == "lost"]
    return sum(
        (Fraction(word["data"]["amount"]["amount"]) for word in counted if sale_named_by(word, payments) == sale_id),
        Fraction(0),
    )


# ------------------------------------------------------------------------------------------- the program, as it is given


@dataclass(frozen=True)
class Program:
    history: JSON

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.history["program"]["time_zone"])

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def deal(self, deal_id: str | None) -> JSON | None:
        return next((deal for deal in self.history["deals"] if deal["id"] == deal_id), None)

    def plan_of(self, deal: JSON) -> str:
        """The registering partner's, whoever shares in the deal."""
        partners = {partner["id"]: partner for partner in self.history["partners"]}
        return partners.get(deal["partner_id"], {}).get("plan") or "standard"

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
        dated = sorted(deal.get("splits") or (), key=lambda split: (split["from"] is not None, split["from"] or ""))
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


# --------------------------------------------------------------------------------------- 2. plans and the arithmetic


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

    def commission(self, currency: str) -> Fraction:
        base = self.base
        amount = half_up(applied(self.terms["rate"], base), currency)
        if base > 0 and self.terms.get("floor") is not None:
            amount = max(amount, Fraction(self.terms["floor"]))
        if self.terms.get("ceiling") is not None:
            amount = min(amount, Fraction(self.terms["ceiling"]))
        return amount


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
            bucket: apportion(content.commission(bucket.currency), content.shares, bucket.currency)
            for bucket, content in self.buckets.items()
        }

    def buckets_of(self, sale_id: str) -> dict[Bucket, Content]:
        return {bucket: content for bucket, content in self.buckets.items() if sale_id in content.bases}


def reckon(program: Program, words: Sequence[JSON]) -> Reckoning:
    found = sales_in(words)
    made = Reckoning(found, {}, {}, {}, {})
    for sale in sorted(found.values(), key=lambda sale: sale.id):
        deal = program.deal(sale.deal_id)
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
            of_deal = [other for other in found.values() if other.deal_id == sale.deal_id]
            _put_into_buckets(made, program, sale, of_deal, deal, version, currency, rate)
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
    made.buckets.setdefault(bucket, Content(terms, {}, shares)).bases[sale.id] = base


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
    for condition, wanted in (rule.get("when") or {}).items():
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


# -------------------------------------------------------------------------------------------------------- 3. ledger


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
        payments = latest(self.words, "payment.succeeded")
        for word in latest(self.words, "payment.chargeback").values():
            if sale_named_by(word, payments) == sale_id and instant(word["data"]["opened_at"]) <= at:
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


def cause_of(word: JSON, before: Reckoning, words: Sequence[JSON]) -> Cause:
    """What a word that moves its own sale is called."""
    data, payments = word["data"], latest([*words, word], "payment.succeeded")
    sale_id = sale_named_by(word, payments)
    if word["type"] == "payment.succeeded":
        # Reading: any newer word on a payment that counts already, a cumulative one that has grown too
        changed = data["payment_id"] in latest(words, "payment.succeeded") and sale_id in before.sales
        kind, reason = ("adjustment", "payment_changed") if changed else ("accrual", "payment")
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
    cause = cause_of(word, before, book.words)
    moved: set[str] = set()
    for bucket, partner, amount in differences_to_post(book, after):
        moved.add(partner)
        _post_difference(book, cause, bucket, partner, amount, before, after)
    if word["type"] == "payment.succeeded" and cause.sale_id in after.sales:
        was, sale = before.sales.get(cause.sale_id), after.sales[cause.sale_id]
        if was is None or sale.net > was.net:
            for partner, _ in after.shares[sale.id]:
                if partner not in moved:
                    _post_nothing(book, cause, sale, partner, after)
    book.words.append(word)


def differences_to_post(book: Book, after: Reckoning) -> list[tuple[Bucket, str, Fraction]]:
    """Owed less posted, by plan, version, rule, bucket, then the split's order."""
    posted = book.posted()
    owed = {(bucket, partner): amount for bucket, own in after.owed().items() for partner, amount in own}
    in_order = sorted([*owed, *(key for key in posted if key not in owed)], key=lambda key: key[0])  # stable
    found = [(*key, owed.get(key, Fraction(0)) - posted.get(key, Fraction(0))) for key in in_order]
    return [(bucket, partner, amount) for bucket, partner, amount in found if amount != 0]


def _post_difference(
    book: Book, cause: Cause, bucket: Bucket, partner: str, amount: Fraction, before: Reckoning, after: Reckoning
) -> None:
    own = cause.sale_id in {sale_id for made in (before, after) for sale_id in bases_of(made, bucket)}
    kind, reason = (cause.kind, cause.reason_code) if own else ("adjustment", "recalculated")
    # Reading: a line in a sale's bucket is that sale's, any other that of the fact
    sale_id = bucket.name.removeprefix("sale:") if bucket.name.startswith("sale:") else cause.sale_id
    sale = (before.known | after.known)[sale_id or ""]
    deal = book.program.deal(sale.deal_id) or {}
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
    deal = program.deal(sale.deal_id) or {}
    version = program.version(deal, program.day(sale.first_paid))
    days = 0 if version is None else version["hold_days"]
    book.post(
        partner,
        "accrual",
        Fraction(0),
        sale.currency if version is None else version["currency"] or sale.currency,
        reason_code=why_nothing(version, sale, partner, after),
        occurred_at=cause.occurred_at,
        available_at=program.hold_end(cause.occurred_at, days),
        deal_id=sale.deal_id,
        sale_id=sale.id,
        tier=deal.get("tier"),
        plan=program.plan_of(deal),
        version=None if version is None else version["version"],
    )


def why_nothing(version: JSON | None, sale: Sale, partner: str, after: Reckoning) -> str:
    """Reading: the first that holds, in the contract's order; what none of them explains rounds to zero."""
    if version is None:
        return "no_plan"
    buckets = after.buckets_of(sale.id)
    if not buckets:
        return "no_rule"
    if sale.net == 0:
        return "nothing_left"
    for bucket, content in buckets.items():
        ceiling = content.terms.get("ceiling")
        if bucket.holder in ("", partner) and ceiling is not None:
            if content.commission(bucket.currency) == Fraction(ceiling):
                return "ceiling_reached"
    return "rounds_to_zero"


# --------------------------------------------------------------------------------------------- what an admin does


def adjust(book: Book, event: JSON) -> None:
    amount, at = event["amount"], instant(event["at"])
    book.post(
        event["partner_id"],
        "adjustment",
        Fraction(amount["amount"]),
        amount["currency"],
        reason_code=event["reason_code"],
        occurred_at=at,
        available_at=at,
    )


def pay_out(book: Book, event: JSON) -> None:
    """A run that is approved and exported as soon as it is made, and paid if it says when."""
    at, paid_at = instant(event["at"]), instant(event["paid_at"]) if event.get("paid_at") else None
    run = Run(at, paid_at, {"at": stamp(at), "payouts": [], "excluded": []})
    for partner_id, currency in sorted({(line.partner_id, line.currency) for line in book.lines}):
        if partner_id not in event.get("partner_ids", [partner_id]):
            continue
        own = [line for line in book.lines if (line.partner_id, line.currency) == (partner_id, currency)]
        payable = [line for line in own if book.status(line, at) == "payable" and not claimed(book, line)]
        amount = sum((line.amount for line in payable), Fraction(0))
        shown: JSON = {"partner_id": partner_id, "amount": money(amount, currency)}
        reason = why_excluded(book.program, partner_id, amount, currency)
        if reason is not None:
            run.shown["excluded"].append(shown | {"reason_code": reason})
            continue
        run.shown["payouts"].append(shown | {"lines": len(payable)})
        book.claims |= {(line.partner_id, line.number): run for line in payable}
        if paid_at is not None:
            rest: JSON = {"reason_code": "payout", "occurred_at": paid_at, "available_at": paid_at}
            book.post(partner_id, "payout", -amount, currency, **rest)
    book.runs.append(run)


def claimed(book: Book, line: Line) -> bool:
    """By a run of whatever time: a line is paid once."""
    return (line.partner_id, line.number) in book.claims


def why_excluded(program: Program, partner_id: str, amount: Fraction, currency: str) -> str | None:
    [partner] = [partner for partner in program.history["partners"] if partner["id"] == partner_id]
    minimum = program.history["program"].get("minimum_payout", {}).get(currency, "0")
    if partner.get("payout_block"):
        return "blocked"
    if amount == 0:
        return "nothing_payable"
    if amount < 0:
        return "negative_balance"
    return "below_minimum" if amount < Fraction(minimum) else None


# ------------------------------------------------------------------------------------------------------- 4. simulate


def booked(history: JSON) -> Book:
    book, heard = Book(Program(history)), set[str]()
    for event in history["events"]:
        if event["type"] == "admin.payout_run":
            pay_out(book, event)
        elif event["type"] == "admin.adjust":
            adjust(book, event)
        elif event["type"] == "admin.close_period":
            book.closed = max(book.closed, event["period"])
        elif event["id"] not in heard and event["type"] in _OBJECT:  # the other facts move no money
            heard.add(event["id"])
            hear(book, event)
    return book


def simulate(history: JSON) -> JSON:
    """Body and answer of POST /v1/admin/commissions/simulate [4]."""
    book = booked(history)
    return {
        "lines": [line.shown() for line in book.lines],
        "totals": totals(book),
        "balances": balances(book, history.get("balances_at") or ()),
        "payout_runs": [run.shown for run in book.runs],
        "statements": statements(book),
        # Reading: the sales that wait at the end
        "unpriced": [
            {"sale_id": sale_id, "reason_code": reason}
            for sale_id, reason in sorted(reckon(book.program, book.words).unpriced.items())
        ],
    }


def totals(book: Book) -> list[JSON]:
    """Reading: by the bucket's name, so that those of a deal whose shares have changed are one."""
    sums: dict[tuple[str, str, str, int, str, str], Fraction] = {}
    for (bucket, partner), amount in book.posted().items():
        key = (partner, bucket.currency, bucket.plan, bucket.version, bucket.rule, bucket.name)
        sums[key] = sums.get(key, Fraction(0)) + amount
    return [
        {
            "partner_id": partner,
            "plan": plan,
            "version": version,
            "rule": rule,
            "bucket": name,
            "amount": money(amount, currency),
        }
        for (partner, currency, plan, version, rule, name), amount in sorted(sums.items())
        if amount != 0
    ]


STATUSES = ("held", "disputed", "payable", "in_payout", "paid")


def balances(book: Book, moments: Iterable[str]) -> list[JSON]:
    """Of the lines until then, with their status then, by all that is known at the end."""
    found: list[JSON] = []
    for moment in moments:
        at = instant(moment)
        until = [line for line in book.lines if line.occurred_at <= at]
        for partner, currency in {(line.partner_id, line.currency) for line in until}:
            own = [line for line in until if (line.partner_id, line.currency) == (partner, currency)]
            sums = {
                status: sum((line.amount for line in own if book.status(line, at) == status), Fraction(0))
                for status in STATUSES
            }
            sums["earned"] = sum(sums.values(), Fraction(0))
            shown = {status: written(amount, currency) for status, amount in sums.items()}
            found.append({"at": moment, "partner_id": partner, "currency": currency} | shown)
    return sorted(found, key=lambda one: (one["partner_id"], one["currency"], instant(one["at"])))


def statements(book: Book) -> list[JSON]:
    """Reading: of the months that have a line."""
    found: list[JSON] = []
    for partner, currency in sorted({(line.partner_id, line.currency) for line in book.lines}):
        own = [line for line in book.lines if (line.partner_id, line.currency) == (partner, currency)]
        for period in sorted({line.period for line in own}):
            opening = sum((line.amount for line in own if line.period < period), Fraction(0))
            change = sum((line.amount for line in own if line.period == period), Fraction(0))
            found.append(
                {
                    "partner_id": partner,
                    "currency": currency,
                    "period": period,
                    "opening": written(opening, currency),
                    "change": written(change, currency),
                    "closing": written(opening + change, currency),
                    "lines": sum(1 for line in own if line.period == period),
                }
            )
    return found
