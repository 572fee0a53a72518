"""Signing in and out, and back to where somebody was: to a page, or to the form that was being filled in."""

from typing import Any
from urllib.parse import urlencode

from dealreg.pages import drafts
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import page, redirect
from dealreg.pages.sessions import (
    COOKIE,
    browser_of,
    check_site,
    cookie,
    place,
    posting_session,
    recognise,
    writer_of,
)
from dealreg.partners import sessions
from dealreg.partners.program import current_program
from dealreg.platform import times, tokens
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import MAX_BODY


def ask(request: Request) -> Reply:
    leads_to = place(request.query.get("to", ""))
    if leads_to and recognise(request):
        return redirect(leads_to)
    return sign_in_page(200, Form({"to": [leads_to]}), sent="sent" in request.query)


def ask_for_link(request: Request) -> Reply:
    """The same answer for an address that is known and one that is not."""
    check_site(request)
    form = read_form(request.body)
    leads_to = place(form.text("to") or request.query.get("to", ""))
    sessions.request_sign_in(form.text("email"), times.now(), leads_to)
    return redirect("/sign-in?sent=1")


def open_link(request: Request) -> Reply:
    """Changes nothing, because mail scanners open links: the page's button uses the link up."""
    token = tokens.of_link(request.params["token"])
    if _is_in_by(token, request):
        return redirect(sessions.place_of(token))
    person = sessions.open_sign_in(token, times.now(), browser_of(request))
    return page(200, "sign_in_open.html", brand=current_program().name, name=person.name)


def use_link(request: Request) -> Reply:
    check_site(request)
    token = tokens.of_link(request.params["token"])
    leads_to = sessions.place_of(token)
    if _is_in_by(token, request):
        return redirect(leads_to)
    session = sessions.use_sign_in(token, times.now(), browser_of(request))
    return redirect(leads_to, (cookie(request, COOKIE, session),))


def _is_in_by(token: str, request: Request) -> bool:
    """Whether the browser is signed in already, as the one to whom the link was mailed."""
    caller = recognise(request)
    return caller is not None and sessions.is_of(token, caller)


def sign_out(request: Request) -> Reply:
    posting_session(request)
    sessions.end_session(request.cookies[COOKIE])
    return redirect("/sign-in", (cookie(request, COOKIE, "", seconds=0),))


def sign_in_page(status: int, typed: Form, *, sent: bool = False, **context: Any) -> Reply:
    return page(status, "sign_in.html", brand=current_program().name, sent=sent, typed=typed, **context)


def again(request: Request, *, is_form: bool) -> Reply:
    """For who is not signed in, or was when the page was opened; `is_form`: what was typed is kept."""
    leads_to = request.path
    if is_form:
        leads_to = leads_to.rpartition("/")[0] or leads_to
        form = read_form(request.body) if len(request.body) <= MAX_BODY else Form({})
        if user_id := writer_of(form):
            drafts.keep(user_id, leads_to, form, times.now())
            leads_to += "?typed=1"
    leads_to = place(leads_to)
    return redirect(f"/sign-in?{urlencode({'to': leads_to})}" if leads_to else "/sign-in")
