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

ROUTES: Routes = {
    **billing_pages.ROUTES,
    **source_pages.ROUTES,
    **payout_pages.ROUTES,
    **paid_pages.ROUTES,
    **dispute_pages.ROUTES,
    **ledger_pages.ROUTES,
    **plan_pages.ROUTES,
}
AGAIN: dict[str, shown.Again] = {
    **billing_pages.AGAIN,
    **source_pages.AGAIN,
    **payout_pages.AGAIN,
    **paid_pages.AGAIN,
    **dispute_pages.AGAIN,
    **ledger_pages.AGAIN,
    **plan_pages.AGAIN,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, on_error=shown.refused(AGAIN), within=in_its_zone)
