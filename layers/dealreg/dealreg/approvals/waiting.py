"""What time does to an open review: reminders, escalation, lateness. Pure."""

from dataclasses import replace
from datetime import datetime

from dealreg.approvals.model import AskedStep, Review, Stage, Status
from dealreg.approvals.people import Asked
from dealreg.approvals.plan import times_of
from dealreg.approvals.steps import ESCALATED, Setting, put, questions, settled, with_question, with_step


def struck(review: Review, at: Setting) -> Review:
    """After the clock has looked at it: reminded, escalated, late, or asked anew where nobody could be asked."""
    for step in review.steps:
        if step.order == review.order and not step.agreed:
            review = _step_struck(review, step, at)
    return settled(review, at)


def _step_struck(review: Review, step: AskedStep, at: Setting) -> Review:
    if step.escalate_at and at.now >= step.escalate_at:
        is_asked = step.asked or step.escalated
        return _escalated(review, step, at) if is_asked else put(review, step.order, [at.step(step.id)], at)
    if step.remind_at and at.now >= step.remind_at:
        reminders, _ = times_of(at.step(step.id), at.routing, step.asked_at)
        coming = [moment for moment in reminders if moment > at.now]
        return with_step(review, replace(step, reminders=step.reminders + 1, remind_at=coming[0] if coming else None))
    return review


def _escalated(review: Review, step: AskedStep, at: Setting) -> Review:
    """Others are asked instead, and have the same time again; when it is over too, the step is late."""
    if step.stage is not Stage.ASKED:
        return with_step(review, replace(step, stage=Stage.LATE, remind_at=None, escalate_at=None))
    known = [question.approver for question in review.questions]
    come = at.people.escalation(at.step(step.id), known, at.now)
    if come:
        review = _given_up(review, step, Status.ESCALATED, ", ".join(come), at.now)
    review, numbers = questions(review, [Asked(one, None, ESCALATED) for one in come], at)
    _, escalate_at = times_of(at.step(step.id), at.routing, at.now)
    come_new = (*step.escalated, *numbers)
    later = replace(step, stage=Stage.ESCALATED, escalated=come_new, remind_at=None, escalate_at=escalate_at)
    return with_step(review, later)


def _given_up(review: Review, step: AskedStep, status: Status, to: str, now: datetime) -> Review:
    """The open questions of a step, save those that another step waits for too."""
    for question in review.pending:
        about = [one for one in review.steps_of(question.number) if not one.agreed]
        ids = [one.id for one in about]
        if step.id in ids and all(one.id == step.id or one.stage is not Stage.ASKED for one in about):
            review = with_question(review, replace(question, status=status, ended_at=now, ended_by=to))
    return review


def next_due(review: Review) -> datetime | None:
    """When time makes something of an open review."""
    moments = [
        moment
        for step in review.steps
        if step.order == review.order and not step.agreed
        for moment in (step.remind_at, step.escalate_at)
        if moment
    ]
    return min(moments, default=None)
