"""Sales that billing systems report of a deal before it is decided on: they win it once it is approved. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dealreg.deals.model import Deal
from dealreg.deals.rules import NOTED, Change, CommandContext, record
from dealreg.deals.statuses import UNDECIDED
from dealreg.deals.words import in_sentence
from dealreg.platform.errors import StateConflict


def report_sale(deal: Deal, context: CommandContext, sale: Mapping[str, Any], source: str) -> Change:
    """The vendor learns of a sale that will win the deal once it is approved; `sale` is a ReportedSaleView."""
    if deal.status not in UNDECIDED:
        raise StateConflict(f"The deal is {in_sentence(deal.status)}.", deal_status=deal.status)
    amount = "{amount} {currency}".format_map(sale["amount"])
    told = {"text": f"A sale of {amount} was reported. The deal is won by it when it is approved.", "by": source}
    return record(replace(deal, reported_sales=[*deal.reported_sales, dict(sale)]), context, NOTED, {}, told)


def drop_sale(deal: Deal, context: CommandContext, event_id: str, by: str) -> Change:
    """What was reported is another deal's, or nobody's."""
    if deal.status not in UNDECIDED:
        raise StateConflict(f"The deal is {in_sentence(deal.status)}.", deal_status=deal.status)
    others = [sale for sale in deal.reported_sales if sale["event_id"] != event_id]
    told = {"text": "The reported sale does not count for this deal any more.", "by": by}
    return record(replace(deal, reported_sales=others), context, NOTED, {}, told)
