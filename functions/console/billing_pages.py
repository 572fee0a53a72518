"""The inbox of billing events: what awaits a person, what it says, and the deal that it is of."""

from collections.abc import Mapping, Sequence
from typing import Any

from console import shown
from console.listed import page_for
from dealreg.billing import commands, sources, store, told
from dealreg.billing.inputs import Attachment, Closing, EventFilter
from dealreg.billing.model import EventStatus, InboxEvent
from dealreg.billing.recognising import Candidate
from dealreg.billing.views import event_view
from dealreg.deals.store import locate
from dealreg.pages.form_data import Form, read_form
from dealreg.pages.render import redirect
from dealreg.pages.sessions import posting_session
from dealreg.pages.typed_amounts import wire_amount
from dealreg.partners import partners
from dealreg.platform import acts, errors, paging, times
from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import CHANGE_MONEY, PAGE, SEE_MONEY, Route, Routes
from dealreg.platform.validation import parse_values

HERE = "/admin/billing"
_LABELS = {"deal_id": "Deal", "amount.amount": "Amount", "amount.currency": "Currency", "reason": "Reason"}
_DONE = {
    "attached": "Attached.",
    "read": "Read again. What became of it stands below.",
    "closed": "Closed. Nothing follows from it.",
}
_SHOWN_OF_BODY = 6_000
"""Signs; the API has all of it."""


def list_events(request: Request) -> Reply:
    said = {name: value for name, value in request.query.items() if name in ("status", "source_id") and value}
    wanted = parse_values(EventFilter, said)
    page = page_for(request, LIST, filters={"status": wanted.status, "source_id": wanted.source_id or ""})
    known = {source.id: source.name for source in sources.every()}
    listed = store.list_events(wanted.status, page, wanted.source_id)
    return shown.frame(
        request,
        200,
        "billing.html",
        here=HERE,
        events=listed["items"],
        next_cursor=listed["next_cursor"],
        wanted=wanted,
        statuses=list(EventStatus),
        sources=known,
    )


def show_event(request: Request) -> Reply:
    return _one(request, 200, done=_DONE.get(request.query.get("done", ""), ""))


def _one(request: Request, status: int, **context: Any) -> Reply:
    event = store.event(request.params["id"])
    facts = commands.facts_of(event)
    suggested = commands.suggestions(event, facts, times.now())
    body = event.body.decode(errors="replace")
    return shown.frame(
        request,
        status,
        "billing_event.html",
        here=HERE,
        event=event_view(event),
        source=sources.of_event(event),
        deal=_deal_of(event),
        facts=[(told.title(fact), told.rows(fact)) for fact in facts],
        suggestions=_shown(suggested),
        body=body[:_SHOWN_OF_BODY],
        is_cut=len(body) > _SHOWN_OF_BODY,
        **({"labels": _LABELS} | context),
    )


def _deal_of(event: InboxEvent) -> Mapping[str, str] | None:
    """The one that it was applied to, or whose approval it waits for, while there is one."""
    try:
        deal = locate(event.deal_id or "")
    except errors.NotFound:
        return None
    return {"number": deal.number, "name": deal.customer["name"]}


def _shown(suggested: Sequence[Candidate]) -> list[dict[str, Any]]:
    names = partners.names(one.deal.partner_id for one in suggested)
    return [
        {
            "number": one.deal.number,
            "name": one.deal.customer["name"],
            "amount": one.deal.amount.to_wire(),
            "partner": names.get(one.deal.partner_id, ""),
            "certainty": one.certainty,
            "reasons": one.reasons,
        }
        for one in suggested
    ]


def attach_event(request: Request) -> Reply:
    by = posting_session(request).caller.by
    said = parse_values(Attachment, _attachment(read_form(request.body)))
    amount = said.amount.to_money() if said.amount else None
    event_id = request.params["id"]
    acts.about(event_id=event_id)
    commands.attach(event_id, said.deal_id, amount, by, times.now(), remember=said.remember)
    return redirect(f"{HERE}/{event_id}?done=attached")


def _attachment(form: Form) -> dict[str, Any]:
    """As the API takes it."""
    typed, currency = form.text("amount.amount"), form.text("amount.currency")
    named = {"amount": {"amount": wire_amount(typed, currency), "currency": currency}} if typed else {}
    return {"deal_id": form.text("deal_id"), "remember": "remember" in form.values, **named}


def apply_event(request: Request) -> Reply:
    posting_session(request)
    acts.about(event_id=request.params["id"])
    commands.read_again(request.params["id"], times.now())
    return redirect(f"{HERE}/{request.params['id']}?done=read")


def close_event(request: Request) -> Reply:
    by = posting_session(request).caller.by
    said = parse_values(Closing, {"reason": read_form(request.body).text("reason")})
    acts.about(event_id=request.params["id"])
    commands.close(request.params["id"], said.reason, by, times.now())
    return redirect(f"{HERE}/{request.params['id']}?done=closed")


def _again(request: Request, status: int, error: errors.DealregError) -> Reply:
    return _one(request, status, **shown.told(request, error))


LIST = "GET /admin/billing"
FILTERS = {"status": str, "source_id": str}
ROUTES: Routes = {
    LIST: Route(list_events, SEE_MONEY, query=FILTERS | paging.CURSOR, media=PAGE),
    "GET /admin/billing/{id}": Route(show_event, SEE_MONEY, query={"done": str}, media=PAGE),
    "POST /admin/billing/{id}/attach": Route(attach_event, CHANGE_MONEY, body=Form, media=PAGE),
    "POST /admin/billing/{id}/apply": Route(apply_event, CHANGE_MONEY, body=Form, media=PAGE),
    "POST /admin/billing/{id}/close": Route(close_event, CHANGE_MONEY, body=Form, media=PAGE),
}
AGAIN: dict[str, shown.Again] = {
    "POST /admin/billing/{id}/attach": _again,
    "POST /admin/billing/{id}/apply": _again,
    "POST /admin/billing/{id}/close": _again,
}
