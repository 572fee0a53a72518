"""The rules of a program as an admin writes them. What they name is looked up in `references`."""

import itertools
import math
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    Discriminator,
    Field,
    PlainSerializer,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

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
from dealreg.platform.fields import Country, Day, Email, Line, Name, Reason, Slug
from dealreg.platform.hosts import normalise_email
from dealreg.platform.money import decimal_of, parse_money
from dealreg.platform.validation import MANY, ONE, Input, one_or_many

MAX_PEOPLE, MAX_STEPS = 10, 6
"""People of a step, and steps of a rule."""
MAX_HOURS = 2000
"""Working hours: a year has some two thousand."""
_MAX_REMINDERS = 5
_MAX_LISTED = 300
"""In one condition, of which the countries are the most."""
_DECIMALS = r"[0-9]{1,15}(\.[0-9]{1,12})?"


def _person(text: str) -> str:
    """An address, a group or the partner's manager."""
    return text if text == MANAGER or text.startswith(GROUP) else normalise_email(text)


def _currency(code: str) -> str:
    parse_money("1", code)
    return code


def _as_written(hours: float) -> float:
    """8 stays 8 and does not become 8.0."""
    return int(hours) if hours.is_integer() else hours


_LISTED = Field(max_length=_MAX_LISTED)
Person = Annotated[str, Field(max_length=254), AfterValidator(_person)]
People = Annotated[list[Person], Field(max_length=MAX_PEOPLE)]
Currency = Annotated[str, AfterValidator(_currency)]
Hours = Annotated[float, Field(gt=0, le=MAX_HOURS), PlainSerializer(_as_written, int | float)]
Decimals = Annotated[str, Field(pattern=rf"^{_DECIMALS}$")]
Readable = Literal["amount", "products", "customer", "expected_close_date", "notes", "type"]


class RateInput(Input):
    currency: Currency
    since: Annotated[Day, Field(alias="from")]
    rate: Decimals

    @field_validator("rate")
    @classmethod
    def _is_worth_something(cls, rate: str) -> str:
        if not Decimal(rate):
            raise ValueError("A rate is more than zero.")
        return rate

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

    @field_validator("remind_after_hours")
    @classmethod
    def _rise_and_come_before_the_escalation(
        cls, reminders: list[float] | None, info: ValidationInfo
    ) -> list[float] | None:
        hours = [*(reminders or ()), info.data.get("escalate_after_hours", math.inf)]
        if any(one >= following for one, following in itertools.pairwise(hours)):
            raise ValueError("Reminders rise, and come before the escalation.")
        return reminders

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


class ExtensionStepInput(StepInput):
    id: Slug = "extension"


class AppealStepInput(StepInput):
    id: Slug = "appeal"


SideBySide = Annotated[list[StepInput], Field(min_length=1)]
Order = Annotated[Annotated[StepInput, Tag(ONE)] | Annotated[SideBySide, Tag(MANY)], Discriminator(one_or_many)]


class RejectionInput(Input):
    reason_code: RejectReason = Field(strict=False)
    reason: Reason


class RuleInput(Input):
    id: Slug
    when: WhenInput | None = None
    approve: Literal[True] | None = None
    reject: RejectionInput | None = None
    steps: Annotated[list[Order], Field(min_length=1, max_length=MAX_STEPS)] | None = None
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
    rules: Annotated[list[RuleInput], Field(min_length=1, max_length=50)] | None = None
    extension_step: ExtensionStepInput | None = None
    appeal_step: AppealStepInput | None = None

    def to_routing(self, last_resort: str | None, decide_within_days: int, year: int) -> Routing:
        """Without rules where none were written. Holidays are worked out from the year before to three ahead."""
        calendars = {DEFAULT_CALENDAR: CalendarInput()} | self.calendars
        return Routing(
            rules=tuple(rule.to_rule() for rule in self.rules or ()),
            last_resort=last_resort,
            decide_within_days=decide_within_days,
            currency=self.currency,
            rates=tuple(rate.to_rate() for rate in self.rates),
            groups={name: tuple(people) for name, people in self.groups.items()},
            calendars={name: calendar.to_calendar(year) for name, calendar in calendars.items()},
            deal_types=tuple(self.deal_types),
            extension_step=self.extension_step.to_step() if self.extension_step else None,
            appeal_step=self.appeal_step.to_step() if self.appeal_step else None,
        )
