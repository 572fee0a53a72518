"""Somebody with a browser: keeps cookies, sends forms with their hidden fields, follows redirects when asked to."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.template import ROOT

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


def samples(folder: str) -> dict[str, dict[str, Any]]:
    """The sample events of a function, by route."""
    events = [json.loads(path.read_text()) for path in sorted(Path(ROOT / "events" / folder).glob("*.json"))]
    return {event["routeKey"]: event for event in events}


@dataclass(frozen=True)
class Page:
    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    html: str

    @property
    def location(self) -> str:
        return self.headers.get("location", "")

    @property
    def inputs(self) -> list[dict[str, str]]:
        return _Tags(self.html, "input").found

    @property
    def hidden(self) -> dict[str, str]:
        return {field["name"]: field["value"] for field in self.inputs if field.get("type") == "hidden"}

    def value(self, name: str) -> str:
        return next(field["value"] for field in self.inputs if field.get("name") == name)


class _Tags(HTMLParser):
    def __init__(self, html: str, tag: str) -> None:
        super().__init__()
        self.tag = tag
        self.found: list[dict[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self.tag:
            self.found.append({name: value or "" for name, value in attrs})


@dataclass
class Visitor:
    handler: Handler
    folder: str
    cookies: dict[str, str] = field(default_factory=dict[str, str])
    page: Page = Page(0, {}, [], "")

    def get(self, path: str) -> Page:
        return self.send("GET", path, None, {})

    def post(self, path: str, typed: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Page:
        return self.send("POST", path, urlencode(typed, doseq=True).encode(), headers or {})

    def submit(self, path: str, typed: Mapping[str, Any]) -> Page:
        """As a browser does: with the hidden fields of the page that is open."""
        return self.post(path, {**self.page.hidden, **typed})

    def follow(self) -> Page:
        return self.get(self.page.location)

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Page:
        parts = urlsplit(path)
        event, params = self._route(method, parts.path)
        event = event | {
            "rawPath": parts.path,
            "headers": event["headers"] | dict(headers),
            "pathParameters": params,
            "queryStringParameters": dict(parse_qsl(parts.query)),
            "cookies": [f"{name}={value}" for name, value in self.cookies.items()],
            "body": base64.b64encode(body or b"").decode(),
            "isBase64Encoded": True,
        }
        reply = self.handler(event, None)
        for cookie in reply["cookies"]:
            name, value = cookie.split(";")[0].split("=", 1)
            self.cookies[name] = value
        self.page = Page(reply["statusCode"], reply["headers"], reply["cookies"], reply["body"])
        return self.page

    def _route(self, method: str, path: str) -> tuple[dict[str, Any], dict[str, str]]:
        """As API Gateway does: fixed parts first, then parameters."""
        for route, event in sorted(samples(self.folder).items(), key=lambda item: item[0].count("{")):
            verb, template = route.split(" ")
            names, given = template.split("/"), path.split("/")
            if verb == method and len(names) == len(given):
                pairs = list(zip(names, given, strict=True))
                if all(name[:1] == "{" or name == part for name, part in pairs):
                    return event, {name[1:-1]: part for name, part in pairs if name[:1] == "{"}
        raise LookupError(f"{method} {path}")
