"""The vendor's API for the program, partners, their people and their API keys."""

from typing import Any

from dealreg.partners import credentials, partners, program, users
from dealreg.partners.inputs import NewApiKey, NewPartner, NewUser, PartnerChange, ProgramInput
from dealreg.partners.rows import PageOf, view
from dealreg.platform import http, times
from dealreg.platform.validation import parse


def show_program(request: http.Request) -> http.Reply:
    _ = request.admin
    return http.json_reply(200, program.view(program.stored_program()))


def save_program(request: http.Request) -> http.Reply:
    by = request.admin.user_id
    settings = parse(ProgramInput, request.body).to_program()
    return http.json_reply(200, program.view(program.save_program(settings, by)))


def create_partner(request: http.Request) -> http.Reply:
    by = request.admin.user_id
    new = parse(NewPartner, request.body)
    partner = partners.create(new.name, new.tier, new.own_domains, times.now(), by)
    return http.json_reply(201, view(partner))


def list_partners(request: http.Request) -> http.Reply:
    return http.json_reply(200, partners.listing(_page(request)))


def show_partner(request: http.Request) -> http.Reply:
    _ = request.admin
    return http.json_reply(200, view(partners.load(request.params["id"])))


def change_partner(request: http.Request) -> http.Reply:
    by = request.admin.user_id
    change = parse(PartnerChange, request.body).changes()
    return http.json_reply(200, view(partners.change(request.params["id"], change, by)))


def create_user(request: http.Request) -> http.Reply:
    by = request.admin.user_id
    new = parse(NewUser, request.body)
    user = users.create(request.params["id"], new.name, new.email, times.now(), by)
    return http.json_reply(201, view(user))


def list_users(request: http.Request) -> http.Reply:
    return http.json_reply(200, users.listing(request.params["id"], _page(request)))


def create_api_key(request: http.Request) -> http.Reply:
    """The only reply that ever holds the key."""
    by = request.admin.user_id
    new = parse(NewApiKey, request.body)
    key, token = credentials.create_partner_key(request.params["id"], new.name, times.now(), by)
    return http.json_reply(201, view(key) | {"api_key": token})


def list_api_keys(request: http.Request) -> http.Reply:
    return http.json_reply(200, credentials.list_keys(request.params["id"], _page(request)))


def revoke_api_key(request: http.Request) -> http.Reply:
    credentials.revoke_key(request.params["id"], request.params["key_id"], request.admin.user_id)
    return http.Reply(204)


def _page(request: http.Request) -> PageOf:
    """The admin's page; its cursors hold for this list and this admin alone."""
    owner = " ".join([request.admin.user_id, request.route, *request.params.values()])
    return PageOf(owner, http.page_size(request), request.query.get("cursor"))


ROUTES: dict[str, http.Route] = {
    "GET /v1/admin/program": show_program,
    "PUT /v1/admin/program": save_program,
    "POST /v1/admin/partners": create_partner,
    "GET /v1/admin/partners": list_partners,
    "GET /v1/admin/partners/{id}": show_partner,
    "PATCH /v1/admin/partners/{id}": change_partner,
    "POST /v1/admin/partners/{id}/users": create_user,
    "GET /v1/admin/partners/{id}/users": list_users,
    "POST /v1/admin/partners/{id}/api-keys": create_api_key,
    "GET /v1/admin/partners/{id}/api-keys": list_api_keys,
    "DELETE /v1/admin/partners/{id}/api-keys/{key_id}": revoke_api_key,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return http.serve(ROUTES, event)
