"""From an inbox row to won deals and lines of commissions, or to a reason why not."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from dealreg.billing import checkouts, following, money, reading, recognising, sources, store, waiting, won
from dealreg.billing.facts import Fact, OfDeal, OfEngine, Translated
from dealreg.billing.model import FETCH_FOR, LOOK_AGAIN, MAX_TRIES, EventStatus, InboxEvent, Reason
from dealreg.billing.money import Ending
from dealreg.billing.reading import NotFetched
from dealreg.billing.recognising import Candidate
from dealreg.commissions.facts import Payment
from dealreg.deals import commands as deals
from dealreg.deals import sales
from dealreg.deals.model import Deal
from dealreg.deals.statuses import Status
from dealreg.deals.store import locate
from dealreg.deals.words import in_sentence
from dealreg.ledger import names
from dealreg.ledger.booking import Outcome, Overtaken
from dealreg.ledger.names import Name
from dealreg.partners.program import current_program
from dealreg.platform import due, dynamo
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound, StateConflict
from dealreg.platform.events import Event
from dealreg.platform.money import Money

logger = logging.getLogger(__name__)
_SUGGESTED = 5


def on_received(event_id: str, now: datetime) -> None:
    """The stream brings it; again, when its run broke off. What is being fetched meanwhile is the clock's."""
    if store.event(event_id).reason_code != Reason.FETCHING:
        apply(event_id, now)


def apply(event_id: str, now: datetime) -> None:
    """Idempotent: an event that is over stays as it is; one that waits, or lacked something, is tried again."""
    event = store.event(event_id)
    if not event.is_over:
        _apply(event, now)


def read_again(event_id: str, now: datetime) -> InboxEvent:
    """By the source and the release as they are now, also if it was over. Raises StateConflict where that cannot be."""
    event = store.event(event_id)
    if event.reason_code == Reason.CLOSED:
        raise StateConflict("An admin closed this event.", reason_code=Reason.CLOSED)
    _apply(event, now, anew=True)
    return store.event(event_id)


def on_due(key: dynamo.Key, now: datetime) -> None:
    """The clock found an event that the stream did not bring to its end, that waits, or that was sent again."""
    event = store.event(store.event_id_in(key.pk))
    if event.due_at is None or event.due_at > now:
        return
    is_fetching = event.reason_code == Reason.FETCHING and now - event.received_at < FETCH_FOR + 2 * LOOK_AGAIN
    if event.tries >= MAX_TRIES and not is_fetching:
        store.set_aside(event, _type_of(event), Reason.APPLY_FAILED)
        logger.error(due.GIVEN_UP, extra={"event_id": event.id, "tries": event.tries})
    elif store.begin_try(event, now):
        apply(event.id, now)


def on_decision(event: Event, now: datetime) -> None:
    """A deal was approved or has ended: what was reported of it before is applied now, or has its reason."""
    for sale in locate(event.subject).reported_sales:
        with suppress(NotFound):
            apply(sale["event_id"], now)


def facts_of(event: InboxEvent) -> Sequence[Fact]:
    """As far as they are known without asking its sender."""
    return reading.at_hand(event, sources.of_event(event)).facts


def suggestions(event: InboxEvent, facts: Sequence[Fact], now: datetime) -> Sequence[Candidate]:
    """Deals that an unmatched event may be of; the best first."""
    return recognising.candidates(facts, now)[:_SUGGESTED] if event.status is EventStatus.UNMATCHED else ()


# ---- what an event says ---------------------------------------------------------------------------------------------


def _apply(event: InboxEvent, now: datetime, *, anew: bool = False) -> None:
    source = sources.of_event(event)
    try:
        event, said = reading.read(event, source, now, anew=anew)
        event = store.read_anew(event) if anew and said.facts else event
    except NotFetched as fault:
        _not_fetched(event, fault, now)
        return
    except ConditionFailed:
        return
    sources.warn(source, said.warnings)
    if said.ends_checkout and event.status is EventStatus.RECEIVED:
        following.apply_again(apply, checkouts.end(event, said), now)
    if said.facts:
        _take_all(event, said, now)
    elif reason := _without_facts(event, said, now):
        _set_aside(event, said, reason)
    logger.info("billing event handled", extra={"event_id": event.id, "event_type": said.type})


