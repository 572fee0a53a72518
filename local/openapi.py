"""Makes functions/contract/openapi.json from the code: `make openapi`. A test holds the file to it.

What a route's source does not say (the shape of a reply, a body that is parsed further down) is in the tables here.
"""

import json
import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dealreg import __version__, wiring
from dealreg.accounts.store import AccountBatch, NewAccount
from dealreg.deals.model import NewDeal
from local.places import ROOT
from local.reply_schemas import SCHEMAS
from local.routes import Code, TemplateRoute, code_of, template_routes

FILE = ROOT / "functions" / "contract" / "openapi.json"

REPLIES = {
    "Deal": [
        "POST /v1/deals",
        "GET /v1/deals/{id}",
        "PATCH /v1/deals/{id}",
        "POST /v1/deals/{id}/withdraw",
        "POST /v1/deals/{id}/resubmit",
        "POST /v1/deals/{id}/extend",
        "POST /v1/deals/{id}/stage",
        "POST /v1/deals/{id}/lost",
    ],
    "Check": ["POST /v1/deals/check"],
    "DealList": ["GET /v1/deals"],
    "Timeline": ["GET /v1/deals/{id}/timeline"],
    "AdminDeal": [
        "GET /v1/admin/deals/{id}",
        "POST /v1/admin/deals/{id}/approve",
        "POST /v1/admin/deals/{id}/reject",
        "POST /v1/admin/deals/{id}/request-info",
        "POST /v1/admin/deals/{id}/reassign",
        "POST /v1/admin/deals/{id}/release-claim",
    ],
    "Matches": ["GET /v1/admin/deals/{id}/matches"],
    "Match": ["POST /v1/admin/deals/{id}/matches/{match_id}/merge"],
    "Import": [
        "GET /v1/admin/account-imports/{id}",
        "POST /v1/admin/account-imports/{id}/start",
        "POST /v1/admin/account-imports/{id}/cancel",
    ],
    "NewImportReply": ["POST /v1/admin/account-imports"],
    "ImportList": ["GET /v1/admin/account-imports"],
    "RejectList": ["GET /v1/admin/account-imports/{id}/rejects"],
    "Endpoint": [
        "POST /v1/webhook-endpoints",
        "GET /v1/webhook-endpoints/{id}",
        "PATCH /v1/webhook-endpoints/{id}",
        "POST /v1/webhook-endpoints/{id}/enable",
    ],
    "EndpointList": ["GET /v1/webhook-endpoints"],
    "Delivery": [
        "POST /v1/webhook-endpoints/{id}/test",
        "GET /v1/deliveries/{id}",
        "POST /v1/deliveries/{id}/resend",
    ],
    "DeliveryList": ["GET /v1/webhook-endpoints/{id}/deliveries"],
    "Replay": [
        "POST /v1/webhook-endpoints/{id}/replay",
        "GET /v1/replays/{id}",
        "POST /v1/replays/{id}/pause",
        "POST /v1/replays/{id}/resume",
    ],
    "ReplayList": ["GET /v1/webhook-endpoints/{id}/replays"],
}
"""Routes by the schema of their reply; any other is an object that its page in the README describes."""

MERGE_PATCHES = ("PATCH /v1/deals/{id}", "POST /v1/deals/{id}/resubmit")
"""RFC 7396, onto what a new deal may hold."""
SIGNED = "POST /webhooks/billing/{source_id}"
"""Its body is the billing system's own; it is verified as bytes."""
ACCOUNTS = "POST /v1/admin/accounts"
STATUSES = {"POST /v1/deals": 201, SIGNED: 202}
"""Of replies that are made further down."""
QUERIES = {"GET /v1/admin/deals": ["status", "cursor"]}
"""Read further down."""
JSON_LINES = ("GET /v1/admin/match-verdicts",)
PAGES = ("forms.", "approvals.")


def document() -> dict[str, Any]:
    routes = [(route, code_of(route)) for route in template_routes()]
    models, schemas = _model_schemas(code.body for _, code in routes if code.body)
    paths: dict[str, Any] = {}
    for route, code in routes:
        method, path = route.key.split()
        paths.setdefault(path, {})[method.lower()] = _operation(route, code, models)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Dealreg", "version": __version__, "description": "Deal registration for partner programs."},
        "paths": paths,
        "webhooks": {name: _webhook(name, models) for name in wiring.event_types()},
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A partner's API key (drk_…), an admin key (dra_…) or a session.",
                }
            },
            "schemas": dict(sorted((SCHEMAS | schemas).items())),
        },
    }


