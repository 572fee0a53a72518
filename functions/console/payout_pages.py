"""Payout runs, from what is payable to what was paid."""

import json
import secrets
from dataclasses import replace
from typing import Any

from console import shown
from console.listed import page_for
from dealreg.commissions.days import local_day
from dealreg.exports import mapping_commands
from dealreg.ledger import terms
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import partners
from dealreg.payouts import commands, export_store, exporting, lists
from dealreg.payouts.rules import number_of_run
from dealreg.payouts.views import RunView
from dealreg.platform import acts, errors, paging, times
from dealreg.platform.http import Reply, Request, file_reply
from dealreg.platform.routes import CHANGE_MONEY, PAGE, SEE_MONEY, Route, Routes

HERE = "/admin/money"
FILE = "text/csv"
_SHOWN = 50
_LABELS = {"mapping": "Form of the file", "date": "Date of the documents"}
_DONE = {
    "approved": "Approved. Partners are told of their payouts, and the run can be exported.",
    "cancelled": "Cancelled. Its lines are free for the next run.",
    "exported": "The file is written: download it below.",
}
_PAUSE = "5"
"""Seconds until the page of a run that is being built looks again."""


def list_runs(request: Request) -> Reply:
    return _list(request, 200)


def _list(request: Request, status: int, **context: Any) -> Reply:
    listed = lists.runs(page_for(request, LIST))
    return shown.frame(
        request,
        status,
        "payout_runs.html",
        here=HERE,
        runs=listed["items"],
        next_cursor=listed["next_cursor"],
        once=secrets.token_urlsafe(16),
        **context,
    )


def make_run(request: Request) -> Reply:
    by = posting_session(request).caller.by
    made = commands.make(b"{}", read_form(request.body).text("once") or None, by, times.now())
    return redirect(f"{HERE}/runs/{json.loads(made.body)['id']}")


def show_run(request: Request) -> Reply:
    return _one(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _one(request: Request, status: int, **context: Any) -> Reply:
    now = times.now()
    run = lists.run(request.params["id"], page_for(request, f"GET {RUN}", _SHOWN))
    reply = shown.frame(
        request,
        status,
        "payout_run.html",
        here=HERE,
        run=run,
        names=partners.names(one["partner_id"] for one in run["excluded"]),
        seen=json.dumps({"version": run["version"], "totals": run["totals"]}),
        mappings=[one["id"] for one in mapping_commands.listing()] if _has_file(run) else [],
        today=local_day(now, terms.zone()).isoformat(),
        **({"labels": _LABELS, "problems": ()} | context),
    )
    return replace(reply, headers={**reply.headers, "refresh": _PAUSE}) if run["state"] == "building" else reply


def _has_file(run: RunView) -> bool:
    """One that was written, is to be, or can be tried."""
    return run["state"] in ("proposed", "approved", "exported")


def approve_run(request: Request) -> Reply:
    """What was seen is in the form."""
    by, seen = posting_session(request).caller.by, read_form(request.body).text("seen")
    acts.about(run_id=request.params["id"])
    commands.approve(request.params["id"], seen.encode(), by, times.now())
    return redirect(f"{HERE}/runs/{request.params['id']}?done=approved")


def cancel_run(request: Request) -> Reply:
    by = posting_session(request).caller.by
    acts.about(run_id=request.params["id"])
    commands.cancel(request.params["id"], by, times.now())
    return redirect(f"{HERE}/runs/{request.params['id']}?done=cancelled")


def export_run(request: Request) -> Reply:
    by, form = posting_session(request).caller.by, read_form(request.body)
    run_id, said = request.params["id"], {name: form.text(name) for name in ("mapping", "date")}
    acts.about(run_id=run_id)
    try:
        exporting.export(run_id, json.dumps(said).encode(), by, times.now())
    except (errors.ExportRefused, errors.TooLarge) as refused:
        return _refused_file(request, refused)
    return redirect(f"{HERE}/runs/{run_id}?done=exported")


def preview_run(request: Request) -> Reply:
    """The file that it would be; nothing is kept."""
    posting_session(request)
    form = read_form(request.body)
    said = {"run": request.params["id"]} | {name: form.text(name) for name in ("mapping", "date") if form.text(name)}
    try:
        return file_reply(exporting.preview(json.dumps(said).encode(), times.now()), FILE, "preview.csv")
    except (errors.ExportRefused, errors.TooLarge) as refused:
        return _refused_file(request, refused)


def _refused_file(request: Request, refused: errors.DealregError) -> Reply:
    problems: Any = refused.extra.get("problems", ())
    told = shown.told(request, refused)
    return _one(request, 422, **told, problems=problems[:_SHOWN])


def show_export(request: Request) -> Reply:
    """The file, as it was written."""
    run_id = request.params["id"]
    export, content = export_store.load(run_id, request.params["export_id"])
    return file_reply(content, FILE, f"{number_of_run(run_id)}-{export.mapping}-{export.date}.csv")


def _list_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _list(request, status, notice=error.detail or error.title)


def _one_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, status, **shown.told(request, error))


LIST = "GET /admin/money"
RUN = "/admin/money/runs/{id}"
ROUTES: Routes = {
    LIST: Route(list_runs, SEE_MONEY, query=paging.CURSOR, media=PAGE),
    "POST /admin/money/runs": Route(make_run, CHANGE_MONEY, body=Form, media=PAGE),
    f"GET {RUN}": Route(show_run, SEE_MONEY, query=paging.CURSOR | {"done": str}, media=PAGE),
    f"POST {RUN}/approve": Route(approve_run, CHANGE_MONEY, body=Form, media=PAGE),
    f"POST {RUN}/cancel": Route(cancel_run, CHANGE_MONEY, body=Form, media=PAGE),
    f"POST {RUN}/export": Route(export_run, CHANGE_MONEY, body=Form, media=PAGE),
    f"POST {RUN}/preview": Route(preview_run, CHANGE_MONEY, body=Form, media=PAGE),
    f"GET {RUN}/exports/{{export_id}}": Route(show_export, SEE_MONEY, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    "POST /admin/money/runs": _list_again,
    **dict.fromkeys((f"POST {RUN}/{act}" for act in ("approve", "cancel", "export", "preview")), _one_again),
}
