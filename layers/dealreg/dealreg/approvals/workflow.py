"""The approval's state machine, as the relay and the clock deal with it: started once, answered once, and begun again
where an answer was due to an execution that is gone."""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from dealreg.approvals import rules
from dealreg.approvals.model import Approval, Status, Turn, approval_from_item, key_of
from dealreg.deals import store as deals
from dealreg.platform import aws, due, dynamo, outbox
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting, read

logger = logging.getLogger(__name__)

_NOT_WAITED_FOR = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""Answered before, timed out, or its execution is gone."""


def start(event: Event) -> None:
    """For an event after which its deal is in review. One execution per version of a deal, whoever asks how often."""
    version: int = event.data["version"]
    _start(f"{event.subject}-{version}", {"deal_id": event.subject, "version": version})
    logger.info("review started", extra={"deal_id": event.subject, "version": version})


def answer(item: Mapping[str, Any], now: datetime) -> None:
    """Tells the waiting execution what came of its question. The row stays on the clock until that has had its effect.

    `item` is the row, as read or from the stream. Does nothing for a question that is open.
    """
    approval = approval_from_item(item)
    if approval.status is Status.PENDING or approval.due_at is None:
        return
    turn = rules.turn_after(approval)
    try:
        aws.client("stepfunctions").send_task_success(taskToken=approval.task_token, output=json.dumps(turn))
    except ClientError as error:
        if _code(error) not in _NOT_WAITED_FOR:
            raise
        if _is_taken(approval):
            _forget(approval)
        else:
            _go_on(approval, turn, now)
    else:
        if approval.status is Status.SUPERSEDED:  # there is nothing more to be done with it
            _forget(approval)
        elif now >= approval.due_at:
            _look_again(approval, now)


def _is_taken(approval: Approval) -> bool:
    """Whether the answer has had its effect: the deal left this review, or the next approver is asked."""
    deal, version = deals.locate(approval.deal_id), approval.review_version
    if not rules.under_review(deal, version):
        return True
    if approval.status is not Status.ESCALATED:
        return False
    asked = key_of(deal.id, rules.question_id(deal, version, approval.step + 1))
    return dynamo.get(asked.table, asked.pk, asked.sk) is not None


def _go_on(approval: Approval, turn: Turn, now: datetime) -> None:
    """Another execution takes the turn that nobody waits for; where the first one has taken it, it changes nothing."""
    digest = hashlib.sha256(f"{approval.task_token} {approval.due_at}".encode()).hexdigest()[:12]
    _start(f"{approval.deal_id}-{approval.review_version}-{approval.step}-{digest}", turn)
    _look_again(approval, now)
    logger.warning("review goes on in another execution", extra={"approval_id": approval.id})


def _forget(approval: Approval) -> None:
    _if_not_asked_again(approval, {}, ("task_token", *outbox.ATTRIBUTES))


def _look_again(approval: Approval, now: datetime) -> None:
    """After as long as the answer has waited by now."""
    later = now + max(due.RELAY_GRACE, now - (approval.decided_at or approval.expires_at))
    _if_not_asked_again(approval, due.at(later, approval.id))


def _if_not_asked_again(approval: Approval, change: Mapping[str, Any], remove: Sequence[str] = ()) -> None:
    """Else the new token is owed the answer, and the row stays on the clock for it."""
    same, values = "#task_token = :token", {"token": approval.task_token}
    key = key_of(approval.deal_id, approval.id)
    try:
        dynamo.write(dynamo.update(key, change=change, remove=remove, when=same, values=values))
    except ConditionFailed:
        logger.info("another token waits", extra={"approval_id": approval.id})


def _start(name: str, of: Mapping[str, Any]) -> None:
    """One execution per name."""
    try:
        aws.client("stepfunctions").start_execution(
            stateMachineArn=read(Setting.STATE_MACHINE_ARN), name=name, input=json.dumps(of)
        )
    except ClientError as error:
        if _code(error) != "ExecutionAlreadyExists":
            raise


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
