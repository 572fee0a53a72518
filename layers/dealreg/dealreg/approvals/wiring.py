"""Reviews begin and end with what happens to their deals; questions are mailed, reminded of and answered."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from dealreg.approvals import (
    comments,
    decision_times,
    digest,
    digest_letters,
    extensions,
    leaving,
    letters,
    question_events,
    review,
    workflow,
)
from dealreg.approvals.model import REVIEW, Question, Review, Status, from_item, key_of, question_id
from dealreg.approvals.steps import DELEGATED, ESCALATED
from dealreg.capability import Capability, Change, EventHandler, EventTypes
from dealreg.deals.extensions import REQUESTED
from dealreg.deals.rules import COMMENTED
from dealreg.notifications import bounces
from dealreg.notifications import store as notifications
from dealreg.notifications.model import Notice
from dealreg.partners import program
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting

_LETTERS = {ESCALATED: letters.ESCALATED, DELEGATED: letters.DELEGATED}
"""By why somebody is asked; others are asked as usual."""


def start_review(event: Event, now: datetime) -> None:
    if event.data["status"] == "in_review":
        workflow.start(event, now)


def on_change(change: Change, now: datetime) -> None:
    """Approvers were asked, are to be reminded, or the review ended."""
    if not change.new:
        return
    before, after = from_item(change.old) if change.old else None, from_item(change.new)
    for kind, question, notice_id in letters_between(before, after):
        key = key_of(after.deal_id, after.version)
        name = question_id(after, question.number)
        notifications.enqueue(Notice(kind, f"{name}{notice_id}", Setting.DEALS_TABLE, key.pk, key.sk))
    if before is None or before.revision != after.revision:  # else only its clock was put
        workflow.answer(after, now)  # which does nothing while it is open
    decision_times.record(before, after)
    question_events.tell(before, after, now)


def letters_between(before: Review | None, after: Review) -> Iterator[tuple[str, Question, str]]:
    """Letters to approvers: their kinds, questions, and which of several it is."""
    known = len(before.questions) if before else 0
    for question in after.questions[known:]:
        if question.status is Status.PENDING:
            yield _LETTERS.get(question.because, letters.REQUESTED), question, ""
    for question, step, _ in question_events.reminded(before, after) if before else ():
        yield letters.REMINDER, question, f"#{step.id}#{step.reminders}"


def _vendor_event_types() -> EventTypes:
    from dealreg.approvals.event_types import VENDOR_EVENT_TYPES

    return VENDOR_EVENT_TYPES


EVENT_HANDLERS: Mapping[str, tuple[EventHandler, ...]] = {
    "deal.submitted": (start_review,),
    "deal.in_review": (start_review,),
    "deal.resubmitted": (start_review,),
    "deal.appealed": (start_review,),
    "deal.withdrawn": (review.close_for,),
    "deal.reassigned": (review.close_for, start_review),
    REQUESTED: (extensions.ask,),
    "deal.won": (extensions.close_for,),
    "deal.lost": (extensions.close_for,),
    "deal.expired": (extensions.close_for,),
    COMMENTED: (comments.tell,),
}

APPROVALS = Capability(
    name="approvals",
    vendor_event_types=_vendor_event_types,
    event_handlers=EVENT_HANDLERS,
    stream_handlers={
        (Setting.DEALS_TABLE, REVIEW): on_change,
        (Setting.PARTNERS_TABLE, leaving.AWAY): leaving.on_absence,
        (Setting.PARTNERS_TABLE, program.KIND): leaving.on_program,
        (Setting.PARTNERS_TABLE, bounces.KIND): leaving.on_bounced,
    },
    due_handlers={
        (Setting.DEALS_TABLE, REVIEW): review.on_due,
        (Setting.DEALS_TABLE, leaving.AWAY): leaving.on_due,
        (Setting.DEALS_TABLE, digest.KIND): digest.on_due,
    },
    each_minute={Setting.DEALS_TABLE: digest.set_clock},
    letters=dict.fromkeys(letters.APPROVAL_LETTERS, letters.write)
    | {comments.KIND: comments.write, digest.LETTER: digest_letters.write},
)
