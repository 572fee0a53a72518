"""The vendor's API for imports of its own accounts: upload a file, start, watch, see what was not accepted."""

from typing import Any

from dealreg.accounts.imports import rejects, removals, store, work
from dealreg.accounts.imports.model import Confirmation, NewImport, view
from dealreg.accounts.views import ImportView, NewImportReply, RejectView, RemovalView
from dealreg.partners.credentials import recognise
from dealreg.platform import http, paging, times
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import CHANGE_PROGRAM, SEE_PROGRAM, Route, serve
from dealreg.platform.validation import parse


def create(request: http.Request) -> http.Reply:
    """Answers the address to which the CSV file is to be PUT."""
    new = parse(NewImport, request.body or b"{}")
    return http.json_reply(201, work.create(new, times.now(), request.caller.by))


def list_imports(request: http.Request) -> http.Reply:
    """The newest first."""
    return http.json_reply(200, store.newest(page_of(request)))


def show(request: http.Request) -> http.Reply:
    return http.json_reply(200, view(store.load(request.params["id"])))


def start(request: http.Request) -> http.Reply:
    """After the upload; started twice, it runs once."""
    return http.json_reply(202, view(work.start(request.params["id"], times.now())))


def cancel(request: http.Request) -> http.Reply:
    """What was taken over stays."""
    return http.json_reply(200, view(work.cancel(request.params["id"], times.now())))


def list_removals(request: http.Request) -> http.Reply:
    """Of a full import: the accounts that its file does not have, by external id."""
    return http.json_reply(200, removals.listed(store.load(request.params["id"]), page_of(request)))


def confirm(request: http.Request) -> http.Reply:
    """Lets so many accounts be removed as the import says; `cancel` lets them stay."""
    number = parse(Confirmation, request.body).removals
    by = request.caller.by
    return http.json_reply(202, view(work.confirm(request.params["id"], number, times.now(), by)))


def list_rejects(request: http.Request) -> http.Reply:
    """The rows that were not accepted, by line, and why."""
    return http.json_reply(200, rejects.listed(store.load(request.params["id"]), page_of(request)))


def download_rejects(request: http.Request) -> http.Reply:
    """To a CSV file of all rows that were not accepted, when the import is completed."""
    link = rejects.link(store.load(request.params["id"]))
    return http.Reply(303, headers={"location": link, "cache-control": "no-store"})


ROUTES = {
    "POST /v1/admin/account-imports": Route(create, CHANGE_PROGRAM, reply=NewImportReply, body=NewImport, status=201),
    "GET /v1/admin/account-imports": Route(list_imports, SEE_PROGRAM, reply=Listing[ImportView], query=paging.QUERY),
    "GET /v1/admin/account-imports/{id}": Route(show, SEE_PROGRAM, reply=ImportView),
    "POST /v1/admin/account-imports/{id}/start": Route(start, CHANGE_PROGRAM, reply=ImportView, status=202),
    "POST /v1/admin/account-imports/{id}/cancel": Route(cancel, CHANGE_PROGRAM, reply=ImportView),
    "GET /v1/admin/account-imports/{id}/removals": Route(
        list_removals, SEE_PROGRAM, reply=Listing[RemovalView], query=paging.QUERY
    ),
    "POST /v1/admin/account-imports/{id}/confirm": Route(
        confirm, CHANGE_PROGRAM, reply=ImportView, body=Confirmation, status=202
    ),
    "GET /v1/admin/account-imports/{id}/rejects": Route(
        list_rejects, SEE_PROGRAM, reply=Listing[RejectView], query=paging.QUERY
    ),
    "GET /v1/admin/account-imports/{id}/rejects.csv": Route(download_rejects, SEE_PROGRAM, status=303),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise)
