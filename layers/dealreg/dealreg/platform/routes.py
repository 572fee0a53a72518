"""Routes as data. A function's `ROUTES` says of each what it takes and answers, and who may call it; `serve` does so.

API Gateway only picks the function, by the greedy routes of template.yaml; which route it is, and whether there is one,
is found here. `python -m local.openapi` makes the API's description from the same data.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Any

from dealreg.platform import errors
from dealreg.platform.http import STATUS, Caller, Reply, Request, read_request, refuse, status_of
from dealreg.platform.rights import EVERYTHING, WORDS, Right

logger = logging.getLogger(__name__)
logging.getLogger().setLevel(logging.INFO)

MAX_BODY = 64 * 1024
MAX_PATH = 512
"""In bytes. No id of ours is near it; a key of DynamoDB may have 1,024."""
_MAX_NAME = 100
PAGE = "text/html"
_READS = frozenset(["GET", "HEAD", "OPTIONS"])

Who = Mapping[str, str]
"""Who may call: by type of principal, the scope that it needs; "" if it needs none in particular."""
ANYONE: Who = {}
"""The route is public: no token is asked for or checked."""
PARTNER: Who = {"partner": "deals"}
ANY_CALLER: Who = {"partner": "", "admin": ""}
STAFF: Who = {"admin": ""}
"""Any of the vendor's people and keys."""
ADMIN: Who = {"admin": EVERYTHING}
SEE_DEALS: Who = {"admin": Right.SEE_DEALS}
DECIDE_DEALS: Who = {"admin": Right.DECIDE_DEALS}
CHANGE_DEALS: Who = {"admin": Right.CHANGE_DEALS}
SEE_PARTNERS: Who = {"admin": Right.SEE_PARTNERS}
CHANGE_PARTNERS: Who = {"admin": Right.CHANGE_PARTNERS}
SEE_EARNINGS: Who = {"admin": Right.SEE_EARNINGS}
SEE_MONEY: Who = {"admin": Right.SEE_MONEY}
CHANGE_MONEY: Who = {"admin": Right.CHANGE_MONEY}
SEE_PROGRAM: Who = {"admin": Right.SEE_PROGRAM}
CHANGE_PROGRAM: Who = {"admin": Right.CHANGE_PROGRAM}
PREVIEW_EARNINGS: Who = {**PARTNER, **SEE_EARNINGS}
SEE_ENDPOINTS: Who = {"partner": "webhooks", **SEE_PROGRAM}
CHANGE_ENDPOINTS: Who = {"partner": "webhooks", **CHANGE_PROGRAM}

_RIGHTS = {right.value: f"None of your roles lets you {words}." for right, words in WORDS.items()}

Recognise = Callable[[Request], Caller | None]
"""Who calls, None for nobody. Raises InvalidToken for credentials that are not good."""
Failure = Callable[[Request, int, errors.DealregError], Reply]
Within = Callable[[], AbstractContextManager[object]]
"""What a request that is let in is answered in, such as the zone in which times are shown; refusals of it too."""


@dataclass(frozen=True, slots=True)
class Route:
    handler: Callable[[Request], Reply]
    who: Who
    body: Any = None
    """The type of what is sent; None: nothing, or nothing that is read."""
    reply: Any = None
    """The type of the answer; None: it has no body, or is a page."""
    status: int = 200
    """When all went well."""
    repeated: int = 0
    """When that had been done before, if the answer then is another."""
    pending: int = 0
    """When somebody has to agree first, if that may be."""
    query: Mapping[str, type] = field(default_factory=dict[str, type])
    """The types of the parameters that are read, by name: the request has no others."""
    headers: tuple[str, ...] = ()
    """Of the request, those that change what is done."""
    media: str = "application/json"
    files: tuple[str, ...] = ()
    """Media types in which the same can be asked for as a file, by `Accept`."""
    limit: str = ""
    """The name of the hourly limit by which it is counted, of which its replies tell."""


Routes = Mapping[str, Route]
"""By key, such as "GET /v1/deals/{id}"."""


def serve(
    routes: Routes,
    event: Mapping[str, Any],
    *,
    recognise: Recognise = lambda _: None,
    on_error: Failure = refuse,
    max_body: int = MAX_BODY,
    within: Within = nullcontext,
) -> dict[str, Any]:
    """A whole request: match, rights, handler, reply. Whatever goes wrong becomes a reply made by `on_error`."""
    request = read_request(event)
    with ExitStack() as entered:
        try:
            request, route = match(routes, request)
            if route is None:
                reply = Reply(204, headers={"allow": ", ".join(allowed(routes, request.path))})
            else:
                request = _with_declared_query(_let_in(request, route.who, recognise), route)
                if len(request.body) > max_body:
                    raise errors.TooLarge(f"The body may have {max_body // 1024} kB at most.")
                entered.enter_context(within())
                entered.enter_context(_recorded(request, route))
                reply = route.handler(request)
        except Exception as fault:
            reply = _refusal(request, fault, on_error)
    logger.info("served", extra={"route": request.route, "status": reply.status, "request_id": request.request_id})
    return {
        "statusCode": reply.status,
        "headers": dict(reply.headers),
        "cookies": list(reply.cookies),
        "body": "" if request.method == "HEAD" else _writable(reply.body),
        "isBase64Encoded": reply.is_base64 and request.method != "HEAD",
    }


