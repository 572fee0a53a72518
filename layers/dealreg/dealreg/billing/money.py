"""Facts of money, from the inbox into the ledger: what each moves and its event's end are one transaction."""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime

from dealreg.billing import sources, store, waiting, wire_facts
from dealreg.billing.model import InboxEvent, Reading, Reason
from dealreg.billing.wire_facts import Subscription
from dealreg.commissions.facts import Claim, Payment
from dealreg.commissions.reading import Unreadable
from dealreg.deals import commands as deals
from dealreg.deals.statuses import Status
from dealreg.deals.store import locate
from dealreg.deals.words import in_sentence
from dealreg.ledger import booking, names, rates
from dealreg.ledger.booking import Outcome, Overtaken
from dealreg.ledger.ids import qualified
from dealreg.ledger.names import Name
from dealreg.ledger.terms import NotWonYet
from dealreg.partners.program import current_program
from dealreg.platform import due, dynamo
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound, StateConflict, Unavailable
from dealreg.platform.money import Money

logger = logging.getLogger(__name__)
_TRIES = 4


def is_about(event: InboxEvent) -> bool:
    return bool(wire_facts.type_of(event))


def apply(event: InboxEvent, now: datetime, attach_to: str = "", by: str | None = None) -> None:
    """Idempotent. Others that waited for what it says are applied after it; the clock sees to those that are missed."""
    told = wire_facts.type_of(event)
    try:
        facts = wire_facts.read(event, sources.load(event.source_id), current_program())
    except Unreadable as fault:
        store.set_aside(event, told, Reason.UNREADABLE, str(fault) or None)
        return
    follow: list[str] = []
    taught: list[Name] = []
    try:
        for place, fact in enumerate(facts, 1):
            if isinstance(fact, Subscription):
                taught += _learn(event, told, fact, now)
                continue
            end = _end_of(event, told, now, by) if place == len(facts) else _no_end
            outcome = _take(event, told, fact, now, end, attach_to)
            follow += outcome.settled
            taught += outcome.taught
    except Overtaken:
        logger.info("billing event was concluded meanwhile", extra={"event_id": event.id})
        return
    apply_again(follow, now)
    settle(taught, now)


def attach(event: InboxEvent, reference: str, by: str, now: datetime, *, remember: bool) -> InboxEvent:
    """A person says whose a sale is; from another deal its lines move by adjustment.

    Raises InvalidInput for a deal that is not there, StateConflict for an event that moves no money.
    """
    try:
        deal = locate(reference)
    except NotFound:
        raise InvalidInput([FieldError("deal_id", "There is no such deal.")]) from None
    if deal.status not in (Status.APPROVED, Status.WON):
        told = f"The deal is {in_sentence(deal.status)}: money counts for one that is approved or won."
        raise StateConflict(told, deal_status=deal.status)
    try:
        facts = wire_facts.read(event, sources.load(event.source_id), current_program())
    except Unreadable as fault:
        raise StateConflict(str(fault), reason_code=Reason.UNREADABLE) from None
    apply(event, now, attach_to=deal.id, by=by)
    if remember:
        settle(names.remember(_names_in(event, facts), deal.id, now), now)
    logger.info("billing event attached", extra={"event_id": event.id, "deal_id": deal.id, "user_id": by})
    return store.event(event.id)


def _names_in(event: InboxEvent, facts: Iterable[wire_facts.Fact]) -> list[Name]:
    contents = [fact.content for fact in facts if isinstance(fact, Payment) and fact.content]
    return [(kind, qualified(event.source_id, name)) for one in contents for kind, name in one.names_of_deal]


def apply_again(event_ids: Iterable[str], now: datetime) -> None:
    for event_id in dict.fromkeys(event_ids):
        with suppress(NotFound):
            event = store.event(event_id)
            if not event.is_over:
                apply(event, now)


def teach(source_id: str, reading: Reading, now: datetime) -> list[Name]:
    """The subscription and the customer that an event names beside its deal are the deal's. Which were not before."""
    if not (reading.names and reading.deal_reference):
        return []
    try:
        deal = locate(reading.deal_reference)
    except NotFound:
        return []
    return names.teach([(kind, qualified(source_id, name)) for kind, name in reading.names], deal.id, now)


