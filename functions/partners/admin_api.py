"""The vendor's API for partners, their people, API keys and statements."""

from typing import Any

from dealreg.notifications import bounces
from dealreg.partners import credentials, mailed_users, partners, users
from dealreg.partners.inputs import NewApiKey, NewPartner, NewUser, PartnerChange
from dealreg.partners.mailed_users import MailedUserView
from dealreg.partners.views import ApiKeyView, ApiKeyWithSecretView, PartnerView
from dealreg.periods import lists as statements
from dealreg.periods.views import StatementSummaryView
from dealreg.platform import http, paging, times
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import ADMIN, Route, serve
from dealreg.platform.validation import parse


def create_partner(request: http.Request) -> http.Reply:
    by = request.caller.user_id
    new = parse(NewPartner, request.body)
    partner = partners.create(new.name, new.tier, new.own_domains, times.now(), by, new.manager, new.plan)
    bounces.forget_saved(new.manager)
    return http.json_reply(201, partners.view(partner))


def list_partners(request: http.Request) -> http.Reply:
    return http.json_reply(200, partners.listing(page_of(request)))


def show_partner(request: http.Request) -> http.Reply:
    return http.json_reply(200, partners.view(partners.load(request.params["id"])))


def change_partner(request: http.Request) -> http.Reply:
    by = request.caller.user_id
    change = parse(PartnerChange, request.body).changes()
    changed = partners.change(request.params["id"], change, by)
    bounces.forget_saved(change.get("manager"))
    return http.json_reply(200, partners.view(changed))


def create_user(request: http.Request) -> http.Reply:
    by = request.caller.user_id
    new = parse(NewUser, request.body)
    user = mailed_users.create(request.params["id"], new.name, new.email, times.now(), by)
    return http.json_reply(201, mailed_users.view(user))


def list_users(request: http.Request) -> http.Reply:
    return http.json_reply(200, mailed_users.listing(request.params["id"], page_of(request)))


def remove_user(request: http.Request) -> http.Reply:
    users.remove(request.params["id"], request.params["user_id"], request.caller.user_id)
    return http.Reply(204)


def create_api_key(request: http.Request) -> http.Reply:
    """The only reply that ever holds the key."""
    by = request.caller.user_id
    new = parse(NewApiKey, request.body)
    key, token = credentials.create_partner_key(request.params["id"], new.name, times.now(), by)
    return http.json_reply(201, credentials.view(key) | {"api_key": token})


def list_api_keys(request: http.Request) -> http.Reply:
    return http.json_reply(200, credentials.list_keys(request.params["id"], page_of(request)))


def revoke_api_key(request: http.Request) -> http.Reply:
    credentials.revoke_key(request.params["id"], request.params["key_id"], request.caller.user_id)
    return http.Reply(204)


def list_statements(request: http.Request) -> http.Reply:
    return http.json_reply(200, statements.listing(request.params["id"], page_of(request), times.now()))


ROUTES = {
    "POST /v1/admin/partners": Route(create_partner, ADMIN, reply=PartnerView, body=NewPartner, status=201),
    "GET /v1/admin/partners": Route(list_partners, ADMIN, reply=Listing[PartnerView], query=paging.QUERY),
    "GET /v1/admin/partners/{id}": Route(show_partner, ADMIN, reply=PartnerView),
    "PATCH /v1/admin/partners/{id}": Route(change_partner, ADMIN, reply=PartnerView, body=PartnerChange),
    "POST /v1/admin/partners/{id}/users": Route(create_user, ADMIN, reply=MailedUserView, body=NewUser, status=201),
    "GET /v1/admin/partners/{id}/users": Route(list_users, ADMIN, reply=Listing[MailedUserView], query=paging.QUERY),
    "DELETE /v1/admin/partners/{id}/users/{user_id}": Route(remove_user, ADMIN, status=204),
    "POST /v1/admin/partners/{id}/api-keys": Route(
        create_api_key, ADMIN, reply=ApiKeyWithSecretView, body=NewApiKey, status=201
    ),
    "GET /v1/admin/partners/{id}/api-keys": Route(list_api_keys, ADMIN, reply=Listing[ApiKeyView], query=paging.QUERY),
    "DELETE /v1/admin/partners/{id}/api-keys/{key_id}": Route(revoke_api_key, ADMIN, status=204),
    "GET /v1/admin/partners/{id}/statements": Route(
        list_statements, ADMIN, reply=Listing[StatementSummaryView], query=paging.QUERY
    ),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=credentials.recognise)
