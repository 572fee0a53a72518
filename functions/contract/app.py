"""The API's description, which `python -m local.openapi` makes from the code, and the health check.

It is also where API Gateway sends what has no route, so that a wrong address gets an answer in our words.
"""

from functools import cache
from pathlib import Path
from typing import Any, Literal, TypedDict

from dealreg import __version__
from dealreg.platform.http import Reply, Request, json_reply
from dealreg.platform.routes import ANYONE, Route, serve


class Health(TypedDict):
    status: Literal["ok"]
    version: str


def openapi(_request: Request) -> Reply:
    headers = {"content-type": "application/json", "cache-control": "public, max-age=300"}
    return Reply(200, _document(), headers)


def health(_request: Request) -> Reply:
    return json_reply(200, {"status": "ok", "version": __version__})


@cache
def _document() -> str:
    return (Path(__file__).parent / "openapi.json").read_text("utf-8")


ROUTES = {
    "GET /openapi.json": Route(openapi, ANYONE, reply=dict[str, Any]),
    "GET /healthz": Route(health, ANYONE, reply=Health),
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event)