def _writable(text: str) -> str:
    """A reply may name what a stranger sent, such as a parameter; half a surrogate pair has no bytes in UTF-8."""
    return text.encode(errors="replace").decode()


def _refusal(request: Request, fault: Exception, on_error: Failure) -> Reply:
    """By `on_error`, which may come upon another fault on its way: then of that one, and at last without it."""
    for _ in range(2):
        try:
            return _told(request, fault, on_error)
        except Exception as other:
            fault = other
    return _told(request, fault, refuse)


def _told(request: Request, fault: Exception, by: Failure) -> Reply:
    if not isinstance(fault, errors.DealregError):
        logger.error("failed", exc_info=fault, extra={"route": request.route, "request_id": request.request_id})
        return by(request, 500, errors.DealregError())
    return _with_headers_of(fault, by(request, status_of(fault), fault))


def _let_in(request: Request, who: Who, recognise: Recognise) -> Request:
    """The request of a caller who may. Raises NoToken, InvalidToken or Forbidden."""
    if not who:
        return request
    caller = recognise(request)
    if caller is None:
        raise errors.NoToken
    scope = who.get(caller.principal_type)
    if scope is None:
        raise errors.Forbidden
    if not caller.may(scope):
        raise errors.Forbidden(_RIGHTS.get(scope, ""))
    return replace(request, recognised=caller, right=scope)


def _recorded(request: Request, route: Route) -> AbstractContextManager[object]:
    """What one of the vendor's writes in answering a request that may change something is an act of theirs."""
    caller = request.recognised
    if caller is None or caller.principal_type != "admin" or request.method in _READS:
        return nullcontext()
    from dealreg.platform import acts  # which a partner's request does not need, nor a function without a database

    return acts.recorded(caller.user_id, route.handler.__name__, request)


def _with_declared_query(request: Request, route: Route) -> Request:
    """Raises InvalidInput for a parameter, or one of its values, that the route does not know.

    A page, and what strangers call, may be led to by links with more behind them.
    """
    declared = {name: request.query[name] for name in route.query if name in request.query}
    if route.who and route.media != PAGE:
        known = ", ".join(route.query) or "none"
        faults = [
            errors.FieldError(name[:_MAX_NAME], f"This parameter is not known here. Known: {known}.")
            for name in request.query
            if name not in route.query
        ]
        for name, given in declared.items():
            kind = route.query[name]
            if issubclass(kind, StrEnum) and given not in (values := [*kind]):
                faults.append(errors.FieldError(name, f"Use one of {', '.join(values)}."))
        if faults:
            raise errors.InvalidInput(faults)
    return replace(request, query=declared)


def _with_headers_of(error: errors.DealregError, reply: Reply) -> Reply:
    match error:
        case errors.MethodNotAllowed():
            return replace(reply, headers={**reply.headers, "allow": ", ".join(error.allowed)})
        case errors.RateLimited():
            return replace(reply, headers={**reply.headers, **error.headers})
        case errors.NoToken() | errors.InvalidToken() if reply.status == STATUS[errors.Unauthenticated]:
            challenge = "Bearer" if isinstance(error, errors.NoToken) else 'Bearer error="invalid_token"'  # RFC 6750 §3
            return replace(reply, headers={**reply.headers, "www-authenticate": challenge})
        case _:
            return reply


# ---- matching -------------------------------------------------------------------------------------------------------


def match(routes: Routes, request: Request) -> tuple[Request, Route | None]:
    """The request with its route's key and parameters; no route for OPTIONS.

    HEAD is a GET. A fixed part of a path goes before a parameter. Raises NotFound or MethodNotAllowed.
    """
    there = _matching(routes, request.path)
    if not there:
        raise errors.NotFound
    method = "GET" if request.method == "HEAD" else request.method
    key = next((key for key in there if key.startswith(f"{method} ")), None)
    if key is None:
        if method == "OPTIONS":
            return request, None
        raise errors.MethodNotAllowed(allowed(routes, request.path))
    route = routes[key]
    pairs = zip(_parts_of(key), request.path.split("/"), strict=True)
    params = {name[1:-1]: given for name, given in pairs if name[:1] == "{"}
    return replace(request, route=key, params=params), route


def allowed(routes: Routes, path: str) -> Sequence[str]:
    """The methods that a path takes."""
    methods = {key.partition(" ")[0] for key in _matching(routes, path)} | {"OPTIONS"}
    return sorted(methods | {"HEAD"} if "GET" in methods else methods)


def _matching(routes: Routes, path: str) -> list[str]:
    """The keys of a path's routes, whatever their method, those with fixed parts first."""
    if len(path.encode(errors="surrogatepass")) > MAX_PATH or not path.isprintable():
        return []
    given = path.split("/")
    found = [key for key in routes if _fits(_parts_of(key), given)]
    return sorted(found, key=lambda key: [part[:1] == "{" for part in _parts_of(key)])


def _fits(parts: Sequence[str], given: Sequence[str]) -> bool:
    """A parameter is never empty, so a slash too many leads nowhere."""
    return len(parts) == len(given) and all(
        bool(text) if part[:1] == "{" else part == text for part, text in zip(parts, given, strict=True)
    )


@lru_cache(maxsize=512)
def _parts_of(key: str) -> tuple[str, ...]:
    return tuple(key.partition(" ")[2].split("/"))
