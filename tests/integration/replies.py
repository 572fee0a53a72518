"""Holds handlers to their routes: what a route declares of its reply is what every test's replies are checked by."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
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
    def handle(request: Request) -> Reply:
        reply = one.route.handler(request)
        faults.extend(f"{one.key}: {fault}" for fault in faults_of(one, reply))
        return reply

    return handle


def faults_of(one: ServedRoute, reply: Reply) -> Iterator[str]:
    """200 may stand for any other: it was done before."""
    if one.route.media == PAGE:
        return
    if reply.status not in (one.route.status, 200):
        yield f"status {reply.status} instead of {one.route.status}"
    if one.route.reply is None:
        yield from [f"a body: {reply.body[:80]}"] if reply.body else []
    elif reply.headers["content-type"] != one.route.media:
        yield f"{reply.headers['content-type']} instead of {one.route.media}"
    elif one.route.media == JSON:
        for error in validator(one.key).iter_errors(json.loads(reply.body)):
            yield f"{'.'.join(map(str, error.absolute_path))}: {error.message[:200]}"


@cache
def validator(key: str) -> Any:
    """Of the reply of a route, as the description has it, and without a field more."""
    method, path = key.lower().split(" ", 1)[0], key.split(" ", 1)[1]
    document = _document()
    operation = document["paths"][path][method]
    done = next(response for status, response in operation["responses"].items() if status.startswith("2"))
    return Draft202012Validator(done["content"][JSON]["schema"] | {"components": document["components"]})


@cache
def _document() -> dict[str, Any]:
    document = openapi.document()
    for schema in document["components"]["schemas"].values():
        if "properties" in schema:
            schema["additionalProperties"] = False
    return document
