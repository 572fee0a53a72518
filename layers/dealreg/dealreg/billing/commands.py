"""From an inbox row to a won deal, or to a reason why not: the row and the deal change in one transaction."""

import logging
from datetime import datetime

from dealreg.billing import inputs, store
from dealreg.billing.model import ClosedWon, EventStatus, InboxEvent, Reason
from dealreg.deals import commands as deals
from dealreg.deals.statuses import Status
from dealreg.deals.store import locate
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound, StateConflict

logger = logging.getLogger(__name__)


def apply(event_id: str, now: datetime) -> None:
    """Idempotent: an event that was concluded before stays as it is, so a message may come twice."""
    event = store.event(event_id)
    if event.status is not EventStatus.RECEIVED:
        return
    reading = inputs.read(event.kind, event.body)
    if isinstance(reading.meaning, ClosedWon):
        reason = _win(event, reading.type, reading.meaning, now)
    else:
        reason = reading.meaning
    if reason:
        store.set_aside(event, reading.type, reason)
    logger.info("billing event concluded", extra={"event_id": event_id, "reason_code": reason})


def on_due(pk: str, _sk: str, now: datetime) -> None:
    """The clock found an event that the stream did not bring to its end."""
    apply(store.event_id_in(pk), now)


def _win(event: InboxEvent, event_type: str, won: ClosedWon, now: datetime) -> Reason | None:
    """None when the deal is won by this event: just now, or in another run that was quicker."""
    if not won.deal_reference:
        return Reason.NO_DEAL_REFERENCE
    try:
        deal = locate(won.deal_reference)
        done = store.applied(event, event_type, deal.id)
        deals.win(deal, won.amount, deals.context_at(now), f"billing {event.source_id}", also=[done])
    except NotFound:
        return Reason.DEAL_UNKNOWN
    except StateConflict:
        is_won = locate(won.deal_reference).status == Status.WON
        return Reason.DEAL_ALREADY_WON if is_won else Reason.DEAL_NOT_APPROVED
    except ConditionFailed:
        logger.info("billing event was concluded meanwhile", extra={"event_id": event.id})
    return None


def attach(event_id: str, deal_reference: str, by: str, now: datetime) -> InboxEvent:
    """A person says which deal an event means; the money is the event's. Attached twice to one deal is once."""
    event = store.event(event_id)
    reading = inputs.read(event.kind, event.body)
    if not isinstance(reading.meaning, ClosedWon):
        raise StateConflict("This event tells of no sale that we can read.", reason_code=reading.meaning)
    try:
        deal = locate(deal_reference)
    except NotFound:
        raise InvalidInput([FieldError("deal_id", "There is no such deal.")]) from None
    if event.status is EventStatus.APPLIED:
        if event.deal_id == deal.id:
            return event
        raise StateConflict("This event was applied to another deal before.", deal_id=event.deal_id)
    done = store.applied(event, reading.type, deal.id, by)
    try:
        deals.win(deal, reading.meaning.amount, deals.context_at(now), by, also=[done])
    except ConditionFailed:
        raise StateConflict("Somebody else concluded this event meanwhile.") from None
    logger.info("billing event attached", extra={"event_id": event_id, "deal_id": deal.id, "user_id": by})
    return store.event(event_id)
