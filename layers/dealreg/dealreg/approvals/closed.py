"""What holds instead of a question that cannot be answered any more, in words for its reader. Pure."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from dealreg.approvals.model import Choice, Question, Review, State, Status
from dealreg.approvals.people import AWAY, NOBODY
from dealreg.approvals.steps import AUTOMATIC
from dealreg.deals.model import Deal
from dealreg.deals.statuses import Status as DealStatus
from dealreg.deals.words import in_sentence
from dealreg.partners.partners import Partner
from dealreg.platform.text import day, moment

SUSPENDED = "This partner is suspended; nothing can be decided now."
GIVEN_AWAY = "It was given to another partner, so there is nothing to decide by this link."
LEFT = "You no longer decide on registrations."
OWN_SIDE = "You belong to this partner now, and decide nothing about its deals."
_DONE = {
    Choice.APPROVE: "approved this",
    Choice.REJECT: "rejected this",
    Choice.REQUEST_INFO: "asked the partner for information",
}

_BECAUSE = {AWAY: ": you were away", NOBODY: ": you were away, or no mail reached you"}


def under_review(deal: Deal, version: int) -> bool:
    """Whether the deal, or its extension, is in the review that began at this version, and in no other."""
    return deal.is_waiting and deal.asked_version == version


def why_held(partner: Partner) -> str:
    """Why nothing of a partner's can be decided for now; empty if it can."""
    return "" if partner.is_active else SUSPENDED


def why_closed(
    review: Review, question: Question, deal: Deal, *, barred: str = "", names: Mapping[str, str] = MappingProxyType({})
) -> str:
    """Empty while it can be answered. `barred`: why its reader decides nothing of what is open, or was passed on.

    `names` of the vendor's people, by address.
    """
    if not under_review(deal, review.version) and not _came_to_its_end(review, deal):
        return _why_left(review, deal)
    if barred and question.status in (Status.PENDING, Status.DELEGATED, Status.ESCALATED):
        return barred
    match question.status:
        case Status.PENDING:
            return ""
        case Status.DECIDED:
            return f"You {_did(question.choice)} on {_when(question.ended_at)}. {_then(review, deal)}"
        case Status.ESCALATED:
            return (
                f"This was not answered by {_when(question.ended_at)}, so {_names(question, names)} was asked. "
                "You can no longer decide."
            )
        case Status.DELEGATED:
            return _passed_on(review, question, names)
        case Status.SUPERSEDED:
            return _why_superseded(review, question, deal, names)


def _passed_on(review: Review, question: Question, names: Mapping[str, str]) -> str:
    """By its owner or an admin; else since the owner could not be asked, maybe with nobody else there yet."""
    when = _when(question.ended_at)
    if not question.ended_by:
        return f"You were away, or no mail reached you, on {when}: others are asked as soon as there is somebody."
    to = question.ended_by.split(", ")
    came = (one for one in review.questions if one.approver in to and one.asked_at == question.ended_at)
    why = _BECAUSE.get(next((one.because for one in came), ""), "")
    return f"Passed on to {_names(question, names)} on {when}{why}."


def _why_superseded(review: Review, question: Question, deal: Deal, names: Mapping[str, str]) -> str:
    by, when = _name(question.ended_by, names), _when(question.ended_at)
    decision = review.decision
    if review.state is State.SUPERSEDED:
        return _why_left(review, deal)
    if decision is None or decision.at != question.ended_at:
        return f"{by} approved this on {when}; you need do nothing."
    match decision.answer.choice:
        case Choice.REQUEST_INFO:
            return f"{by} asked the partner on {when}. You are asked again if something changes that you look at."
        case Choice.APPROVE if decision.step:
            return f"{by} approved this on {when}; you need do nothing. {_then(review, deal)}"
        case choice:
            return f"{by} {_did(choice)} on {when}. {_then(review, deal)}"


def _came_to_its_end(review: Review, deal: Deal) -> bool:
    """Else the deal left it by another way, whatever was said in it."""
    decision = review.decision
    if review.state is not State.DECIDED or decision is None:
        return False
    if review.is_extension:  # its decision and what that makes of the deal are one
        return True
    is_newest = deal.review_version == review.version
    match decision.answer.choice:
        case Choice.APPROVE:
            return is_newest and deal.protected_until is not None
        case Choice.REJECT:
            return is_newest and deal.status == DealStatus.REJECTED
        case Choice.REQUEST_INFO:
            return not is_newest or bool(deal.editable)


def _then(review: Review, deal: Deal) -> str:
    if review.is_extension and deal.status == DealStatus.APPROVED and review.decision:
        return f"The deal is protected until {day(deal.protected_until or '')}."
    if not under_review(deal, review.version):
        return f"The deal is now {in_sentence(deal.status)}."
    return "It takes effect in a moment." if review.state is State.DECIDED else "Others have yet to decide."


def _why_left(review: Review, deal: Deal) -> str:
    is_gone = deal.status == DealStatus.APPROVED if review.is_extension else review.version != deal.review_version
    if is_gone and deal.appeal and not review.is_extension:
        return "The partner appealed, and others look at it again. There is nothing to decide here."
    if is_gone:
        return GIVEN_AWAY
    match deal.status:
        case DealStatus.WITHDRAWN:
            return "The partner withdrew this. The deal is withdrawn, so there is nothing to decide."
        case DealStatus.IN_REVIEW:
            return "This deal is no longer under review, so there is nothing to decide."
        case _:
            return f"This deal is {in_sentence(deal.status)}, so there is nothing to decide."


def named(question: Question) -> list[str]:
    """The addresses and names under which it ended."""
    return question.ended_by.split(", ") if question.ended_by else []


def _names(question: Question, names: Mapping[str, str]) -> str:
    return ", ".join(names.get(one, one) for one in named(question))


def _name(by: str, names: Mapping[str, str]) -> str:
    """As a sentence begins: a person or a key; an id says nothing to who reads it."""
    if by == AUTOMATIC:
        return "The program’s rules"
    return "An administrator" if by.startswith("key_") else names.get(by, by)


def _did(choice: Choice | None) -> str:
    return _DONE[choice] if choice else "decided this"


def _when(at: datetime | None) -> str:
    return moment(at) if at else "before"
