"""Holds handlers to their routes: what a route declares of its reply is what every test's replies are checked by."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, wraps
from importlib import import_module
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dealreg.platform.http import Reply, Request
from dealreg.platform.routes import PAGE
from local import openapi
from local.functions import ServedRoute, served_routes

SERVED = served_routes()
JSON = "application/json"


@pytest.fixture(autouse=True)
def replies_as_declared(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Of handlers that did what they were asked to; refusals have a form of their own."""
    faults: list[str] = []
    for one in SERVED:
        checked = replace(one.route, handler=_checked(one, faults))
        monkeypatch.setitem(import_module(one.module).ROUTES, one.key, checked)
    yield
    assert faults == []


def _checked(one: ServedRoute, faults: list[str]) -> Callable[[Request], Reply]:
    @wraps(one.route.handler)  # the log calls an act by the handler's name
    def handle(request: Request) -> Reply:
        reply = one.route.handler(request)
        faults.extend(f"{one.key}: {fault}" for fault in faults_of(one, reply))
        return reply

    return handle


def faults_of(one: ServedRoute, reply: Reply) -> Iterator[str]:
    if one.route.media == PAGE:
        return
    if reply.status not in (one.route.status, one.route.repeated, one.route.pending):
        yield f"status {reply.status} instead of {one.route.status}"
    yield from _faults_of_headers(one, reply)
    if one.route.reply is None:
        yield from [f"a body: {reply.body[:80]}"] if reply.body else []
    elif reply.headers["content-type"] in one.route.files:
        return
    elif reply.headers["content-type"] != one.route.media:
        yield f"{reply.headers['content-type']} instead of {one.route.media}"
    elif one.route.media == JSON:
        for error in validator(one.key).iter_errors(json.loads(reply.body)):
            yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def _faults_of_headers(one: ServedRoute, reply: Reply) -> Iterator[str]:
    """Those that tell of a limit are in the reply if they are in the description, and look as it says."""
    declared = _done(one.key).get("headers", {})
    for name in ("RateLimit-Policy", "RateLimit"):
        sent = reply.headers.get(name.lower())
        if (name in declared) != (sent is not None):
            yield f"{name} is {'declared' if name in declared else 'not declared'}, and is {sent}"
        elif sent is not None and not re.search(declared[name]["schema"]["pattern"], sent):
            yield f"{name}: {sent}"


@cache
def validator(key: str) -> Any:
    """Of the reply of a route, as the description has it, and without a field more."""
    return Draft202012Validator(_done(key)["content"][JSON]["schema"] | {"components": _document()["components"]})


def _done(key: str) -> dict[str, Any]:
    """The description of the reply when all went well."""
    method, path = key.lower().split(" ", 1)[0], key.split(" ", 1)[1]
    responses = _document()["paths"][path][method]["responses"]
    return next(response for status, response in responses.items() if status[0] in "23")


@cache
def _document() -> dict[str, Any]:
    document = openapi.document()
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return document
