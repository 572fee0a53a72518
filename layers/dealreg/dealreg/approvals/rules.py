"""Who must agree to a deal, when they are reminded, when the next is asked instead, and what counts as an answer."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dealreg.approvals import plan
from dealreg.approvals.model import Answer, Approval, Choice, NextStep, Status, Turn
from dealreg.deals.model import REQUESTABLE, Deal
from dealreg.deals.statuses import RejectReason
from dealreg.deals.statuses import Status as DealStatus
from dealreg.deals.words import in_sentence
from dealreg.matching.rules import Certainty, Verdict
from dealreg.partners.partners import Partner
from dealreg.partners.program import Approvers, Program
from dealreg.platform import ids, times
from dealreg.platform.errors import FieldError, InvalidInput, StateConflict
from dealreg.platform.money import Money
from dealreg.platform.text import moment
from dealreg.platform.working_time import DEFAULT

LAST_STEP = timedelta(days=30)
"""How long the last approver's link lives; then the question is asked anew, with a new link. The state machine's own
time limit is longer, so that it never comes first."""

LINK_KEPT = timedelta(days=90)
"""How long after its end a question's link says what holds."""
SUSPENDED = "This partner is suspended; nothing can be decided now."
GIVEN_AWAY = "It was given to another partner, so there is nothing to decide by this link."
MAX_REASON = 2000
NEARLY_ALIKE = 90
"""Per cent. A match this likely rules out automatic approval, though it takes more to be a possible duplicate."""


def needs_nobody(deal: Deal, limit: Money | None) -> bool:
    """No match asks for a person, and the amount keeps to the tier's limit, in its currency."""
    return (
        deal.verdict == Verdict.CLEAR
        and not any(is_for_a_person(match) for match in deal.matches)
        and limit is not None
        and deal.amount.currency == limit.currency
        and deal.amount.minor <= limit.minor
    )


def is_nearly_alike(match: Mapping[str, Any]) -> bool:
    """Whether a match that counts for nothing yet keeps a deal from being approved by nobody."""
    return match["certainty"] == Certainty.NONE and match["likelihood"] >= NEARLY_ALIKE


def is_for_a_person(match: Mapping[str, Any]) -> bool:
    """Whether one that counts for nothing in the verdict keeps a deal from being approved by nobody.

    Whoever registered at the same moment may have been approved without having seen the deal.
    """
    return is_nearly_alike(match) or (match.get("later", False) and match["certainty"] != Certainty.NONE)


def under_review(deal: Deal, version: int) -> bool:
    """Whether the deal is in the review that began at this version, and in no other."""
    return deal.status == DealStatus.IN_REVIEW and deal.review_version == version


def approver_of(approvers: Sequence[str], step: int) -> str:
    """The last one is asked again and again; empty if there is none."""
    return approvers[min(step, len(approvers)) - 1] if approvers else ""


def in_hand(questions: Sequence[Approval], approvers: Approvers) -> Approval | None:
    """Whose approver answers for the deal: the open one, or else the newest if its approver still is one."""
    newest = max(questions, key=lambda question: (question.status is Status.PENDING, question.asked_at), default=None)
    if newest is None or newest.approver not in (approvers.first, approvers.escalation):
        return None
    return newest


def is_discussed(question: Approval, deal: Deal, now: datetime) -> bool:
    """Whether its approver can answer a comment from the page: while it is open, or waits for the partner."""
    return not why_closed(question, deal, now, question.approver) or deal.status == DealStatus.ACTION_REQUIRED


def why_held(partner: Partner) -> str:
    """Why nothing of a partner's can be decided for now; empty if it can."""
    return "" if partner.is_active else SUSPENDED


def first_step(deal: Deal, version: int, limit: Money | None) -> NextStep:
    if not under_review(deal, version):
        return NextStep.END
    return NextStep.APPLY if needs_nobody(deal, limit) else NextStep.ASK


def question(deal: Deal, version: int, step: int, program: Program, task_token: str, now: datetime) -> Approval:
    approvers = [email for email in (program.approvers.first, program.approvers.escalation) if email]
    (remind_at,), escalate_at = plan.times_of(plan.review_of(program), plan.routing_of(program), now)
    return Approval(
        id=question_id(deal, version, step),
        deal_id=deal.id,
        review_version=version,
        step=step,
        approver=approver_of(approvers, step),
        asked_at=now,
        remind_at=remind_at,
        expires_at=escalate_at if step < len(approvers) else now + LAST_STEP,
        task_token=task_token,
    )


def question_id(deal: Deal, version: int, step: int) -> str:
    """The same for the same question, so that asking it again cannot ask twice."""
    digest = hashlib.sha256(f"{deal.id}#{version}#{step}".encode()).digest()
    return ids.make_id("apr", times.from_text(deal.created_at), int.from_bytes(digest[:10]))


def next_due(approval: Approval) -> datetime:
    return min(approval.remind_at, approval.expires_at)


