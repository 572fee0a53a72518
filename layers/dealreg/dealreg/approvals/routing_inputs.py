"""The rules of a program as an admin writes them; what is wrong with them is said of all of them at once."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from dealreg.deals.statuses import RejectReason
from dealreg.matching.rules import Verdict
from dealreg.partners.calendars import CalendarInput
from dealreg.partners.routing import (
    DEFAULT_CALENDAR,
    GROUP,
    MANAGER,
    READABLE,
    AmountRange,
    Rate,
    Rejection,
    Routing,
    Rule,
    Step,
    When,
)
from dealreg.platform.errors import FieldError
from dealreg.platform.fields import Country, Day, Email, Line, Name, Reason, Slug
from dealreg.platform.hosts import normalise_email
from dealreg.platform.money import decimal_of, parse_money
from dealreg.platform.validation import Input

_MAX_PEOPLE, _MAX_REMINDERS, _MAX_ORDERS = 10, 5, 6
_MAX_LISTED = 300
"""In one condition, of which the countries are the most."""
_DECIMALS = r"[0-9]{1,15}(\.[0-9]{1,12})?"


def _person(text: str) -> str:
    """An address, a group or the partner's manager."""
    return text if text == MANAGER or text.startswith(GROUP) else normalise_email(text)


def _currency(code: str) -> str:
    parse_money("1", code)
    return code


_LISTED = Field(max_length=_MAX_LISTED)
Person = Annotated[str, Field(max_length=254), AfterValidator(_person)]
People = Annotated[list[Person], Field(max_length=_MAX_PEOPLE)]
Currency = Annotated[str, AfterValidator(_currency)]
Hours = Annotated[float, Field(gt=0, le=2000, strict=False)]
"""Working hours: a year has some two thousand."""
Decimals = Annotated[str, Field(pattern=rf"^{_DECIMALS}$")]
Readable = Literal["amount", "products", "customer", "expected_close_date", "notes", "type"]


class RateInput(Input):
    currency: Currency
    since: Annotated[Day, Field(alias="from")]
    rate: Decimals

    @model_validator(mode="after")
    def _is_worth_something(self) -> "RateInput":
        if not Decimal(self.rate):
            raise ValueError("A rate is more than zero.")
        return self

    def to_rate(self) -> Rate:
        return Rate(self.currency, self.since, Decimal(self.rate))


class AmountRangeInput(Input):
    currency: Currency
    over: Decimals | None = None
    up_to: Decimals | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> "AmountRangeInput":
        limits = self.to_range()
        if limits.over is None and limits.up_to is None:
            raise ValueError("Say over, up_to or both.")
        if limits.over is not None and limits.up_to is not None and limits.over >= limits.up_to:
            raise ValueError("No amount is more than over and at most up_to.")
        return self

    def to_range(self) -> AmountRange:
        return AmountRange(self.currency, self._read(self.over), self._read(self.up_to))

    def _read(self, amount: str | None) -> Decimal | None:
        return None if amount is None else decimal_of(parse_money(amount, self.currency))


class WhenInput(Input):
    tier: Annotated[list[Slug], _LISTED] | None = None
    verdict: Annotated[list[Annotated[Verdict, Field(strict=False)]], _LISTED] | None = None
    family: Annotated[list[Slug], _LISTED] | None = None
    country: Annotated[list[Country], _LISTED] | None = None
    type: Annotated[list[Slug], _LISTED] | None = None
    partner: Annotated[list[Annotated[Line, Field(max_length=60)]], _LISTED] | None = None
    amount: AmountRangeInput | None = None

    def to_when(self) -> When:
        lists: dict[str, list[str] | None] = self.model_dump(exclude={"amount"})
        conditions = {name: None if wanted is None else tuple(map(str, wanted)) for name, wanted in lists.items()}
        return When(**conditions, amount=self.amount.to_range() if self.amount else None)


class StepInput(Input):
    id: Slug
    title: Name | None = None
    ask: Annotated[People, Field(min_length=1)]
    need: Literal["any", "all"] = "any"
    escalate_after_hours: Hours = 16
    remind_after_hours: Annotated[list[Hours], Field(max_length=_MAX_REMINDERS)] | None = None
    escalate_to: People = Field(default_factory=list[str])
    calendar: Slug = DEFAULT_CALENDAR
    reads: list[Readable] | None = None

    @model_validator(mode="after")
    def _reminders_rise_and_come_before_the_escalation(self) -> "StepInput":
        hours = [*(self.remind_after_hours or ()), self.escalate_after_hours]
        if any(one >= following for one, following in itertools.pairwise(hours)):
            raise ValueError("Reminders rise, and come before the escalation.")
        return self

    def to_step(self) -> Step:
        usual = [8.0] if self.escalate_after_hours > 8 else []
        reminders = usual if self.remind_after_hours is None else self.remind_after_hours
        return Step(
            id=self.id,
            ask=tuple(self.ask),
            title=self.title or self.id,
            need=self.need,
            escalate_after=timedelta(hours=self.escalate_after_hours),
            remind_after=tuple(timedelta(hours=hours) for hours in reminders),
            escalate_to=tuple(self.escalate_to),
            calendar=self.calendar,
            reads=READABLE if self.reads is None else tuple(self.reads),
        )


class RejectionInput(Input):
    reason_code: RejectReason = Field(strict=False)
    reason: Reason


