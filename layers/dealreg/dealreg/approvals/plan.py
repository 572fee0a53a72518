"""What a rule makes of a deal if everybody takes all their time: who is asked, reminded and escalated when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from dealreg.approvals.people import Asked, People
from dealreg.partners.routing import Routing, Rule, Step

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
