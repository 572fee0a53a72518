"""How a review goes through the steps of its rule: whom it asks, what an answer makes of it, what time does. Pure.

Each function gives the review as it is afterwards; who writes it down conditions on the one that was read.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

from dealreg.approvals.model import (
    Answer,
    AskedStep,
    Choice,
    Decision,
    Question,
    Review,
    State,
    Status,
)
from dealreg.approvals.people import Asked, People
from dealreg.approvals.plan import times_of
from dealreg.deals import facts
from dealreg.partners.routing import Routing, Rule, Step

AUTOMATIC = "automatic"
"""Stands for the decider where no person had to decide."""
ESCALATED, DELEGATED = "escalated", "delegated"
"""Why somebody is asked, beside those of `people`."""
LOOK_AGAIN = timedelta(hours=1)
"""While there is nobody to ask."""


@dataclass(frozen=True)
class Setting:
    """What a review goes by: its rule, the settings that it began with, who there is now, and the deal as it is."""

    rule: Rule
    routing: Routing
    find_people: Callable[[], People]
    seen: str
    now: datetime

    @cached_property
    def people(self) -> People:
        """Found once somebody is to be asked: answers and reminders need nobody new."""
        return self.find_people()

    def step(self, step_id: str) -> Step:
        return next(step for order in self.rule.steps for step in order if step.id == step_id)


def ask(review: Review, at: Setting) -> Review:
    """Puts the first order that is not agreed to; with none left the deal is approved."""
    for order, side_by_side in enumerate(at.rule.steps, 1):
        review = put(review, order, [step for step in side_by_side if not _agreed(review, step, at.seen)], at)
        if not all(_agreed(review, step, at.seen) for step in side_by_side):
            return replace(review, state=State.OPEN, order=order, orders=len(at.rule.steps))
    return _approved(review, AUTOMATIC, at)


def gone_on(review: Review, at: Setting) -> Review:
    """As after an order that is agreed to; of a review without a state machine that does it."""
    return ask(review, at) if review.state is State.PASSED else review


def put(review: Review, order: int, steps: Sequence[Step], at: Setting) -> Review:
    """Asks the people of these steps, side by side."""
    for step in steps:
        review, numbers = questions(review, _missing(review, step, at), at)
        reminders, escalate_at = times_of(step, at.routing, at.now)
        asked = AskedStep(
            id=step.id,
            order=order,
            asked_at=at.now,
            asked=numbers,
            title=step.title or step.id,
            remind_at=reminders[0] if reminders else None,
            escalate_at=escalate_at if numbers else at.now + LOOK_AGAIN,
        )
        review = with_step(review, _agreed_to(asked) if _is_agreed(asked, step, review, at.seen) else asked)
    return review


def _agreed_to(step: AskedStep) -> AskedStep:
    """Time makes nothing of it any more."""
    return replace(step, agreed=True, remind_at=None, escalate_at=None)


def _missing(review: Review, step: Step, at: Setting) -> list[Asked]:
    """Who is asked; where anybody's word is enough and somebody has given it in an earlier step, nobody else."""
    people = at.people.ask(step, at.now)
    given = [one for one in people if _approved_by(review, one.approver, at.seen)]
    return given if given and step.need == "any" else people


def questions(review: Review, people: Iterable[Asked], at: Setting) -> tuple[Review, tuple[int, ...]]:
    """One for each; for who is asked already, or has approved what is the same now, the one from then."""
    numbers: list[int] = []
    for one in people:
        known = _question_to(review, one.approver, at.seen)
        if known is None:
            known = Question(
                number=len(review.questions) + 1,
                approver=one.approver,
                asked_at=at.now,
                instead_of=one.instead_of or "",
                because=one.because or "",
            )
            review = replace(review, questions=(*review.questions, known))
        numbers.append(known.number)
    return review, tuple(numbers)


def _question_to(review: Review, approver: str, seen: str) -> Question | None:
    open_ = [question for question in review.pending if question.approver == approver]
    return next(iter((*open_, *_approved_by(review, approver, seen))), None)


def _approved_by(review: Review, approver: str, seen: str) -> list[Question]:
    own = [question for question in review.questions if question.approver == approver]
    return [question for question in own if question.choice is Choice.APPROVE and facts.same(question.saw, seen)]


def answered(review: Review, number: int, answer: Answer, at: Setting, by: str = "") -> Review:
    """`by` is who answers, if that is not the one who was asked. The first no, and the first question, end it."""
    question = review.question(number)
    decided = replace(
        question,
        status=Status.DECIDED,
        choice=answer.choice,
        reason=answer.reason,
        note=answer.note,
        saw=at.seen,
        ended_at=at.now,
        ended_by=by or question.approver,
    )
    about = review.steps_of(number)
    review = with_question(review, decided)
    if answer.choice is not Choice.APPROVE:
        step = about[0].id if about else ""
        return ended(review, Decision(answer, decided.ended_by, at.now, step, _behalf(decided)), decided.ended_by)
    for step in about:
        is_agreed = _is_agreed(step, at.step(step.id), review, at.seen)
        review = with_step(review, _agreed_to(step) if is_agreed else replace(step, agreed=False))
    return _moved_on(_closed(review, decided.ended_by, at), decided, answer, at)


