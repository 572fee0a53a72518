"""The vendor's side of billing: the systems that may post, and the events that await a person."""

from typing import Any

from dealreg.billing import commands, inputs, model, reconciling, sources, store
from dealreg.billing.source_inputs import NewSecret, NewSource, SourceChange
from dealreg.billing.views import (
    BillingEventView,
    FullBillingEventView,
    ReconciliationView,
    SourceView,
    SourceWithSecretView,
    event_view,
    full_event_view,
    newest_of,
    source_view,
)
from dealreg.partners.credentials import recognise
from dealreg.platform import http, paging, times
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import CHANGE_MONEY, CHANGE_PROGRAM, SEE_MONEY, SEE_PROGRAM, Route, serve
from dealreg.platform.validation import parse, parse_values


def _policy(request: http.Request) -> dict[str, Any]:
    """What the address of a sender's API is judged by."""
    return sources.url_policy(request.headers.get("host", ""))


def create_source(request: http.Request) -> http.Reply:
    """This reply and that of `rotate_secret` are the only ones that ever hold a secret."""
    by = request.caller.by
    new = parse(NewSource, request.body, _policy(request))
    source = sources.create(new.kind, new.name, new.secret, times.now(), by, **new.further())
    return http.json_reply(201, source_view(source) | {"secret": source.secrets[0].value})


def list_sources(request: http.Request) -> http.Reply:
    items = [source_view(source) for source in sources.every()]
    return http.json_reply(200, {"items": items, "next_cursor": None})


def change_source(request: http.Request) -> http.Reply:
    by = request.caller.by
    source = sources.load(request.params["id"])
    wanted = parse(SourceChange, request.body, _policy(request) | {"kind": source.kind})
    return http.json_reply(200, source_view(sources.change(source, wanted.changes(), by)))


def rotate_secret(request: http.Request) -> http.Reply:
    by = request.caller.by
    new = parse(NewSecret, request.body)
    source = sources.rotate(request.params["id"], new.secret, times.now(), by)
    return http.json_reply(200, source_view(source) | {"secret": source.secrets[0].value})


def reconcile_source(request: http.Request) -> http.Reply:
    wanted = parse(inputs.Reconcile, request.body)
    source = reconciling.start(request.params["id"], wanted.since, request.caller.by, times.now())
    return http.json_reply(202, newest_of(source))


def show_reconciliation(request: http.Request) -> http.Reply:
    return http.json_reply(200, newest_of(sources.load(request.params["id"])))


def list_events(request: http.Request) -> http.Reply:
    said = {name: held for name, held in request.query.items() if name in ("status", "source_id")}
    wanted = parse_values(inputs.EventFilter, said)
    return http.json_reply(200, store.list_events(wanted.status, page_of(request), wanted.source_id))


def show_event(request: http.Request) -> http.Reply:
    event = store.event(request.params["id"])
    facts = commands.facts_of(event)
    suggested = commands.suggestions(event, facts, times.now())
    return http.json_reply(200, full_event_view(event, facts, suggested))


def apply_event(request: http.Request) -> http.Reply:
    return http.json_reply(200, event_view(commands.read_again(request.params["id"], times.now())))


def attach_event(request: http.Request) -> http.Reply:
    by = request.caller.by
    attachment = parse(inputs.Attachment, request.body)
    amount = attachment.amount.to_money() if attachment.amount else None
    said = (attachment.deal_id, amount, by, times.now())
    event = commands.attach(request.params["id"], *said, remember=attachment.remember)
    return http.json_reply(200, event_view(event))


def close_event(request: http.Request) -> http.Reply:
    by = request.caller.by
    closing = parse(inputs.Closing, request.body)
    return http.json_reply(200, event_view(commands.close(request.params["id"], closing.reason, by, times.now())))


_FILTER: dict[str, type] = {"status": model.EventStatus, "source_id": str}

ROUTES = {
    "POST /v1/admin/billing-sources": Route(
        create_source, CHANGE_PROGRAM, reply=SourceWithSecretView, body=NewSource, status=201
    ),
    "GET /v1/admin/billing-sources": Route(list_sources, SEE_PROGRAM, reply=Listing[SourceView]),
    "PATCH /v1/admin/billing-sources/{id}": Route(change_source, CHANGE_PROGRAM, reply=SourceView, body=SourceChange),
    "POST /v1/admin/billing-sources/{id}/rotate-secret": Route(
        rotate_secret, CHANGE_PROGRAM, reply=SourceWithSecretView, body=NewSecret
    ),
    "POST /v1/admin/billing-sources/{id}/reconcile": Route(
        reconcile_source, CHANGE_MONEY, reply=ReconciliationView, body=inputs.Reconcile, status=202
    ),
    "GET /v1/admin/billing-sources/{id}/reconcile": Route(show_reconciliation, SEE_MONEY, reply=ReconciliationView),
    "GET /v1/admin/billing-events": Route(
        list_events, SEE_MONEY, reply=Listing[BillingEventView], query=_FILTER | paging.QUERY
    ),
    "GET /v1/admin/billing-events/{id}": Route(show_event, SEE_MONEY, reply=FullBillingEventView),
    "POST /v1/admin/billing-events/{id}/apply": Route(apply_event, CHANGE_MONEY, reply=BillingEventView),
    "POST /v1/admin/billing-events/{id}/attach": Route(
        attach_event, CHANGE_MONEY, reply=BillingEventView, body=inputs.Attachment
    ),
    "POST /v1/admin/billing-events/{id}/close": Route(
        close_event, CHANGE_MONEY, reply=BillingEventView, body=inputs.Closing
    ),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise)