def _not_fetched(event: InboxEvent, fault: NotFetched, now: datetime) -> None:
    """Nothing moves until it is known what it is about."""
    if event.is_over or event.facts:
        raise StateConflict(f"It stays as it is. {fault}")
    if now - event.received_at < FETCH_FOR:
        store.fetches(event, fault.said.type, str(fault), now)
    else:
        store.set_aside(event, fault.said.type, Reason.FETCH_FAILED, str(fault))


def _without_facts(event: InboxEvent, said: Translated, now: datetime) -> Reason | None:
    """None while it waits."""
    if said.ignored == Reason.AWAITING_PAYMENT:
        return checkouts.await_payment(event, said, now)
    return Reason.UNREADABLE if said.unreadable else Reason(said.ignored)


def _set_aside(event: InboxEvent, said: Translated, reason: Reason) -> None:
    if event.status is EventStatus.APPLIED:
        raise StateConflict(f"It was applied, and stays so: read again, it moves nothing. {said.unreadable}".strip())
    if event.reason_code != reason or said.unreadable:
        store.set_aside(event, said.type, reason, said.unreadable or None)


def _take_all(event: InboxEvent, said: Translated, now: datetime, attach_to: str = "", by: str | None = None) -> None:
    """Others that waited for what it says are applied after it; the clock sees to those that are missed."""
    facts = money.in_order(event, said, current_program())
    if event.status is EventStatus.APPLIED:
        facts = [fact for fact in facts if not _is_won(fact)]  # that deal is won already
    end = Ending(event, said.type, now, attach_to, by or event.attached_by, _sold(facts))
    if not attach_to:
        facts, end.has_several = recognising.recognise(event, said.facts, facts, now)
    follow, taught = list[str](), list[Name]()
    try:
        for place, fact in enumerate(facts, 1):
            end.is_last = place == len(facts)
            outcome = _take(fact, end)
            follow += outcome.settled
            taught += outcome.taught
    except Overtaken:
        logger.info("billing event was concluded meanwhile", extra={"event_id": event.id})
    following.apply_again(apply, follow, now)
    following.settle(apply, taught, now)


def _take(fact: OfEngine, end: Ending) -> Outcome:
    if isinstance(fact, OfDeal):
        return won.win(fact, end) if fact.is_won else money.learn(fact, end)
    outcome = money.take(fact, end)
    end.note(outcome)
    return outcome


def _is_won(fact: OfEngine) -> bool:
    return isinstance(fact, OfDeal) and fact.is_won


def _sold(facts: list[OfEngine]) -> Money | None:
    contents = [fact.content for fact in facts if isinstance(fact, Payment) and fact.content]
    return Money(contents[0].total, contents[0].currency) if contents else None


# ---- by an admin ----------------------------------------------------------------------------------------------------


def attach(
    event_id: str, deal_reference: str, amount: Money | None, by: str, now: datetime, *, remember: bool = False
) -> InboxEvent:
    """A person says which deal an event means, and how much it is where it does not say. Twice to one deal is once.

    A sale that was another deal's moves by adjustment. Raises InvalidInput or StateConflict.
    """
    event, said = _as_far_as_known(store.event(event_id), now)
    try:
        deal = locate(deal_reference)
    except NotFound:
        raise InvalidInput([FieldError("deal_id", "There is no such deal.")]) from None
    facts = money.in_order(event, said, current_program())
    wins = [fact for fact in facts if isinstance(fact, OfDeal) and fact.is_won]
    if len(facts) > len(wins):
        _require_open(deal, amount)
        _take_all(event, said, now, deal.id, by)
        _drop_report(event, deal.id, by, now)
    elif event.status is not EventStatus.APPLIED:
        _win_by_hand(event, said, deal, _agreed_amount(said, wins, deal, amount), by, now)
    elif event.deal_id != deal.id:
        raise StateConflict("This event was applied to another deal before.", deal_id=event.deal_id)
    if remember:
        named = money.names_in(event.source_id, facts)
        following.settle(apply, names.remember(named, deal.id, now), now)
    after = store.event(event_id)
    if after.deal_id != deal.id:
        raise StateConflict("Somebody attached it to another deal at this moment. Look again.", deal_id=after.deal_id)
    logger.info("billing event attached", extra={"event_id": event_id, "deal_id": deal.id, "user_id": by})
    return after


