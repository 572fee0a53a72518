"""Disputes, and the closing of months: routes of the ledger's function."""

from dealreg.disputes import commands, store
from dealreg.disputes.inputs import AnswerInput, NewDispute
from dealreg.disputes.views import DisputeView, dispute_view
from dealreg.periods import closing, files
from dealreg.periods.views import ClosedPeriodView
from dealreg.platform import paging, times
from dealreg.platform.http import Reply, Request, json_reply
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import CHANGE_MONEY, PARTNER, SEE_MONEY, Route, Routes


def make_dispute(request: Request) -> Reply:
    return json_reply(201, commands.make(request.body, request.caller, times.now()))


def list_disputes(request: Request) -> Reply:
    page = page_of(request)
    found, following = store.page_of_partner(request.caller.partner_id, page.start, page.size)
    return json_reply(200, page.listing([dispute_view(one) for one in found], following))


def show_dispute(request: Request) -> Reply:
    return json_reply(200, dispute_view(store.load_own(request.caller.partner_id, request.params["id"])))


def list_all_disputes(request: Request) -> Reply:
    page = page_of(request)
    found, following = store.page(page.start, page.size)
    return json_reply(200, page.listing([dispute_view(one) for one in found], following))


def answer_dispute(request: Request) -> Reply:
    by = request.caller.by
    return json_reply(200, commands.answer(request.params["id"], request.body, by, times.now()))


def close_period(request: Request) -> Reply:
    period = files.month(request.params["period"])
    return json_reply(200, closing.close(period, request.caller.by, times.now()))


ROUTES: Routes = {
    "POST /v1/disputes": Route(make_dispute, PARTNER, reply=DisputeView, body=NewDispute, status=201),
    "GET /v1/disputes": Route(list_disputes, PARTNER, reply=Listing[DisputeView], query=paging.QUERY),
    "GET /v1/disputes/{id}": Route(show_dispute, PARTNER, reply=DisputeView),
    "GET /v1/admin/disputes": Route(list_all_disputes, SEE_MONEY, reply=Listing[DisputeView], query=paging.QUERY),
    "POST /v1/admin/disputes/{id}/answer": Route(answer_dispute, CHANGE_MONEY, reply=DisputeView, body=AnswerInput),
    "POST /v1/admin/periods/{period}/close": Route(close_period, CHANGE_MONEY, reply=ClosedPeriodView),
}
