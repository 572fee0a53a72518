"""Events of questions, for the vendor's own endpoints that subscribe to them: the way into chat and ticket systems.

They have no row: they are made of what became of a review's row, and each delivery keeps what it says. The same change
makes the same events, so a stream record that comes again tells nothing twice.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dealreg.approvals.model import AskedStep, Choice, Question, Review, Status, question_id
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, place_of
from dealreg.platform import ids, times
from dealreg.platform.events import VENDOR, Event
from dealreg.webhooks.deliveries import store as deliveries

REQUESTED, REMINDED, DECIDED = "approval.requested", "approval.reminded", "approval.decided"
_PASSED = {Status.ESCALATED: "approval.escalated", Status.DELEGATED: "approval.delegated"}
_ENTROPY_BYTES = 10


@dataclass(frozen=True, slots=True)
class Happened:
    """To a question; at most one in each write of its review."""

    type: str
    at: datetime
    question: Question
    steps: tuple[AskedStep, ...]
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


def tell(before: Review | None, after: Review, now: datetime) -> None:
    told = list(between(before, after))
    receivers = deliveries.subscribers([VENDOR], {happened.type for happened in told})
    if not any(receivers.values()):
        return
    deal = deals.locate(after.deal_id)
    for happened in told:
        message = deliveries.message_of(event_of(happened, after, deal), has_row=False)
        deliveries.send_to(receivers[happened.type], message, now)


def between(before: Review | None, after: Review) -> Iterator[Happened]:
    known = before.questions if before else ()
    for question in after.questions[len(known) :]:
        if question.status is Status.PENDING:
            yield Happened(REQUESTED, question.asked_at, question, after.steps_of(question.number))
    if before is None:
        return
    for question, _, due in reminded(before, after):
        yield Happened(REMINDED, due, question, after.steps_of(question.number))
    for was, question in zip(known, after.questions, strict=False):
        if was.status is Status.PENDING and question.ended_at:
            yield _end(question, question.ended_at, before, after)


def reminded(before: Review, after: Review) -> Iterator[tuple[Question, AskedStep, datetime]]:
    """Who has not answered, the step that reminds of it, and when that was due.

    Of steps that remind somebody together, the first does.
    """
    told = set[int]()
    for step in after.steps:
        earlier = before.step(step.id)
        if earlier and step.reminders > earlier.reminders:
            for question in after.pending:
                if question.number in {*step.asked, *step.escalated} - told:
                    told.add(question.number)
                    yield question, step, earlier.remind_at or step.asked_at


def _end(question: Question, at: datetime, before: Review, after: Review) -> Happened:
    about = before.steps_of(question.number)
    if question.status in _PASSED:
        to = question.ended_by.split(", ") if question.ended_by else []
        return Happened(_PASSED[question.status], at, question, about, {"to": to})
    said = {"status": question.status, "choice": _choice(question, after), "by": question.ended_by or None}
    return Happened(DECIDED, at, question, about, said)


def _choice(question: Question, after: Review) -> Choice | None:
    """Of one that another's word made needless: what ended the review then, else an approval of the step."""
    if question.choice or not question.ended_by:
        return question.choice
    decision = after.decision
    return decision.answer.choice if decision and decision.at == question.ended_at else Choice.APPROVE


def event_of(happened: Happened, review: Review, deal: Deal) -> Event:
    name = question_id(review, happened.question.number)
    return Event(
        id=_event_id(happened, review),
        type=happened.type,
        subject=name,
        sequence=review.revision,
        timestamp=happened.at,
        partner_id=deal.partner_id,
        audience=(VENDOR,),
        data={"question_id": name, **_of_deal(deal), **_of_question(happened), **happened.more},
        place=place_of(deal.id),
    )


def _event_id(happened: Happened, review: Review) -> str:
    said = f"{review.deal_id}#{review.version}#{happened.question.number}#{review.revision}"
    digest = hashlib.sha256(said.encode()).digest()
    return ids.make_id("evt", happened.at, int.from_bytes(digest[:_ENTROPY_BYTES]))


def _of_deal(deal: Deal) -> dict[str, Any]:
    return {"deal_id": deal.id, "number": deal.number, "customer_name": deal.customer["name"]}


def _of_question(happened: Happened) -> dict[str, Any]:
    question, steps = happened.question, happened.steps
    ahead = min((step.escalate_at for step in steps if step.escalate_at), default=None)
    return {
        "steps": [{"id": step.id, "title": step.title or step.id} for step in steps],
        "approver": question.approver,
        "instead_of": question.instead_of or None,
        "because": question.because or None,
        "asked_at": times.to_text(question.asked_at),
        "escalate_at": times.to_text(ahead) if ahead else None,
    }