def _as_far_as_known(event: InboxEvent, now: datetime) -> tuple[InboxEvent, Translated]:
    """A person may know what the sender's API does not say."""
    try:
        return reading.read(event, sources.of_event(event), now)
    except NotFetched as fault:
        return event, Translated(fault.said.type, unreadable=str(fault))
    except ConditionFailed:
        raise StateConflict("Something became of this event meanwhile. Look at it again.") from None


def _require_open(deal: Deal, amount: Money | None) -> None:
    if amount:
        raise InvalidInput([FieldError("amount", "The event says how much it is: leave the amount out.")])
    if deal.status not in (Status.APPROVED, Status.WON):
        told = f"The deal is {in_sentence(deal.status)}: money counts for one that is approved or won."
        raise StateConflict(told, deal_status=deal.status)


def _win_by_hand(event: InboxEvent, said: Translated, deal: Deal, sold: Money, by: str, now: datetime) -> None:
    done = store.applied(event, said.type, deal.id, by)
    try:
        deals.win(deal, sold, deals.context_at(now), by, also=[done])
    except ConditionFailed:
        raise StateConflict("Somebody else concluded this event meanwhile.") from None
    _drop_report(event, deal.id, by, now)


def _agreed_amount(said: Translated, wins: Sequence[OfDeal], deal: Deal, named: Money | None) -> Money:
    told = wins[0].amount if wins else None
    if told and named and told != named:
        raise InvalidInput([FieldError("amount", f"The event says {told}: leave the amount out.")])
    if amount := told or named or (deal.amount if wins else None):
        return amount
    if said.unreadable:
        raise InvalidInput([FieldError("amount", f"Name the amount, which the event does not say. {said.unreadable}")])
    refused = "This event tells of no sale that we can read. To attach it all the same, name the amount."
    raise StateConflict(refused, reason_code=said.ignored)


def close(event_id: str, reason: str, by: str, now: datetime) -> InboxEvent:
    """A person says that nothing follows from an event. Closed twice is once, for the first reason."""
    event = store.event(event_id)
    if event.reason_code == Reason.CLOSED:
        return event
    if event.is_over:
        raise StateConflict("This event is over already.", reason_code=event.reason_code, deal_id=event.deal_id)
    try:
        said = reading.at_hand(event, sources.of_event(event))
        dropped = money.dropped(event, money.in_order(event, said, current_program()))
        dynamo.transact([store.closed(event, event.type or said.type, reason, by), *dropped])
    except ConditionFailed:
        raise StateConflict("Something became of this event meanwhile. Look at it again.") from None
    _drop_report(event, None, by, now)
    logger.info("billing event closed", extra={"event_id": event_id, "user_id": by})
    return store.event(event_id)


def _type_of(event: InboxEvent) -> str:
    return event.type or reading.at_hand(event, sources.of_event(event)).type


def _drop_report(event: InboxEvent, deal_id: str | None, by: str, now: datetime) -> None:
    """The deal that the event waited for is not the one; decided on, it keeps what was said of it."""
    if event.deal_id is None or event.deal_id == deal_id:
        return
    with suppress(StateConflict, NotFound):
        deal = locate(event.deal_id)
        if waiting.is_reported(deal, event.id):
            context = deals.context_at(now)
            deals.apply(deal, lambda current: sales.drop_sale(current, context, event.id, by))
