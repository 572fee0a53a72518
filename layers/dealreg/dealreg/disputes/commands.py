"""A partner disputes a line or a deal of its; the vendor answers once, and what it grants is posted with the answer."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.commissions.ledger import Line
from dealreg.deals import store as deals
from dealreg.disputes import store
from dealreg.disputes.inputs import AnswerInput, NewDispute
from dealreg.disputes.model import Answer, Dispute
from dealreg.disputes.views import DisputeView, dispute_view
from dealreg.ledger import commands, heads, ids, lists, rows, terms
from dealreg.ledger.inputs import ManualLine
from dealreg.platform import aws, dynamo
from dealreg.platform.errors import (
    AlreadyExists,
    ConditionFailed,
    FieldError,
    InvalidInput,
    NotFound,
    StateConflict,
    Unavailable,
)
from dealreg.platform.http import Caller
from dealreg.platform.ids import new_id
from dealreg.platform.validation import parse, parse_values

logger = logging.getLogger(__name__)
_TRIES = 8


def make(body: bytes, by: Caller, now: datetime) -> DisputeView:
    """Raises InvalidInput, NotFound for what is not the partner's, or AlreadyExists while one is open."""
    said = parse(NewDispute, body)
    deal_id = _deal_of(said, by.partner_id, now)
    dispute = Dispute(new_id("dis", now), by.partner_id, by.user_id, said.text, now, said.line_id, deal_id)
    own = store.opened(dispute)
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        head = _head(dispute)
        told: list[heads.Told] = [("commission.disputed", _data(dispute))]
        try:
            dynamo.transact([*own, *heads.post(by.partner_id, head, [], now, also=told)])
        except ConditionFailed as lost:
            if len(own) - 1 in lost.failures:
                raise AlreadyExists("There is an open dispute about this already.") from None
            continue
        logger.info("commission disputed", extra={"partner_id": by.partner_id, "dispute_id": dispute.id})
        return dispute_view(dispute)
    raise Unavailable("too many changes to the same ledger at once")


def _deal_of(said: NewDispute, partner_id: str, now: datetime) -> str | None:
    if said.line_id:
        return lists.one(partner_id, said.line_id, now)["deal_id"]
    with suppress(NotFound):
        return deals.load(partner_id, said.deal_id or "").id
    return _shared(partner_id, said.deal_id or "")


def _shared(partner_id: str, deal_id: str) -> str:
    """A deal of which the partner has lines, or will. Raises NotFound."""
    key = rows.money_key(deal_id)
    item = dynamo.get(key.table, key.pk, key.sk) if key else None
    deal = terms.from_item(item).deal if item else None
    if deal is None or deal.id != deal_id:
        raise NotFound
    shares = [share.partner_id for split in deal.splits for share in split.shares]
    if partner_id not in (deal.partner_id, *shares):
        raise NotFound
    return deal.id


def answer(dispute_id: str, body: bytes, by: str, now: datetime) -> DisputeView:
    """Raises NotFound, InvalidInput, or StateConflict for one that is answered."""
    said = parse(AnswerInput, body)
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        dispute = store.load(dispute_id)
        if dispute.answer:
            raise StateConflict(f"This dispute is {dispute.state}.")
        try:
            after = _answer(dispute, said, by, now)
        except ConditionFailed:
            continue
        logger.info("dispute answered", extra={"dispute_id": dispute_id, "outcome": said.outcome, "user_id": by})
        return dispute_view(after)
    raise Unavailable("too many changes to the same ledger at once")


def _answer(dispute: Dispute, said: AnswerInput, by: str, now: datetime) -> Dispute:
    head, posted = _head(dispute), list[Line]()
    given = Answer(said.outcome, said.text, now, by)
    if said.amount:
        line = _correction(dispute, said, head, now)
        posted = [line]
        line_id = ids.line_id(line.partner_id, line.number, now)
        given = replace(given, amount=line.amount, line_id=line_id)
    after = replace(dispute, answer=given)
    told: Sequence[heads.Told] = [("commission.dispute_answered", _data(after))]
    by_hand = said.text if posted else None
    actions = heads.post(dispute.partner_id, head, posted, now, also=told, by_hand=by_hand)
    dynamo.transact([*store.answered(after), *actions])
    return after


def _correction(dispute: Dispute, said: AnswerInput, head: dynamo.Item | None, now: datetime) -> Line:
    amount = said.amount.model_dump() if said.amount else {}
    _require_currency(dispute, amount.get("currency"), now)
    values = {"partner_id": dispute.partner_id, "amount": amount, "reason_code": "correction", "text": said.text}
    periods = rows.periods_key()
    posted = parse_values(ManualLine, values)
    line = commands.by_hand(posted, head, dynamo.get(periods.table, periods.pk, periods.sk), now)
    return replace(line, deal_id=dispute.deal_id)


def _require_currency(dispute: Dispute, currency: str | None, now: datetime) -> None:
    if not dispute.line_id:
        return
    own = lists.one(dispute.partner_id, dispute.line_id, now)["amount"]["currency"]
    if currency != own:
        raise InvalidInput([FieldError("amount.currency", f"The line is in {own}.")])


def _head(dispute: Dispute) -> dynamo.Item | None:
    key = rows.head_key(dispute.partner_id)
    return dynamo.get(key.table, key.pk, key.sk)


def _data(dispute: Dispute) -> Mapping[str, Any]:
    view = dispute_view(dispute)
    data = {
        "dispute_id": dispute.id,
        "status": dispute.state,
        "line_id": dispute.line_id,
        "deal_id": dispute.deal_id,
        "text": dispute.text,
    }
    return data | ({"answer": view["answer"]} if view["answer"] else {})
