"""Outbound webhooks for those who receive them: a partner sees its own endpoints, an admin key the vendor's."""

from datetime import timedelta
from typing import Any

from dealreg import wiring
from dealreg.capability import EventTypes
from dealreg.deals import store as deals
from dealreg.deals.model import place_of
from dealreg.partners.credentials import recognise
from dealreg.partners.limits import Act, limit
from dealreg.platform import http, paging, times
from dealreg.platform.limits import Allowance
from dealreg.platform.paging import Listing, page_of
from dealreg.platform.routes import (
    ADMIN,
    ANY_CALLER,
    ANYONE,
    CHANGE_ENDPOINTS,
    SEE_ENDPOINTS,
    SEE_PROGRAM,
    Route,
    serve,
)
from dealreg.platform.validation import parse
from dealreg.webhooks import views
from dealreg.webhooks.deliveries import erasing, history
from dealreg.webhooks.deliveries.rules import owner_of
from dealreg.webhooks.endpoints import keys, lifecycle, overview
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.inputs import Confirmation, EndpointChange, NewEndpoint, ReplayRequest, Rotation
from dealreg.webhooks.model import EndpointState
from dealreg.webhooks.replays import jobs as replay_jobs
from dealreg.webhooks.replays import runner as replay
from dealreg.webhooks.samples import verification
from dealreg.webhooks.views import delivery_view, endpoint_view


def _context(request: http.Request) -> dict[str, Any]:
    """What an endpoint's fields are judged by."""
    return {**endpoints.url_policy(request.headers.get("host", "")), "event_types": _event_types(request)}


def _event_types(request: http.Request) -> EventTypes:
    return wiring.event_types(owner_of(request.caller))


def _allowance(act: Act, owner: str) -> Allowance:
    return limit(act, owner, times.now(), endpoints.table()).read()


def create(request: http.Request) -> http.Reply:
    """The only reply, beside that of `rotate_secret`, that ever holds a secret."""
    owner = owner_of(request.caller)
    new = parse(NewEndpoint, request.body, _context(request))
    allowance = _allowance("endpoints", owner)
    endpoint, secret = lifecycle.create(owner, new, times.now(), allowance)
    shown = endpoint_view(endpoint) | {"secret": secret, "external_id": keys.external_id(owner)}
    return http.json_reply(201, shown, allowance.headers())


def list_all(request: http.Request) -> http.Reply:
    found = endpoints.of_owner(owner_of(request.caller))
    return http.json_reply(200, {"items": [endpoint_view(endpoint) for endpoint in found], "next_cursor": None})


def list_of_everybody(request: http.Request) -> http.Reply:
    """The vendor's and partners', those that need somebody first: failing, disabled, unverified, working."""
    state, owner = request.query.get("health"), request.query.get("partner_id", "")
    return http.json_reply(200, overview.listing(page_of(request), EndpointState(state) if state else None, owner))


def show(request: http.Request) -> http.Reply:
    return http.json_reply(200, endpoint_view(endpoints.load(owner_of(request.caller), request.params["id"])))


def change(request: http.Request) -> http.Reply:
    owner = owner_of(request.caller)
    wanted = parse(EndpointChange, request.body, _context(request))
    allowance = _allowance("endpoints", owner)
    endpoint = lifecycle.change(owner, request.params["id"], wanted.changes(), times.now(), allowance)
    return http.json_reply(200, endpoint_view(endpoint), allowance.headers())


def enable(request: http.Request) -> http.Reply:
    """What was held meanwhile is sent. Where it cannot be enabled, the reply says why."""
    owner = owner_of(request.caller)
    allowance = _allowance("endpoints", owner)
    endpoint = lifecycle.enable(owner, request.params["id"], times.now(), allowance)
    return http.json_reply(200, endpoint_view(endpoint), allowance.headers())


def verify(request: http.Request) -> http.Reply:
    """Sends the challenge again, whose answer proves that the receiver wants to be one."""
    delivery = lifecycle.verify(owner_of(request.caller), request.params["id"], times.now())
    return http.json_reply(202, delivery_view(delivery))


