"""The sample events of `events/`, with what a test wants to be different."""

import json
from typing import Any, cast

from dealreg.platform.http import Caller
from tests.template import ROOT


def cases(function: str) -> list[str]:
    return sorted(path.stem for path in (ROOT / "events" / function).glob("*.json"))


def sample(
    name: str,
    *,
    caller: Caller | None = None,
    params: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    headers: dict[str, str] | None = None,
    body: object = None,
) -> dict[str, Any]:
    event = cast("dict[str, Any]", json.loads((ROOT / "events" / f"{name}.json").read_text()))
    event["headers"] |= headers or {}
    if caller is not None:
        event["requestContext"]["authorizer"]["lambda"] = {
            "principal_type": caller.principal_type,
            "partner_id": caller.partner_id,
            "user_id": caller.user_id,
            "scopes": " ".join(sorted(caller.scopes)),
        }
    if params is not None:
        event["pathParameters"] = params
    if query is not None:
        event["queryStringParameters"] = query
    if body is not None:
        event["body"] = body if isinstance(body, str) else json.dumps(body)
    return event


def content(reply: dict[str, Any]) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(reply["body"]))
