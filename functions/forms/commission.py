"""What a sale would bring, for the form and a deal's page, and what it has brought.

What reckons it is loaded when it is asked for: no cold start of the pages waits for it.
"""

import json
from datetime import datetime
from typing import Any

from dealreg.deals.model import Deal
from dealreg.deals.statuses import FREEING, Status
from dealreg.ledger import lists, subscriptions
from dealreg.pages.form_data import Form, deal_of
from dealreg.platform.http import Caller


def of_form(form: Form, caller: Caller, now: datetime) -> Any:
    """By what is typed already; counted as the API's. Raises InvalidInput or RateLimited."""
    from dealreg.ledger import preview

    typed = deal_of(form)
    said = {name: typed[name] for name in ("amount", "type") if name in typed}
    said["products"] = preview.products(form.every("products"))
    told, _ = preview.answer(json.dumps(said).encode(), caller, now)
    return told


def of_deal(deal: Deal, caller: Caller, now: datetime) -> dict[str, Any]:
    """The partner's own part, and nobody else's."""
    brought = lists.balance(deal.partner_id, now, deal.id)["items"] if deal.status == Status.WON else []
    return {
        "brought": brought,
        "subscriptions": subscriptions.of_deal(deal.id),
        "estimate": None if brought or deal.status in FREEING else _estimate(deal, caller, now),
    }


def _estimate(deal: Deal, caller: Caller, now: datetime) -> Any:
    from dealreg.ledger import preview

    return preview.of_deal(deal, caller, now)
