"""Lines by hand: goodwill, corrections, what is written off, and the balance that a partner comes with."""

import json
import logging
from datetime import datetime

from dealreg.commissions.days import local_day, month_of
from dealreg.commissions.ledger import Line, period_of
from dealreg.ledger import heads, lines, lists, rows, terms
from dealreg.ledger.inputs import ManualLine
from dealreg.ledger.views import LedgerLineView, line_view
from dealreg.partners import partners
from dealreg.platform import aws, dynamo, idempotency
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound, Unavailable
from dealreg.platform.idempotency import Guard, StoredReply
from dealreg.platform.money import parse_money

logger = logging.getLogger(__name__)
ROUTE = "POST /v1/admin/ledger"
_TRIES = 8


def post(said: ManualLine, key: str | None, by: str, now: datetime) -> StoredReply:
    """Payable at once. Raises InvalidInput, also for a missing key or an unknown partner, or IdempotencyMismatch."""
    if key is None:
        raise InvalidInput([FieldError("Idempotency-Key", "This header is required: money is posted once.")])
    guard = idempotency.guard(by, ROUTE, key, said.model_dump_json().encode())
    try:
        partners.load(said.partner_id)
    except NotFound:
        raise InvalidInput([FieldError("partner_id", "There is no such partner.")]) from None
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        found = dynamo.batch_get([guard.key, rows.head_key(said.partner_id), rows.periods_key()])
        if before := idempotency.stored_reply(guard, found.get(guard.key), now):
            return before
        try:
            return _post(said, found, guard, by, now)
        except ConditionFailed:
            continue
    raise Unavailable("too many lines of this partner at once")


def _post(said: ManualLine, found: dict[dynamo.Key, dynamo.Item], guard: Guard, by: str, now: datetime) -> StoredReply:
    line = by_hand(said, found.get(rows.head_key(said.partner_id)), found.get(rows.periods_key()), now)
    item = lines.to_item(line, now, None, None, by_hand=said.text)
    view: LedgerLineView = line_view(item, lists.state_of(item, now))
    reply = StoredReply(201, json.dumps(view, ensure_ascii=False))
    head = found.get(rows.head_key(said.partner_id))
    posted = heads.post(said.partner_id, head, [line], now, by_hand=said.text)
    dynamo.transact([idempotency.record(guard, reply, now), *posted])
    logger.info("line posted by hand", extra={"partner_id": said.partner_id, "line_id": item["id"], "user_id": by})
    return reply


def by_hand(said: ManualLine, head: dynamo.Item | None, periods: dynamo.Item | None, now: datetime) -> Line:
    amount = parse_money(said.amount.amount, said.amount.currency, signed=True)
    month, closed = month_of(local_day(now, terms.zone())), (periods or {}).get("closed_until", "")
    return Line(
        partner_id=said.partner_id,
        kind="adjustment",
        reason_code=said.reason_code,
        amount=amount,
        occurred_at=now,
        available_at=now,
        number=(head["number"] if head else 0) + 1,
        period=period_of(month, closed),
    )
