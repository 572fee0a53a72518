"""One payout, and what became of it at the bank."""

import json
from datetime import date
from typing import Any

from console import shown
from dealreg.commissions.days import local_day
from dealreg.ledger import terms
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.payouts import acts, store, views
from dealreg.payouts.model import Act
from dealreg.platform import acts as log
from dealreg.platform import errors, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import CHANGE_MONEY, PAGE, SEE_MONEY, Route, Routes

HERE = "/admin/money"
_LABELS = {"paid_at": "Paid on", "reference": "Reference", "reason_code": "Why", "text": "In words"}
_REASONS = ("account_closed", "wrong_account", "rejected_by_bank", "other")
_DONE = {
    "paid": "Marked as paid.",
    "failed": "Marked as failed. Its lines stay with it until it is tried again or cancelled.",
    "returned": "The money is back: it is payable again.",
    "retry": "It is exported anew with the run’s next file.",
    "cancel": "Cancelled. Its lines are free for the next run.",
}


def show_payout(request: Request) -> Reply:
    return _one(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _one(request: Request, status: int, **context: Any) -> Reply:
    payout = store.load_payout(store.locate(request.params["id"]))
    run = store.load_run(payout.run_id)
    return shown.frame(
        request,
        status,
        "payout.html",
        here=HERE,
        payout=views.payout_view(payout, run),
        run=views.summary(run),
        today=local_day(times.now(), terms.zone()).isoformat(),
        reasons=_REASONS,
        **({"labels": _LABELS} | context),
    )


def mark_payout_paid(request: Request) -> Reply:
    form = read_form(request.body)
    reference = {"reference": form.text("reference")} if form.text("reference") else {}
    return _act("paid", request, {"paid_at": _moment_on(form.text("paid_at"))} | reference)


def _moment_on(day: str) -> str:
    """Noon by UTC, which is that day wherever the program is; today, this moment if it is earlier."""
    try:
        noon = times.from_text(f"{date.fromisoformat(day)}T12:00:00Z")
    except ValueError:
        return day
    now = times.now()
    return times.to_text(min(noon, now) if noon.date() == now.date() else noon)


def mark_payout_failed(request: Request) -> Reply:
    return _act("failed", request, _why(request))


def mark_payout_returned(request: Request) -> Reply:
    return _act("returned", request, _why(request))


def _why(request: Request) -> dict[str, str]:
    form = read_form(request.body)
    text = {"text": form.text("text")} if form.text("text") else {}
    return {"reason_code": form.text("reason_code")} | text


def retry_payout(request: Request) -> Reply:
    return _act("retry", request, {})


def cancel_payout(request: Request) -> Reply:
    return _act("cancel", request, {})


def _act(act: Act, request: Request, said: dict[str, str]) -> Reply:
    by, payout_id = posting_session(request).caller.by, request.params["id"]
    log.about(payout_id=payout_id)
    acts.do(act, payout_id, json.dumps(said).encode(), by, times.now())
    return redirect(f"{HERE}/payouts/{payout_id}?done={act}")


def _again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, status, **shown.told(request, error))


PAYOUT = "/admin/money/payouts/{id}"
ROUTES: Routes = {
    f"GET {PAYOUT}": Route(show_payout, SEE_MONEY, query={"done": str}, media=PAGE),
    f"POST {PAYOUT}/paid": Route(mark_payout_paid, CHANGE_MONEY, body=Form, media=PAGE),
    f"POST {PAYOUT}/failed": Route(mark_payout_failed, CHANGE_MONEY, body=Form, media=PAGE),
    f"POST {PAYOUT}/returned": Route(mark_payout_returned, CHANGE_MONEY, body=Form, media=PAGE),
    f"POST {PAYOUT}/retry": Route(retry_payout, CHANGE_MONEY, body=Form, media=PAGE),
    f"POST {PAYOUT}/cancel": Route(cancel_payout, CHANGE_MONEY, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = dict.fromkeys((route for route in ROUTES if route.startswith("POST ")), _again)
