"""Questions to approvers in the Deals table: found by their link, answered once, reminded of, handed on, closed.

`DEAL#<locator>` / `APPROVAL#<id>` is the question; `LINK#<hash>` / `LINK` finds it from the link in an e-mail.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from dealreg.approvals import decisions, rules, workflow
from dealreg.approvals.decisions import Ruling
from dealreg.approvals.model import (
    SK_PREFIX,
    Approval,
    ApprovalView,
    Status,
    answer_to_item,
    approval_from_item,
    key_of,
    link_key,
)
from dealreg.deals import answers, commands, statuses
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, place_of
from dealreg.deals.words import in_sentence
from dealreg.partners import partners
from dealreg.platform import due, dynamo, times, tokens
from dealreg.platform.errors import ConditionFailed, Gone, NotFound, StateConflict
from dealreg.platform.events import Event
from dealreg.platform.ids import deal_number
from dealreg.platform.settings import Setting, read
from dealreg.reviewing import matches, verdicts
from dealreg.reviewing.matches import MatchVerdict

logger = logging.getLogger(__name__)

SUSPENDED = "partner_suspended"
"""The `cause` of a refusal."""
_EFFECT_WITHIN = timedelta(minutes=1)
"""After that the clock looks whether a decision has reached its deal."""


def link_token(approval: Approval) -> str:
    """The end of the link that is mailed; only its hash is stored."""
    return tokens.derive("approval", approval.id, approval.approver, str(approval.step))


def load(deal_id: str, approval_id: str) -> Approval:
    key = key_of(deal_id, approval_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound
    return approval_from_item(item)


def find_by_token(token: str, now: datetime) -> ApprovalView:
    """What the link's owner may see, in whatever state the question is. Raises NotFound for a forged or old link."""
    return _view(_of_token(token, now), now)


def view_of(deal_id: str, approval_id: str, now: datetime) -> ApprovalView:
    return _view(load(deal_id, approval_id), now)


def decide(
    token: str,
    choice: str,
    reason: str,
    fields: Sequence[str],
    now: datetime,
    reason_code: str = "other",
    pairs: Mapping[str, MatchVerdict] | None = None,
    match_id: str = "",
) -> Approval:
    """`pairs` is what the approver says of the deal's matches, by their ids; for `match_id` see `decisions.ruling`.

    Raises NotFound (a forged link), Gone (its question is closed), InvalidInput, or StateConflict (a lost race).
    """
    approval = _of_token(token, now)
    deal = deals.locate(approval.deal_id)
    if approval.status is not Status.PENDING or now >= approval.expires_at:
        told = rules.why_closed(approval, deal, now, approval.approver)
        raise Gone(told, approval_status=approval.status)
    _require_active_partner(deal)
    ruling = decisions.ruling(deal, choice, match_id, reason, fields, reason_code, pairs or {})
    return _record(approval, deal, ruling, approval.approver, now, "#status = :pending AND #expires_at > :now")


def decide_as_admin(
    deal: Deal, choice: str, reason: str, fields: Sequence[str], now: datetime, user_id: str, reason_code: str
) -> Approval:
    """Answers the deal's open question in the approver's place. Raises InvalidInput or StateConflict."""
    _require_active_partner(deal)
    ruling = Ruling(rules.check_answer(choice, reason, fields, reason_code))
    return _record(_open_question(deal), deal, ruling, user_id, now, "#status = :pending")


def merge_as_admin(deal: Deal, match_id: str, now: datetime, user_id: str) -> None:
    """Both are one customer: known by both names and domains, and the deal ends where `merging.closes_as` says so.

    Doing it again changes nothing. Raises NotFound (no such match, or nobody is there any more) or StateConflict.
    """
    candidate = matches.candidate_of(deal, match_id)
    if candidate.merged:
        return
    if candidate.party is None:
        raise NotFound("This match is no longer there.")
    if candidate.closes_as is None:
        verdicts.record(deal, match_id, MatchVerdict.SAME, user_id, now, merged=True)
    else:
        _record(_open_question(deal), deal, decisions.merge(candidate, {}), user_id, now, "#status = :pending")


def _require_active_partner(deal: Deal) -> None:
    if held := rules.why_held(partners.load(deal.partner_id)):
        raise StateConflict(held, deal_status=deal.status, cause=SUSPENDED)


def _open_question(deal: Deal) -> Approval:
    pending = _pending(deal.id)
    if not pending:
        assessed = deal.status == statuses.Status.IN_REVIEW
        told = "This deal is being assessed: try again in a moment." if assessed else "This deal is not under review."
        raise StateConflict(told, deal_status=deal.status)
    return pending[-1]


def close_for(event: Event) -> None:
    """After an event with which a review ended by another way than a decision: nobody needs to answer it any more."""
    for approval in _pending(event.subject):
        if approval.review_version < event.data["version"]:
            _end(approval, Status.SUPERSEDED, event.timestamp)


def on_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep: reminds of an open question or hands it on; gives an answer that the relay has not given."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        return
    approval = approval_from_item(item)
    if approval.status is not Status.PENDING:
        workflow.answer(item, now)
        return
    after = rules.when_due(approval, deals.locate(approval.deal_id), now)
    if after.status is not Status.PENDING:
        _end(approval, after.status, now)
    elif after.reminders > approval.reminders:
        _remind(approval, after)


