"""The vendor's side of billing: the systems that may post, and the events that await a person."""

from typing import Any

from dealreg.billing import commands, inputs, model, sources, store
from dealreg.platform import http, times
from dealreg.platform.validation import parse, parse_values


def create_source(request: http.Request) -> http.Reply:
    """This reply and that of `rotate_secret` are the only ones that ever hold a secret."""
    by = request.admin.user_id
    new = parse(inputs.NewSource, request.body)
    source = sources.create(new.kind, new.name, new.secret, times.now(), by)
    return http.json_reply(201, model.source_view(source) | {"secret": source.secrets[0].value})


def list_sources(request: http.Request) -> http.Reply:
    _ = request.admin
    items = [model.source_view(source) for source in store.sources()]
    return http.json_reply(200, {"items": items, "next_cursor": None})


def rotate_secret(request: http.Request) -> http.Reply:
    by = request.admin.user_id
    new = parse(inputs.NewSecret, request.body)
    source = sources.rotate(request.params["id"], new.secret, times.now(), by)
    return http.json_reply(200, model.source_view(source) | {"secret": source.secrets[0].value})


def list_events(request: http.Request) -> http.Reply:
    owner = f"{request.admin.user_id} billing-events"
    wanted = parse_values(inputs.EventFilter, {"status": request.query.get("status", "unmatched")})
    page = store.list_events(wanted.status, owner, http.page_size(request), request.query.get("cursor"))
    return http.json_reply(200, page)


def show_event(request: http.Request) -> http.Reply:
    _ = request.admin
    return http.json_reply(200, model.full_event_view(store.event(request.params["id"])))


def attach_event(request: http.Request) -> http.Reply:
    by = request.admin.user_id
    attachment = parse(inputs.Attachment, request.body)
    event = commands.attach(request.params["id"], attachment.deal_id, by, times.now())
    return http.json_reply(200, model.event_view(event))


ROUTES: dict[str, http.Route] = {
    "POST /v1/admin/billing-sources": create_source,
    "GET /v1/admin/billing-sources": list_sources,
    "POST /v1/admin/billing-sources/{id}/rotate-secret": rotate_secret,
    "GET /v1/admin/billing-events": list_events,
    "GET /v1/admin/billing-events/{id}": show_event,
    "POST /v1/admin/billing-events/{id}/attach": attach_event,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return http.serve(ROUTES, event)
