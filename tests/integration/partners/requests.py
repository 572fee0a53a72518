"""The sample events of `events/`, with what a test wants to be different."""

import json
from typing import Any, cast

from tests.template import ROOT


def sample(name: str, *, params: dict[str, str] | None = None, body: object = None) -> dict[str, Any]:
    event = cast("dict[str, Any]", json.loads((ROOT / "events" / f"{name}.json").read_text()))
    if params is not None:
        event["pathParameters"] = params
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


def as_partner(event: dict[str, Any]) -> dict[str, Any]:
    partner = {"principal_type": "partner", "partner_id": "part_1", "user_id": "user_1", "scopes": "deals"}
    event["requestContext"]["authorizer"]["lambda"] = partner
    return event


def content(reply: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(reply["body"]))
