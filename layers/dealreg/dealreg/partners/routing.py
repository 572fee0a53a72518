"""Who must agree to which deal, as the program says it: rules, their steps, and what these are made of.

A rule is a line of the program: for which deals, and what then. A step is who must agree, how long they have, and who
comes after them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from dealreg.platform.working_time import DEFAULT, Calendar

GROUP = "group:"
MANAGER = "partner.manager"
DEFAULT_CALENDAR = "default"
LISTS = ("tier", "verdict", "family", "country", "type", "partner")
"""Conditions that hold if a deal has one of what they list."""
READABLE = ("amount", "products", "customer", "expected_close_date", "notes", "type")
"""What of a deal a step may look at; all of it unless the step says less. `customer` has the conflict verdict in it."""


@dataclass(frozen=True, slots=True)
class Rate:
    currency: str
    since: date
    rate: Decimal
    """What one unit is worth in the program's currency."""


@dataclass(frozen=True, slots=True)
class AmountRange:
    """More than `over` and at most `up_to`, so that neighbours share a number without gap or overlap."""

    currency: str
    over: Decimal | None = None
    up_to: Decimal | None = None


@dataclass(frozen=True, slots=True)
class When:
    """Every condition must hold; None is no condition."""

    tier: tuple[str, ...] | None = None
    verdict: tuple[str, ...] | None = None
    family: tuple[str, ...] | None = None
    country: tuple[str, ...] | None = None
    type: tuple[str, ...] | None = None
    partner: tuple[str, ...] | None = None
    amount: AmountRange | None = None


@dataclass(frozen=True, slots=True)
class Step:
    id: str
    ask: tuple[str, ...]
    """Addresses, `group:<name>` and `partner.manager`, as are those of `escalate_to`."""
    title: str = ""
    need: Literal["any", "all"] = "any"
    escalate_after: timedelta = timedelta(hours=16)
    """Working time, as the reminders."""
    remind_after: tuple[timedelta, ...] = (timedelta(hours=8),)
    escalate_to: tuple[str, ...] = ()
    calendar: str = DEFAULT_CALENDAR
    reads: tuple[str, ...] = READABLE


@dataclass(frozen=True, slots=True)
class Rejection:
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """With `approve`, `reject` or `steps`, and with one of them only."""

    id: str
    when: When = When()
    approve: bool = False
    reject: Rejection | None = None
    steps: tuple[tuple[Step, ...], ...] = ()
    """In order; those of one order run side by side."""
    decide_within_days: int | None = None


@dataclass(frozen=True, slots=True)
class Routing:
    """All of the program that decides about a registration's way."""

    rules: tuple[Rule, ...]
    last_resort: str | None
    """Asked when nobody else can be."""
    decide_within_days: int
    """Working days of the default calendar."""
    currency: str = "EUR"
    rates: tuple[Rate, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    calendars: Mapping[str, Calendar] = field(default_factory=lambda: {DEFAULT_CALENDAR: DEFAULT})
    deal_types: tuple[str, ...] = ()
    extension_step: Step | None = None
    """Who agrees to an extension; None: it needs nobody."""
    appeal_step: Step | None = None
    """Who looks at an appeal."""

    @property
    def calendar(self) -> Calendar:
        """By which promises are made and days are named."""
        return self.calendars[DEFAULT_CALENDAR]

    @property
    def all_steps(self) -> Iterator[Step]:
        for rule in self.rules:
            for side_by_side in rule.steps:
                yield from side_by_side
        yield from (step for step in (self.extension_step, self.appeal_step) if step)

    @property
    def people(self) -> tuple[str, ...]:
        """The addresses of everybody who is named: in groups, in steps, as the last resort."""
        own = [name for name in self._named if name != MANAGER and not name.startswith(GROUP)]
        last = (self.last_resort,) if self.last_resort else ()
        return tuple(sorted({*own, *last, *(one for group in self.groups.values() for one in group)}))

    @property
    def asks_managers(self) -> bool:
        return MANAGER in self._named

    @property
    def _named(self) -> Iterator[str]:
        return (name for step in self.all_steps for name in (*step.ask, *step.escalate_to))
