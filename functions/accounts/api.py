"""The vendor's API for its own customers and pipeline, which registrations are checked against."""

from typing import Any

from dealreg.accounts import search
from dealreg.accounts import store as accounts
from dealreg.accounts.model import AccountBatch, NewAccount
from dealreg.accounts.views import AccountsView, AccountView
from dealreg.partners.credentials import recognise
from dealreg.platform import http, times
from dealreg.platform.paging import Listing
from dealreg.platform.routes import CHANGE_PROGRAM, SEE_PROGRAM, Route, serve


def create_accounts(request: http.Request) -> http.Reply:
    return http.json_reply(201, accounts.create(request.body, times.now(), request.caller.by))


def search_accounts(request: http.Request) -> http.Reply:
    """By id, external id, name, domain, tax id, LEI or D-U-N-S number; the surest first, not more than a few."""
    return http.json_reply(200, {"items": search.search(request.query.get("q", "")), "next_cursor": None})


def show_account(request: http.Request) -> http.Reply:
    return http.json_reply(200, accounts.view(accounts.load(request.params["id"])))


def delete_account(request: http.Request) -> http.Reply:
    accounts.delete(request.params["id"], request.caller.by)
    return http.Reply(204)


ROUTES = {
    "POST /v1/admin/accounts": Route(
        create_accounts, CHANGE_PROGRAM, reply=AccountView | AccountsView, body=NewAccount | AccountBatch, status=201
    ),
    "GET /v1/admin/accounts": Route(search_accounts, SEE_PROGRAM, reply=Listing[AccountView], query={"q": str}),
    "GET /v1/admin/accounts/{id}": Route(show_account, SEE_PROGRAM, reply=AccountView),
    "DELETE /v1/admin/accounts/{id}": Route(delete_account, CHANGE_PROGRAM, status=204),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise)
