"""What a rule makes of a deal if everybody takes all their time: who is asked, reminded and escalated when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from dealreg.approvals.people import Asked, People
from dealreg.partners.program import Program
from dealreg.partners.routing import AmountRange, Routing, Rule, Step, When
from dealreg.platform.money import Money, decimal_of

EVERYTHING_ELSE = "everything-else"
_HOURS_OF_A_DAY = 24

Outcome = Literal["approve", "reject", "ask"]


@dataclass(frozen=True, slots=True)
class PlannedStep:
    step: Step
    order: int
    """From 1; equal numbers are side by side."""
    asked: tuple[Asked, ...]
    asked_at: datetime
    remind_at: tuple[datetime, ...]
    escalate_at: datetime
    escalate_to: tuple[str, ...]
    """Who would come new."""


def outcome(rule: Rule) -> Outcome:
    return "approve" if rule.approve else "reject" if rule.reject else "ask"


def promise(rule: Rule, routing: Routing, began_at: datetime) -> datetime:
    """By when it is decided: the end of a working day of the default calendar."""
    days = rule.decide_within_days or routing.decide_within_days
    return routing.calendar.end_of_day(began_at, days)


def steps(rule: Rule, routing: Routing, people: People, began_at: datetime) -> Iterator[PlannedStep]:
    """Each at the latest: of steps side by side, the next wait for the longest."""
    asked_at = began_at
    for order, side_by_side in enumerate(rule.steps, 1):
        planned = [_planned(step, order, routing, people, asked_at) for step in side_by_side]
        yield from planned
        asked_at = max(one.escalate_at for one in planned)


def _planned(step: Step, order: int, routing: Routing, people: People, at: datetime) -> PlannedStep:
    asked = people.ask(step, at)
    remind_at, escalate_at = times_of(step, routing, at)
    come = people.escalation(step, [one.approver for one in asked], escalate_at)
    return PlannedStep(step, order, tuple(asked), at, remind_at, escalate_at, tuple(come))


def times_of(step: Step, routing: Routing, at: datetime) -> tuple[tuple[datetime, ...], datetime]:
    """When those asked at that moment are reminded, and when the next are asked."""
    calendar = routing.calendars[step.calendar]
    return tuple(calendar.add(at, wait) for wait in step.remind_after), calendar.add(at, step.escalate_after)


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
