"""What a billing system's API has is fetched: one GET, and whatever comes instead of an answer is said in words."""

import json
import socket
from base64 import b64encode
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dealreg.billing import fetching
from dealreg.billing.fetching import Answer, fetch
from dealreg.billing.model import Source, SourceKind
from tests.integration.billing.apis import NOW, api
from tests.integration.webhooks.receivers import Script, scripted


def get(source: Source, path: str = "/it", now: datetime = NOW) -> Answer:
    return fetch(source, path, now, allow_loopback=True)


BASIC = b"Basic " + b64encode(b"key-1:")


@pytest.mark.parametrize(
    ("kind", "authorization"),
    [
        (SourceKind.STRIPE, b"Bearer key-1"),
        (SourceKind.PADDLE, b"Bearer key-1"),
        (SourceKind.CHARGEBEE, BASIC),
        (SourceKind.RECURLY, BASIC),
    ],
)
def test_each_api_is_asked_in_its_own_way(kind: SourceKind, authorization: bytes) -> None:
    with api(it=(200, b'{"amount": 0.30}')) as served:
        assert get(served.source(kind)) == Answer({"amount": Decimal("0.30")})
    [request] = served.requests
    assert request.startswith(b"GET /it HTTP/1.1\r\n")
    assert b"\r\nAuthorization: " + authorization + b"\r\n" in request
    assert (b"\r\nAccept: application/vnd.recurly.v2021-02-25\r\n" in request) is (kind is SourceKind.RECURLY)


def test_zuora_gives_a_token_first_which_is_used_again() -> None:
    token = (200, b'{"access_token": "t-1", "expires_in": 3598}')
    with api(it=(200, b"{}"), token=token) as served:
        source = served.source(SourceKind.ZUORA, client_id="client-1", api_key="secret-1")
        assert get(source) == get(source) == Answer({})
        assert get(source, now=NOW + timedelta(hours=1)) == Answer({})
    asked = [request.split(b" ")[1] for request in served.requests]
    assert asked == [b"/oauth/token", b"/it", b"/it", b"/oauth/token", b"/it"]
    assert served.requests[0].endswith(b"client_id=client-1&client_secret=secret-1&grant_type=client_credentials")
    assert b"\r\nAuthorization: Bearer t-1\r\n" in served.requests[1]


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b"{}", "Its API refused the key (401)."),
        (403, b"{}", "Its API refused the key (403)."),
        (302, b"{}", "Its API answered with status 302."),
        (404, b"{}", "Its API answered with status 404."),
        (500, b"", "Its API answered with status 500."),
        (200, b"<html>", "Its API answered with something that is no JSON."),
        (200, b"", "Its API answered with something that is no JSON."),
        (200, b'"' + b"x" * 10 * 1024 * 1024 + b'"', "Its API answered with more than 1048576 bytes."),
    ],
)
def test_what_is_no_answer_is_said_in_words(status: int, body: bytes, told: str) -> None:
    with api(it=(status, body)) as served:
        assert get(served.source(SourceKind.STRIPE)) == Answer(problem=told)


def test_an_answer_of_a_megabyte_is_read_whole() -> None:
    whole = {"data": ["x" * 1000] * 1000}
    with api(it=(200, json.dumps(whole).encode())) as served:
        assert get(served.source(SourceKind.STRIPE)) == Answer(whole)


def say_nothing(wire: socket.socket) -> None:
    wire.recv(1)


def say_something_else(wire: socket.socket) -> None:
    wire.sendall(b"SSH-2.0\r\n\r\n")


@pytest.mark.parametrize(("script", "told"), [(say_nothing, "timeout"), (say_something_else, "bad_answer")])
def test_one_that_is_slow_or_odd_is_left(script: Script, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "DEADLINE", 0.3)
    with scripted(script) as port:
        source = Source(
            "bsrc_1", SourceKind.STRIPE, "Billing", (), NOW, api_key="k", api_base=f"http://127.0.0.1:{port}"
        )
        assert told in get(source).problem


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"api_key": ""}, "Give its API key to the source."),
        ({"api_base": ""}, "The address of its API cannot be used."),
        ({"api_base": "https://169.254.169.254"}, "The address of its API cannot be used."),
        ({"api_base": "http://billing.example.com"}, "The address of its API cannot be used."),
    ],
)
def test_what_must_not_be_asked_is_not_asked(fields: dict[str, Any], told: str) -> None:
    with api() as served:
        assert told in get(served.source(SourceKind.CHARGEBEE, **fields)).problem
    assert served.requests == []


def test_this_machine_is_asked_only_where_that_is_allowed() -> None:
    with api(it=(200, b"{}")) as served:
        assert "cannot be used" in fetch(served.source(SourceKind.STRIPE), "/it", NOW).problem
    assert served.requests == []
