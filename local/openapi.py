"""Makes functions/contract/openapi.json from the routes and their types (`make openapi`); a test holds it to them."""

import inspect
import json
import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from dealreg import __version__, wiring
from dealreg.deals.model import NewDeal
from dealreg.platform import paging
from dealreg.platform.events import EventView
from dealreg.platform.replies import Problem
from dealreg.platform.routes import PAGE, Route
from local.functions import ServedRoute, served_routes
from local.places import ROOT
from local.schemas import Components

FILE = ROOT / "functions" / "contract" / "openapi.json"


def document() -> dict[str, Any]:
    routes = served_routes()
    sent = [model for one in routes for model in _models_in(one.route.body)]
    types = Components([NewDeal, *sent, *wiring.event_types().values()])
    paths: dict[str, Any] = {}
    for one in routes:
        method, path = one.key.split()
        paths.setdefault(path, {})[method.lower()] = _operation(one, types)
    webhooks = {name: _webhook(name, types) for name in wiring.event_types()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dealreg", "version": __version__, "description": "Deal registration for partner programs."},
        "paths": paths,
        "webhooks": webhooks,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A partner's API key (drk_…), an admin key (dra_…) or a session.",
                }
            },
            "responses": {"Problem": {"description": "An RFC 9457 problem", **_problem(types)}},
            "schemas": dict(sorted(types.schemas.items())),
        },
    }


def _models_in(body: Any) -> Iterator[type[BaseModel]]:
    for kind in get_args(body) or (body,):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind


def _operation(one: ServedRoute, types: Components) -> dict[str, Any]:
    name, route = one.route.handler.__name__, one.route
    operation: dict[str, Any] = {
        "operationId": f"{one.function}.{name}",
        "tags": [one.module.partition(".")[0]],
        "summary": name.replace("_", " ").capitalize(),
        "parameters": _parameters(one, types),
        "responses": _page_responses() if route.media == PAGE else _responses(route, types),
    }
    if doc := inspect.getdoc(route.handler):
        operation["description"] = doc
    if route.body is not None:
        media = "application/x-www-form-urlencoded" if route.media == PAGE else "application/json"
        schema = {"type": "object"} if route.media == PAGE else types.schema(route.body)
        operation["requestBody"] = _content(media, schema)
    if route.who and route.media != PAGE:
        operation["security"] = [{"token": []}]
        operation["x-who"] = dict(route.who)
    return operation


def _parameters(one: ServedRoute, types: Components) -> list[dict[str, Any]]:
    in_path = [_parameter("path", name, {"type": "string"}) for name in re.findall(r"{(\w+)}", one.key)]
    in_query = [_parameter("query", name, _query_schema(name, kind, types)) for name, kind in one.route.query.items()]
    in_header = [_parameter("header", name, {"type": "string"}) for name in one.route.headers]
    return in_path + in_query + in_header


def _query_schema(name: str, kind: Any, types: Components) -> dict[str, Any]:
    bounds = {"minimum": 1, "maximum": paging.MAX_SIZE} if name == "limit" else {}
    return types.schema(kind) | bounds


def _parameter(place: str, name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _page_responses() -> dict[str, Any]:
    page = _content("text/html", {"type": "string"})
    return {
        "200": {"description": "A page", **page},
        "303": {"description": "To the next page, or to sign in"},
        "4XX": {"description": "A page that says what holds", **page},
        "503": {"description": "A page that says to try again", **page},
    }


def _responses(route: Route, types: Components) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "To a file, by a signed address" if route.status == 303 else "Done"}
    if route.reply is not None:
        done |= _content(route.media, types.schema(route.reply))
        for media in route.files:
            done["content"] |= _content(media, {"type": "string"})["content"]
    again = {str(route.repeated): done | {"description": "Had been done before"}} if route.repeated else {}
    waits = {str(route.pending): done | {"description": "Somebody has to agree first"}} if route.pending else {}
    problem = {"$ref": "#/components/responses/Problem"}
    replies = again | waits | {str(route.status): done, "4XX": problem, "503": problem}
    if not route.limit:
        return replies
    wait = {"required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait"}
    headers = _limit_headers(r"\w+") | {"Retry-After": wait}
    refused = {"description": "Too many for now", "headers": headers, **_problem(types)}
    counted = [str(route.status), *waits]
    return (
        replies | {one: replies[one] | {"headers": _limit_headers(route.limit)} for one in counted} | {"429": refused}
    )


def _limit_headers(name: str) -> dict[str, Any]:
    """As draft-ietf-httpapi-ratelimit-headers-11 has them."""
    patterns = {
        "RateLimit-Policy": (rf'^"{name}";q=\d+;w=\d+$', "How many there may be in so many seconds"),
        "RateLimit": (rf'^"{name}";r=\d+;t=\d+$', "How many are left, and in how many seconds the count begins anew"),
    }
    return {
        header: {"required": True, "schema": {"type": "string", "pattern": pattern}, "description": description}
        for header, (pattern, description) in patterns.items()
    }


def _problem(types: Components) -> dict[str, Any]:
    return _content("application/problem+json", types.schema(Problem))


def _webhook(name: str, types: Components) -> dict[str, Any]:
    model = wiring.event_types()[name]
    data = {"type": "object", "properties": {"type": {"const": name}, "data": types.schema(model)}}
    return {
        "post": {
            "operationId": name,
            "summary": (model.__doc__ or name).strip(),
            "requestBody": _content("application/json", {"allOf": [types.schema(EventView), data]}),
            "responses": {"2XX": {"description": "Received; anything else is tried again"}},
        }
    }


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}}


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
