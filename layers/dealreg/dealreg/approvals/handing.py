"""A question goes from one person to another: passed on, to a stand-in, or since its owner decides no more. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from dealreg.approvals.model import AskedStep, Question, Review, Status
from dealreg.approvals.people import AWAY, NOBODY, Asked
from dealreg.approvals.steps import LOOK_AGAIN, Setting, questions, with_question, with_step


def passed_on(review: Review, number: int, to: str, because: str, now: datetime) -> Review:
    """To one person, who has the time that is left. Who is asked anyway signs once."""
    owner = review.question(number)
    review = _given_away(review, number, [to], now)
    other = next((one for one in review.pending if one.approver == to), None)
    if other is None:
        instead_of = owner.instead_of or owner.approver
        other = Question(len(review.questions) + 1, to, now, instead_of=instead_of, because=because)
        review = replace(review, questions=(*review.questions, other))
    for step in review.steps_of(number):
        review = with_step(review, _swapped(step, number, [other.number]))
    return review


def replaced(review: Review, number: int, at: Setting) -> Review:
    """By whoever stands in for its owner, who is away, or else by those to whom its steps would be escalated.

    As it is, if the owner is there. Two signatures stay two: who signs a step already is nobody's stand-in there.
    """
    question = review.question(number)
    ((_, present),) = at.people.resolve([question.approver], at.now)
    if present and present.approver == question.approver:
        return review
    steps = review.steps_of(number)
    signing = {one.approver for step in steps if at.step(step.id).need == "all" for one in _people(review, step)}
    if present and present.approver not in signing:
        return passed_on(review, number, present.approver, AWAY, at.now)
    return _to_others(review, question, steps, at)


def _to_others(review: Review, question: Question, steps: Iterable[AskedStep], at: Setting) -> Review:
    """A step that anybody may answer asks all of them, one that needs all asks one instead."""
    coming: list[str] = []
    for step in steps:
        known = [one.approver for one in review.questions]
        come = at.people.escalation(at.step(step.id), known, at.now)
        come = come[:1] if at.step(step.id).need == "all" else come
        review, numbers = questions(review, [Asked(one, question.approver, NOBODY) for one in come], at)
        review = with_step(review, _swapped(review.steps_of(question.number)[0], question.number, numbers))
        coming += come
    review = _given_away(review, question.number, coming, at.now)
    return _looked_after(review, at.now)


def _looked_after(review: Review, now: datetime) -> Review:
    """A step that nobody is asked about any more is asked anew in a while."""
    open_ = {question.number for question in review.pending}
    for step in review.steps:
        is_open = step.order == review.order and not step.agreed
        if is_open and open_.isdisjoint((*step.asked, *step.escalated)):
            review = with_step(
                review, replace(step, asked=(), escalated=(), remind_at=None, escalate_at=now + LOOK_AGAIN)
            )
    return review


def _given_away(review: Review, number: int, to: Sequence[str], now: datetime) -> Review:
    closed = replace(review.question(number), status=Status.DELEGATED, ended_at=now, ended_by=", ".join(to))
    return with_question(review, closed)


def _people(review: Review, step: AskedStep) -> list[Question]:
    return [review.question(number) for number in (*step.asked, *step.escalated)]


def _swapped(step: AskedStep, number: int, others: Sequence[int]) -> AskedStep:
    def without(numbers: Sequence[int]) -> tuple[int, ...]:
        swapped = [one for known in numbers for one in (others if known == number else [known])]
        return tuple(dict.fromkeys(swapped))

    passed_on = (*step.passed_on, number)
    return replace(step, asked=without(step.asked), escalated=without(step.escalated), passed_on=passed_on)