def confirm(request: http.Request) -> http.Reply:
    """The challenge as it arrived, from an owner whose receiver cannot give it back by itself."""
    challenge = parse(Confirmation, request.body).challenge
    endpoint = lifecycle.confirm(owner_of(request.caller), request.params["id"], challenge, times.now())
    return http.json_reply(200, endpoint_view(endpoint))


def delete(request: http.Request) -> http.Reply:
    endpoints.delete(owner_of(request.caller), request.params["id"], times.now())
    return http.Reply(204)


def rotate_secret(request: http.Request) -> http.Reply:
    """The secret before it signs beside the new one for a while."""
    owner = owner_of(request.caller)
    overlap = timedelta(hours=parse(Rotation, request.body or b"{}").overlap_hours)
    allowance = _allowance("endpoints", owner)
    secret = endpoints.rotate_secret(owner, request.params["id"], times.now(), overlap, allowance)
    return http.json_reply(200, {"secret": secret}, allowance.headers())


def send_test(request: http.Request) -> http.Reply:
    delivery = lifecycle.send_test(owner_of(request.caller), request.params["id"], times.now())
    return http.json_reply(202, delivery_view(delivery))


def list_deliveries(request: http.Request) -> http.Reply:
    owner = owner_of(request.caller)
    return http.json_reply(200, history.list_deliveries(owner, request.params["id"], page_of(request)))


def stats(request: http.Request) -> http.Reply:
    """How the newest deliveries of a day went."""
    return http.json_reply(200, history.stats(owner_of(request.caller), request.params["id"], times.now()))


def start_replay(request: http.Request) -> http.Reply:
    """A job that sends again, or for the first time, what happened in a span of time."""
    owner = owner_of(request.caller)
    wanted = parse(ReplayRequest, request.body, {"event_types": _event_types(request)})
    allowance = _allowance("replays", owner)
    job = replay.start(owner, request.params["id"], wanted, times.now(), allowance)
    return http.json_reply(202, replay_jobs.view(job), allowance.headers())


def list_replays(request: http.Request) -> http.Reply:
    owner, page = owner_of(request.caller), page_of(request, paging.MAX_SIZE)
    return http.json_reply(200, replay_jobs.of_endpoint(owner, request.params["id"], page))


def show_replay(request: http.Request) -> http.Reply:
    job = replay_jobs.find(owner_of(request.caller), request.params["id"])
    return http.json_reply(200, replay_jobs.view(job))


def pause_replay(request: http.Request) -> http.Reply:
    job = replay.pause(owner_of(request.caller), request.params["id"], times.now())
    return http.json_reply(200, replay_jobs.view(job))


def resume_replay(request: http.Request) -> http.Reply:
    """Also the word that a preview waits for."""
    job = replay.resume(owner_of(request.caller), request.params["id"], times.now())
    return http.json_reply(202, replay_jobs.view(job))


def show_delivery(request: http.Request) -> http.Reply:
    return http.json_reply(200, history.show(owner_of(request.caller), request.params["id"]))


def resend(request: http.Request) -> http.Reply:
    owner = owner_of(request.caller)
    allowance = _allowance("resends", owner)
    delivery = history.resend(owner, request.params["id"], times.now(), allowance)
    return http.json_reply(202, delivery_view(delivery), allowance.headers())


def erase(request: http.Request) -> http.Reply:
    """Of all endpoints, what was sent about a deal and what was answered; by its id or number."""
    erased = erasing.begin(place_of(deals.locate(request.params["id"]).id), times.now())
    return http.json_reply(200, {"deliveries": erased.deliveries, "is_finished": erased.is_finished})


def list_event_types(request: http.Request) -> http.Reply:
    """With the code that verifies what is sent, in five languages."""
    types = [
        {"type": name, "description": (model.__doc__ or "").strip(), "schema": model.model_json_schema()}
        for name, model in _event_types(request).items()
    ]
    return http.json_reply(200, {"items": types, "next_cursor": None, "verification": verification.snippets()})