class RuleInput(Input):
    id: Slug
    when: WhenInput | None = None
    approve: Literal[True] | None = None
    reject: RejectionInput | None = None
    steps: Annotated[list[StepInput | list[StepInput]], Field(min_length=1, max_length=_MAX_ORDERS)] | None = None
    decide_within_days: Annotated[int, Field(ge=1, le=30)] | None = None

    @model_validator(mode="after")
    def _does_one_thing(self) -> "RuleInput":
        if [self.approve, self.reject, self.steps].count(None) != 2:
            raise ValueError("A rule has one of approve, reject and steps.")
        return self

    def orders(self) -> Iterator[list[StepInput]]:
        for order in self.steps or ():
            yield order if isinstance(order, list) else [order]

    def to_rule(self) -> Rule:
        return Rule(
            id=self.id,
            when=self.when.to_when() if self.when else When(),
            approve=bool(self.approve),
            reject=Rejection(self.reject.reason_code, self.reject.reason) if self.reject else None,
            steps=tuple(tuple(step.to_step() for step in order) for order in self.orders()),
            decide_within_days=self.decide_within_days,
        )


class RoutingInput(Input):
    """The part of a program that says who must agree."""

    currency: Currency = "EUR"
    rates: Annotated[list[RateInput], Field(max_length=200)] = Field(default_factory=list[RateInput])
    calendars: dict[Slug, CalendarInput] = Field(default_factory=dict[str, CalendarInput], max_length=20)
    groups: dict[Slug, Annotated[list[Email], Field(max_length=100)]] = Field(
        default_factory=dict[str, list[str]], max_length=100
    )
    deal_types: Annotated[list[Slug], Field(max_length=50)] = Field(default_factory=list[str])
    rules: Annotated[list[RuleInput], Field(min_length=1, max_length=50)]

    def to_routing(self, last_resort: str | None, decide_within_days: int, year: int) -> Routing:
        calendars = {DEFAULT_CALENDAR: CalendarInput()} | self.calendars
        return Routing(
            rules=tuple(rule.to_rule() for rule in self.rules),
            last_resort=last_resort,
            decide_within_days=decide_within_days,
            currency=self.currency,
            rates=tuple(rate.to_rate() for rate in self.rates),
            groups={name: tuple(people) for name, people in self.groups.items()},
            calendars={name: calendar.to_calendar(year) for name, calendar in calendars.items()},
        )

    def faults(self, tiers: Iterable[str], families: Iterable[str]) -> list[FieldError]:
        """What is wrong between its parts, the message beginning with the ids of rule and step."""
        known = {"tier": set(tiers), "family": set(families), "type": set(self.deal_types)}
        found = [*self._of_rates(), *_doubles("rules", [rule.id for rule in self.rules])]
        for number, rule in enumerate(self.rules):
            found += [
                FieldError(f"rules.{number}.{at}", f"{rule.id}: {said}") for at, said in self._of_rule(rule, known)
            ]
        last = self.rules[-1]
        if last.when is not None or last.steps is None:
            said = f"{last.id}: the last rule has steps and no conditions, so that every deal has a rule."
            found.append(FieldError(f"rules.{len(self.rules) - 1}", said))
        return found

    def _of_rates(self) -> list[FieldError]:
        days = [f"{rate.currency} {rate.since}" for rate in self.rates]
        own = [n for n, rate in enumerate(self.rates) if rate.currency == self.currency]
        return [
            *_doubles("rates", days),
            *(FieldError(f"rates.{n}.currency", "This is the program's own currency.") for n in own),
        ]

    def _of_rule(self, rule: RuleInput, known: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
        for condition, names in known.items():
            wanted: list[str] = (getattr(rule.when, condition) if rule.when else None) or []
            for place, name in enumerate(wanted):
                if name not in names:
                    yield f"when.{condition}.{place}", f"there is no {condition} {name}."
        ids: set[str] = set()
        for order, side_by_side in enumerate(rule.orders()):
            for place, step in enumerate(side_by_side):
                nested = isinstance((rule.steps or [])[order], list)
                at = f"steps.{order}.{place}" if nested else f"steps.{order}"
                if step.id in ids:
                    yield f"{at}.id", f"{step.id}: another step of this rule has the same id."
                ids.add(step.id)
                yield from ((f"{at}.{field}", f"{step.id}: {said}") for field, said in self._of_step(step))

    def _of_step(self, step: StepInput) -> Iterator[tuple[str, str]]:
        if step.calendar not in {DEFAULT_CALENDAR, *self.calendars}:
            yield "calendar", f"there is no calendar {step.calendar}."
        for field in ("ask", "escalate_to"):
            people: list[str] = getattr(step, field)
            for place, name in enumerate(people):
                if name.startswith(GROUP) and name.removeprefix(GROUP) not in self.groups:
                    yield f"{field}.{place}", f"there is no {name.replace(':', ' ')}."


def _doubles(field: str, ids: list[str]) -> list[FieldError]:
    twice = [n for n, one in enumerate(ids) if one in ids[:n]]
    return [FieldError(f"{field}.{n}", f"{ids[n]}: this is there twice.") for n in twice]


def of_program(body: Mapping[str, Any]) -> dict[str, Any]:
    """What of a program's body is about its rules."""
    return {name: value for name, value in body.items() if name in RoutingInput.model_fields}
