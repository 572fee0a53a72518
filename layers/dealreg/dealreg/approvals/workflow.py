"""The approval's state machine, as the relay and the clock deal with it: started once, answered once, and begun again
where an answer was due to an execution that is gone."""

import hashlib
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from dealreg.approvals import closed, store
from dealreg.approvals.model import NextStep, Review, State, Turn
from dealreg.approvals.steps import AUTOMATIC
from dealreg.deals import store as deals
from dealreg.platform import aws, due, dynamo
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting, read

logger = logging.getLogger(__name__)

ASKED_WITHIN = timedelta(minutes=5)
"""After that the clock starts another execution for a review that has not come to its first question."""
_NOT_WAITED_FOR = ("TaskTimedOut", "TaskDoesNotExist", "InvalidToken")
"""Answered before, timed out, or its execution is gone."""


def start(event: Event, now: datetime) -> None:
    """For an event after which its deal is in review. One execution per version of a deal, whoever asks how often.

    First the review's row, on the clock, by which a review whose execution comes to nothing is found.
    """
    version: int = event.data["version"]
    with suppress(ConditionFailed):  # it is there
        begun = Review(event.subject, version, began_at=event.timestamp)
        dynamo.write(store.begin(begun, now + ASKED_WITHIN))
    _start(f"{event.subject}-{version}", {"deal_id": event.subject, "version": version})
    logger.info("review started", extra={"deal_id": event.subject, "version": version})


def start_again(review: Review, now: datetime) -> None:
    """Its execution has come to nothing."""
    _start(_name(review), {"deal_id": review.deal_id, "version": review.version})
    _put_off(review, now + ASKED_WITHIN)
    logger.warning("review begins in another execution", extra={"deal_id": review.deal_id})


def answer(review: Review, now: datetime) -> None:
    """Tells the waiting execution what came of its questions. It stays on the clock until that has had its effect.

    Does nothing for a review that is open, or whose answer has had its effect.
    """
    if review.state in (State.STARTED, State.OPEN) or review.due_at is None:
        return
    token = store.token_of(review)
    if not token and _was_decided_by_nobody(review) and now < review.due_at:
        return  # the execution that found that applies it at once
    turn = turn_after(review)
    if _is_waited_for(token, turn):
        if review.state is State.SUPERSEDED:  # there is nothing more to be done with it
            _forget(review)
        elif now >= review.due_at:
            _put_off(review, now + due.RELAY_GRACE)
    elif review.state is State.SUPERSEDED or not closed.under_review(deals.locate(review.deal_id), review.version):
        _forget(review)
    else:
        _go_on(review, turn, now)


def _was_decided_by_nobody(review: Review) -> bool:
    return review.decision is not None and review.decision.by == AUTOMATIC


def turn_after(review: Review) -> Turn:
    """What the state machine does with a review that is not open."""
    next_step = {State.PASSED: NextStep.ASK, State.DECIDED: NextStep.APPLY}.get(review.state, NextStep.END)
    step = review.order + 1 if next_step is NextStep.ASK else review.order
    return Turn(deal_id=review.deal_id, version=review.version, next_step=next_step, step=step)


def _is_waited_for(token: str, turn: Turn) -> bool:
    """By whoever waits with it, who has the turn by now."""
    if not token:
        return False
    try:
        aws.client("stepfunctions").send_task_success(taskToken=token, output=json.dumps(turn))
    except ClientError as error:
        if _code(error) not in _NOT_WAITED_FOR:
            raise
        return False
    return True


def _go_on(review: Review, turn: Turn, now: datetime) -> None:
    """Another execution takes the turn that nobody waits for; where the first one has taken it, it changes nothing."""
    _start(_name(review), turn)
    _put_off(review, now + due.RELAY_GRACE)
    logger.warning("review goes on in another execution", extra={"deal_id": review.deal_id})


def _name(review: Review) -> str:
    """Of an execution that takes over: one for each time that the clock has been set to."""
    digest = hashlib.sha256(f"{review.revision} {review.due_at}".encode()).hexdigest()[:12]
    return f"{review.deal_id}-{review.version}-{digest}"


def _forget(review: Review) -> None:
    _unless_it_moved_on(store.change_clock(review, None))


def _put_off(review: Review, moment: datetime) -> None:
    _unless_it_moved_on(store.change_clock(review, moment))


def _unless_it_moved_on(action: dynamo.Action) -> None:
    with suppress(ConditionFailed):  # then it is on the clock for what it has come to
        dynamo.write(action)


def _start(name: str, of: Mapping[str, Any] | Turn) -> None:
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
