"""From an inbox row to a won deal, or to a reason why not: the row and the deal change in one transaction."""

import logging
from contextlib import suppress
from datetime import datetime

from dealreg.billing import inputs, money, store, waiting
from dealreg.billing.model import MAX_TRIES, PATIENCE, EventStatus, InboxEvent, Reading, Reason
from dealreg.deals import commands as deals
from dealreg.deals import sales
from dealreg.deals.model import Deal
from dealreg.deals.statuses import UNDECIDED, Status
from dealreg.deals.store import locate
from dealreg.platform import due, dynamo
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound, StateConflict, Unavailable
from dealreg.platform.events import Event
from dealreg.platform.money import Money

logger = logging.getLogger(__name__)

_TRIES = 4


def apply(event_id: str, now: datetime) -> None:
    """Idempotent: an event that is over stays as it is; one that waits, or lacked something, is tried again."""
    event = store.event(event_id)
    if event.is_over:
        return
    if money.is_about(event):
        money.apply(event, now)
        return
    reading = inputs.read(event.kind, event.body)
    if reading.ends_checkout and event.status is EventStatus.RECEIVED:
        _end_checkout(event, reading, now)
    taught = money.teach(event.source_id, reading, now) if reading.reason is None else []
    if reading.reason is Reason.AWAITING_PAYMENT:
        reason = _await_payment(event, reading, now)
    elif reading.reason is None and reading.amount:
        reason = _apply_sale(event, reading, reading.amount, now)
    else:
        reason = reading.reason or Reason.UNREADABLE
    if reason:
        store.set_aside(event, reading.type, reason, reading.problem)
    money.settle(taught, now)
    logger.info("billing event handled", extra={"event_id": event_id, "reason_code": reason})


def on_due(key: dynamo.Key, now: datetime) -> None:
    """The clock found an event that the stream did not bring to its end, that waits, or that was sent again."""
    event = store.event(store.event_id_in(key.pk))
    if event.due_at is None or event.due_at > now:
        return
    if event.tries >= MAX_TRIES:
        store.set_aside(event, inputs.read(event.kind, event.body).type, Reason.APPLY_FAILED)
        logger.error(due.GIVEN_UP, extra={"event_id": event.id, "tries": event.tries})
    elif store.begin_try(event, now):
        apply(event.id, now)


def on_decision(event: Event, now: datetime) -> None:
    """A deal was approved or has ended: what was reported of it before is applied now, or has its reason."""
    for sale in locate(event.subject).reported_sales:
        with suppress(NotFound):
            apply(sale["event_id"], now)


# ---- sales ----------------------------------------------------------------------------------------------------------


def _apply_sale(event: InboxEvent, reading: Reading, amount: Money, now: datetime) -> Reason | None:
    """None when the event won the deal or waits for it: by this run, or by another that was quicker."""
    if not reading.deal_reference:
        return Reason.NO_DEAL_REFERENCE
    for _ in range(_TRIES):
        try:
            deal = locate(reading.deal_reference)
        except NotFound:
            return Reason.DEAL_UNKNOWN
        if deal.status == Status.WON:
            return Reason.DEAL_ALREADY_WON
        if deal.status not in (*UNDECIDED, Status.APPROVED):
            return Reason.DEAL_NOT_APPROVED
        try:
            _win_or_wait(event, reading, deal, amount, now)
        except (StateConflict, NotFound):
            continue  # it was decided on, or given to another partner, since it was read
        except ConditionFailed:
            logger.info("billing event was concluded meanwhile", extra={"event_id": event.id})
        return None
    raise Unavailable("too many changes to the same deal at once")


def _win_or_wait(event: InboxEvent, reading: Reading, deal: Deal, amount: Money, now: datetime) -> None:
    if deal.status == Status.APPROVED:
        done = store.applied(event, reading.type, deal.id)
        deals.win(deal, amount, deals.context_at(now), f"billing {event.source_id}", also=[done])
    else:
        waiting.for_decision(event, reading.type, deal, amount, now)


# ---- payments that take their time ----------------------------------------------------------------------------------


