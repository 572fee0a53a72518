"""Statements of a partner's months, to its people and to the vendor; the one function that makes PDFs."""

from typing import Any

from dealreg.pages import sessions
from dealreg.partners import partners
from dealreg.partners.credentials import recognise
from dealreg.partners.reach import require_partner
from dealreg.periods import files, lists, reading
from dealreg.periods.views import MonthStatementView, StatementSummaryView
from dealreg.platform import paging, times
from dealreg.platform.http import Caller, Reply, Request, file_reply, json_reply, text_reply
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import PARTNER, SEE_EARNINGS, Route, serve


def list_statements(request: Request) -> Reply:
    return json_reply(200, lists.listing(request.caller.partner_id, page_of(request), times.now()))


def show_statement(request: Request) -> Reply:
    """The path may end in `.json`, `.csv` or `.pdf`, which goes before `Accept`."""
    return _statement(request.caller.partner_id, request)


def show_statement_of_partner(request: Request) -> Reply:
    """The path may end in `.json`, `.csv` or `.pdf`, which goes before `Accept`."""
    require_partner(request, request.params["id"])
    return _statement(partners.load(request.params["id"]).id, request)


def _statement(partner_id: str, request: Request) -> Reply:
    wanted = files.wanted(request.params["period"], request.headers.get("accept", ""))
    sheet = reading.load(partner_id, wanted.period, files.currency_of(request.query), times.now())
    content = files.rendered(sheet, wanted.media)
    if wanted.media == files.JSON:
        return text_reply(200, content.decode())
    return file_reply(content, wanted.media, f"{sheet.number}.{files.ENDINGS[wanted.media]}")


QUERY = {"currency": str}
FILES = (files.CSV, files.PDF)
ROUTES = {
    "GET /v1/statements": Route(list_statements, PARTNER, reply=Listing[StatementSummaryView], query=paging.QUERY),
    "GET /v1/statements/{period}": Route(
        show_statement, PARTNER, reply=MonthStatementView, query=QUERY, headers=("accept",), files=FILES
    ),
    "GET /v1/admin/partners/{id}/statements/{period}": Route(
        show_statement_of_partner, SEE_EARNINGS, reply=MonthStatementView, query=QUERY, headers=("accept",), files=FILES
    ),
}


def _recognise(request: Request) -> Caller | None:
    """By a token or, since nothing is changed here, by the cookie of who comes from a page."""
    return recognise(request) or sessions.recognise(request)


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=_recognise)
