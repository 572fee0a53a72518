"""Chargebee's and Recurly's own clients read from our fakes of their APIs, and ask as we do."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib import import_module
from typing import Any

import pytest

from dealreg.billing.fetching import fetch
from dealreg.billing.model import SourceKind
from tests.integration.billing.apis import NOW, Api, api
from tests.unit.billing.providers import test_chargebee, test_recurly

EVENT = {"id": "ev_1", "occurred_at": 1, "event_type": "payment_succeeded", "content": test_chargebee.CONTENT}
LINES = {"object": "list", "data": test_recurly.INVOICE["line_items"], "has_more": False, "next": None}


def asked(request: bytes) -> tuple[str, str, str]:
    """The request line, who asks, and for what of the API's versions."""
    line, *headers = request.decode().split("\r\n")
    values = {name.lower(): value.strip() for name, _, value in (header.partition(":") for header in headers)}
    return line, values["authorization"], values["accept"]


@contextmanager
def serving(path: str, answer: Any, kind: SourceKind) -> Generator[Api]:
    """It must be asked the same way by us and by the provider's client."""
    with api({path: (200, json.dumps(answer).encode())}) as served:
        yield served
        assert not fetch(served.source(kind), path, NOW, allow_loopback=True).problem
    theirs, ours = served.requests
    assert asked(theirs) == asked(ours)


def chargebee(served: Api, monkeypatch: pytest.MonkeyPatch) -> Any:
    library: Any = import_module("chargebee")
    monkeypatch.setattr(library.Chargebee, "verify_ca_certs", False)
    client = library.Chargebee("key-1", "acme", protocol="http")
    client.env.api_endpoint = f"http://127.0.0.1:{served.port}/api/v2"
    return client


def recurly(served: Api) -> Any:
    client: Any = import_module("recurly").Client("key-1")
    client._BaseClient__conn = HTTPConnection("127.0.0.1", served.port, timeout=5)
    return client


def test_chargebees_client_reads_an_event(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("/api/v2/events/ev_1", {"event": EVENT}, SourceKind.CHARGEBEE) as served:
        event = chargebee(served, monkeypatch).Event.retrieve("ev_1").event
    assert (event.event_type, event.content["transaction"]["amount"]) == ("payment_succeeded", 11900)


def test_chargebees_client_reads_an_invoice(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("/api/v2/invoices/inv_1", {"invoice": test_chargebee.INVOICE}, SourceKind.CHARGEBEE) as served:
        invoice = chargebee(served, monkeypatch).Invoice.retrieve("inv_1").invoice
    assert (invoice.total, invoice.line_items[0].entity_id) == (11900, "analytics-EUR-monthly")


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("invoice", test_recurly.INVOICE),
        ("subscription", test_recurly.SUBSCRIPTION),
        ("account", test_recurly.ACCOUNT),
        ("transaction", test_recurly.TRANSACTION),
    ],
)
def test_recurlys_client_reads_each_object(kind: str, answer: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("recurly"), "STRICT_MODE", True)
    with serving(f"/{kind}s/{answer['id']}", answer, SourceKind.RECURLY) as served:
        read = getattr(recurly(served), f"get_{kind}")(answer["id"])
    assert (type(read).__name__, read.id) == (kind.title(), answer["id"])


def test_recurlys_client_reads_the_lines_of_an_invoice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("recurly"), "STRICT_MODE", True)
    with serving("/invoices/inv_1/line_items?limit=200", LINES, SourceKind.RECURLY) as served:
        lines = recurly(served).list_invoice_line_items("inv_1", params={"limit": 200}).items()
        assert [line.product_code for line in lines] == ["analytics-monthly", "rep"]
