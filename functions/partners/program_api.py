"""The vendor's API for the program's settings. It alone loads the library of holidays."""

from typing import Any

from dealreg.approvals import program_saving
from dealreg.approvals.previewing import PreviewInput, ProgramPreviewView, preview_of
from dealreg.approvals.program_inputs import MAX_BODY, CalendarQuery, WholeProgram
from dealreg.partners import program, program_versions
from dealreg.partners.closed_days import ClosedDaysView, closed_days
from dealreg.partners.credentials import recognise
from dealreg.partners.program_views import view
from dealreg.partners.rules import routing_of
from dealreg.partners.views import ProgramVersionView, ProgramView
from dealreg.platform import paging, times
from dealreg.platform.http import Reply, Request, json_reply
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import CHANGE_PROGRAM, SEE_PROGRAM, Route, serve
from dealreg.platform.validation import parse_values


def show(request: Request) -> Reply:
    return _shown(program.stored_program())


def save_program(request: Request) -> Reply:
    by, seen = request.caller.by, request.headers.get("if-match")
    return _shown(program_saving.save(request.body, by, seen, times.now()))


def list_versions(request: Request) -> Reply:
    return json_reply(200, program_versions.listing(page_of(request)))


def show_version(request: Request) -> Reply:
    return _shown(program_versions.load(request.params["version"]))


def show_calendar(request: Request) -> Reply:
    """What is closed by the program in force."""
    asked = parse_values(CalendarQuery, dict(request.query))
    calendars = routing_of(program.stored_program()).calendars
    asked.require_known(times.now().year, calendars)
    calendar = calendars[asked.calendar]
    items = list(closed_days(calendar, asked.first, asked.last))
    return json_reply(200, {"calendar": asked.calendar, "time_zone": calendar.zone, "items": items})


def preview(request: Request) -> Reply:
    """What would become of a deal; by a new version of the program at once."""
    return json_reply(200, preview_of(request.body, times.now()))


def _shown(settings: program.Program) -> Reply:
    warnings = program_saving.warnings(settings, times.now())
    return json_reply(200, view(settings) | {"warnings": warnings}, {"etag": f'"{settings.version}"'})


ROUTES = {
    "POST /v1/admin/program/preview": Route(preview, SEE_PROGRAM, reply=ProgramPreviewView, body=PreviewInput),
    "GET /v1/admin/program": Route(show, SEE_PROGRAM, reply=ProgramView),
    "PUT /v1/admin/program": Route(
        save_program, CHANGE_PROGRAM, reply=ProgramView, body=WholeProgram, headers=("if-match",)
    ),
    "GET /v1/admin/program/versions": Route(
        list_versions, SEE_PROGRAM, reply=Listing[ProgramVersionView], query=paging.QUERY
    ),
    "GET /v1/admin/program/versions/{version}": Route(show_version, SEE_PROGRAM, reply=ProgramView),
    "GET /v1/admin/program/calendar": Route(
        show_calendar, SEE_PROGRAM, reply=ClosedDaysView, query={"from": str, "to": str, "calendar": str}
    ),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, max_body=MAX_BODY)
