"""Outbound webhooks for those who receive them: a partner sees its own endpoints, an admin key the vendor's."""

from typing import Any

from dealreg import event_types, http, ids, times
from dealreg.validation import parse
from dealreg.webhooks import endpoints, history
from dealreg.webhooks.inputs import EndpointChange, NewEndpoint, ReplayRequest
from dealreg.webhooks.model import delivery_view, endpoint_view
from dealreg.webhooks.rules import owner_of


def create(request: http.Request) -> http.Reply:
    """The only reply, beside that of `rotate_secret`, that ever holds a secret."""
    new = parse(NewEndpoint, request.body, endpoints.url_policy())
    endpoint, secret = endpoints.create(owner_of(request.caller), new, times.now())
    return http.json_reply(201, endpoint_view(endpoint) | {"secret": secret})


def list_all(request: http.Request) -> http.Reply:
    found = endpoints.of_owner(owner_of(request.caller))
    return http.json_reply(200, {"items": [endpoint_view(endpoint) for endpoint in found], "next_cursor": None})


def show(request: http.Request) -> http.Reply:
    return http.json_reply(200, endpoint_view(endpoints.load(owner_of(request.caller), request.params["id"])))


def change(request: http.Request) -> http.Reply:
    changes = parse(EndpointChange, request.body, endpoints.url_policy()).changes()
    endpoint = endpoints.change(owner_of(request.caller), request.params["id"], changes)
    return http.json_reply(200, endpoint_view(endpoint))


def enable(request: http.Request) -> http.Reply:
    endpoint = endpoints.change(owner_of(request.caller), request.params["id"], {"status": "enabled"})
    return http.json_reply(200, endpoint_view(endpoint))


def delete(request: http.Request) -> http.Reply:
    endpoints.delete(owner_of(request.caller), request.params["id"])
    return http.Reply(204)


def rotate_secret(request: http.Request) -> http.Reply:
    secret = endpoints.rotate_secret(owner_of(request.caller), request.params["id"], times.now())
    return http.json_reply(200, {"secret": secret})


def send_test(request: http.Request) -> http.Reply:
    now = times.now()
    delivery = history.send_test(owner_of(request.caller), request.params["id"], ids.new_id("evt", now), now)
    return http.json_reply(202, delivery_view(delivery))


def list_deliveries(request: http.Request) -> http.Reply:
    owner, size = owner_of(request.caller), http.page_size(request)
    page = history.list_deliveries(owner, request.params["id"], size, request.query.get("cursor"))
    return http.json_reply(200, page)


def replay(request: http.Request) -> http.Reply:
    wanted = parse(ReplayRequest, request.body)
    now = times.now()
    result = history.replay(owner_of(request.caller), request.params["id"], wanted, now)
    return http.json_reply(202, result)


def show_delivery(request: http.Request) -> http.Reply:
    return http.json_reply(200, history.show(owner_of(request.caller), request.params["id"]))


def resend(request: http.Request) -> http.Reply:
    delivery = history.resend(owner_of(request.caller), request.params["id"], times.now())
    return http.json_reply(202, delivery_view(delivery))


def list_event_types(_request: http.Request) -> http.Reply:
    return http.json_reply(200, {"items": event_types.describe(), "next_cursor": None})


ROUTES: dict[str, http.Route] = {
    "POST /v1/webhook-endpoints": create,
    "GET /v1/webhook-endpoints": list_all,
    "GET /v1/webhook-endpoints/{id}": show,
    "PATCH /v1/webhook-endpoints/{id}": change,
    "DELETE /v1/webhook-endpoints/{id}": delete,
    "POST /v1/webhook-endpoints/{id}/enable": enable,
    "POST /v1/webhook-endpoints/{id}/rotate-secret": rotate_secret,
    "POST /v1/webhook-endpoints/{id}/test": send_test,
    "GET /v1/webhook-endpoints/{id}/deliveries": list_deliveries,
    "POST /v1/webhook-endpoints/{id}/replay": replay,
    "GET /v1/deliveries/{id}": show_delivery,
    "POST /v1/deliveries/{id}/resend": resend,
    "GET /v1/event-types": list_event_types,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return http.serve(ROUTES, event)
