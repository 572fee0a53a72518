"""Payout runs and payouts for the vendor, and a partner's own payouts: routes of the ledger's function."""

from typing import Annotated

from dealreg.payouts import acts, commands, export_store, exporting, lists, views
from dealreg.payouts.inputs import Approval, NewExport, NewRun, Paid, Refused
from dealreg.payouts.model import Act
from dealreg.payouts.rules import number_of_run
from dealreg.payouts.views import ExportView, OwnPayoutView, PayoutRunListView, RunPayoutView, RunSummaryView, RunView
from dealreg.platform import paging, times
from dealreg.platform.http import Reply, Request, file_reply, json_reply, text_reply
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import CHANGE_MONEY, PARTNER, SEE_MONEY, Route, Routes

FILE = "text/csv"
ErpFile = Annotated[str, "In the encoding and the form of the mapping"]
_SHOWN = paging.MAX_SIZE
"""Payouts, and who goes without, on a page of a run."""


def make_run(request: Request) -> Reply:
    by = request.caller.by
    made = commands.make(request.body, request.headers.get("idempotency-key"), by, times.now())
    return text_reply(made.status, made.body)


def list_runs(request: Request) -> Reply:
    return json_reply(200, lists.runs(page_of(request)))


def show_run(request: Request) -> Reply:
    return json_reply(200, lists.run(request.params["id"], page_of(request, default=_SHOWN)))


def approve_run(request: Request) -> Reply:
    approved = commands.approve(request.params["id"], request.body, request.caller.by, times.now())
    return json_reply(200, views.listed(approved))


def cancel_run(request: Request) -> Reply:
    return json_reply(200, views.listed(commands.cancel(request.params["id"], request.caller.by, times.now())))


def export_run(request: Request) -> Reply:
    run_id = request.params["id"]
    made = exporting.export(run_id, request.body, request.caller.by, times.now())
    return json_reply(200, views.export_view(run_id, made))


def show_export(request: Request) -> Reply:
    """The file, as it was written."""
    run_id = request.params["id"]
    export, content = export_store.load(run_id, request.params["export_id"])
    name = f"{number_of_run(run_id)}-{export.mapping}-{export.date}.csv"
    return file_reply(content, FILE, name)


def mark_payout_paid(request: Request) -> Reply:
    return _act("paid", request)


def mark_payout_failed(request: Request) -> Reply:
    return _act("failed", request)


def mark_payout_returned(request: Request) -> Reply:
    return _act("returned", request)


def retry_payout(request: Request) -> Reply:
    return _act("retry", request)


def cancel_payout(request: Request) -> Reply:
    return _act("cancel", request)


def _act(act: Act, request: Request) -> Reply:
    done = acts.do(act, request.params["id"], request.body, request.caller.by, times.now())
    return json_reply(200, views.payout_view(*done))


def list_own(request: Request) -> Reply:
    return json_reply(200, lists.own(request.caller.partner_id, page_of(request)))


def show_own(request: Request) -> Reply:
    return json_reply(200, lists.one_of_own(request.caller.partner_id, request.params["id"]))


ROUTES: Routes = {
    "POST /v1/admin/payout-runs": Route(
        make_run, CHANGE_MONEY, reply=RunSummaryView, body=NewRun, status=202, headers=("idempotency-key",)
    ),
    "GET /v1/admin/payout-runs": Route(list_runs, SEE_MONEY, reply=Listing[PayoutRunListView], query=paging.QUERY),
    "GET /v1/admin/payout-runs/{id}": Route(show_run, SEE_MONEY, reply=RunView, query=paging.CURSOR),
    "POST /v1/admin/payout-runs/{id}/approve": Route(approve_run, CHANGE_MONEY, reply=PayoutRunListView, body=Approval),
    "POST /v1/admin/payout-runs/{id}/cancel": Route(cancel_run, CHANGE_MONEY, reply=PayoutRunListView),
    "POST /v1/admin/payout-runs/{id}/export": Route(export_run, CHANGE_MONEY, reply=ExportView, body=NewExport),
    "GET /v1/admin/payout-runs/{id}/exports/{export_id}": Route(show_export, SEE_MONEY, reply=ErpFile, media=FILE),
    "POST /v1/admin/payouts/{id}/paid": Route(mark_payout_paid, CHANGE_MONEY, reply=RunPayoutView, body=Paid),
    "POST /v1/admin/payouts/{id}/failed": Route(mark_payout_failed, CHANGE_MONEY, reply=RunPayoutView, body=Refused),
    "POST /v1/admin/payouts/{id}/returned": Route(
        mark_payout_returned, CHANGE_MONEY, reply=RunPayoutView, body=Refused
    ),
    "POST /v1/admin/payouts/{id}/retry": Route(retry_payout, CHANGE_MONEY, reply=RunPayoutView),
    "POST /v1/admin/payouts/{id}/cancel": Route(cancel_payout, CHANGE_MONEY, reply=RunPayoutView),
    "GET /v1/payouts": Route(list_own, PARTNER, reply=Listing[OwnPayoutView], query=paging.QUERY),
    "GET /v1/payouts/{id}": Route(show_own, PARTNER, reply=OwnPayoutView),
}
