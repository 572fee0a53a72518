"""Somebody with a browser: keeps cookies, sends forms with their hidden fields, follows redirects when asked to."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

Handler = Callable[[dict[str, Any], object], dict[str, Any]]


_OF_A_BROWSER = {
    "accept": "text/html,application/xhtml+xml",
    "host": "deals.example.com",
    "sec-fetch-site": "same-origin",
    "x-forwarded-proto": "https",
}


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
        event = {
            "version": "2.0",
            "rawPath": parts.path,
            "headers": _OF_A_BROWSER | dict(headers),
            "queryStringParameters": dict(parse_qsl(parts.query)),
            "requestContext": {"http": {"method": method, "path": parts.path}, "requestId": "JKJaXmPLvHcESHA="},
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
