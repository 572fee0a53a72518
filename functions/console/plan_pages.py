"""Commission plans as sentences, months to close, and the forms of files for an ERP."""

import json
from typing import Any

from console import shown
from console.listed import page_for
from dealreg.commissions import plan_commands, sentences
from dealreg.commissions.ledger import following as following_month
from dealreg.exports import mapping_commands
from dealreg.ledger import rows
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.payouts import exporting, lists
from dealreg.periods import closing, files
from dealreg.periods import rows as period_rows
from dealreg.platform import acts, dynamo, errors, paging, times
from dealreg.platform.http import Reply, Request, file_reply
from dealreg.platform.paging import PageRequest
from dealreg.platform.routes import CHANGE_MONEY, PAGE, SEE_MONEY, Route, Routes

HERE = "/admin/money"
PLANS, MONTHS, EXPORTS = f"{HERE}/plans", f"{HERE}/months", f"{HERE}/exports"
_RUNS = 10
_PREVIEWED = 50


def list_plans(request: Request) -> Reply:
    listed = plan_commands.listing(page_for(request, f"GET {PLANS}"))
    return shown.frame(request, 200, "plans.html", here=HERE, plans=listed["items"], next_cursor=listed["next_cursor"])


def show_plan(request: Request) -> Reply:
    return _plan(request, 200, done="Taken back." if "done" in request.query else "")


def _plan(request: Request, status: int, **context: Any) -> Reply:
    plan = plan_commands.shown(request.params["plan_id"], times.now())
    versions = [
        {
            **version,
            "in_words": sentences.of_version(version),
            "rules": [(rule["id"], sentences.of_rule(rule, version["currency"])) for rule in version["rules"]],
        }
        for version in reversed(plan["versions"])
    ]
    return shown.frame(request, status, "plan.html", here=HERE, plan=plan["id"], versions=versions, **context)


def withdraw_version(request: Request) -> Reply:
    posting_session(request)
    plan, number = request.params["plan_id"], request.params["n"]
    acts.about(plan_id=plan)
    plan_commands.withdraw(plan, number, times.now())
    return redirect(f"{PLANS}/{plan}?done=1")


def _plan_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _plan(request, status, notice=error.detail or error.title)


def show_months(request: Request) -> Reply:
    return _months(request, 200, done="Closed. Partners get their statements." if "done" in request.query else "")


def _months(request: Request, status: int, **context: Any) -> Reply:
    key = rows.periods_key()
    until = period_rows.closed_until(dynamo.get(key.table, key.pk, key.sk))
    following = following_month(until) if until else ""
    return shown.frame(
        request,
        status,
        "months.html",
        here=HERE,
        until=until,
        following=following,
        **({"labels": {"period": "Month"}} | context),
    )


def close_period(request: Request) -> Reply:
    by = posting_session(request).caller.by
    period = _month(read_form(request.body).text("period"))
    acts.about(period=period)
    closing.close(period, by, times.now())
    return redirect(f"{MONTHS}?done=1")


def _month(typed: str) -> str:
    try:
        return files.month(typed)
    except errors.NotFound:
        raise errors.InvalidInput([errors.FieldError("period", "Write a month, such as 2026-10.")]) from None


def _months_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _months(request, status, **shown.told(request, error))


def list_mappings(request: Request) -> Reply:
    return shown.frame(request, 200, "mappings.html", here=HERE, mappings=mapping_commands.listing())


def show_mapping(request: Request) -> Reply:
    return _mapping(request, 200)


def _mapping(request: Request, status: int, **context: Any) -> Reply:
    wanted = request.params["id"]
    mapping = next((one for one in mapping_commands.listing() if one["id"] == wanted), None)
    if mapping is None:
        raise errors.NotFound
    tried = lists.runs(PageRequest(_RUNS))["items"]
    return shown.frame(
        request,
        status,
        "mapping.html",
        here=HERE,
        mapping=mapping,
        runs={run["id"]: run["number"] for run in tried if run["state"] != "building"},
        **({"labels": {"run": "Run"}, "problems": ()} | context),
    )


def preview_export(request: Request) -> Reply:
    posting_session(request)
    said = {"mapping": request.params["id"], "run": read_form(request.body).text("run")}
    try:
        return file_reply(exporting.preview(json.dumps(said).encode(), times.now()), files.CSV, "preview.csv")
    except (errors.ExportRefused, errors.TooLarge) as refused:
        problems: Any = refused.extra.get("problems", ())
        return _mapping(request, 422, **shown.told(request, refused), problems=problems[:_PREVIEWED])


def _mapping_again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _mapping(request, status, **shown.told(request, error))


_WITHDRAW = f"POST {PLANS}/{{plan_id}}/versions/{{n}}/withdraw"
ROUTES: Routes = {
    f"GET {PLANS}": Route(list_plans, SEE_MONEY, query=paging.CURSOR, media=PAGE),
    f"GET {PLANS}/{{plan_id}}": Route(show_plan, SEE_MONEY, query={"done": str}, media=PAGE),
    _WITHDRAW: Route(withdraw_version, CHANGE_MONEY, body=Form, media=PAGE),
    f"GET {MONTHS}": Route(show_months, SEE_MONEY, query={"done": str}, media=PAGE),
    f"POST {MONTHS}": Route(close_period, CHANGE_MONEY, body=Form, media=PAGE),
    f"GET {EXPORTS}": Route(list_mappings, SEE_MONEY, media=PAGE),
    f"GET {EXPORTS}/{{id}}": Route(show_mapping, SEE_MONEY, media=PAGE),
    f"POST {EXPORTS}/{{id}}": Route(preview_export, CHANGE_MONEY, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    _WITHDRAW: _plan_again,
    f"POST {MONTHS}": _months_again,
    f"POST {EXPORTS}/{{id}}": _mapping_again,
}
