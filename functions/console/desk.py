"""The vendor's console for who decides: what waits today, deals, approvals."""

from typing import Any

from console import deal_page, deal_pages, shown
from dealreg.pages.sessions import recognise
from dealreg.partners.program import in_its_zone
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import PAGE, STAFF, Route, Routes, serve


def show_today(request: Request) -> Reply:
    return shown.frame(request, 200, "today.html", here="/admin")


ROUTES: Routes = {
    "GET /admin": Route(show_today, STAFF, media=PAGE),
    **deal_pages.ROUTES,
    **deal_page.ROUTES,
}
AGAIN: dict[str, shown.Again] = {**deal_pages.AGAIN, **deal_page.AGAIN}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, on_error=shown.refused(AGAIN), within=in_its_zone)
