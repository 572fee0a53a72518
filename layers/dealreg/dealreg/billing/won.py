"""A deal that an event says is won."""

from dataclasses import replace

from dealreg.billing.facts import OfDeal
from dealreg.billing.model import Reason
from dealreg.billing.money import TRIES, Ending, conclude, names_in
from dealreg.deals import commands as deals
from dealreg.deals.model import Deal
from dealreg.deals.statuses import UNDECIDED, Status
from dealreg.deals.store import locate
from dealreg.ledger import names
from dealreg.ledger.booking import Outcome, Overtaken
from dealreg.ledger.names import Name
from dealreg.platform.errors import ConditionFailed, NotFound, StateConflict, Unavailable
from dealreg.platform.money import Money


def win(fact: OfDeal, end: Ending) -> Outcome:
    """Without a reason when the event won its deal, by this run, or by another that was quicker. Raises Overtaken."""
    taught = list[Name]()
    for _ in range(TRIES):
        deal = _deal_of(end.attach_to or fact.reference)
        if isinstance(deal, Reason):
            return conclude(Outcome(deal), end)
        taught += names.teach(names_in(end.event.source_id, [fact]), deal.id, end.now)
        outcome = Outcome(_reason_of(deal), deal.id, reference=deal.id, taught=tuple(taught))
        if outcome.reason == Reason.AWAITING_APPROVAL:
            end.sold = end.sold or fact.amount or deal.amount
            if end.is_over(outcome):
                return outcome
        elif outcome.reason:
            return conclude(replace(outcome, deal_id=None), end)
        elif _wins(deal, fact.amount, end, outcome):
            return outcome
    raise Unavailable("too many changes to the same deal at once")


def _deal_of(reference: str) -> Deal | Reason:
    if not reference:
        return Reason.NO_DEAL_REFERENCE
    try:
        return locate(reference)
    except NotFound:
        return Reason.DEAL_UNKNOWN


def _reason_of(deal: Deal) -> Reason | None:
    if deal.status == Status.APPROVED:
        return None
    if deal.status == Status.WON:
        return Reason.DEAL_ALREADY_WON
    return Reason.AWAITING_APPROVAL if deal.status in UNDECIDED else Reason.DEAL_NOT_APPROVED


def _wins(deal: Deal, amount: Money | None, end: Ending, outcome: Outcome) -> bool:
    """False if it was decided on, or given to another partner, since it was read."""
    context, source = deals.context_at(end.now), f"billing {end.event.source_id}"
    try:
        deals.win(deal, amount, context, source, also=end(outcome))
    except (StateConflict, NotFound):
        return False
    except ConditionFailed:
        raise Overtaken from None
    return True
