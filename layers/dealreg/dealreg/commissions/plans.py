"""Commission plans: versions of rules that say what is paid for which sales. Frozen; money is in minor units."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Literal

Per = Literal["sale", "deal", "month", "quarter", "year"]
AppliesTo = Literal["new_deals", "new_payments"]


@dataclass(frozen=True, slots=True)
class Step:
    start: int
    """Minor units, or a number of sales where the rate counts sales."""
    per_unit: Fraction
    """What one minor unit of base earns, or one sale: 20 % is 1/5, 50.00 EUR for a sale is 5000."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Percent and flat rates are one step from 0."""

    steps: tuple[Step, ...]
    """Rising from 0."""
    counts_sales: bool = False
    """Flat: it is applied to the number of sales instead of to their money."""
    whole: bool = False
    """The highest step that is reached pays for all of the base; else each for its own part."""


@dataclass(frozen=True, slots=True)
class Months:
    start: int = 0
    before: int | None = None


@dataclass(frozen=True, slots=True)
class Days:
    start: date | None = None
    before: date | None = None


@dataclass(frozen=True, slots=True)
class When:
    """Every condition must hold; None is no condition."""

    tier: frozenset[str] | None = None
    type: frozenset[str] | None = None
    kind: frozenset[str] | None = None
    product: frozenset[str] | None = None
    """This one and `family` choose among the lines of a sale, the others among sales."""
    family: frozenset[str] | None = None
    months: Months | None = None
    """Whole months since the deal's first sale."""
    first_sales: int | None = None
    paid: Days | None = None

    @property
    def has_windows(self) -> bool:
        """It depends on when other sales of the deal are paid."""
        return self.months is not None or self.first_sales is not None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    place: int
    """In the plan's order, from 0."""
    rate: Rate
    when: When = When()
    per: Per = "sale"
    floor: int | None = None
    ceiling: int | None = None
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Version:
    plan: str
    number: int
    effective_from: date
    applies_to: AppliesTo
    currency: str | None
    """None pays in the sale's own."""
    hold_days: int
    rules: tuple[Rule, ...]

    def currency_of(self, sale_currency: str) -> str:
        return self.currency or sale_currency


@dataclass(frozen=True)
class Plan:
    """Not slotted: what its windows look at is worked out once."""

    id: str
    versions: tuple[Version, ...]
    withdrawn: tuple[Version, ...] = ()
    """For no new sale; one that was paid a day ahead may have been priced by it."""

    @property
    def of_sales(self) -> tuple[Version, ...]:
        """All that a sale may be priced by."""
        return (*self.versions, *self.withdrawn)

    @cached_property
    def first_sales(self) -> Sequence[int]:
        """Every number of first sales that a rule names: where one of them ends, a sale may move another's rule."""
        rules = (rule for version in self.of_sales for rule in version.rules)
        return sorted({rule.when.first_sales for rule in rules if rule.when.first_sales is not None})

    @cached_property
    def months(self) -> Sequence[int]:
        """Every number of months at which a rule's window begins or ends."""
        windows = [rule.when.months for version in self.of_sales for rule in version.rules if rule.when.months]
        ends = [window.before for window in windows if window.before is not None]
        return sorted({*ends, *(window.start for window in windows)})

    @property
    def has_windows(self) -> bool:
        """Then one sale of a deal may move another's rules."""
        return bool(self.first_sales or self.months)

    def has_windows_by(self, day: date) -> bool:
        """In a version that is in force then."""
        versions = [version for version in self.versions if version.effective_from <= day]
        return any(rule.when.has_windows for version in versions for rule in version.rules)

    def version_for(self, registered_on: date, paid_on: date) -> Version | None:
        """The latest that applies to a sale of that local day, of a deal registered on that one."""
        applying = [
            version
            for version in self.versions
            if version.effective_from <= (registered_on if version.applies_to == "new_deals" else paid_on)
        ]
        return max(applying, key=lambda version: (version.effective_from, version.number), default=None)
