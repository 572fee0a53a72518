"""The vendor's API for partners, their people, API keys and statements, and for the vendor's own people."""

from typing import Annotated, Any

from dealreg.notifications import bounces
from dealreg.partners import credentials, log, mailed_users, partner_lists, partners, reach, staff, users
from dealreg.partners.inputs import NewApiKey, NewPartner, NewStaff, NewUser, PartnerChange, StaffChange
from dealreg.partners.mailed_users import MailedUserView
from dealreg.partners.views import ActView, ApiKeyView, ApiKeyWithSecretView, PartnerView, StaffView
from dealreg.periods import lists as statements
from dealreg.periods.views import StatementSummaryView
from dealreg.platform import http, paging, times
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import (
    ADMIN,
    CHANGE_PARTNERS,
    CHANGE_PROGRAM,
    SEE_EARNINGS,
    SEE_PARTNERS,
    SEE_PROGRAM,
    Route,
    serve,
)
from dealreg.platform.validation import parse


def create_partner(request: http.Request) -> http.Reply:
    by = request.caller.by
    new = parse(NewPartner, request.body)
    manager = reach.manager_of_new(request, new.manager)
    partner = partners.create(new.name, new.tier, new.own_domains, times.now(), by, manager, new.plan)
    bounces.forget_saved(manager)
    return http.json_reply(201, partners.view(partner))


def list_partners(request: http.Request) -> http.Reply:
    found = partner_lists.listing(page_of(request), request.query, reach.only_manager(request))
    return http.json_reply(200, found)


def show_partner(request: http.Request) -> http.Reply:
    return http.json_reply(200, partners.view(partners.load(_partner(request))))


def change_partner(request: http.Request) -> http.Reply:
    by = request.caller.by
    change, partner_id = parse(PartnerChange, request.body).changes(), _partner(request)
    reach.require_settable(request.caller, change)
    changed = partners.change(partner_id, change, by)
    bounces.forget_saved(change.get("manager"))
    return http.json_reply(200, partners.view(changed))


def create_user(request: http.Request) -> http.Reply:
    by = request.caller.by
    new = parse(NewUser, request.body)
    user = mailed_users.create(_partner(request), new.name, new.email, times.now(), by)
    return http.json_reply(201, mailed_users.view(user))


def list_users(request: http.Request) -> http.Reply:
    return http.json_reply(200, mailed_users.listing(_partner(request), page_of(request)))


def remove_user(request: http.Request) -> http.Reply:
    users.remove(_partner(request), request.params["user_id"], request.caller.by)
    return http.Reply(204)


def create_api_key(request: http.Request) -> http.Reply:
    """The only reply that ever holds the key."""
    by = request.caller.by
    new = parse(NewApiKey, request.body)
    key, token = credentials.create_partner_key(_partner(request), new.name, times.now(), by)
    return http.json_reply(201, credentials.view(key) | {"api_key": token})


def list_api_keys(request: http.Request) -> http.Reply:
    return http.json_reply(200, credentials.list_keys(_partner(request), page_of(request)))


def revoke_api_key(request: http.Request) -> http.Reply:
    credentials.revoke_key(_partner(request), request.params["key_id"], request.caller.by)
    return http.Reply(204)


def list_statements(request: http.Request) -> http.Reply:
    return http.json_reply(200, statements.listing(_partner(request), page_of(request), times.now()))


def _partner(request: http.Request) -> str:
    """The id of one that the caller's right reaches."""
    partner_id = request.params["id"]
    reach.require_partner(request, partner_id)
    return partner_id


def create_staff(request: http.Request) -> http.Reply:
    new = parse(NewStaff, request.body)
    member = staff.create(new.name, new.email, new.roles, times.now(), request.caller.by)
    return http.json_reply(201, staff.view(member))


def list_staff(request: http.Request) -> http.Reply:
    return http.json_reply(200, staff.listing(page_of(request)))


def show_staff(request: http.Request) -> http.Reply:
    return http.json_reply(200, staff.view(staff.load(request.params["id"])))


def change_staff(request: http.Request) -> http.Reply:
    change = parse(StaffChange, request.body).changes()
    return http.json_reply(200, staff.view(staff.change(request.params["id"], change, request.caller.by)))


