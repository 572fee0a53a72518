"""A question goes from one person to another: passed on, to a stand-in, or since its owner decides no more. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from dealreg.approvals.model import AskedStep, Question, Review, Status
from dealreg.approvals.people import AWAY, Asked
from dealreg.approvals.steps import DELEGATED, LOOK_AGAIN, Setting, questions, settled, with_question, with_step


def passed_on(review: Review, number: int, to: str, because: str, now: datetime) -> Review:
    """To one person, who has the time that is left. Who is asked anyway signs once."""
    owner = review.question(number)
    review = _given_away(review, number, [to], now)
    other = next((one for one in review.pending if one.approver == to), None)
    if other is None:
        other = Question(len(review.questions) + 1, to, now, instead_of=_behalf(owner), because=because)
        review = replace(review, questions=(*review.questions, other))
    for step in review.steps_of(number):
        review = with_step(review, _swapped(step, number, [other.number]))
    return review


def replaced(review: Review, number: int, at: Setting) -> Review:
    """By whoever stands in for its owner, who is away, or else by those to whom its steps would be escalated.

    As it is, if the owner is there, or if nobody else is.
    """
    owner = review.question(number)
    ((_, present),) = at.people.resolve([owner.approver], at.now)
    if present and present.approver == owner.approver:
        return review
    waiting = [step for step in review.steps_of(number) if not step.agreed]
    coming = {step.id: _coming(review, step, owner, present, at) for step in waiting}
    given = {step: come for step in waiting if (come := coming[step.id]) is not None}
    for step, come in given.items():
        review, numbers = questions(review, come, at)
        review = with_step(review, _swapped(step, number, numbers) if come else _left_for_later(step, at.now))
    if given and len(given) == len(waiting):
        to = dict.fromkeys(one.approver for come in given.values() for one in come)
        review = _given_away(review, number, to, at.now)
    return settled(review, at) if given else review


def _coming(
    review: Review, step: AskedStep, owner: Question, present: Asked | None, at: Setting
) -> Sequence[Asked] | None:
    """Who is asked about a step in the owner's place; None: nobody can be, and the owner keeps it."""
    others = [question for question in _people(review, step) if question.number != owner.number]
    if at.step(step.id).need == "all":
        return _signing(step, owner, {one.approver for one in others}, present, at)
    if present:
        return [Asked(present.approver, _behalf(owner), AWAY)]
    if come := at.people.escalation(at.step(step.id), [one.approver for one in review.questions], at.now):
        return [Asked(one, owner.approver, DELEGATED) for one in come]
    if asked := [Asked(one.approver) for one in others if one.status is Status.PENDING]:
        return asked
    anew = at.people.ask(at.step(step.id), at.now)
    return None if owner.approver in [one.approver for one in anew] else anew


def _signing(
    step: AskedStep, owner: Question, signing: set[str], present: Asked | None, at: Setting
) -> Sequence[Asked] | None:
    """One for one, so that two signatures stay two: who signs the step already is nobody's stand-in there."""
    if present and present.approver not in signing:
        return [Asked(present.approver, _behalf(owner), AWAY)]
    found = at.people.replacement(at.step(step.id), {*signing, owner.approver}, at.now)
    return [Asked(found, owner.approver, DELEGATED)] if found else None


def _left_for_later(step: AskedStep, now: datetime) -> AskedStep:
    """Nobody can be asked about it now."""
    return replace(step, asked=(), escalated=(), remind_at=None, escalate_at=now + LOOK_AGAIN)


def _given_away(review: Review, number: int, to: Iterable[str], now: datetime) -> Review:
    closed = replace(review.question(number), status=Status.DELEGATED, ended_at=now, ended_by=", ".join(to))
    return with_question(review, closed)


def _behalf(owner: Question) -> str:
    return owner.instead_of or owner.approver


def _people(review: Review, step: AskedStep) -> list[Question]:
    return [review.question(number) for number in (*step.asked, *step.escalated)]


def _swapped(step: AskedStep, number: int, others: Sequence[int]) -> AskedStep:
    def without(numbers: Sequence[int]) -> tuple[int, ...]:
        swapped = [one for known in numbers for one in (others if known == number else [known])]
        return tuple(dict.fromkeys(swapped))

    return replace(step, asked=without(step.asked), escalated=without(step.escalated))
