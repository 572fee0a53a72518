"""The page on which finance approves or cancels a payout run. Opening its link changes nothing; a person chooses."""

import json

from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import page, redirect
from dealreg.pages.sessions import check_csrf, check_site
from dealreg.partners.program import current_program
from dealreg.payouts import commands, letters, views
from dealreg.platform import acts, times, tokens
from dealreg.platform.errors import FieldError, InvalidInput, StaleVersion
from dealreg.platform.http import Reply, Request

_STALE = "The run is not as you had seen it: please look again."
_NO_CHOICE = "Choose what should become of the run."


def show_run(request: Request) -> Reply:
    return _page(request, 200, "")


def decide_run(request: Request) -> Reply:
    check_site(request)
    check_csrf(request, _csrf(request))
    form, token = read_form(request.body), _token(request)
    run, approver = letters.find_by_token(token)
    try:
        with acts.recorded(approver, f"{form.text('choice')} payout run", request):
            _decide(form, run.id, approver)
    except (InvalidInput, StaleVersion) as fault:
        return _page(request, 409, _STALE) if isinstance(fault, StaleVersion) else _page(request, 422, _NO_CHOICE)
    return redirect(f"/approvals/payout-runs/{token}")


def _decide(form: Form, run_id: str, approver: str) -> None:
    match form.text("choice"):
        case "approve":
            commands.approve(run_id, form.text("seen").encode(), approver, times.now())
        case "cancel":
            commands.cancel(run_id, approver, times.now())
        case _:
            raise InvalidInput([FieldError("choice", _NO_CHOICE)])


def _page(request: Request, status: int, error: str) -> Reply:
    run, _ = letters.find_by_token(_token(request))
    shown = views.listed(run)
    return page(
        status,
        "payout_run.html",
        brand=current_program().name,
        run=shown,
        sums=letters.sums(run),
        payouts=run.payouts,
        seen=json.dumps({"version": run.version, "totals": shown["totals"]}),
        error=error,
        csrf=_csrf(request),
    )


def _token(request: Request) -> str:
    return letters.of_link(request.params["token"])


def _csrf(request: Request) -> str:
    """Only who has opened the page of this very link can know it."""
    return tokens.derive("csrf", tokens.hash_token(_token(request)))
