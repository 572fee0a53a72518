"""The approval's state machine, as the relay and the clock deal with it: started once, answered once, and begun again
where an answer was due to an execution that is gone."""

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from dealreg.approvals import rules
from dealreg.approvals.model import Approval, Status, Turn, approval_from_item, key_of
from dealreg.deals import store as deals
from dealreg.platform import aws, dynamo, outbox
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


def answer(item: Mapping[str, Any]) -> None:
    """Tells the waiting execution what came of its question, then takes the row off the clock and forgets the token.

    `item` is the row, as read or from the stream. Does nothing for a question that is open, and nothing a second time.
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
        logger.info("nobody waits for the answer", extra={"approval_id": approval.id, "code": _code(error)})
        if rules.under_review(deals.locate(approval.deal_id), approval.review_version):
            _go_on(turn, approval.task_token)
    _finish(approval)


def _go_on(turn: Turn, lost_token: str) -> None:
    """Another execution takes the turn that nobody waits for; where the first one has taken it, it changes nothing."""
    digest = hashlib.sha256(lost_token.encode()).hexdigest()[:12]
    _start(f"{turn['deal_id']}-{turn['version']}-{turn['step']}-{digest}", turn)
    logger.warning(
        "review goes on in another execution", extra={"deal_id": turn["deal_id"], "version": turn["version"]}
    )


def _start(name: str, of: Mapping[str, Any]) -> None:
    """One execution per name."""
    try:
        aws.client("stepfunctions").start_execution(
            stateMachineArn=read(Setting.STATE_MACHINE_ARN), name=name, input=json.dumps(of)
        )
    except ClientError as error:
        if _code(error) != "ExecutionAlreadyExists":
            raise


def _finish(approval: Approval) -> None:
    done = dynamo.update(
        key_of(approval.deal_id, approval.id),
        remove=("task_token", *outbox.ATTRIBUTES),
        when="#task_token = :token",
        values={"token": approval.task_token},
    )
    try:
        dynamo.write(done)
    except ConditionFailed:
        # Asked again meanwhile: the new token is owed the answer, and the row stays on the clock for it.
        logger.info("another token waits", extra={"approval_id": approval.id})


def _code(error: ClientError) -> str:
    return error.response.get("Error", {}).get("Code", "")
