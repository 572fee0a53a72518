"""Imports of the vendor's own accounts: a file from the browser to S3, how far it is, what was not accepted."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from console import shown
from dealreg.accounts.imports import files, rejects, removals, store, work
from dealreg.accounts.imports.model import WORKING, Import, NewImport, State, view
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.platform import errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.paging import page_of
from dealreg.platform.routes import CHANGE_PROGRAM, PAGE, SEE_PROGRAM, Route, Routes
from dealreg.platform.settings import Setting, read
from dealreg.platform.validation import parse_values

HERE = "/admin/accounts"
IMPORTS = f"{HERE}/imports"
MAX_BYTES = 100 * 1024 * 1024
"""From a browser; what is larger is a program's work, which sends it by the API."""
_AT_WORK_REFRESH = "3"
_LABELS = {"source": "Source", "mode": "What the file is"}
_DONE = {
    "started": "It has begun.",
    "cancelled": "It was cancelled. What was taken over stays.",
    "confirmed": "Confirmed.",
}


def list_imports(request: Request) -> Reply:
    return _list(request, 200)


def _list(request: Request, status: int, **context: object) -> Reply:
    listed = store.newest(page_of(request))
    shown_with = {"imports": listed["items"], "next_cursor": listed["next_cursor"]}
    filled: dict[str, Any] = {"typed": Form({"source": ["crm"], "mode": ["changes"]}), "labels": _LABELS}
    return shown.frame(request, status, "imports.html", here=HERE, **shown_with, **(filled | context))


def create_import(request: Request) -> Reply:
    posting_session(request)
    form = read_form(request.body)
    new = parse_values(NewImport, {"source": form.text("source"), "mode": form.text("mode")})
    made = store.create(new, times.now(), request.caller.by)
    return redirect(f"{IMPORTS}/{made.id}")


def show_import(request: Request) -> Reply:
    """Also where S3 leads to after the upload."""
    return _one(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _one(request: Request, status: int, **context: object) -> Reply:
    one = store.load(request.params["id"])
    reply = shown.frame(
        request,
        status,
        "import.html",
        here=HERE,
        one=view(one),
        working=one.state in WORKING,
        ended=one.finished_at is not None,
        megabytes=MAX_BYTES // 1024**2,
        **(_upload(request, one) | _rows(request, one) | context),
    )
    if one.state not in WORKING:
        return reply
    return replace(reply, headers={**reply.headers, "refresh": _AT_WORK_REFRESH})


def _upload(request: Request, one: Import) -> dict[str, Any]:
    """While a file is waited for: the form for it, and what arrived."""
    if one.state != State.AWAITING_UPLOAD or not request.caller.may(CHANGE_PROGRAM["admin"]):
        return {"upload": None, "arrived": None, "too_large": False}
    key = files.upload_of(one.id)
    form = files.upload_form(key, work.MAX_BYTES, f"{_origin(request)}{IMPORTS}/{one.id}")
    place, arrived = urlsplit(form.url), files.find(key)
    too_large = arrived is not None and arrived.size > MAX_BYTES
    return {
        "upload": form,
        "arrived": arrived,
        "too_large": too_large,
        "posts_to": f"{place.scheme}://{place.netloc}",
    }


def _rows(request: Request, one: Import) -> dict[str, Any]:
    """What was not accepted; of one that asks whether accounts may be removed, those."""
    page = page_of(request)
    nothing: dict[str, Any] = {"items": [], "next_cursor": None}
    if one.state == State.AWAITING_CONFIRMATION:
        return {"rejects": nothing, "removals": removals.listed(one, page)}
    return {"rejects": rejects.listed(one, page) if one.started_at else nothing, "removals": nothing}


def _origin(request: Request) -> str:
    scheme = "http" if request.headers.get("x-forwarded-proto") == "http" else "https"
    return read(Setting.PUBLIC_URL) or f"{scheme}://{request.headers.get('host', '')}"


def start_import(request: Request) -> Reply:
    posting_session(request)
    arrived = files.find(files.upload_of(request.params["id"]))
    if arrived and arrived.size > MAX_BYTES:
        raise errors.Conflict(f"The file may have {MAX_BYTES // 1024**2} MB at most. Nothing was imported.")
    one = work.start(request.params["id"], times.now())
    return redirect(f"{IMPORTS}/{one.id}?done=started")


def cancel_import(request: Request) -> Reply:
    posting_session(request)
    one = work.cancel(request.params["id"], times.now())
    return redirect(f"{IMPORTS}/{one.id}?done=cancelled")


def confirm_import(request: Request) -> Reply:
    """The number is that of the page, so that nobody confirms what they have not seen."""
    posting_session(request)
    number = read_form(request.body).text("removals")
    if not (number.isascii() and number.isdigit()):
        raise errors.Conflict("Open the page again: it says how many accounts would be removed.")
    one = work.confirm(request.params["id"], int(number[:9]), times.now(), request.caller.by)
    return redirect(f"{IMPORTS}/{one.id}?done=confirmed")


def download_rejects(request: Request) -> Reply:
    return redirect(rejects.link(store.load(request.params["id"])))


def _list_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _list(request, status, **shown.told(request, error))


def _one_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    said = error.errors[0].message if isinstance(error, errors.InvalidInput) else error.detail or error.title
    return _one(request, status, notice=said)


_ONE = "/admin/accounts/imports/{id}"
ROUTES: Routes = {
    "GET /admin/accounts/imports": Route(list_imports, SEE_PROGRAM, query=paging.CURSOR, media=PAGE),
    "POST /admin/accounts/imports": Route(create_import, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"GET {_ONE}": Route(show_import, SEE_PROGRAM, query=paging.CURSOR | {"done": str}, media=PAGE),
    f"POST {_ONE}/start": Route(start_import, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {_ONE}/cancel": Route(cancel_import, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"POST {_ONE}/confirm": Route(confirm_import, CHANGE_PROGRAM, body=Form, media=PAGE),
    f"GET {_ONE}/rejects.csv": Route(download_rejects, SEE_PROGRAM, status=303, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    "POST /admin/accounts/imports": _list_again,
    f"POST {_ONE}/start": _one_again,
    f"POST {_ONE}/cancel": _one_again,
    f"POST {_ONE}/confirm": _one_again,
}
