"""One fact of an event, into the ledger: what it moves and its event's end are one transaction."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime

from dealreg.billing import store, waiting
from dealreg.billing.facts import OfDeal, OfEngine, Translated, of_engine
from dealreg.billing.model import EventStatus, InboxEvent, Reason
from dealreg.commissions.facts import Claim, Payment
from dealreg.deals import commands as deals
from dealreg.deals.store import locate
from dealreg.ledger import booking, dropping, names, subscriptions
from dealreg.ledger.booking import Outcome, Overtaken
from dealreg.ledger.ids import qualified
from dealreg.ledger.names import Name
from dealreg.ledger.subscriptions import Subscription
from dealreg.ledger.terms import NotWonYet
from dealreg.partners.program import Program
from dealreg.platform import due, dynamo
from dealreg.platform.errors import ConditionFailed, NotFound, StateConflict, Unavailable
from dealreg.platform.money import Money

logger = logging.getLogger(__name__)
TRIES = 4
_OPEN = (EventStatus.WAITING, EventStatus.UNMATCHED)


def in_order(event: InboxEvent, said: Translated, program: Program) -> list[OfEngine]:
    """Whose a subscription is, then whose deal is won, then what was paid, then what went back. Raises Unreadable."""
    facts = [of_engine(fact, event.id, event.received_at) for fact in said.facts]
    return sorted((_offered(fact, event.readings, program) for fact in facts), key=_rank)


def _rank(fact: OfEngine) -> int:
    match fact:
        case OfDeal():
            return int(fact.is_won)
        case Payment():
            return 2
        case Claim():
            return 3


def _offered(fact: OfEngine, readings: int, program: Program) -> OfEngine:
    """With the families of its products as they are now: later changes move nothing that was sold."""
    if not isinstance(fact, Payment) or fact.content is None:
        return fact
    known = [program.product(line.product) if line.product else None for line in fact.content.lines]
    lines = [
        replace(line, family=product.family if product else None)
        for line, product in zip(fact.content.lines, known, strict=True)
    ]
    return replace(fact, reading=readings, content=replace(fact.content, lines=tuple(lines)))


def names_in(source_id: str, facts: Iterable[OfEngine]) -> list[Name]:
    """By which the deal of an event is known from then on."""
    named: list[tuple[str, str]] = []
    for fact in facts:
        if isinstance(fact, OfDeal):
            named += fact.names
        elif isinstance(fact, Payment) and fact.content:
            named += fact.content.names_of_deal
    return [(kind, qualified(source_id, name)) for kind, name in dict.fromkeys(named)]


def dropped(event: InboxEvent, facts: Iterable[OfEngine]) -> list[dynamo.Action]:
    """What it says was paid of sales that have no deal is not to count when they get one."""
    sales = dict.fromkeys(fact.sale_id for fact in facts if isinstance(fact, Payment) and fact.sale_id)
    return [one for sale_id in sales for one in dropping.drop(qualified(event.source_id, sale_id), event.id)]


# ---- how an event ends ----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Ending:
    """An event ends with the last of its facts, unless an earlier one waits for something or lacks it."""

    event: InboxEvent
    type: str
    now: datetime
    attach_to: str = ""
    """The deal that a person named, whatever the event names."""
    by: str | None = None
    sold: Money | None = None
    """What is noted on a deal that is not decided on."""
    is_last: bool = False
    pending: Outcome | None = None
    has_several: bool = False
    """Deals of the customer; the event names none."""

    def note(self, outcome: Outcome) -> None:
        if not self.pending and outcome.reason and Reason(outcome.reason).status in _OPEN:
            self.pending = outcome

    def __call__(self, outcome: Outcome) -> Sequence[dynamo.Action]:
        """For the transaction of a fact."""
        return [*self._own(outcome), *_set_aside(outcome.uncounted)]

    def _own(self, outcome: Outcome) -> Sequence[dynamo.Action]:
        """With the last fact."""
        if not self.is_last:
            return ()
        outcome = self.pending or outcome
        if outcome.reason is None:
            return [store.applied(self.event, self.type, outcome.deal_id or "", self.by)]
        reason = Reason(outcome.reason)
        if reason is Reason.OUTDATED and self.event.status is EventStatus.APPLIED:
            return ()  # read again: it was applied, and what counts more came after it
        if reason is Reason.NO_DEAL_REFERENCE and self.has_several:
            reason = Reason.SEVERAL_DEALS
        if reason is Reason.AWAITING_APPROVAL:
            return ()  # the deal is told of it in a transaction of its own
        if reason.is_waiting:
            return [store.waits(self.event, self.type, reason, self.now, outcome.deal_id)]
        if reason is Reason.TOO_MANY_CHANGES:  # on the alarm for what nobody but a person can bring to its end
            logger.error(due.GIVEN_UP, extra={"event_id": self.event.id, "reason_code": reason})
        return [store.aside(self.event, self.type, reason, deal_id=outcome.deal_id)]

    def is_over(self, outcome: Outcome) -> bool:
        """False if its deal was decided on meanwhile. Raises Overtaken."""
        outcome = self.pending or outcome
        if not self.is_last or outcome.reason != Reason.AWAITING_APPROVAL:
            return True
        try:
            if self.sold:
                waiting.for_decision(self.event, self.type, locate(outcome.reference), self.sold, self.now)
            else:  # the payment that says what was sold is noted on the deal
                dynamo.write(store.waits(self.event, self.type, Reason.AWAITING_APPROVAL, self.now))
        except (StateConflict, NotFound):
            return False
        except ConditionFailed:
            raise Overtaken from None
        return True


def _set_aside(event_ids: Sequence[str]) -> Iterator[dynamo.Action]:
    """Events of facts that count no more, which had been applied. One that is not is concluded when it is taken."""
    for event_id in event_ids:
        with suppress(NotFound):
            event = store.event(event_id)
            if event.status is EventStatus.APPLIED:
                yield store.aside(event, event.type, Reason.OTHER_CURRENCY, deal_id=event.deal_id)


# ---- one fact -------------------------------------------------------------------------------------------------------


def take(fact: Payment | Claim, end: Ending) -> Outcome:
    """Wins the deal first, if it is approved. Raises Overtaken."""
    for _ in range(TRIES):
        try:
            outcome = booking.take(end.event.source_id, fact, end.now, end, attach_to=end.attach_to)
        except NotWonYet as found:
            with suppress(StateConflict, NotFound):  # it was decided on, or given to another partner, since it was read
                deals.win(found.deal, found.total, deals.context_at(end.now), f"billing {end.event.source_id}")
            continue
        if end.is_over(outcome):
            return outcome
    raise Unavailable("too many changes to the same deal at once")


def learn(fact: OfDeal, end: Ending) -> Outcome:
    """Whose a subscription is; which it says itself, or is known by its names. Raises Overtaken."""
    named = names_in(end.event.source_id, [fact])
    outcome = _learned(named, end.attach_to or fact.reference or names.deal_of(named), end.now)
    if fact.subscription and outcome.deal_id:
        _note(fact.subscription, outcome.deal_id, end.event)
    return conclude(outcome, end)


def _note(subscription: Subscription, deal_id: str, event: InboxEvent) -> None:
    if event.deal_id and event.deal_id != deal_id:
        subscriptions.forget(event.deal_id, event.source_id, subscription)
    subscriptions.note(deal_id, event.source_id, subscription)


def conclude(outcome: Outcome, end: Ending) -> Outcome:
    """Of a fact that changes nothing else. Raises Overtaken."""
    if own := end(outcome):
        try:
            dynamo.transact(own)
        except ConditionFailed:
            raise Overtaken from None
    return outcome


def _learned(named: Sequence[Name], reference: str, now: datetime) -> Outcome:
    if not reference:
        return Outcome(Reason.NO_DEAL_REFERENCE)
    try:
        deal = locate(reference)
    except NotFound:
        return Outcome(Reason.DEAL_UNKNOWN)
    return Outcome(None, deal.id, taught=tuple(names.teach(named, deal.id, now)))