def when_due(approval: Approval, deal: Deal, now: datetime) -> Approval:
    """A pending question after the clock has looked at it: over, handed on, reminded of, or as it was.

    Each reminder waits as much working time again as the question has been open, so that they thin out.
    """
    if not under_review(deal, approval.review_version):
        return replace(approval, status=Status.SUPERSEDED)
    if now >= approval.expires_at:
        return replace(approval, status=Status.ESCALATED)
    if now < approval.remind_at:
        return approval
    remind_at = approval.remind_at
    while remind_at <= now:
        remind_at = DEFAULT.add(remind_at, max(DEFAULT.between(approval.asked_at, remind_at), timedelta(hours=1)))
    return replace(approval, remind_at=remind_at, reminders=approval.reminders + 1)


def check_answer(choice: str, reason: str, fields: Sequence[str], reason_code: str = RejectReason.OTHER) -> Answer:
    """Raises InvalidInput with every fault: no choice, no reason for a no, nothing asked for, an unknown name."""
    reason = reason.strip()
    if choice not in list(Choice):
        raise InvalidInput([FieldError("choice", "Choose one: approve, reject or ask for information.")])
    if faults := _faults(choice, reason, fields, reason_code):
        raise InvalidInput(faults)
    return Answer(
        choice=Choice(choice),
        reason=reason,
        reason_code=str(reason_code) if choice == Choice.REJECT else "",
        fields=tuple(dict.fromkeys(fields)) if choice == Choice.REQUEST_INFO else (),
    )


def _faults(choice: str, reason: str, fields: Sequence[str], reason_code: str) -> list[FieldError]:
    asks, rejects = choice == Choice.REQUEST_INFO, choice == Choice.REJECT
    unknown = [name for name in fields if name not in REQUESTABLE]
    checks = [
        ("reason", "Tell the partner why.", rejects and not reason),
        ("reason", "Tell the partner what you need.", asks and not reason),
        ("reason", f"This is too long: at most {MAX_REASON} characters.", len(reason) > MAX_REASON),
        ("reason_code", f"Use one of {', '.join(RejectReason)}.", rejects and reason_code not in list(RejectReason)),
        ("fields", "Choose what the partner is to correct or add.", asks and not fields),
        ("fields", f"A reviewer cannot ask for these: {', '.join(unknown)}.", asks and bool(unknown)),
    ]
    return [FieldError(field, message) for field, message, is_fault in checks if is_fault]


def answer_of(approval: Approval) -> Answer:
    """Raises StateConflict for a question that nobody has answered."""
    if approval.answer is None:
        raise StateConflict("Nobody has decided this.", approval_status=approval.status)
    return approval.answer


def turn_after(approval: Approval) -> Turn:
    """What the state machine does with an approval that is no longer pending."""
    next_step = {Status.DECIDED: NextStep.APPLY, Status.ESCALATED: NextStep.ASK, Status.SUPERSEDED: NextStep.END}[
        approval.status
    ]
    return Turn(
        deal_id=approval.deal_id,
        version=approval.review_version,
        next_step=next_step,
        step=approval.step + 1 if next_step is NextStep.ASK else approval.step,
        approval_id=approval.id,
    )


_DONE = {
    Choice.APPROVE: "approved this",
    Choice.REJECT: "rejected this",
    Choice.REQUEST_INFO: "asked the partner for information",
}


def why_closed(approval: Approval, deal: Deal, now: datetime, reader: str) -> str:
    """What holds instead of the question, in words for the person `reader`; empty while it can be answered."""
    is_reviewed = under_review(deal, approval.review_version)
    if approval.status is Status.DECIDED and approval.answer and _counts(approval.answer, approval, deal):
        who = "You" if reader == approval.decided_by else approval.decided_by
        when = moment(approval.decided_at or approval.asked_at)
        then = "It takes effect in a moment." if is_reviewed else f"The deal is now {in_sentence(deal.status)}."
        return f"{who} {_DONE[approval.answer.choice]} on {when}. {then}"
    if approval.status is Status.ESCALATED or (approval.status is Status.PENDING and now >= approval.expires_at):
        return "This was not answered in time, so the question was passed on. The newest e-mail about it has the link."
    return "" if approval.status is Status.PENDING and is_reviewed else _why_left(approval, deal)


def _counts(answer: Answer, approval: Approval, deal: Deal) -> bool:
    """Whether an answer has had its effect, or is about to: nothing else ended the review before it."""
    if under_review(deal, approval.review_version):
        return True
    is_newest = deal.review_version == approval.review_version
    match answer.choice:
        case Choice.APPROVE:
            return is_newest and deal.protected_until is not None
        case Choice.REJECT:
            return is_newest and deal.status == DealStatus.REJECTED
        case Choice.REQUEST_INFO:
            return not is_newest or bool(deal.editable)


def _why_left(approval: Approval, deal: Deal) -> str:
    if approval.review_version != deal.review_version:
        return GIVEN_AWAY
    match deal.status:
        case DealStatus.WITHDRAWN:
            return "The partner withdrew this. The deal is withdrawn, so there is nothing to decide."
        case DealStatus.IN_REVIEW:
            return "This deal is no longer under review, so there is nothing to decide."
        case _:
            return f"This deal is {in_sentence(deal.status)}, so there is nothing to decide."


def is_forgotten(approval: Approval, now: datetime) -> bool:
    """Whether its link leads nowhere any more."""
    return now >= (approval.decided_at or approval.ended_at or approval.expires_at) + LINK_KEPT
