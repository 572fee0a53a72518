"""The vendor's API for its own customers and pipeline, which registrations are checked against."""

from typing import Any

from dealreg.accounts import store as accounts
from dealreg.platform import http, times


def create_accounts(request: http.Request) -> http.Reply:
    by = request.admin.user_id
    return http.json_reply(201, accounts.create(request.body, times.now(), by))


def show_account(request: http.Request) -> http.Reply:
    _ = request.admin
    return http.json_reply(200, accounts.view(accounts.load(request.params["id"])))


def delete_account(request: http.Request) -> http.Reply:
    accounts.delete(request.params["id"], request.admin.user_id)
    return http.Reply(204)


ROUTES: dict[str, http.Route] = {
    "POST /v1/admin/accounts": create_accounts,
    "GET /v1/admin/accounts/{id}": show_account,
    "DELETE /v1/admin/accounts/{id}": delete_account,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return http.serve(ROUTES, event)
