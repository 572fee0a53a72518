"""The vendor's console for money: commissions and payouts, and the inbox of billing events."""

from typing import Any

from console import (
    billing_pages,
    dispute_pages,
    ledger_pages,
    paid_pages,
    payout_pages,
    plan_pages,
    shown,
    source_pages,
)
from dealreg.pages.sessions import recognise
from dealreg.partners.program import in_its_zone
from dealreg.platform.routes import Routes, serve

_PAGES = (billing_pages, payout_pages, paid_pages, dispute_pages, ledger_pages, plan_pages, source_pages)
ROUTES: Routes = {key: route for pages in _PAGES for key, route in pages.ROUTES.items()}
AGAIN: dict[str, shown.Again] = {key: again for pages in _PAGES for key, again in pages.AGAIN.items()}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, on_error=shown.refused(AGAIN), within=in_its_zone)
