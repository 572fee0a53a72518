"""A version of a plan as it is sent. What its parts say of each other is looked at in `plan_faults`."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dealreg.commissions.plans import AppliesTo, Days, Months, Per, Rate, Rule, Step, Version, When
from dealreg.platform.fields import Day, Line, Reference
from dealreg.platform.money import parse_money
from dealreg.platform.validation import Input

MAX_RULES = 100
MAX_STEPS = 50
_MAX_LISTED = 100
MAX_SALES = 10_000
"""The highest number of sales that a rule may name."""


def _currency(code: str) -> str:
    parse_money("1", code)
    return code


def _percent(text: str) -> str:
    if Decimal(text) > 100:
        raise ValueError("A percent is at most 100.")
    return text


def exact(text: str) -> Fraction:
    """Of a decimal text."""
    return Fraction(Decimal(text))


def minor(amount: str, currency: str) -> int:
    return parse_money(amount, currency).minor


Currency = Annotated[Line, AfterValidator(_currency)]
Percent = Annotated[Line, Field(pattern=r"^[0-9]{1,3}(\.[0-9]{1,4})?$"), AfterValidator(_percent)]
AmountText = Annotated[Line, Field(pattern=r"^[0-9]{1,15}(\.[0-9]{1,3})?$")]
Listed = Annotated[list[Reference], Field(min_length=1, max_length=_MAX_LISTED)]
Kinds = Annotated[list[Literal["new", "renewal", "change", "one_off"]], Field(min_length=1, max_length=4)]
Count = Annotated[int, Field(ge=0, le=1200)]


class StepInput(Input):
    start: Annotated[AmountText, Field(alias="from")]
    percent: Percent | None = None
    flat: AmountText | None = None


Steps = Annotated[list[StepInput], Field(min_length=1, max_length=MAX_STEPS)]


class RateInput(Input):
    percent: Percent | None = None
    flat: AmountText | None = None
    marginal: Steps | None = None
    whole: Steps | None = None

    def to_rate(self, currency: str | None) -> Rate:
        if self.percent is not None:
            return Rate((Step(0, exact(self.percent) / 100),))
        if self.flat is not None:
            return Rate((Step(0, Fraction(minor(self.flat, currency or ""))),), counts_sales=True)
        steps = self.whole or self.marginal or []
        is_flat = steps[0].flat is not None
        return Rate(tuple(_step(step, currency or "") for step in steps), is_flat, whole=self.whole is not None)


def _step(step: StepInput, currency: str) -> Step:
    if step.flat is not None:
        return Step(int(Decimal(step.start)), Fraction(minor(step.flat, currency)))
    start = 0 if not Decimal(step.start) else minor(step.start, currency)
    return Step(start, exact(step.percent or "0") / 100)


class MonthsInput(Input):
    start: Annotated[Count, Field(alias="from")] = 0
    before: Count | None = None


class DaysInput(Input):
    start: Annotated[Day | None, Field(alias="from")] = None
    before: Day | None = None


class WhenInput(Input):
    tier: Listed | None = None
    type: Listed | None = None
    product: Listed | None = None
    family: Listed | None = None
    kind: Kinds | None = None
    months: MonthsInput | None = None
    first_sales: Annotated[int, Field(ge=1, le=MAX_SALES)] | None = None
    paid: DaysInput | None = None

    def to_when(self) -> When:
        return When(
            tier=_set(self.tier),
            type=_set(self.type),
            kind=_set(self.kind),
            product=_set(self.product),
            family=_set(self.family),
            months=Months(self.months.start, self.months.before) if self.months else None,
            first_sales=self.first_sales,
            paid=Days(self.paid.start, self.paid.before) if self.paid else None,
        )


def _set(listed: Sequence[str] | None) -> frozenset[str] | None:
    return None if listed is None else frozenset(listed)


class RuleInput(Input):
    id: Annotated[Line, Field(min_length=1, max_length=60)]
    when: WhenInput | None = None
    per: Per = "sale"
    rate: RateInput
    floor: AmountText | None = None
    ceiling: AmountText | None = None
    adds: bool = False

    def to_rule(self, place: int, currency: str | None) -> Rule:
        return Rule(
            id=self.id,
            place=place,
            rate=self.rate.to_rate(currency),
            when=self.when.to_when() if self.when else When(),
            per=self.per,
            floor=None if self.floor is None else minor(self.floor, currency or ""),
            ceiling=None if self.ceiling is None else minor(self.ceiling, currency or ""),
            adds=self.adds,
        )


class VersionInput(Input):
    effective_from: Day
    applies_to: AppliesTo = "new_deals"
    currency: Currency | None = None
    hold_days: Annotated[int, Field(ge=0, le=3650)]
    rules: Annotated[list[RuleInput], Field(max_length=MAX_RULES)]

    def to_version(self, plan: str, number: int) -> Version:
        """Of what has no faults."""
        rules = tuple(rule.to_rule(place, self.currency) for place, rule in enumerate(self.rules))
        return Version(plan, number, self.effective_from, self.applies_to, self.currency, self.hold_days, rules)
