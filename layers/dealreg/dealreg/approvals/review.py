"""What the state machine's three tasks do. Each may run again at any time and then finds what it did."""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.approvals import rules, store
from dealreg.approvals.model import (
    Approval,
    Choice,
    NextStep,
    Status,
    Turn,
    approval_from_item,
    approval_to_item,
    key_of,
    link_key,
)
from dealreg.deals import commands, judging
from dealreg.deals import store as deals
from dealreg.partners import partners
from dealreg.partners.program import current_program
from dealreg.platform import due, dynamo, outbox, tokens
from dealreg.platform.errors import ConditionFailed

logger = logging.getLogger(__name__)
AUTOMATIC = "automatic"
"""Stands for the decider where no person had to decide."""


def assess(deal_id: str, version: int, now: datetime) -> Turn:
    """Whether a person must look at the deal, which nobody else approves while its partner is suspended.

    A deal that left this review needs nothing any more.
    """
    deal = judging.recheck(deals.locate(deal_id), commands.context_at(now))
    is_active = partners.load(deal.partner_id).is_active
    limit = current_program().tier(deal.tier).auto_approve_limit if is_active else None
    next_step = rules.first_step(deal, version, limit)
    logger.info("assessed", extra={"deal_id": deal_id, "version": version, "next_step": next_step.value})
    return Turn(
        deal_id=deal_id,
        version=version,
        next_step=next_step,
        step=1 if next_step is NextStep.ASK else 0,
        approval_id="",
    )


def ask(deal_id: str, version: int, step: int, task_token: str, now: datetime) -> None:
    """Writes the question and its link down; the relay mails it. Asked again, it stays and takes the new token."""
    deal = deals.locate(deal_id)
    approval = rules.question(deal, version, step, current_program(), task_token, now)
    link = link_key(tokens.hash_token(store.link_token(approval)))
    link_row = {"pk": link.pk, "sk": link.sk, "deal_id": deal_id, "approval_id": approval.id}
    actions = [
        _write(approval, rules.next_due(approval)),
        dynamo.put(link.table, link_row),
        store.under_review(deal, approval),
    ]
    try:
        dynamo.transact(actions)
    except ConditionFailed as lost:
        if found := lost.failures.get(0):
            _wait_again(approval_from_item(found), task_token, now)
        else:
            _close_unasked(approval, now)
    else:
        logger.info("approver asked", extra={"deal_id": deal_id, "approval_id": approval.id, "step": step})


def apply_decision(turn: Turn, now: datetime) -> Turn:
    """Brings the decision, as its row has it, to the deal."""
    deal = deals.locate(turn["deal_id"])
    context = commands.context_at(now)
    if not turn["approval_id"]:
        still_active = partners.still_active(deal.partner_id)
        commands.apply_decision(deal, turn["version"], Choice.APPROVE, context, AUTOMATIC, [still_active])
    else:
        approval = store.load(deal.id, turn["approval_id"])
        answer = rules.answer_of(approval)
        said: dict[str, Any] = {"reason": answer.reason, "reason_code": answer.reason_code, "fields": answer.fields}
        commands.apply_decision(deal, turn["version"], answer.choice, context, approval.decided_by, **said)
    logger.info("decision applied", extra={"deal_id": deal.id, "approval_id": turn["approval_id"]})
    return turn


def _write(approval: Approval, clock: datetime) -> dynamo.Action:
    item = approval_to_item(approval, due.at(clock, approval.id))
    return dynamo.put(key_of(approval.deal_id, approval.id).table, item, dynamo.ABSENT)


def _wait_again(found: Approval, task_token: str, now: datetime) -> None:
    """Asked again by a retry or a new execution. If there is an answer by now, the new token is owed it at once."""
    change = {"task_token": task_token}
    if found.status is not Status.PENDING:
        change |= {**outbox.MARK, **due.at(now, found.id)}
    same = "#status = :status"
    key = key_of(found.deal_id, found.id)
    dynamo.write(dynamo.update(key, change=change, when=same, values={"status": found.status}))
    logger.info("asked again", extra={"approval_id": found.id, "status": found.status.value})


def _close_unasked(approval: Approval, now: datetime) -> None:
    """The deal has just left the review: the relay answers the waiting task as usual, and nobody is mailed."""
    dynamo.write(_write(replace(approval, status=Status.SUPERSEDED), now))
    logger.info("nothing to ask", extra={"approval_id": approval.id})
