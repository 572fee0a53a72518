"""What a rule makes of a deal if everybody takes all their time: who is asked, reminded and escalated when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from dealreg.approvals.people import Asked, People
from dealreg.partners.program import Program
from dealreg.partners.routing import DEFAULT_CALENDAR, AmountRange, Routing, Rule, Step, When
from dealreg.platform.money import Money, decimal_of
from dealreg.platform.working_time import DEFAULT

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
    return routing.calendars[DEFAULT_CALENDAR].end_of_day(began_at, days)


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
    """The program's fields as rules: one for each tier with a limit, and then one step for everything else."""
    approvers = program.approvers
    rules = [
        Rule(f"auto-{tier.id}", When(tier=(tier.id,), amount=_up_to(tier.auto_approve_limit)), approve=True)
        for tier in program.tiers
        if tier.auto_approve_limit
    ]
    last = Rule(EVERYTHING_ELSE, steps=((review_of(program),),))
    return Routing((*rules, last), approvers.first, program.decide_within_days)


def review_of(program: Program) -> Step:
    """The one step of the program's fields."""
    approvers = program.approvers
    return Step(
        "review",
        ask=(approvers.first,) if approvers.first else (),
        escalate_to=(approvers.escalation,) if approvers.escalation else (),
        escalate_after=_worked(program.escalate_after_hours),
        remind_after=(_worked(program.remind_after_hours),),
    )


def _up_to(limit: Money) -> AmountRange:
    return AmountRange(limit.currency, up_to=decimal_of(limit))


def _worked(hours: int) -> timedelta:
    """Hours of the clock as working time, a day of the clock counting as one working day."""
    return (DEFAULT.closes - DEFAULT.opens) * hours / _HOURS_OF_A_DAY