def _await_payment(event: InboxEvent, reading: Reading, now: datetime) -> Reason | None:
    """None while it waits. The events of a checkout come in any order."""
    for _ in range(_TRIES):
        if end := store.end_of_checkout(event, reading):
            return end
        if now - event.received_at >= PATIENCE:
            return Reason.PAYMENT_OVERDUE
        try:
            store.await_payment(event, reading, now)
        except ConditionFailed as lost:
            if 0 not in lost.failures:
                continue  # the end of the checkout was told just now
        return None
    raise Unavailable("the end of the checkout cannot be read")


def _end_checkout(event: InboxEvent, reading: Reading, now: datetime) -> None:
    failed = reading.reason is Reason.PAYMENT_FAILED
    store.end_checkout(event, reading, Reason.PAYMENT_FAILED if failed else Reason.SUPERSEDED)
    for event_id in store.awaiting_payment(event, reading):
        apply(event_id, now)


# ---- by an admin ----------------------------------------------------------------------------------------------------


def attach(
    event_id: str, deal_reference: str, amount: Money | None, by: str, now: datetime, *, remember: bool = False
) -> InboxEvent:
    """A person says which deal an event means, and how much it is where it does not say. Twice to one deal is once."""
    event = store.event(event_id)
    if money.is_about(event):
        if amount:
            raise InvalidInput([FieldError("amount", "The event says how much it is: leave the amount out.")])
        return money.attach(event, deal_reference, by, now, remember=remember)
    reading = inputs.read(event.kind, event.body)
    try:
        deal = locate(deal_reference)
    except NotFound:
        raise InvalidInput([FieldError("deal_id", "There is no such deal.")]) from None
    if event.status is EventStatus.APPLIED:
        if event.deal_id == deal.id:
            return event
        raise StateConflict("This event was applied to another deal before.", deal_id=event.deal_id)
    sold = _agreed_amount(reading, amount)
    done = store.applied(event, reading.type, deal.id, by)
    try:
        deals.win(deal, sold, deals.context_at(now), by, also=[done])
    except ConditionFailed:
        raise StateConflict("Somebody else concluded this event meanwhile.") from None
    _drop_report(event, deal.id, by, now)
    logger.info("billing event attached", extra={"event_id": event_id, "deal_id": deal.id, "user_id": by})
    return store.event(event_id)


def _agreed_amount(reading: Reading, named: Money | None) -> Money:
    if reading.amount and named and reading.amount != named:
        raise InvalidInput([FieldError("amount", f"The event says {reading.amount}: leave the amount out.")])
    if amount := reading.amount or named:
        return amount
    if reading.reason is Reason.UNREADABLE:
        raise InvalidInput([FieldError("amount", f"Name the amount, which the event does not say. {reading.problem}")])
    told = "This event tells of no sale that we can read. To attach it all the same, name the amount."
    raise StateConflict(told, reason_code=reading.reason)


def close(event_id: str, reason: str, by: str, now: datetime) -> InboxEvent:
    """A person says that nothing follows from an event. Closed twice is once, for the first reason."""
    event = store.event(event_id)
    if event.reason_code == Reason.CLOSED:
        return event
    if event.is_over:
        raise StateConflict("This event is over already.", reason_code=event.reason_code, deal_id=event.deal_id)
    try:
        store.close(event, inputs.read(event.kind, event.body).type, reason, by)
    except ConditionFailed:
        raise StateConflict("Something became of this event meanwhile. Look at it again.") from None
    _drop_report(event, None, by, now)
    logger.info("billing event closed", extra={"event_id": event_id, "user_id": by})
    return store.event(event_id)


def _drop_report(event: InboxEvent, deal_id: str | None, by: str, now: datetime) -> None:
    """The deal that the event waited for is not the one; decided on, it keeps what was said of it."""
    if event.deal_id is None or event.deal_id == deal_id:
        return
    with suppress(StateConflict, NotFound):
        deal = locate(event.deal_id)
        if waiting.is_reported(deal, event.id):
            context = deals.context_at(now)
            deals.apply(deal, lambda current: sales.drop_sale(current, context, event.id, by))
