"""What the console's pages have in common: their frame with what the reader may see, and what refuses them."""

from collections.abc import Callable, Mapping
from typing import Any

from dealreg.pages.form_data import Form, read_form
from dealreg.pages.form_data import faults as faults_of
from dealreg.pages.render import message, page, redirect
from dealreg.pages.sessions import place, session_of
from dealreg.partners.program import current_program
from dealreg.platform import errors
from dealreg.platform.http import Reply, Request
from dealreg.platform.rights import Right
from dealreg.platform.routes import Failure

PARTS: Mapping[str, tuple[str, Right | None]] = {
    "/admin": ("Today", None),
    "/admin/deals": ("Deals", Right.SEE_DEALS),
    "/admin/approvals": ("Approvals", Right.SEE_DEALS),
    "/admin/partners": ("Partners", Right.SEE_PARTNERS),
    "/admin/money": ("Money", Right.SEE_MONEY),
    "/admin/billing": ("Billing", Right.SEE_MONEY),
    "/admin/webhooks": ("Webhooks", Right.SEE_PROGRAM),
    "/admin/accounts": ("Accounts", Right.SEE_PROGRAM),
    "/admin/program": ("Program", Right.SEE_PROGRAM),
    "/admin/staff": ("Staff", Right.SEE_PROGRAM),
    "/admin/log": ("Log", Right.SEE_PROGRAM),
}
"""The console's parts in the order of the navigation, and the right without which there is nothing to see."""
NOTHING_TYPED = Form({})
Again = Callable[[Request, int, errors.DealregError], Reply]
"""Shows the page of a form again, with what was typed and what is wrong with it."""


def frame(request: Request, status: int, template: str, *, here: str, **context: Any) -> Reply:
    """`here` is the part that the page belongs to; `may` in a template asks for one of the reader's rights."""
    caller = request.caller
    parts = [(href, name) for href, (name, right) in PARTS.items() if right is None or caller.may(right)]
    common: dict[str, Any] = {"typed": NOTHING_TYPED, "labels": {}, "notice": "", "done": ""}
    shown: dict[str, Any] = {"session": session_of(request), "parts": parts, "here": here, "may": caller.may}
    return page(status, f"console/{template}", brand=current_program().name, **shown, **(common | context))


def refused(again: Mapping[str, Again]) -> Failure:
    """`again` by route: where a form is shown again when what was sent is not right."""

    def show(request: Request, status: int, error: errors.DealregError) -> Reply:
        if isinstance(error, errors.Unauthenticated):
            leads_to = place(request.path) if request.method == "GET" else ""
            return redirect(f"/sign-in?to={leads_to}" if leads_to else "/sign-in")
        if isinstance(error, errors.InvalidInput | errors.Conflict | errors.StaleForm) and request.route in again:
            return again[request.route](request, status, error)
        return message(status, error, request, href="/admin", link="To the start page")

    return show


def told(request: Request, error: errors.DealregError) -> dict[str, Any]:
    """Of a form that is shown again: what was typed, and what is wrong with its fields or with the whole."""
    form = read_form(request.body)
    found = faults_of(error, form) if isinstance(error, errors.InvalidInput) else {}
    return {"typed": form, "errors": found, "notice": "" if found else error.detail or error.title}