def _behalf(question: Question) -> str:
    """For whom somebody answers who was not named."""
    return question.instead_of or (question.approver if question.approver != question.ended_by else "")


def _moved_on(review: Review, last: Question, answer: Answer, at: Setting) -> Review:
    """After an approval: waits for the others that are asked, goes on to who is asked next, or has come to its end.

    Next may be a step again whose approvals are of what the deal is no more.
    """
    if review.pending:
        return review
    if any(not _agreed(review, step, at.seen) for order in at.rule.steps for step in order):
        return replace(review, state=State.PASSED)
    about = [step.id for step in review.steps if last.number in (*step.asked, *step.escalated)]
    return ended(
        review, Decision(answer, last.ended_by, at.now, about[-1] if about else "", _behalf(last)), last.ended_by
    )


def _closed(review: Review, by: str, at: Setting) -> Review:
    """Questions of which every step is agreed to need no answer any more."""
    for question in review.pending:
        about = review.steps_of(question.number)
        if about and all(step.agreed for step in about):
            review = with_question(review, replace(question, status=Status.SUPERSEDED, ended_at=at.now, ended_by=by))
    return review


def settled(review: Review, at: Setting) -> Review:
    """After others are asked than before: a step is agreed to if they have approved what is the same in an earlier one.

    Goes on as after an answer where nobody is left to wait for.
    """
    for step in _waiting(review):
        if _is_agreed(step, at.step(step.id), review, at.seen):
            by = [review.question(number) for number in (*step.asked, *step.escalated)]
            approver = next(question.approver for question in by if question.choice is Choice.APPROVE)
            review = _closed(with_step(review, replace(step, agreed=True)), approver, at)
    looks_again = any(not (step.asked or step.escalated) for step in _waiting(review))
    return review if review.pending or looks_again else replace(review, state=State.PASSED)


def _waiting(review: Review) -> list[AskedStep]:
    return [step for step in review.steps if step.order == review.order and not step.agreed]


def signed(review: Review, step_id: str, answer: Answer, by: str, at: Setting) -> Review:
    """An admin's answer in the place of all that a step still waits for."""
    step = next(step for step in review.steps if step.id == step_id)
    number = len(review.questions) + 1
    own = Question(number, by, at.now, because=DELEGATED)
    review = replace(review, questions=(*review.questions, own))
    review = with_step(review, replace(step, escalated=(*step.escalated, number)))
    return answered(review, number, answer, at, by)


def ended(review: Review, decision: Decision, by: str) -> Review:
    """Decided as a whole, in whatever state it was."""
    return replace(_without_open(review, decision.at, by), state=State.DECIDED, decision=decision)


def superseded(review: Review, now: datetime) -> Review:
    """The deal left review by another way."""
    return replace(_without_open(review, now), state=State.SUPERSEDED)


def _without_open(review: Review, now: datetime, by: str = "") -> Review:
    for question in review.pending:
        review = with_question(review, replace(question, status=Status.SUPERSEDED, ended_at=now, ended_by=by))
    return review


def _approved(review: Review, by: str, at: Setting) -> Review:
    return ended(review, Decision(Answer(Choice.APPROVE), by, at.now), by)


def carried(review: Review, before: Review) -> Review:
    """With the approvals of the review before it, save those of the step that asked the partner something.

    Whether they stand is for what has changed since to say (`ask`).
    """
    asking = {question.number for question in before.questions if question.choice is Choice.REQUEST_INFO}
    steps = [step for step in before.steps if step.agreed and asking.isdisjoint((*step.asked, *step.escalated))]
    numbers = {number for step in steps for number in (*step.asked, *step.escalated)}
    kept = [
        question for question in before.questions if question.number in numbers and question.choice is Choice.APPROVE
    ]
    places = {question.number: place for place, question in enumerate(kept, 1)}
    return replace(
        review,
        questions=tuple(replace(question, number=places[question.number]) for question in kept),
        steps=tuple(
            replace(
                step,
                asked=tuple(places[number] for number in step.asked if number in places),
                escalated=tuple(places[number] for number in step.escalated if number in places),
            )
            for step in steps
        ),
    )


def _agreed(review: Review, step: Step, seen: str) -> bool:
    asked = review.step(step.id)
    return asked is not None and _is_agreed(asked, step, review, seen)


def _is_agreed(asked: AskedStep, step: Step, review: Review, seen: str) -> bool:
    """Only approvals of what the step reads as it is now count."""
    approved = {
        question.number
        for question in review.questions
        if question.choice is Choice.APPROVE and facts.same(question.saw, seen, step.reads)
    }
    if approved.intersection(asked.escalated):
        return True
    if step.need == "all":
        return bool(asked.asked) and approved.issuperset(asked.asked)
    return bool(approved.intersection(asked.asked))


def with_step(review: Review, step: AskedStep) -> Review:
    others = [one for one in review.steps if one.id != step.id]
    return replace(review, steps=tuple(sorted((*others, step), key=lambda one: one.order)))


def with_question(review: Review, question: Question) -> Review:
    return replace(
        review, questions=tuple(question if one.number == question.number else one for one in review.questions)
    )