def _model_schemas(bodies: Iterable[type[BaseModel]]) -> tuple[dict[type[BaseModel], Any], dict[str, Any]]:
    """A reference to each model, and the schemas that they refer to."""
    wanted = dict.fromkeys([NewDeal, NewAccount, AccountBatch, *bodies, *wiring.event_types().values()])
    references, definitions = models_json_schema(
        [(model, "validation") for model in wanted], ref_template="#/components/schemas/{model}"
    )
    for schema in definitions["$defs"].values():
        for field in schema.get("properties", {}).values():
            if field.get("default") == "":
                del field["default"]  # stands for "not sent", and need not fit the field
    return {model: references[model, "validation"] for model in wanted}, definitions["$defs"]


def _operation(route: TemplateRoute, code: Code, models: dict[type[BaseModel], Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": f"{route.function}.{code.name}",
        "tags": [route.module.partition(".")[0]],
        "summary": code.name.replace("_", " ").capitalize(),
        "parameters": _parameters(route, code),
        "responses": _responses(route, code),
    }
    if code.doc:
        operation["description"] = code.doc
    if body := _body(route, code, models):
        operation["requestBody"] = body
    if not route.is_public:
        operation["security"] = [{"token": []}]
    return operation


def _parameters(route: TemplateRoute, code: Code) -> list[dict[str, Any]]:
    named = [("path", name) for name in re.findall(r"{(\w+)}", route.key)]
    named += [("query", name) for name in [*QUERIES.get(route.key, []), *code.query]] + [
        ("header", name) for name in code.headers
    ]
    return [
        {
            "name": name,
            "in": place,
            "required": place == "path",
            "schema": {"type": "integer", "minimum": 1, "maximum": 100} if name == "limit" else {"type": "string"},
        }
        for place, name in named
    ]


def _body(route: TemplateRoute, code: Code, models: dict[type[BaseModel], Any]) -> dict[str, Any] | None:
    if not code.reads_body:
        return None
    if route.module.startswith(PAGES):
        return _content("application/x-www-form-urlencoded", {"type": "object"})
    if route.key in MERGE_PATCHES:
        fields = {"type": "object", "description": "JSON Merge Patch onto a NewDeal; null removes a field."}
        return _content("application/json", fields)
    if route.key == SIGNED:
        return _content("application/json", {"type": "object", "description": "Signed by the billing system."})
    if route.key == ACCOUNTS:
        return _content("application/json", {"anyOf": [models[NewAccount], models[AccountBatch]]})
    if code.body is None:
        raise LookupError(f"{route.key} reads a body, and neither its source nor a table here says which.")
    return _content("application/json", models[code.body])


def _responses(route: TemplateRoute, code: Code) -> dict[str, Any]:
    problem = {"description": "An RFC 9457 problem", **_content("application/problem+json", _reference("Problem"))}
    if route.module.startswith(PAGES):
        page = _content("text/html", {"type": "string"})
        seen = {"303": {"description": "To the next page"}} if code.reads_body or "POST" in route.key else {}
        return {
            "200": {"description": "A page", **page},
            **seen,
            "4XX": {"description": "A page that says what holds", **page},
        }
    status = STATUSES.get(route.key) or code.status or 200
    if status == 204:
        return {"204": {"description": "Done"}, "default": problem}
    if status == 303:
        return {"303": {"description": "To a file, by a signed address"}, "default": problem}
    if route.key in JSON_LINES:
        lines = _content("application/x-ndjson", {"type": "string", "description": "A JSON object a line"})
        return {str(status): {"description": "Done", **lines}, "default": problem}
    schema = next((_reference(name) for name, keys in REPLIES.items() if route.key in keys), {"type": "object"})
    return {str(status): {"description": "Done", **_content("application/json", schema)}, "default": problem}


def _webhook(name: str, models: dict[type[BaseModel], Any]) -> dict[str, Any]:
    model = wiring.event_types()[name]
    data = {"type": "object", "properties": {"type": {"const": name}, "data": models[model]}}
    return {
        "post": {
            "operationId": name,
            "summary": (model.__doc__ or name).strip(),
            "requestBody": _content("application/json", {"allOf": [_reference("Event"), data]}),
            "responses": {"2XX": {"description": "Received; anything else is tried again"}},
        }
    }


def _reference(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _content(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}}


def text() -> str:
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), "utf-8")
