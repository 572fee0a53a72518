"""The vendor's API for imports of its own accounts: upload a file, start, watch, see what was not accepted."""

from typing import Any

from dealreg.accounts.imports import rejects, store, work
from dealreg.accounts.imports.model import NewImport, view
from dealreg.platform import http, times
from dealreg.platform.validation import parse


def create(request: http.Request) -> http.Reply:
    """Answers the address to which the CSV file is to be PUT."""
    by = request.admin.user_id
    return http.json_reply(201, work.create(parse(NewImport, request.body or b"{}"), times.now(), by))


def list_imports(request: http.Request) -> http.Reply:
    """The newest first."""
    owner, size, cursor = request.admin.user_id, http.page_size(request), request.query.get("cursor")
    return http.json_reply(200, store.newest(owner, size, cursor))


def show(request: http.Request) -> http.Reply:
    _ = request.admin
    return http.json_reply(200, view(store.load(request.params["id"])))


def start(request: http.Request) -> http.Reply:
    """After the upload; started twice, it runs once."""
    _ = request.admin
    return http.json_reply(202, view(work.start(request.params["id"], times.now())))


def cancel(request: http.Request) -> http.Reply:
    """What was taken over stays."""
    _ = request.admin
    return http.json_reply(200, view(work.cancel(request.params["id"], times.now())))


def list_rejects(request: http.Request) -> http.Reply:
    """The rows that were not accepted, by line, and why."""
    owner, size, cursor = request.admin.user_id, http.page_size(request), request.query.get("cursor")
    return http.json_reply(200, rejects.page(store.load(request.params["id"]), owner, size, cursor))


def download_rejects(request: http.Request) -> http.Reply:
    """To a CSV file of all rows that were not accepted, when the import is completed."""
    _ = request.admin
    link = rejects.link(store.load(request.params["id"]))
    return http.Reply(303, headers={"location": link, "cache-control": "no-store"})


ROUTES: dict[str, http.Route] = {
    "POST /v1/admin/account-imports": create,
    "GET /v1/admin/account-imports": list_imports,
    "GET /v1/admin/account-imports/{id}": show,
    "POST /v1/admin/account-imports/{id}/start": start,
    "POST /v1/admin/account-imports/{id}/cancel": cancel,
    "GET /v1/admin/account-imports/{id}/rejects": list_rejects,
    "GET /v1/admin/account-imports/{id}/rejects.csv": download_rejects,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return http.serve(ROUTES, event)
