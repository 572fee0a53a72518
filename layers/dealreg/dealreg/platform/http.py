"""HTTP at the edge: API Gateway's event (payload 2.0) in, its reply out, errors as RFC 9457 problems.

API Gateway routes; a function's `ROUTES` maps the event's `routeKey` to a function of a Request.
"""

import base64
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dealreg.platform import errors

logger = logging.getLogger(__name__)
logging.getLogger().setLevel(logging.INFO)

MAX_BODY = 64 * 1024
STATUS: dict[type[errors.DealregError], int] = {
    errors.InvalidInput: 422,
    errors.Malformed: 400,
    errors.TooLarge: 413,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.IdempotencyMismatch: 422,
    errors.Gone: 410,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
    errors.DealregError: 500,
}
"""Looked up along an error's bases: the nearest entry counts."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who the authorizer says is calling; the only source of a partner id."""

    principal_type: str
    """"partner" or "admin"."""
    partner_id: str
    user_id: str
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Request:
    route: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Lower-case names."""
    cookies: Mapping[str, str]
    body: bytes
    caller: Caller | None
    source_ip: str
    request_id: str

    @property
    def partner(self) -> Caller:
        return self._require("partner")

    @property
    def admin(self) -> Caller:
        return self._require("admin")

    def _require(self, principal_type: str) -> Caller:
        if self.caller is None:
            raise errors.Unauthenticated
        if self.caller.principal_type != principal_type:
            raise errors.Forbidden
        return self.caller


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cookies: tuple[str, ...] = ()


Route = Callable[[Request], Reply]
Failure = Callable[[Request, int, errors.DealregError], Reply]


def json_reply(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return text_reply(status, json.dumps(content, ensure_ascii=False, separators=(",", ":")), headers)


def text_reply(status: int, body: str, headers: Mapping[str, str] | None = None) -> Reply:
    """A body that is JSON already."""
    return Reply(status, body, {"content-type": "application/json", "cache-control": "no-store"} | dict(headers or {}))


def problem(request: Request, status: int, error: errors.DealregError) -> Reply:
    """RFC 9457 §3, with a stable `code` and, for input, every field's fault at once."""
    content: dict[str, Any] = error.extra | {
        "type": f"urn:dealreg:problem:{error.code}",
        "title": error.title,
        "status": status,
        "code": error.code,
        "request_id": request.request_id,
    }
    if error.detail:
        content["detail"] = error.detail
    if isinstance(error, errors.InvalidInput):
        content["errors"] = [{"field": fault.field, "message": fault.message} for fault in error.errors]
    headers = {"content-type": "application/problem+json"}
    if status in (429, 503):
        headers["retry-after"] = str(error.extra.get("retry_after", 2))
    return json_reply(status, content, headers)


def serve(
    routes: Mapping[str, Route], event: Mapping[str, Any], *, on_error: Failure = problem, max_body: int = MAX_BODY
) -> dict[str, Any]:
    """A whole request: read, dispatch, reply. Whatever goes wrong becomes a reply made by `on_error`."""
    request = read_request(event)
    try:
        if len(request.body) > max_body:
            raise errors.TooLarge(f"The body may have {max_body // 1024} kB at the most.")
        if request.route not in routes:
            raise errors.NotFound
        reply = routes[request.route](request)
    except errors.DealregError as error:
        status = next(STATUS[base] for base in type(error).__mro__ if base in STATUS)
        reply = on_error(request, status, error)
    except Exception:
        logger.exception("failed", extra={"route": request.route, "request_id": request.request_id})
        reply = on_error(request, 500, errors.DealregError())
    logger.info("served", extra={"route": request.route, "status": reply.status, "request_id": request.request_id})
    return {
        "statusCode": reply.status,
        "headers": dict(reply.headers),
        "cookies": list(reply.cookies),
        "body": reply.body,
        "isBase64Encoded": False,
    }


def read_request(event: Mapping[str, Any]) -> Request:
    context: Mapping[str, Any] = event.get("requestContext", {})
    headers: dict[str, str] = event.get("headers") or {}
    listed: list[str] = event.get("cookies") or []
    body: str = event.get("body") or ""
    return Request(
        route=event.get("routeKey", ""),
        params=event.get("pathParameters") or {},
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in headers.items()},
        cookies=dict(cookie.split("=", 1) for cookie in listed if "=" in cookie),
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(),
        caller=_caller(context.get("authorizer", {}).get("lambda") or {}),
        source_ip=context.get("http", {}).get("sourceIp", ""),
        request_id=context.get("requestId", ""),
    )


def _caller(context: Mapping[str, str]) -> Caller | None:
    if not context.get("principal_type"):
        return None
    return Caller(
        principal_type=context["principal_type"],
        partner_id=context.get("partner_id", ""),
        user_id=context.get("user_id", ""),
        scopes=frozenset(context.get("scopes", "").split()),
    )


def page_size(request: Request, default: int = 25, most: int = 100) -> int:
    text = request.query.get("limit", str(default))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise errors.InvalidInput([errors.FieldError("limit", f"Use a number from 1 to {most}.")])
    return int(text)
