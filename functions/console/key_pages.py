"""How a partner's systems are connected: its API keys, and its webhook endpoints with their health."""

from typing import Any

from console import shown
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import credentials, partners, reach
from dealreg.partners.inputs import NewApiKey
from dealreg.platform import errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import page_of
from dealreg.platform.routes import CHANGE_PROGRAM, PAGE, SEE_PARTNERS, Route, Routes
from dealreg.platform.validation import parse_values

HERE = "/admin/partners"
_LABELS = {"name": "Name of the key"}
_DONE = {"revoked": "The key is revoked: within a minute nothing accepts it any more."}


def list_keys(request: Request) -> Reply:
    return _list(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _list(request: Request, status: int, **context: Any) -> Reply:
    from dealreg.webhooks import views  # what sends to endpoints is not needed for the other pages
    from dealreg.webhooks.endpoints import store as endpoints

    partner = reach.load_partner(request, request.params["id"])
    found = credentials.list_keys(partner.id, page_of(request))
    common: dict[str, Any] = {"labels": _LABELS, "token": "", "made": ""}
    return shown.frame(
        request,
        status,
        "partner_keys.html",
        here=HERE,
        partner=partners.view(partner),
        keys=found["items"],
        next_cursor=found["next_cursor"],
        endpoints=[views.endpoint_view(one) for one in endpoints.of_owner(partner.id)],
        **(common | context),
    )


def create_key(request: Request) -> Reply:
    """The only page that ever shows the key, so it is the answer of the form itself."""
    posting_session(request)
    new = parse_values(NewApiKey, {"name": read_form(request.body).text("name")})
    key, token = credentials.create_partner_key(_partner(request), new.name, times.now(), request.caller.by)
    return _list(request, 201, token=token, made=key.name)


def ask_to_revoke(request: Request) -> Reply:
    partner = reach.load_partner(request, request.params["id"])
    key = credentials.view(credentials.load_key(partner.id, request.params["key_id"]))
    return shown.frame(request, 200, "partner_key.html", here=HERE, partner=partners.view(partner), key=key)


def revoke_key(request: Request) -> Reply:
    posting_session(request)
    partner_id = _partner(request)
    credentials.revoke_key(partner_id, request.params["key_id"], request.caller.by)
    return redirect(f"{HERE}/{partner_id}/keys?done=revoked")


def _partner(request: Request) -> str:
    """The id of one that the reader's right reaches."""
    reach.require_partner(request, request.params["id"])
    return request.params["id"]


def _list_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _list(request, status, **shown.told(request, error))


ROUTES: Routes = {
    "GET /admin/partners/{id}/keys": Route(list_keys, SEE_PARTNERS, query={"done": str} | paging.CURSOR, media=PAGE),
    "POST /admin/partners/{id}/keys": Route(create_key, CHANGE_PROGRAM, body=Form, media=PAGE),
    "GET /admin/partners/{id}/keys/{key_id}": Route(ask_to_revoke, CHANGE_PROGRAM, media=PAGE),
    "POST /admin/partners/{id}/keys/{key_id}/revoke": Route(revoke_key, CHANGE_PROGRAM, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {"POST /admin/partners/{id}/keys": _list_again}
