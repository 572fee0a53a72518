"""A review as the vendor is shown it: its steps, whom they ask, who answered what and when."""

from datetime import datetime
from typing import Annotated, NotRequired, TypedDict

from dealreg.approvals.model import AskedStep, Question, Review, Stage, State, Status, question_id
from dealreg.deals import progress
from dealreg.deals.model import Deal
from dealreg.deals.views import AdminDealView
from dealreg.partners.program import program_at
from dealreg.platform import times
from dealreg.platform.replies import Moment, one_of


class QuestionView(TypedDict):
    id: str
    approver: str
    instead_of: str | None
    because: Annotated[str | None, "away, nobody, escalated, delegated"]
    status: Annotated[str, one_of(Status)]
    asked_at: Moment
    escalate_at: Moment | None
    choice: Annotated[str | None, "approve, reject, request_info"]
    note: str | None
    decided_at: Moment | None


class StepView(TypedDict):
    id: str
    title: str
    order: Annotated[int, "Equal numbers are side by side"]
    status: Annotated[str, one_of([*Stage, "agreed"])]
    questions: list[QuestionView]


class ReviewView(TypedDict):
    rule: str
    program_version: int
    state: Annotated[str, one_of(State)]
    decide_by: Moment | None
    working_minutes_left: Annotated[int | None, "Below zero when it is late; null once it is decided"]
    late: bool
    steps: list[StepView]


class WorkView(AdminDealView):
    review: ReviewView | None
    decision: NotRequired[Annotated[str, "What was decided a moment ago; the deal follows"]]


def review_view(review: Review | None, deal: Deal, now: datetime) -> ReviewView | None:
    if review is None or not review.rule:
        return None
    return {
        "rule": review.rule,
        "program_version": review.program_version,
        "state": review.state,
        "decide_by": deal.decide_by,
        "working_minutes_left": _minutes_left(review, deal, now),
        "late": progress.is_late(deal, now),
        "steps": [_step(step, review) for step in review.steps],
    }


def _minutes_left(review: Review, deal: Deal, now: datetime) -> int | None:
    is_over = review.state in (State.DECIDED, State.SUPERSEDED) or not deal.is_waiting
    if is_over or not deal.decide_by:
        return None
    calendar, promised = program_at(deal.program_version).calendar, times.from_text(deal.decide_by)
    left = calendar.between(now, promised) if now <= promised else -calendar.between(promised, now)
    return int(left.total_seconds() // 60)


def _step(step: AskedStep, review: Review) -> StepView:
    numbers = dict.fromkeys((*step.passed_on, *step.asked, *step.escalated))
    return {
        "id": step.id,
        "title": step.title or step.id,
        "order": step.order,
        "status": "agreed" if step.agreed else step.stage.value,
        "questions": [_question(review.question(number), step, review) for number in numbers],
    }


def _question(question: Question, step: AskedStep, review: Review) -> QuestionView:
    is_open = question.status is Status.PENDING
    return {
        "id": question_id(review, question.number),
        "approver": question.approver,
        "instead_of": question.instead_of or None,
        "because": question.because or None,
        "status": question.status,
        "asked_at": times.to_text(question.asked_at),
        "escalate_at": times.to_text(step.escalate_at) if is_open and step.escalate_at else None,
        "choice": question.choice,
        "note": question.note or None,
        "decided_at": times.to_text(question.ended_at) if question.choice and question.ended_at else None,
    }
