"""The vendor's API for commissions: plans, and trying them on a history."""

from typing import Any

from dealreg.commissions import simulate
from dealreg.commissions.history import MAX_BODY, HistoryInput
from dealreg.commissions.views import SimulationView
from dealreg.partners.credentials import recognise
from dealreg.platform.http import Reply, Request, text_reply
from dealreg.platform.routes import ADMIN, Route, serve


def simulate_history(request: Request) -> Reply:
    """Posts nothing."""
    return text_reply(200, simulate.answer(request.body))


ROUTES = {
    "POST /v1/admin/commissions/simulate": Route(simulate_history, ADMIN, reply=SimulationView, body=HistoryInput),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, max_body=MAX_BODY)