def settle(taught: Sequence[Name], now: datetime) -> None:
    """Sales that waited to learn whose they are."""
    for name in taught:
        for waits, event_ids in names.waiting(name):
            apply_again(event_ids, now)
            names.let_go(waits)
        names.take_off_clock(name)


def on_name_due(key: dynamo.Key, now: datetime) -> None:
    """The run that taught a name ended before all who waited for it were settled."""
    row = dynamo.get(key.table, key.pk, key.sk)
    if row and "due_at" in row:
        settle([names.name_in(row)], now)


def on_rate_due(key: dynamo.Key, now: datetime) -> None:
    """Rates of a pair of currencies came: sales that waited for one are counted. Others go on waiting."""
    pair = dynamo.get(key.table, key.pk, key.sk)
    if pair is None or "due_at" not in pair:
        return
    for waits, event_ids in rates.waiting(pair):
        apply_again(event_ids, now)
        if all(_is_over(event_id) for event_id in event_ids):
            names.let_go(waits)
    with suppress(ConditionFailed):  # further rates came meanwhile
        same = {"due_at": pair["due_at"]}
        dynamo.write(dynamo.update(key, remove=due.ATTRIBUTES, when="#due_at = :due_at", values=same))


def _is_over(event_id: str) -> bool:
    try:
        return store.event(event_id).is_over
    except NotFound:
        return True


# ---- one fact -------------------------------------------------------------------------------------------------------


def _take(
    event: InboxEvent, told: str, fact: Payment | Claim, now: datetime, end: booking.Conclude, attach_to: str
) -> Outcome:
    """Wins the deal first, if it is approved."""
    for _ in range(_TRIES):
        try:
            outcome = booking.take(event.source_id, fact, now, end, attach_to=attach_to)
        except NotWonYet as found:
            with suppress(StateConflict, NotFound):  # it was decided on, or given to another partner, since it was read
                deals.win(found.deal, found.total, deals.context_at(now), f"billing {event.source_id}")
            continue
        if outcome.reason != Reason.AWAITING_APPROVAL or end is _no_end or _waits(event, told, fact, outcome, now):
            return outcome
    raise Unavailable("too many changes to the same deal at once")


def _waits(event: InboxEvent, told: str, fact: Payment | Claim, outcome: Outcome, now: datetime) -> bool:
    """False if the deal was decided on meanwhile. Raises Overtaken."""
    sold = fact.content if isinstance(fact, Payment) else None
    try:
        if sold:
            waiting.for_decision(event, told, locate(outcome.reference), Money(sold.total, sold.currency), now)
        else:  # the payment that says what was sold is noted on the deal
            dynamo.write(store.waits(event, told, Reason.AWAITING_APPROVAL, now))
    except (StateConflict, NotFound):
        return False
    except ConditionFailed:
        raise Overtaken from None
    return True


def _no_end(_: Outcome) -> Sequence[dynamo.Action]:
    return ()


def _end_of(event: InboxEvent, told: str, now: datetime, by: str | None) -> booking.Conclude:
    def end(outcome: Outcome) -> Sequence[dynamo.Action]:
        if outcome.reason is None:
            return [store.applied(event, told, outcome.deal_id or "", by)]
        reason = Reason(outcome.reason)
        if reason is Reason.AWAITING_APPROVAL:
            return ()  # the deal is told of it in a transaction of its own
        if reason.is_waiting:
            return [store.waits(event, told, reason, now, outcome.deal_id)]
        return [store.aside(event, told, reason, deal_id=outcome.deal_id)]

    return end


def _learn(event: InboxEvent, told: str, fact: Subscription, now: datetime) -> list[Name]:
    """Whose a subscription is; which it says itself, or is known by its names."""
    named = [(kind, qualified(event.source_id, name)) for kind, name in fact.names]
    reference = fact.deal_reference or names.deal_of(named)
    if not reference:
        store.set_aside(event, told, Reason.NO_DEAL_REFERENCE)
        return []
    try:
        deal = locate(reference)
    except NotFound:
        store.set_aside(event, told, Reason.DEAL_UNKNOWN)
        return []
    taught = names.teach(named, deal.id, now)
    with suppress(ConditionFailed):
        dynamo.write(store.applied(event, told, deal.id))
    return taught
