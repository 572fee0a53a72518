"""Many decisions in one request: each by itself, and told of by itself."""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Annotated, TypedDict

from pydantic import BaseModel, Field, JsonValue

from dealreg.approvals import deciding, reach
from dealreg.approvals.answering import Said
from dealreg.approvals.model import Choice
from dealreg.deals import store as deals
from dealreg.deals.admin_inputs import StepDecision
from dealreg.deals.model import Deal
from dealreg.deals.statuses import RejectReason
from dealreg.platform import dynamo, http, idempotency
from dealreg.platform.errors import ConditionFailed, DealregError, InvalidInput, Unavailable
from dealreg.platform.fields import Line, Remark
from dealreg.platform.http import Caller
from dealreg.platform.idempotency import Guard, StoredReply
from dealreg.platform.rights import Right
from dealreg.platform.validation import Input, parse_value

logger = logging.getLogger(__name__)
ROUTE = "POST /v1/admin/decisions"
MOST = 100
_AT_ONCE = 8
_MAX_ID = 40
_TRIES = 3


class DecisionInput(StepDecision):
    deal_id: Annotated[Line, Field(max_length=_MAX_ID)]
    choice: Choice = Field(strict=False)
    reason: Remark = ""
    reason_code: RejectReason = Field(RejectReason.OTHER, strict=False)
    fields: Annotated[list[Line], Field(max_length=20)] = Field(default_factory=list[str])


class DecisionsInput(Input):
    """As it is described: what is wrong with one decision is that one's alone."""

    decisions: Annotated[list[DecisionInput], Field(min_length=1, max_length=MOST)]


class Asked(BaseModel):
    """As it is read: a list of whatever, of which each becomes an Input, or not."""

    model_config = Input.model_config
    decisions: Annotated[list[JsonValue], Field(min_length=1, max_length=MOST)]


class DecisionResult(TypedDict):
    deal_id: Annotated[str | None, "As it was sent; null where it was no text of that length"]
    status: Annotated[int, "202, or what a request of its own would have answered"]
    code: str | None
    detail: str | None


class DecisionResults(TypedDict):
    results: Annotated[list[DecisionResult], "In the order of the request"]


def decide_all(asked: Asked, key: str | None, now: datetime, caller: Caller) -> StoredReply:
    """The same reply for the same key. Raises IdempotencyMismatch, or Conflict while the first is at work."""
    by = caller.by
    guard = idempotency.guard(by, ROUTE, key, asked.model_dump_json().encode()) if key is not None else None
    if guard and (reply := _begun_before(guard, now)):
        return reply
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        results = list(threads.map(_deciding(now, caller), asked.decisions))
    done = sum(result["status"] == 202 for result in results)
    logger.info("decisions", extra={"by": by, "asked": len(results), "done": done})
    reply = StoredReply(200, json.dumps({"results": results}, ensure_ascii=False))
    if guard:
        dynamo.write(idempotency.record(guard, reply, now))
    return reply


def _begun_before(guard: Guard, now: datetime) -> StoredReply | None:
    """None to who is the first, and has marked it as begun. Of two at once the other is told to wait."""
    for _ in range(_TRIES):
        if reply := idempotency.stored_reply(guard, dynamo.get(guard.key.table, guard.key.pk, guard.key.sk), now):
            return reply
        with suppress(ConditionFailed):
            dynamo.write(idempotency.begin(guard, now))
            return None
    raise Unavailable


def _deciding(now: datetime, caller: Caller) -> Callable[[JsonValue], DecisionResult]:
    def decide(sent: JsonValue) -> DecisionResult:
        deal_id = _deal_id_of(sent)
        try:
            one = parse_value(DecisionInput, sent)
            said = Said(one.choice, one.reason, one.fields, one.reason_code, one.note)
            deal = deals.locate(one.deal_id)
            reach.require_deal(caller, Right.DECIDE_DEALS, deal)
            decide_as(caller, deal, said, now, one.step)
        except DealregError as error:
            return _refused(deal_id, error)
        except Exception:
            logger.exception("decision failed", extra={"deal_id": deal_id})
            return _refused(deal_id, DealregError())
        return {"deal_id": deal_id, "status": 202, "code": None, "detail": None}

    return decide


def decide_as(caller: Caller, deal: Deal, said: Said, now: datetime, step: str, seen: str = "") -> None:
    """For who may decide all of it; for who is asked, their own question alone."""
    if reach.decides_as_asked(caller, deal):
        deciding.decide_as_asked(deal, said, now, caller.email, seen)
    else:
        deciding.decide_as_admin(deal, said, now, caller.by, step, seen)


def _deal_id_of(sent: JsonValue) -> str | None:
    named = sent.get("deal_id") if isinstance(sent, dict) else None
    return named if isinstance(named, str) and len(named) <= _MAX_ID else None


def _refused(deal_id: str | None, error: DealregError) -> DecisionResult:
    detail = error.detail or error.title
    if isinstance(error, InvalidInput):
        detail = " ".join(f"{fault.field}: {fault.message}" for fault in error.errors)
    return {"deal_id": deal_id, "status": http.status_of(error), "code": error.code, "detail": detail}
