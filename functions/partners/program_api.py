"""The vendor's API for the program's settings. It alone loads the library of holidays."""

from typing import Any

from dealreg.approvals.program_inputs import MAX_BODY, WholeProgram, read_program
from dealreg.notifications import bounces
from dealreg.partners import program
from dealreg.partners.credentials import recognise
from dealreg.partners.rules import routing_of
from dealreg.partners.views import ProgramView
from dealreg.platform import times
from dealreg.platform.http import Reply, Request, json_reply
from dealreg.platform.routes import ADMIN, Route, serve


def show(request: Request) -> Reply:
    return _shown(program.stored_program())


def save(request: Request) -> Reply:
    by, seen = request.caller.user_id, request.headers.get("if-match")
    said = read_program(request.body)
    saved = program.save_program(said.to_whole(times.now().year), by, seen, said.version)
    bounces.forget(routing_of(saved).people)  # who saves an address again says that it is right
    return _shown(saved)


def _shown(settings: program.Program) -> Reply:
    return json_reply(200, program.view(settings), {"etag": f'"{settings.version}"'})


ROUTES = {
    "GET /v1/admin/program": Route(show, ADMIN, reply=ProgramView),
    "PUT /v1/admin/program": Route(save, ADMIN, reply=ProgramView, body=WholeProgram, headers=("if-match",)),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, max_body=MAX_BODY)
