"""API Gateway between a request as a client sends it and a function: the event (payload 2.0) and the answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

import base64
import re
from functools import cache
from http.cookies import SimpleCookie
from importlib import import_module
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from requests import PreparedRequest, Response
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3._collections import HTTPHeaderDict

from local.functions import gateway_routes, handlers

HOST = "deals.example.com"
_FUNCTIONS = gateway_routes()
_HANDLERS = handlers()
_TEXT = ("text/", "application/json", "application/javascript", "application/xml")
"""Bodies of these types come as text, all others in base 64."""


class Gateway(HTTPAdapter):
    """Hands the requests of a `requests` session to the functions, in this process."""

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:
        reply = answer(event_of(request))
        headers = HTTPHeaderDict(reply["headers"])
        for cookie in reply["cookies"]:
            headers.add("set-cookie", cookie)
        body = BytesIO(reply["body"].encode())
        raw = HTTPResponse(body, headers, reply["statusCode"], preload_content=False, reason="")
        return self.build_response(request, raw)


def answer(event: dict[str, Any]) -> dict[str, Any]:
    """Of the function that has the path."""
    module = _HANDLERS[function_for(event["rawPath"])].rpartition(".")[0]
    return import_module(module).handler(event, None)


def event_of(request: PreparedRequest) -> dict[str, Any]:
    url = urlsplit(str(request.url))
    headers = {name.lower(): str(value) for name, value in request.headers.items()}
    cookies = [f"{name}={morsel.coded_value}" for name, morsel in SimpleCookie(headers.pop("cookie", "")).items()]
    raw: Any = request.body or b""
    body = raw.encode() if isinstance(raw, str) else bytes(raw)
    kind = headers.get("content-type", "text/plain")
    is_text = kind.startswith(_TEXT)
    query: dict[str, str] = {}
    for name, value in parse_qsl(url.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    return {
        "version": "2.0",
        "rawPath": unquote(url.path.replace("%25", "%2525")),
        "rawQueryString": url.query,
        "cookies": cookies,
        "headers": headers | {"host": HOST},
        "queryStringParameters": query,
        "requestContext": {
            "requestId": "r1",
            "http": {"method": request.method, "path": url.path, "sourceIp": "192.0.2.1"},
        },
        "body": body.decode(errors="replace") if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }


def function_for(path: str) -> str:
    """Which function API Gateway picks: a full match goes before a greedy one, and the longest of those first."""
    fitting = [route for route in _FUNCTIONS if _pattern(route).fullmatch(path)]
    return _FUNCTIONS[max(fitting, key=lambda route: (not route.endswith("+}"), len(route)), default="$default")]


@cache
def _pattern(route: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"{\w+}", "[^/]+", route.replace("{proxy+}", ".+")), re.DOTALL)
