"""The vendor's API for those who decide: who they are, who of them is away, and how long decisions take."""

from typing import Any

from dealreg.approvals import absences, approvers, decision_times, stand_ins
from dealreg.approvals.approvers import ApproverView
from dealreg.approvals.away_inputs import AwayInput, read_address
from dealreg.approvals.decision_times import AllDecisionTimesView, By
from dealreg.approvals.stand_ins import RecordedAwayView
from dealreg.approvals.time_inputs import YearQuery
from dealreg.notifications import bounces
from dealreg.partners import partners
from dealreg.partners.credentials import recognise
from dealreg.partners.program import stored_program
from dealreg.partners.rules import routing_of
from dealreg.platform import times
from dealreg.platform.errors import NotFound
from dealreg.platform.http import Reply, Request, json_reply
from dealreg.platform.paging import Listing
from dealreg.platform.rights import Reach
from dealreg.platform.routes import DECIDE_DEALS, SEE_DEALS, Route, serve
from dealreg.platform.validation import parse, parse_values


def list_all(_request: Request) -> Reply:
    """Everybody whom the program names, as managers too, and who else is asked something."""
    routing = routing_of(stored_program())
    named = {*routing.people, *(partners.managers() if routing.asks_managers else ())}
    return json_reply(200, {"items": approvers.list_all(named, times.now()), "next_cursor": None})


def go_away(request: Request) -> Reply:
    said, now = parse(AwayInput, request.body), times.now()
    email = _whose(request)
    absence, warnings = said.absence(email, now), stand_ins.warnings_of(said.to)
    recorded = absences.record(email, absence, said.reason, request.caller.by)
    bounces.forget_saved(said.to)
    return json_reply(200, {**recorded, "warnings": warnings})


def come_back(request: Request) -> Reply:
    absences.end(_whose(request), request.caller.by)
    return Reply(204)


def _whose(request: Request) -> str:
    """Absences are recorded by who may decide everything; by the others, their own."""
    email, caller = read_address(request.params["email"]), request.caller
    if Reach.ALL not in caller.reach(request.right) and email != caller.email:
        raise NotFound
    return email


def show_times(request: Request) -> Reply:
    said = dict(request.query)
    by = By(said.pop("by", By.TIER))
    days = parse_values(YearQuery, said)
    return json_reply(200, decision_times.listing(by, days.first, days.last))


ROUTES = {
    "GET /v1/admin/approvers": Route(list_all, SEE_DEALS, reply=Listing[ApproverView]),
    "PUT /v1/admin/approvers/{email}/away": Route(go_away, DECIDE_DEALS, reply=RecordedAwayView, body=AwayInput),
    "DELETE /v1/admin/approvers/{email}/away": Route(come_back, DECIDE_DEALS, status=204),
    "GET /v1/admin/decision-times": Route(
        show_times, SEE_DEALS, reply=AllDecisionTimesView, query={"from": str, "to": str, "by": By}
    ),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise)