def remove_staff(request: http.Request) -> http.Reply:
    staff.remove(request.params["id"], times.now(), request.caller.by)
    return http.Reply(204)


def forget_staff(request: http.Request) -> http.Reply:
    """Their name is taken out of the log, which goes on saying what was done."""
    staff.forget(request.params["id"], request.caller.by)
    return http.Reply(204)


def list_acts(request: http.Request) -> http.Reply:
    return http.json_reply(200, log.listing(_filters(request), page_of(request), times.now()))


def export_acts(request: http.Request) -> http.Reply:
    """The same as comma-separated values; x-next-cursor is there while there is more."""
    text, cursor = log.export(_filters(request), page_of(request, paging.MAX_SIZE), times.now())
    more = {"x-next-cursor": cursor} if cursor else {}
    return http.Reply(200, text, {"content-type": CSV, "cache-control": "no-store", **more})


def _filters(request: http.Request) -> dict[str, str]:
    return {name: request.query[name] for name in log.FILTERS if name in request.query}


CSV = "text/csv; charset=utf-8"
Csv = Annotated[str, "A header, then an act a line"]


ROUTES = {
    "POST /v1/admin/partners": Route(create_partner, CHANGE_PARTNERS, reply=PartnerView, body=NewPartner, status=201),
    "GET /v1/admin/partners": Route(
        list_partners, SEE_PARTNERS, reply=Listing[PartnerView], query={**partner_lists.FILTERS, **paging.QUERY}
    ),
    "GET /v1/admin/partners/{id}": Route(show_partner, SEE_PARTNERS, reply=PartnerView),
    "PATCH /v1/admin/partners/{id}": Route(change_partner, CHANGE_PARTNERS, reply=PartnerView, body=PartnerChange),
    "POST /v1/admin/partners/{id}/users": Route(
        create_user, CHANGE_PARTNERS, reply=MailedUserView, body=NewUser, status=201
    ),
    "GET /v1/admin/partners/{id}/users": Route(
        list_users, SEE_PARTNERS, reply=Listing[MailedUserView], query=paging.QUERY
    ),
    "DELETE /v1/admin/partners/{id}/users/{user_id}": Route(remove_user, CHANGE_PARTNERS, status=204),
    "POST /v1/admin/partners/{id}/api-keys": Route(
        create_api_key, CHANGE_PROGRAM, reply=ApiKeyWithSecretView, body=NewApiKey, status=201
    ),
    "GET /v1/admin/partners/{id}/api-keys": Route(
        list_api_keys, SEE_PARTNERS, reply=Listing[ApiKeyView], query=paging.QUERY
    ),
    "DELETE /v1/admin/partners/{id}/api-keys/{key_id}": Route(revoke_api_key, CHANGE_PROGRAM, status=204),
    "POST /v1/admin/staff": Route(create_staff, CHANGE_PROGRAM, reply=StaffView, body=NewStaff, status=201),
    "GET /v1/admin/staff": Route(list_staff, SEE_PROGRAM, reply=Listing[StaffView], query=paging.QUERY),
    "GET /v1/admin/staff/{id}": Route(show_staff, SEE_PROGRAM, reply=StaffView),
    "PATCH /v1/admin/staff/{id}": Route(change_staff, CHANGE_PROGRAM, reply=StaffView, body=StaffChange),
    "DELETE /v1/admin/staff/{id}": Route(remove_staff, CHANGE_PROGRAM, status=204),
    "DELETE /v1/admin/staff/{id}/name": Route(forget_staff, ADMIN, status=204),
    "GET /v1/admin/log": Route(list_acts, SEE_PROGRAM, reply=Listing[ActView], query=log.FILTERS | paging.QUERY),
    "GET /v1/admin/log.csv": Route(export_acts, SEE_PROGRAM, reply=Csv, query=log.FILTERS | paging.CURSOR, media=CSV),
    "GET /v1/admin/partners/{id}/statements": Route(
        list_statements, SEE_EARNINGS, reply=Listing[StatementSummaryView], query=paging.QUERY
    ),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=credentials.recognise)
