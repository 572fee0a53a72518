"""Who decides about deals: who of them is away, who stands in, and one's own absence."""

from console import shown
from dealreg.approvals import absences
from dealreg.approvals.away_inputs import AwayInput
from dealreg.notifications import bounces
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.partners import staff
from dealreg.partners.program import current_program
from dealreg.partners.rules import routing_of
from dealreg.platform import errors, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import DECIDE_DEALS, PAGE, SEE_DEALS, Route, Routes
from dealreg.platform.validation import parse_values

HERE = "/admin/approvals"
_LABELS = {"until": "Last day away", "to": "Who decides instead", "reason": "Why"}
_DONE = {"away": "Your absence is recorded.", "back": "You are back."}


def show_approvers(request: Request) -> Reply:
    return _page(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _page(request: Request, status: int, **context: object) -> Reply:
    people, me = routing_of(current_program()).people, request.caller.email
    away = absences.views_of({*people, me}, times.now())
    stand_ins = [one["to"] for one in away.values() if one["to"]]
    return shown.frame(
        request,
        status,
        "approvals.html",
        here=HERE,
        me=me,
        approvers=people,
        away=away,
        people=staff.names_of({*people, *stand_ins}),
        **({"labels": _LABELS} | context),
    )


def go_away(request: Request) -> Reply:
    posting_session(request)
    form, me, now = read_form(request.body), request.caller.email, times.now()
    until = f"{form.text('until')}T23:59:59Z" if form.text("until") else None
    said = parse_values(AwayInput, {"until": until, "to": form.text("to") or None, "reason": form.text("reason")})
    absences.record(me, said.absence(me, now), said.reason, request.caller.by)
    bounces.forget_saved(said.to)
    return redirect(f"{HERE}?done=away")


def come_back(request: Request) -> Reply:
    posting_session(request)
    absences.end(request.caller.email, request.caller.by)
    return redirect(f"{HERE}?done=back")


def _again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _page(request, status, **shown.told(request, error))


ROUTES: Routes = {
    "GET /admin/approvals": Route(show_approvers, SEE_DEALS, query={"done": str}, media=PAGE),
    "POST /admin/approvals/away": Route(go_away, DECIDE_DEALS, body=Form, media=PAGE),
    "POST /admin/approvals/back": Route(come_back, DECIDE_DEALS, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {"POST /admin/approvals/away": _again}