def _of_token(token: str, now: datetime) -> Approval:
    key = link_key(tokens.hash_token(token))
    link = dynamo.get(key.table, key.pk, key.sk)
    approval = load(link["deal_id"], link["approval_id"]) if link else None
    if approval is None or rules.is_forgotten(approval, now):
        raise NotFound("This link is not known, or no longer.")
    return approval


def questions_of(deal_id: str) -> list[Approval]:
    rows = dynamo.every(read(Setting.DEALS_TABLE), place_of(deal_id).pk, SK_PREFIX)
    return [approval_from_item(row) for row in rows if row["deal_id"] == deal_id]


def _pending(deal_id: str) -> list[Approval]:
    return [approval for approval in questions_of(deal_id) if approval.status is Status.PENDING]


def _view(approval: Approval, now: datetime) -> ApprovalView:
    deal = deals.locate(approval.deal_id)
    partner = partners.load(deal.partner_id)
    closed = rules.why_closed(approval, deal, now, approval.approver)
    return ApprovalView(
        approval=approval,
        deal=deal,
        partner_name=partner.name,
        matches=tuple(_in_words(match) for match in deal.matches),
        closed=closed,
        held="" if closed else rules.why_held(partner),
        answered=answers.in_review(deal) if approval.review_version == deal.review_version else None,
    )


def _in_words(match: Mapping[str, str]) -> str:
    if not match["partner_id"]:
        return match["reason"]
    return f"{match['reason']} (deal {deal_number(match['id'])} of {partners.load(match['partner_id']).name})"


def _record(approval: Approval, deal: Deal, ruling: Ruling, by: str, now: datetime, when: str) -> Approval:
    """The decision, what was said of the matches, and the end of a protection in its way, in one transaction.

    If the question is open, the deal still under this review and its partner active; else StateConflict.
    """
    change = {
        "status": Status.DECIDED,
        "answer": answer_to_item(ruling.answer),
        "decided_by": by,
        "decided_at": times.to_text(now),
        **due.at(now + _EFFECT_WITHIN, approval.id),
    }
    values = {"pending": Status.PENDING} | ({"now": times.to_text(now)} if ":now" in when else {})
    decision = dynamo.update(key_of(approval.deal_id, approval.id), change=change, when=when, values=values)
    holding = [decision, under_review(deal, approval), partners.still_active(deal.partner_id)]
    actions = [*holding, *_said(deal, ruling, by, now)]
    try:
        if ruling.released:
            commands.release_claim(deals.locate(ruling.released), commands.context_at(now), by, actions)
        else:
            dynamo.transact(actions)
    except ConditionFailed as lost:
        raise _what_holds(lost, deal, by, now) from None
    logger.info(
        "decided", extra={"deal_id": approval.deal_id, "approval_id": approval.id, "choice": ruling.answer.choice.value}
    )
    return load(approval.deal_id, approval.id)


def _said(deal: Deal, ruling: Ruling, by: str, now: datetime) -> list[dynamo.Action]:
    return [
        verdicts.action(deal, matches.candidate_of(deal, match_id), verdict, by, now, merged=match_id == ruling.merged)
        for match_id, verdict in ruling.verdicts.items()
    ]


def under_review(deal: Deal, approval: Approval) -> dynamo.Action:
    """A check that the deal is still in the review that `approval` belongs to."""
    return dynamo.check(
        deals.deal_key(deal.partner_id, deal.id),
        "#status = :in_review AND #review_version = :version",
        {"in_review": statuses.Status.IN_REVIEW, "version": approval.review_version},
    )


def _what_holds(lost: ConditionFailed, deal: Deal, by: str, now: datetime) -> StateConflict:
    if found := lost.failures.get(0):
        approval = approval_from_item(found)
        return StateConflict(rules.why_closed(approval, deal, now, by), approval_status=approval.status)
    if 1 in lost.failures:
        status = lost.failures[1].get("status", statuses.Status.IN_REVIEW)
        is_reviewed = status == statuses.Status.IN_REVIEW  # for another partner
        told = (
            rules.GIVEN_AWAY if is_reviewed else f"This deal is {in_sentence(status)}, so there is nothing to decide."
        )
        return StateConflict(told, deal_status=status)
    return StateConflict(rules.SUSPENDED, cause=SUSPENDED)


def _end(approval: Approval, status: Status, now: datetime) -> None:
    change = {"status": status, "ended_at": times.to_text(now), **due.at(now + due.RELAY_GRACE, approval.id)}
    if _while_pending(approval, change):
        logger.info("question ended", extra={"approval_id": approval.id, "status": status.value})


def _remind(approval: Approval, after: Approval) -> None:
    """The relay sends the reminder when it sees that there is one more."""
    change = {
        "reminders": after.reminders,
        "remind_at": times.to_text(after.remind_at),
        **due.at(rules.next_due(after), approval.id),
    }
    if _while_pending(approval, change):
        logger.info("reminded", extra={"approval_id": approval.id, "reminders": after.reminders})


def _while_pending(approval: Approval, change: Mapping[str, object]) -> bool:
    """False if an answer came first, or somebody else did the same."""
    same = "#status = :pending AND #reminders = :reminders"
    values = {"pending": Status.PENDING, "reminders": approval.reminders}
    try:
        dynamo.write(dynamo.update(key_of(approval.deal_id, approval.id), change=change, when=same, values=values))
    except ConditionFailed:
        return False
    return True
