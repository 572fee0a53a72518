"""The sample events of `events/`, with what a test wants to be different, and the tokens that their callers hold."""

import hashlib
import json
from typing import Any, cast

from dealreg.partners import credentials, rows
from dealreg.partners.credentials import CredentialKind
from dealreg.platform import dynamo, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.http import Caller, read_request
from dealreg.platform.routes import match
from local.functions import served_routes
from tests.template import ROOT

ROUTES = {one.key: one.route for one in served_routes()}
PARTNER = Caller(
    "partner", "part_01JD8V4M2T7QK3N5P9XWZRB6YC", "user_01JD8V4M2T7QK3N5P9XWZRB6YC", frozenset(["deals", "webhooks"])
)
ADMIN = Caller("admin", "", "key_01JD8V4M2T7QK3N5P9XWZRB6YC", frozenset(["admin"]))
NOBODY = Caller("", "", "", frozenset())
_HOLDERS = {"Bearer drk_sample": PARTNER, "Bearer dra_sample": ADMIN}


def cases(function: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / "events" / function).glob("*.json"))


def read_sample(name: str) -> dict[str, Any]:
    """As the file has it."""
    return cast("dict[str, Any]", json.loads((ROOT / "events" / f"{name}.json").read_text()))


def route_of(event: dict[str, Any]) -> str:
    """Such as "GET /v1/deals/{id}"."""
    return match(ROUTES, read_request(event))[0].route


def routes_of(function: str) -> set[str]:
    """Those that the sample events of a function are about."""
    return {route_of(read_sample(f"{function}/{case}")) for case in cases(function)}


def sample(
    name: str,
    *,
    caller: Caller | None = None,
    params: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    body: object = None,
) -> dict[str, Any]:
    """From `caller`, who holds a token from now on, or from the file's own."""
    event = read_sample(name)
    if params is not None:
        set_path(event, route_of(event), params)
    if who := caller or _HOLDERS.get(event["headers"].get("authorization", "")):
        event["headers"]["authorization"] = f"Bearer {token_of(who)}" if who.principal_type else ""
    event["headers"] |= headers or {}
    if query is not None:
        event["queryStringParameters"] = query
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


def set_path(event: dict[str, Any], route: str, params: dict[str, str]) -> None:
    """Of a route, with its parameters."""
    path = route.partition(" ")[2]
    for name, value in params.items():
        path = path.replace(f"{{{name}}}", value)
    event["rawPath"] = event["requestContext"]["http"]["path"] = path


def token_of(caller: Caller) -> str:
    """A key that stands for the caller, as if an admin had made it."""
    kind: CredentialKind = "admin_key" if caller.principal_type == "admin" else "partner_key"
    secret = hashlib.sha256(repr((caller.partner_id, caller.user_id, sorted(caller.scopes))).encode()).hexdigest()
    token, now = f"{credentials.PREFIXES[kind]}{secret}", times.now()
    row = credentials.new_row(token, kind, caller.partner_id, caller.user_id, now)
    row |= {"scopes": sorted(caller.scopes), "last_used_at": times.to_text(now), "of_a_test": True}
    dynamo.write(dynamo.put(rows.table(), row))
    if caller.partner_id:
        _have_partner(caller.partner_id)
    return token


def _have_partner(partner_id: str) -> None:
    key = rows.partner_key(partner_id)
    row = {"pk": key.pk, "sk": key.sk, "status": "active", "of_a_test": True}
    try:
        dynamo.write(dynamo.put(key.table, row, dynamo.ABSENT))
    except ConditionFailed:
        return


def content(reply: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(reply["body"]))