def public_keys(request: http.Request) -> http.Reply:
    """With which anybody can verify the v1a signatures of what an owner gets."""
    return http.json_reply(200, keys.public_keys(request.params["owner"]), {"cache-control": "public, max-age=3600"})


ROUTES = {
    "POST /v1/webhook-endpoints": Route(
        create,
        CHANGE_ENDPOINTS,
        reply=views.EndpointWithSecretView,
        body=NewEndpoint,
        status=201,
        limit="endpoints",
    ),
    "GET /v1/webhook-endpoints": Route(list_all, SEE_ENDPOINTS, reply=Listing[views.EndpointView]),
    "GET /v1/webhook-endpoints/{id}": Route(show, SEE_ENDPOINTS, reply=views.EndpointView),
    "PATCH /v1/webhook-endpoints/{id}": Route(
        change, CHANGE_ENDPOINTS, reply=views.EndpointView, body=EndpointChange, limit="endpoints"
    ),
    "DELETE /v1/webhook-endpoints/{id}": Route(delete, CHANGE_ENDPOINTS, status=204),
    "POST /v1/webhook-endpoints/{id}/enable": Route(
        enable, CHANGE_ENDPOINTS, reply=views.EndpointView, limit="endpoints"
    ),
    "POST /v1/webhook-endpoints/{id}/verify": Route(verify, CHANGE_ENDPOINTS, reply=views.DeliveryView, status=202),
    "POST /v1/webhook-endpoints/{id}/confirm": Route(
        confirm, CHANGE_ENDPOINTS, reply=views.EndpointView, body=Confirmation
    ),
    "POST /v1/webhook-endpoints/{id}/rotate-secret": Route(
        rotate_secret, CHANGE_ENDPOINTS, reply=views.SecretView, body=Rotation, limit="endpoints"
    ),
    "POST /v1/webhook-endpoints/{id}/test": Route(send_test, CHANGE_ENDPOINTS, reply=views.DeliveryView, status=202),
    "GET /v1/webhook-endpoints/{id}/deliveries": Route(
        list_deliveries, SEE_ENDPOINTS, reply=Listing[views.DeliveryView], query=paging.QUERY
    ),
    "GET /v1/webhook-endpoints/{id}/stats": Route(stats, SEE_ENDPOINTS, reply=views.StatsView),
    "POST /v1/webhook-endpoints/{id}/replay": Route(
        start_replay, CHANGE_ENDPOINTS, reply=views.ReplayView, body=ReplayRequest, status=202, limit="replays"
    ),
    "GET /v1/webhook-endpoints/{id}/replays": Route(
        list_replays, SEE_ENDPOINTS, reply=Listing[views.ReplayView], query=paging.QUERY
    ),
    "GET /v1/replays/{id}": Route(show_replay, SEE_ENDPOINTS, reply=views.ReplayView),
    "POST /v1/replays/{id}/pause": Route(pause_replay, CHANGE_ENDPOINTS, reply=views.ReplayView),
    "POST /v1/replays/{id}/resume": Route(resume_replay, CHANGE_ENDPOINTS, reply=views.ReplayView, status=202),
    "GET /v1/deliveries/{id}": Route(show_delivery, SEE_ENDPOINTS, reply=views.FullDeliveryView),
    "POST /v1/deliveries/{id}/resend": Route(
        resend, CHANGE_ENDPOINTS, reply=views.DeliveryView, status=202, limit="resends"
    ),
    "GET /v1/admin/webhook-endpoints": Route(
        list_of_everybody,
        SEE_PROGRAM,
        reply=Listing[views.OwnedEndpointView],
        query={"partner_id": str, "health": EndpointState} | paging.QUERY,
    ),
    "DELETE /v1/admin/deals/{id}/deliveries": Route(erase, ADMIN, reply=views.ErasedView),
    "GET /v1/event-types": Route(list_event_types, ANY_CALLER, reply=views.EventTypesView),
    "GET /.well-known/webhook-keys/{owner}": Route(public_keys, ANYONE, reply=views.PublicKeysView),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event, recognise=recognise)
