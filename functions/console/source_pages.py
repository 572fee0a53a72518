"""Billing systems that may post: what is set up, what is wrong with it, their secrets, and reading their own lists."""

import json
from typing import Any

from console import shown
from dealreg.billing import reconciling, sources
from dealreg.billing.model import Source, SourceKind
from dealreg.billing.source_inputs import NewSecret, NewSource, SourceChange
from dealreg.billing.views import source_view
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.platform import acts, errors, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import CHANGE_MONEY, CHANGE_PROGRAM, PAGE, SEE_PROGRAM, Route, Routes
from dealreg.platform.validation import parse, parse_values

HERE = "/admin/billing"
SOURCES = f"{HERE}/sources"
_FIELDS = ("username", "public_key", "api_base", "client_id", "api_key")
_LABELS = {
    "kind": "Billing system",
    "name": "Name",
    "secret": "Its signing secret",
    "username": "User name",
    "public_key": "Public key",
    "api_base": "Where its API begins",
    "client_id": "Client id",
    "api_key": "API key",
}
_DONE = {
    "changed": "Saved.",
    "reconcile": "Its list of what happened is being read.",
    "off": "Switched off. What it posts is refused.",
    "on": "Switched on. What it posts is taken again.",
}


def list_sources(request: Request) -> Reply:
    return _list(request, 200)


def _list(request: Request, status: int, **context: Any) -> Reply:
    return shown.frame(
        request,
        status,
        "billing_sources.html",
        here=HERE,
        sources=[source_view(source) for source in sources.every()],
        kinds=list(SourceKind),
        **({"labels": _LABELS} | context),
    )


def create_source(request: Request) -> Reply:
    """The page that answers, like that of `rotate_secret`, is the only one that ever holds the secret."""
    by, form = posting_session(request).caller.by, read_form(request.body)
    sent = {name: form.text(name) for name in ("kind", "name", "secret", "username") if form.text(name)}
    new = parse(NewSource, json.dumps(sent).encode(), _policy(request))
    source = sources.create(new.kind, new.name, new.secret, times.now(), by, **new.further())
    return _one(request, source, 200, done="It is set up.", secret=source.secrets[0].value)


def _policy(request: Request) -> dict[str, Any]:
    """What the address of a sender's API is judged by."""
    return sources.url_policy(request.headers.get("host", ""))


def show_source(request: Request) -> Reply:
    done = _DONE.get(request.query.get("done", ""), "")
    return _one(request, sources.load(request.params["id"]), 200, done=done)


def _one(request: Request, source: Source, status: int, **context: Any) -> Reply:
    view, now = source_view(source), times.now()
    filled = Form({name: [str(view.get(name) or "")] for name in ("name", *_FIELDS)})
    return shown.frame(
        request,
        status,
        "billing_source.html",
        here=HERE,
        source=view,
        unlisted=source.unlisted,
        address=f"https://{request.headers.get('host', '')}{view['path']}",
        replaced=[one.expires_at for one in source.secrets if one.expires_at and one.expires_at > now],
        uses=sources.further_of(source.kind),
        **({"labels": _LABELS, "typed": filled, "secret": ""} | context),
    )


def change_source(request: Request) -> Reply:
    """An API key that is left empty stays as it is: it is not shown, and so cannot be in the form."""
    by, form = posting_session(request).caller.by, read_form(request.body)
    source = sources.load(request.params["id"])
    acts.about(source_id=source.id)
    sent = {name: form.text(name) or None for name in sources.further_of(source.kind) if name in form.values}
    if not sent.get("api_key"):
        sent.pop("api_key", None)
    policy = _policy(request) | {"kind": source.kind}
    sources.change(source, parse_values(SourceChange, {"name": form.text("name")} | sent, policy).changes(), by)
    return redirect(f"{SOURCES}/{source.id}?done=changed")


def switch_source(request: Request) -> Reply:
    by, form = posting_session(request).caller.by, read_form(request.body)
    source, enabled = sources.load(request.params["id"]), form.text("enabled") == "true"
    acts.about(source_id=source.id)
    acts.changes({"enabled": source.enabled}, {"enabled": enabled})
    sources.change(source, {"enabled": enabled}, by)
    return redirect(f"{SOURCES}/{source.id}?done={'on' if enabled else 'off'}")


def rotate_secret(request: Request) -> Reply:
    by, form = posting_session(request).caller.by, read_form(request.body)
    new = parse_values(NewSecret, {"secret": form.text("secret")} if form.text("secret") else {})
    acts.about(source_id=request.params["id"])
    source = sources.rotate(request.params["id"], new.secret, times.now(), by)
    return _one(request, source, 200, done="The new secret counts from now on.", secret=source.secrets[0].value)


def reconcile_source(request: Request) -> Reply:
    by = posting_session(request).caller.by
    acts.about(source_id=request.params["id"])
    reconciling.start(request.params["id"], None, by, times.now())
    return redirect(f"{SOURCES}/{request.params['id']}?done=reconcile")


def _list_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _list(request, status, **shown.told(request, error))


def _one_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, sources.load(request.params["id"]), status, **shown.told(request, error))


SOURCE = f"{SOURCES}/{{id}}"
ROUTES: Routes = {
    f"GET {SOURCES}": Route(list_sources, SEE_PROGRAM, media=PAGE),
    f"POST {SOURCES}": Route(create_source, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"GET {SOURCE}": Route(show_source, SEE_PROGRAM, query={"done": str}, media=PAGE),
    f"POST {SOURCE}": Route(change_source, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {SOURCE}/switch": Route(switch_source, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {SOURCE}/rotate": Route(rotate_secret, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {SOURCE}/reconcile": Route(reconcile_source, CHANGE_MONEY, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    f"POST {SOURCES}": _list_again,
    **dict.fromkeys(
        (f"POST {SOURCE}", f"POST {SOURCE}/switch", f"POST {SOURCE}/rotate", f"POST {SOURCE}/reconcile"), _one_again
    ),
}
