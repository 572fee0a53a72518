"""Which rule of the program a deal falls under: the first that matches. Preview and review ask the same. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from dealreg.matching.rules import Verdict
from dealreg.partners.program import Program
from dealreg.partners.routing import LISTS, AmountRange, Rate, Routing, Rule, Step, When
from dealreg.platform.money import Money, decimal_of, decimals

EVERYTHING_ELSE = "everything-else"
_HOURS_OF_A_DAY = 24


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules ask of a deal; empty where the deal says nothing."""

    amount: Money
    registered_on: date
    """In the zone of the default calendar."""
    tier: str
    partner: str
    verdict: Verdict
    families: frozenset[str]
    country: str = ""
    type: str = ""
    is_for_a_person: bool = False
    """Something that is no verdict yet keeps the deal from being approved by nobody."""

    def said(self, condition: str) -> frozenset[str]:
        values = {
            "tier": {self.tier},
            "verdict": {self.verdict},
            "family": self.families,
            "country": {self.country},
            "type": {self.type},
            "partner": {self.partner},
        }
        return frozenset(map(str, values[condition])) - {""}


@dataclass(frozen=True, slots=True)
class Converted:
    amount: Fraction
    """Exact, in the major unit of the condition's currency."""
    currency: str
    rate: Fraction
    """What one unit of the deal's currency is worth in it."""
    since: date | None

    def for_the_eye(self) -> Money:
        """Rounded half-even to the currency's decimals."""
        return Money(round(self.amount * 10 ** decimals(self.currency)), self.currency)


@dataclass(frozen=True, slots=True)
class Routed:
    rule: Rule
    passed_over: tuple[tuple[str, str], ...]
    """Ids of the rules before it, and why they do not match."""
    converted: Converted | None
    """As the last condition on the amount that was asked in another currency saw it."""
    warnings: tuple[str, ...]


def route(facts: Facts, routing: Routing) -> Routed:
    """The last rule has no conditions, so there is always one."""
    passed_over: list[tuple[str, str]] = []
    seen = _Exchange(facts, routing)
    for rule in routing.rules:
        why_not = _why_not(rule, facts, seen)
        if not why_not:
            return Routed(rule, tuple(passed_over), seen.converted, tuple(seen.warnings))
        passed_over.append((rule.id, why_not))
    raise AssertionError("a program without a last rule cannot be saved")


def _why_not(rule: Rule, facts: Facts, exchange: "_Exchange") -> str:
    """Why a rule does not match, in words; empty when it does."""
    if why_not := _unmet(rule.when, facts):
        return why_not
    if rule.when.amount and (why_not := exchange.why_not(rule.when.amount)):
        return why_not
    if rule.approve and facts.verdict is not Verdict.CLEAR:
        return f"verdict: {facts.verdict} is never approved by nobody"
    if rule.approve and facts.is_for_a_person:
        return "verdict: another customer is nearly alike, so a person looks"
    return ""


def _unmet(when: When, facts: Facts) -> str:
    for condition in LISTS:
        wanted: Sequence[str] | None = getattr(when, condition)
        said = facts.said(condition)
        if wanted is not None and said.isdisjoint(wanted):
            return f"{condition}: {', '.join(sorted(said)) or 'none'} is not {' or '.join(wanted)}"
    return ""


class _Exchange:
    """The deal's amount as conditions in other currencies see it, and what was found on the way."""

    def __init__(self, facts: Facts, routing: Routing) -> None:
        self.amount = facts.amount
        self.worth = {routing.currency: Fraction(1)}
        self.since: dict[str, date] = {}
        for rate in rates_on(routing.rates, facts.registered_on).values():
            self.worth[rate.currency], self.since[rate.currency] = Fraction(rate.rate), rate.since
        self.converted: Converted | None = None
        self.warnings: list[str] = []

    def why_not(self, limits: AmountRange) -> str:
        seen = self._in(limits.currency)
        if isinstance(seen, str):
            if seen not in self.warnings:
                self.warnings.append(seen)
            return f"amount: {seen}"
        if limits.over is not None and seen.amount <= Fraction(limits.over):
            return f"amount: {seen.for_the_eye()} is not more than {limits.over:f} {limits.currency}"
        if limits.up_to is not None and seen.amount > Fraction(limits.up_to):
            return f"amount: {seen.for_the_eye()} is more than {limits.up_to:f} {limits.currency}"
        return ""

    def _in(self, currency: str) -> Converted | str:
        """Two foreign currencies meet by way of the program's. Why not, without a rate."""
        own = self.amount.currency
        value = Fraction(self.amount.minor, 10 ** decimals(own))
        if currency == own:
            return Converted(value, currency, Fraction(1), None)
        for one in (own, currency):
            if one not in self.worth:
                return f"there is no rate for {one} on the day of registration, so no condition on the amount holds"
        rate = self.worth[own] / self.worth[currency]
        self.converted = Converted(value * rate, currency, rate, self.since.get(own, self.since.get(currency)))
        return self.converted


def rates_on(rates: Sequence[Rate], day: date) -> Mapping[str, Rate]:
    """By currency: the newest that is not later than the day."""
    return {rate.currency: rate for rate in sorted(rates, key=lambda rate: rate.since) if rate.since <= day}


def routing_of(program: Program) -> Routing:
    """What the program's rules say; without them its fields are the rules."""
    approvers = program.approvers
    written = program.routing or Routing((), approvers.first, program.decide_within_days)
    appeal = written.appeal_step or Step(
        "appeal", title="Appeal", ask=_somebody(approvers.escalation or approvers.first)
    )
    return replace(written, rules=written.rules or _rules_of_fields(program), appeal_step=appeal)


def _rules_of_fields(program: Program) -> tuple[Rule, ...]:
    """One for each tier with a limit, and then one step for everything else."""
    rules = [
        Rule(f"auto-{tier.id}", When(tier=(tier.id,), amount=_up_to(tier.auto_approve_limit)), approve=True)
        for tier in program.tiers
        if tier.auto_approve_limit
    ]
    return (*rules, Rule(EVERYTHING_ELSE, steps=((review_of(program),),)))


def review_of(program: Program) -> Step:
    """The one step of the program's fields, whose hours of the clock are worked: 24 are one working day."""
    calendar = program.calendar
    day = calendar.closes - calendar.opens
    return Step(
        "review",
        ask=_somebody(program.approvers.first),
        escalate_to=_somebody(program.approvers.escalation),
        escalate_after=day * program.escalate_after_hours / _HOURS_OF_A_DAY,
        remind_after=(day * program.remind_after_hours / _HOURS_OF_A_DAY,),
    )


def _somebody(address: str | None) -> tuple[str, ...]:
    return (address,) if address else ()


def _up_to(limit: Money) -> AmountRange:
    return AmountRange(limit.currency, up_to=decimal_of(limit))
