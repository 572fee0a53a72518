"""The vendor's console for who decides: what waits today, deals, approvals."""

from typing import Any

from console import approval_pages, deal_page, deal_pages, shown, today
from dealreg.pages.sessions import recognise
from dealreg.partners.program import in_its_zone
from dealreg.platform.routes import PAGE, STAFF, Route, Routes, serve

ROUTES: Routes = {
    "GET /admin": Route(today.show_today, STAFF, media=PAGE),
    **deal_pages.ROUTES,
    **deal_page.ROUTES,
    **approval_pages.ROUTES,
}
AGAIN: dict[str, shown.Again] = {**deal_pages.AGAIN, **deal_page.AGAIN, **approval_pages.AGAIN}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, on_error=shown.refused(AGAIN), within=in_its_zone)
