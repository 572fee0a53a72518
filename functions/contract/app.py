"""The API's description, which `python -m local.openapi` makes from the code, and the health check."""

from functools import cache
from pathlib import Path
from typing import Any

from dealreg import __version__
from dealreg.platform.http import Reply, Request, Route, json_reply, serve


def openapi(_request: Request) -> Reply:
    headers = {"content-type": "application/json", "cache-control": "public, max-age=300"}
    return Reply(200, _document(), headers)


def health(_request: Request) -> Reply:
    return json_reply(200, {"status": "ok", "version": __version__})


@cache
def _document() -> str:
    return (Path(__file__).parent / "openapi.json").read_text("utf-8")


ROUTES: dict[str, Route] = {
    "GET /openapi.json": openapi,
    "GET /healthz": health,
}


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return serve(ROUTES, event)
