"""Sales that billing systems report of a deal before it is decided on: the event waits, and the deal is told of it."""

from datetime import datetime

from dealreg.billing import store
from dealreg.billing.model import InboxEvent, Reason
from dealreg.deals import commands as deals
from dealreg.deals import sales
from dealreg.deals.model import Deal
from dealreg.platform import dynamo, times
from dealreg.platform.money import Money

_MAX_REPORTED = 10
"""Sales that are noted on a deal. More of them wait as well, and are found by the clock."""


def for_decision(event: InboxEvent, event_type: str, deal: Deal, amount: Money, now: datetime) -> None:
    """Raises StateConflict or NotFound when the deal was decided on meanwhile, ConditionFailed when the event was."""
    context, source = deals.context_at(now), f"billing {event.source_id}"
    waits = store.waits(event, event_type, Reason.AWAITING_APPROVAL, now, deal.id)
    if len(deal.reported_sales) >= _MAX_REPORTED or is_reported(deal, event.id):
        dynamo.write(waits)
        return
    sale = {"event_id": event.id, "amount": amount.to_wire(), "reported_at": times.to_text(event.received_at)}
    deals.apply(deal, lambda current: sales.report_sale(current, context, sale, source), also=[waits])


def is_reported(deal: Deal, event_id: str) -> bool:
    return any(sale["event_id"] == event_id for sale in deal.reported_sales)
