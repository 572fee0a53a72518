"""The vendor's API for commissions: plans, trying them on a history, and the forms of files for an ERP."""

from typing import Any

from commissions.payout_routes import FILE, ErpFile
from dealreg.commissions import plan_commands, simulate
from dealreg.commissions.history import MAX_BODY, HistoryInput
from dealreg.commissions.plan_inputs import VersionInput
from dealreg.commissions.plan_views import NewVersionView, PlanSummaryView, PlanView
from dealreg.commissions.views import SimulationView
from dealreg.exports import mapping_commands
from dealreg.exports.mapping_commands import MappingView
from dealreg.exports.mapping_inputs import MappingInput
from dealreg.partners.credentials import recognise
from dealreg.payouts import exporting
from dealreg.payouts.inputs import ExportPreview
from dealreg.platform import paging, times
from dealreg.platform.http import Reply, Request, file_reply, json_reply, text_reply
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import CHANGE_MONEY, SEE_MONEY, Route, serve


def simulate_history(request: Request) -> Reply:
    """Posts nothing."""
    return text_reply(200, simulate.answer(request.body))


def publish_version(request: Request) -> Reply:
    by = request.caller.by
    return json_reply(201, plan_commands.publish(request.params["plan_id"], request.body, times.now(), by))


def list_plans(request: Request) -> Reply:
    return json_reply(200, plan_commands.listing(page_of(request)))


def show_plan(request: Request) -> Reply:
    return json_reply(200, plan_commands.shown(request.params["plan_id"], times.now()))


def withdraw_version(request: Request) -> Reply:
    plan_commands.withdraw(request.params["plan_id"], request.params["n"], times.now())
    return Reply(204)


def list_mappings(_request: Request) -> Reply:
    """All of them: there are few."""
    return json_reply(200, {"items": mapping_commands.listing(), "next_cursor": None})


def save_mapping(request: Request) -> Reply:
    by, seen = request.caller.by, request.headers.get("if-match")
    saved = mapping_commands.save(request.params["id"], request.body, seen, times.now(), by)
    return json_reply(200, saved, {"etag": f'"{saved["version"]}"'})


def preview_export(request: Request) -> Reply:
    """The file that a run would be; nothing is kept."""
    return file_reply(exporting.preview(request.body, times.now()), FILE, "preview.csv")


ROUTES = {
    "POST /v1/admin/commissions/simulate": Route(simulate_history, SEE_MONEY, reply=SimulationView, body=HistoryInput),
    "GET /v1/admin/commission-plans": Route(list_plans, SEE_MONEY, reply=Listing[PlanSummaryView], query=paging.QUERY),
    "GET /v1/admin/commission-plans/{plan_id}": Route(show_plan, SEE_MONEY, reply=PlanView),
    "POST /v1/admin/commission-plans/{plan_id}/versions": Route(
        publish_version, CHANGE_MONEY, reply=NewVersionView, body=VersionInput, status=201
    ),
    "DELETE /v1/admin/commission-plans/{plan_id}/versions/{n}": Route(withdraw_version, CHANGE_MONEY, status=204),
    "GET /v1/admin/export-mappings": Route(list_mappings, SEE_MONEY, reply=Listing[MappingView]),
    "POST /v1/admin/export-mappings/preview": Route(
        preview_export, CHANGE_MONEY, reply=ErpFile, body=ExportPreview, media=FILE
    ),
    "PUT /v1/admin/export-mappings/{id}": Route(
        save_mapping, CHANGE_MONEY, reply=MappingView, body=MappingInput, headers=("if-match",)
    ),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise, max_body=MAX_BODY)
