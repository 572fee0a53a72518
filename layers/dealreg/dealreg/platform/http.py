"""HTTP at the edge: API Gateway's event (payload 2.0) as a request, replies, errors as RFC 9457 problems."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dealreg.platform import errors
from dealreg.platform.rights import EVERYTHING, Reach, Rights

STATUS: dict[type[errors.DealregError], int] = {
    errors.InvalidInput: 422,
    errors.Malformed: 400,
    errors.TooLarge: 413,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.Conflict: 409,
    errors.IdempotencyMismatch: 422,
    errors.ExportRefused: 422,
    errors.Gone: 410,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
    errors.DealregError: 500,
}
"""Looked up along an error's bases, by `status_of`: the nearest entry counts."""
_ETAGS = re.compile(r'(?:W/)?"[!#-~\x80-\xff]*"(?:[ \t]*,[ \t]*(?:W/)?"[!#-~\x80-\xff]*")*')
_STRAY_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
</head><body><h1>{title}</h1><p>{text}</p><p><a href="/">To the start page</a></p></body></html>
"""
_STRAY_PAGE_HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
}


def status_of(error: errors.DealregError) -> int:
    return next(STATUS[base] for base in type(error).__mro__ if base in STATUS)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who a token belongs to; the only source of a partner id."""

    principal_type: str
    """"partner" or "admin"."""
    partner_id: str
    user_id: str
    scopes: frozenset[str]
    name: str = ""
    """Of the person or the key."""
    email: str = ""
    """Of one of the vendor's people."""
    rights: Rights = field(default_factory=dict[str, frozenset[Reach]], hash=False)
    """What the roles of one of the vendor's people or keys allow; nothing here for who may everything."""

    def may(self, scope: str) -> bool:
        is_admin = self.principal_type == "admin" and EVERYTHING in self.scopes
        return not scope or scope in self.scopes or scope in self.rights or is_admin

    def reach(self, right: str) -> frozenset[Reach]:
        """Of a right that the caller has."""
        return self.rights.get(right, frozenset([Reach.ALL]))

    @property
    def by(self) -> str:
        """Under what name the vendor's acts stand: a person's address, a key's name."""
        return self.email or self.name or self.user_id


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    """As API Gateway hands it over: percent-decoded, but for %25."""
    query: Mapping[str, str]
    """Of a matched request, what its route declares."""
    headers: Mapping[str, str]
    """Lower-case names."""
    cookies: Mapping[str, str]
    body: bytes
    source_ip: str
    request_id: str
    route: str = ""
    """Its key, such as "GET /v1/deals/{id}"; empty as long as none has matched."""
    params: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of its path."""
    recognised: Caller | None = None
    right: str = ""
    """The scope for which the route let the caller in."""

    @property
    def caller(self) -> Caller:
        """Whom the route's `who` has let in."""
        if self.recognised is None:
            raise errors.Unauthenticated
        return self.recognised


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    cookies: tuple[str, ...] = ()
    is_base64: bool = False
    """The body stands for bytes."""


def json_reply(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Reply:
    return text_reply(status, json.dumps(content, ensure_ascii=False, separators=(",", ":")), headers)


def text_reply(status: int, body: str, headers: Mapping[str, str] | None = None) -> Reply:
    """A body that is JSON already."""
    return Reply(status, body, {"content-type": "application/json", "cache-control": "no-store"} | dict(headers or {}))


def file_reply(content: bytes, media: str, name: str) -> Reply:
    """To be kept under a name."""
    headers = {"content-type": media, "cache-control": "no-store"}
    headers |= {"content-disposition": f'attachment; filename="{name}"'}
    return Reply(200, base64.b64encode(content).decode(), headers, is_base64=True)


def refuse(request: Request, status: int, error: errors.DealregError) -> Reply:
    """A problem; to a browser that went where no route is, a page."""
    is_stray = not request.route and "text/html" in request.headers.get("accept", "")
    return _stray_page(status, error) if is_stray else problem(request, status, error)


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
    if status == 503:
        headers["retry-after"] = "2"
    return json_reply(status, content, headers)


def _stray_page(status: int, error: errors.DealregError) -> Reply:
    text = error.detail or "The address may be incomplete."
    return Reply(status, _STRAY_PAGE.format(title=error.title, text=text), _STRAY_PAGE_HEADERS)


def matches(if_match: str | None, version: int) -> bool:
    """RFC 9110 §13.1.1: whether a caller's If-Match names this version; our ETags are its number, also without quotes.

    Raises Malformed for what no ETag can be, so that it does not pass for another's change.
    """
    told = "*" if if_match is None else if_match.strip()
    if told in ("*", str(version)):
        return True
    if not (_ETAGS.fullmatch(told) or (told.isascii() and told.isdecimal())):
        raise errors.Malformed('If-Match takes the ETag that was read, such as "3" with its quotes, or *.')
    return f'"{version}"' in [one.strip() for one in told.split(",")]


def read_request(event: Mapping[str, Any]) -> Request:
    context: Mapping[str, Any] = event.get("requestContext", {})
    http: Mapping[str, str] = context.get("http", {})
    headers: dict[str, str] = event.get("headers") or {}
    listed: list[str] = event.get("cookies") or []
    body: str = event.get("body") or ""
    return Request(
        method=http.get("method", ""),
        path=event.get("rawPath", ""),
        query=event.get("queryStringParameters") or {},
        headers={name.lower(): value for name, value in headers.items()},
        cookies=dict(cookie.split("=", 1) for cookie in listed if "=" in cookie),
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode(errors="surrogatepass"),
        source_ip=http.get("sourceIp", ""),
        request_id=context.get("requestId", ""),
    )
