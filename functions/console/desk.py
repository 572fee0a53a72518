"""The vendor's console for who decides: what waits today, deals, approvals."""

from typing import Any

from console import shown
from dealreg.pages.sessions import recognise
from dealreg.partners.program import in_its_zone
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import PAGE, STAFF, Route, serve


def show_today(request: Request) -> Reply:
    return shown.frame(request, 200, "today.html", here="/admin")


ROUTES = {
    "GET /admin": Route(show_today, STAFF, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, on_error=shown.refused(AGAIN), within=in_its_zone)
