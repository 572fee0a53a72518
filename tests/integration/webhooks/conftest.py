"""Names that resolve to what a test says, a receiver on this machine, and what holds for every write of a delivery."""

import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dealreg.webhooks.deliveries import store
from dealreg.webhooks.model import Endpoint
from tests.integration.aws_calls import intercept
from tests.integration.webhooks.calls import call, deliver_all
from tests.integration.webhooks.receivers import Receiver, well_behaved
from tests.integration.webhooks.stage import NORTH, endpoint, event, queued
from tests.samples import content
from tests.stand_ins import returning

Resolver = Callable[[dict[str, list[str]]], list[str]]


@pytest.fixture
def one(receiver: Receiver, now: datetime) -> Endpoint:
    """North's, proved."""
    return endpoint(NORTH, receiver.url, now)[0]


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever lost a race tries again at once."""
    monkeypatch.setattr("dealreg.platform.aws.pause", returning(None))


@pytest.fixture(autouse=True)
def deliveries_are_written_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Whatever a test does: a delivery's row is written by one of those who read the same version, so never again."""
    written_again: list[Any] = []

    def repeat(make: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        reply = make()
        actions = request.get("TransactItems", [{"Put": request}] if operation == "PutItem" else [])
        rows = [action["Put"]["Item"] for action in actions if "Put" in action]
        if any(row["sk"]["S"].startswith("DELIVERY#") for row in rows if "sk" in row):
            with suppress(ClientError):
                make()
                written_again.append(rows)
        return reply

    intercept(monkeypatch, repeat)
    yield
    assert written_again == []


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    """Sets what names resolve to, and gives the list of the names that were looked up."""

    def install(addresses: dict[str, list[str]]) -> list[str]:
        asked: list[str] = []
        really_look_up = socket.getaddrinfo

        def look_up(host: str, port: int, **options: Any) -> list[Any]:
            asked.append(host)
            if host == "127.0.0.1":
                return really_look_up(host, port, **options)
            if host not in addresses:
                raise socket.gaierror(socket.EAI_NONAME, "unknown name")
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses[host]]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked

    return install


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with well_behaved() as one:
        yield one


@pytest.fixture
def local(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A deployment that may send to this machine, and whose replays make no pauses."""
    monkeypatch.setenv("ALLOW_LOOPBACK_WEBHOOKS", "true")
    monkeypatch.setattr("dealreg.webhooks.replays.runner.PAUSE", timedelta(0))


@pytest.fixture
def north(receiver: Receiver, now: datetime) -> str:
    """The id of a delivery to North's endpoint, just queued."""
    endpoint(NORTH, receiver.url, now)
    store.fan_out(event(now), now)
    (delivery_id,) = queued()
    return delivery_id


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, count in {"PAGE": 2, "COUNTED_PAGE": 2, "SUBJECTS": 1, "COUNTED_SUBJECTS": 1}.items():
        monkeypatch.setattr(f"dealreg.webhooks.replays.runner.{name}", count)


@pytest.fixture
def created(receiver: Receiver) -> dict[str, Any]:
    """North's endpoint at the receiver, which has proved itself."""
    made = content(call("create", body={"url": receiver.url, "event_types": ["deal.*"]}))
    deliver_all()
    receiver.requests.clear()
    return made


@pytest.fixture
def endpoint_id(created: dict[str, Any]) -> str:
    return created["id"]
