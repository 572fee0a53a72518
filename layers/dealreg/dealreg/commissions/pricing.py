"""Which version and which rules pay for a sale, and how much of its net each of them counts. Pure."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from fractions import Fraction

from dealreg.commissions import arithmetic
from dealreg.commissions.days import local_day, whole_months
from dealreg.commissions.facts import Sale, SaleLine
from dealreg.commissions.plans import Days, Months, Plan, Rule, Version, When
from dealreg.commissions.splits import Deal, Share
from dealreg.platform.money import decimals

_RATE_LASTS = timedelta(days=7)
NO_RATE = "no_rate"
_ONE = Fraction(1)


@dataclass(frozen=True, slots=True)
class DayRate:
    day: date
    rate: Fraction
    """What one major unit is worth in the other currency."""


Rates = Mapping[tuple[str, str], Sequence[DayRate]]
"""From one currency to another, in the order of days."""


@dataclass(frozen=True, slots=True)
class Place:
    """Of a sale among those of its deal."""

    start: date
    """The local day of the deal's earliest sale."""
    earlier: int
    """How many sales of the deal come before it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What of a sale one rule counts."""

    rule: Rule
    weight: int
    base: int
    """In the sale's currency, as the weight."""
    converted: int
    """In the version's."""


@dataclass(frozen=True, slots=True)
class Priced:
    sale: Sale
    deal: Deal
    day: date
    shares: tuple[Share, ...]
    split: int
    """How often the deal's shares had changed before the sale."""
    version: Version | None
    currency: str
    rate: Fraction | None = _ONE
    """From the sale's currency into the version's; None while none is known."""
    parts: tuple[Part, ...] = ()
    """In the plan's order."""

    @property
    def waits(self) -> str | None:
        return NO_RATE if self.rate is None else None

    @property
    def stamp(self) -> "Stamp":
        own = self.sale.content.currency
        return Stamp(self.sale.first_paid_at, self.day, self.version, own, self.rate, self.split, self.shares)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a sale was priced by: later changes of the program move nothing that was."""

    paid_at: datetime
    """While it is first paid then, its day and shares stay."""
    day: date
    """While it is of that day, its version and its rate stay."""
    version: Version | None
    currency: str
    """The sale's own, to which the rate belongs."""
    rate: Fraction | None
    split: int
    shares: tuple[Share, ...]


def price(
    sale: Sale, deal: Deal, place: Place, plan: Plan | None, rates: Rates, zone: tzinfo, stamp: Stamp | None = None
) -> Priced:
    """`stamp`: from when the sale was priced before, for the same deal."""
    if stamp and stamp.paid_at == sale.first_paid_at:
        day, split, shares = stamp.day, stamp.split, stamp.shares
    else:
        day, (split, shares) = local_day(sale.first_paid_at, zone), deal.shares_at(sale.first_paid_at)
    of_day = stamp if stamp and stamp.day == day else None
    version = of_day.version if of_day else _version(plan, deal, day, zone)
    own = sale.content.currency
    if version is None:
        return Priced(sale, deal, day, shares, split, None, own)
    currency = version.currency_of(own)
    stamped = of_day.rate if of_day and of_day.currency == own else None
    rate = rate_on(rates, own, currency, day) if stamped is None else stamped
    parts = () if rate is None else tuple(_parts(sale, deal, place, version, day, rate))
    return Priced(sale, deal, day, shares, split, version, currency, rate, parts)


def _version(plan: Plan | None, deal: Deal, day: date, zone: tzinfo) -> Version | None:
    return plan.version_for(local_day(deal.registered_at, zone), day) if plan else None


def rate_on(rates: Rates, source: str, into: str, day: date) -> Fraction | None:
    """The newest on or before that day, if it is not too old."""
    if source == into:
        return _ONE
    known = rates.get((source, into), ())
    newest = bisect_right(known, day, key=lambda rate: rate.day) - 1
    return known[newest].rate if newest >= 0 and known[newest].day >= day - _RATE_LASTS else None


def _parts(sale: Sale, deal: Deal, place: Place, version: Version, day: date, rate: Fraction) -> Iterator[Part]:
    content = sale.content
    into = version.currency_of(content.currency)
    digits = decimals(content.currency), decimals(into)
    for rule, weight in _weights(sale, deal, place, version, day):
        base = arithmetic.base(sale.net, weight, content.total)
        yield Part(rule, weight, base, base if content.currency == into else arithmetic.converted(base, rate, *digits))


def _weights(sale: Sale, deal: Deal, place: Place, version: Version, day: date) -> list[tuple[Rule, int]]:
    """Of each line only the first ordinary rule that matches it pays, and every added one. In the plan's order."""
    rules = [rule for rule in version.rules if _takes_sale(rule.when, sale, deal, place, day)]
    sums: dict[int, int] = {}
    for line in sale.content.lines:
        is_paid = False
        for rule in rules:
            if (rule.adds or not is_paid) and _takes_line(rule.when, line):
                sums[rule.place] = sums.get(rule.place, 0) + line.amount
                is_paid = is_paid or not rule.adds
    paying = [rule for rule in rules if rule.place in sums]
    ordinary = iter(arithmetic.set_off([sums[rule.place] for rule in paying if not rule.adds]))
    return [(rule, arithmetic.own_weight(sums[rule.place]) if rule.adds else next(ordinary)) for rule in paying]


def _takes_sale(when: When, sale: Sale, deal: Deal, place: Place, day: date) -> bool:
    return (
        _is_one_of(deal.tier, when.tier)
        and _is_one_of(deal.type, when.type)
        and _is_one_of(sale.content.kind, when.kind)
        and (when.months is None or _is_within(when.months, whole_months(place.start, day)))
        and (when.first_sales is None or place.earlier < when.first_sales)
        and (when.paid is None or _is_on(when.paid, day))
    )


def _takes_line(when: When, line: SaleLine) -> bool:
    return _is_one_of(line.product, when.product) and _is_one_of(line.family, when.family)


def _is_one_of(value: str | None, wanted: frozenset[str] | None) -> bool:
    return wanted is None or value in wanted


def _is_within(months: Months, passed: int) -> bool:
    return months.start <= passed and (months.before is None or passed < months.before)


def _is_on(days: Days, day: date) -> bool:
    return (days.start is None or days.start <= day) and (days.before is None or day < days.before)
