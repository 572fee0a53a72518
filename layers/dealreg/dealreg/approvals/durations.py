"""How long answers and verdicts took in working time, and what of many is worth knowing. Pure.

A person's time is from the question to the answer, by the calendar of its step. A review's is from its beginning to its
verdict, by the program's calendar; what the partner took to answer a request for information is none of it, the review
before that is. What nobody had to decide took nobody's time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dealreg.approvals.model import Choice, Decision, Question, Review, Stage, Status
from dealreg.approvals.steps import AUTOMATIC
from dealreg.partners.routing import Routing, Rule


@dataclass(frozen=True, slots=True)
class Duration:
    seconds: int
    in_time: bool
    """A verdict by what was promised to the partner, an answer before others were asked instead."""


@dataclass(frozen=True, slots=True)
class Figures:
    count: int
    median: float
    """Seconds, as the next."""
    p90: float
    in_time: int


def answered(before: Review | None, after: Review) -> Question | None:
    """The question that was answered between them. An answer that an admin gives in others' place is none."""
    open_ = {question.number for question in before.pending} if before else set[int]()
    return next((one for one in after.questions if one.number in open_ and one.status is Status.DECIDED), None)


def verdict(before: Review | None, after: Review) -> Decision | None:
    """What was decided between them, if the review has come to its end by it: not a question to the partner."""
    decision = after.decision
    if decision is None or (before and before.decision) or decision.by == AUTOMATIC:
        return None
    return None if decision.answer.choice is Choice.REQUEST_INFO else decision


def of_answer(review: Review, answer: Question, rule: Rule, routing: Routing) -> Duration:
    """`review` is as it was when the question was open."""
    at, about = answer.ended_at or answer.asked_at, review.steps_of(answer.number)
    in_time = all(
        step.escalate_at is not None
        and at <= step.escalate_at
        and (step.stage is Stage.ASKED or answer.number in step.escalated)
        for step in about
    )
    named = {step.id: step.calendar for order in rule.steps for step in order}
    calendars = [routing.calendars[named[step.id]] for step in about if step.id in named]
    calendar = calendars[0] if calendars else routing.calendar
    return Duration(_seconds(calendar.between(answer.asked_at, at)), in_time)


def of_verdict(review: Review, decided_at: datetime, decide_by: datetime | None, routing: Routing) -> Duration:
    own = routing.calendar.between(review.began_at or decided_at, decided_at)
    return Duration(review.spent_before + _seconds(own), decide_by is None or decided_at <= decide_by)


def spent(review: Review, routing: Routing) -> int:
    """Seconds that count for the review after it: of one that asked the partner something."""
    decision = review.decision
    if decision is None or decision.answer.choice is not Choice.REQUEST_INFO:
        return 0
    return of_verdict(review, decision.at, None, routing).seconds


def _seconds(worked: timedelta) -> int:
    return int(worked.total_seconds())


def figures(durations: Iterable[Duration]) -> Figures:
    """Of at least one."""
    every = list(durations)
    ordered = sorted(one.seconds for one in every)
    return Figures(len(every), quantile(ordered, 50), quantile(ordered, 90), sum(one.in_time for one in every))


def quantile(ordered: Sequence[int], percent: int) -> float:
    """Between the two nearest, in proportion; the median of an even number is the middle of its two."""
    place, rest = divmod((len(ordered) - 1) * percent, 100)
    low, high = ordered[place], ordered[min(place + 1, len(ordered) - 1)]
    return low + (high - low) * rest / 100
