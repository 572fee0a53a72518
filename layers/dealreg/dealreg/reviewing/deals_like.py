"""The open deals that may be about one of the vendor's own accounts, through the conflict index."""

from datetime import datetime
from typing import TypedDict

from dealreg.accounts.model import Account
from dealreg.accounts.search import prospect_of
from dealreg.deals import store
from dealreg.deals.model import from_item
from dealreg.deals.statuses import OPEN
from dealreg.matching import evidence
from dealreg.matching.rules import Certainty
from dealreg.partners import partners
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, times


class DealLikeView(TypedDict):
    deal_id: str
    number: str
    name: str
    partner_name: str
    status: str
    likelihood: int


def deals_like(account: Account, now: datetime) -> list[DealLikeView]:
    """The likeliest first."""
    families = tuple(sorted({product.family for product in current_program().products}))
    prospect = prospect_of(account, families)
    found = dynamo.batch_get(evidence.keys(prospect), newest=False)
    matches = evidence.matches(prospect, found, times.to_text(now), current_program().possible_points)
    alike = [one for one in matches if one.kind == "deal" and one.certainty is not Certainty.NONE]
    keys = {store.deal_key(one.partner_id, one.id): one for one in alike}
    rows = dynamo.batch_get(keys, newest=False)
    deals = [(from_item(rows[key]), one) for key, one in keys.items() if key in rows]
    names = partners.names({deal.partner_id for deal, _ in deals})
    return [
        {
            "deal_id": deal.id,
            "number": deal.number,
            "name": deal.customer["name"],
            "partner_name": names.get(deal.partner_id, ""),
            "status": deal.status,
            "likelihood": one.likelihood,
        }
        for deal, one in deals
        if deal.status in OPEN
    ]
