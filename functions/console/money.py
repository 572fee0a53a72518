"""The vendor's console for money: commissions and payouts, and the inbox of billing events."""

from typing import Any

from console import billing_pages, shown
from dealreg.pages.sessions import recognise
from dealreg.partners.program import in_its_zone
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import PAGE, SEE_MONEY, Route, Routes, serve


def show_money(request: Request) -> Reply:
    return shown.frame(request, 200, "money.html", here="/admin/money")


ROUTES: Routes = {
    "GET /admin/money": Route(show_money, SEE_MONEY, media=PAGE),
    **billing_pages.ROUTES,
}
AGAIN: dict[str, shown.Again] = {**billing_pages.AGAIN}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, on_error=shown.refused(AGAIN), within=in_its_zone)
