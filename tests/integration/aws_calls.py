"""Between our code and AWS in memory: where a test sees, refuses or breaks off the calls of every client."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from botocore.client import BaseClient

_CALL = "_make_api_call"
WRITES = frozenset(["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"])
Around = Callable[[Callable[[], Any], Any, str, dict[str, Any]], Any]
"""Makes the call, or not, with what it knows of it: the client, the operation, the request."""


def intercept(monkeypatch: pytest.MonkeyPatch, around: Around) -> None:
    """From now on; what is intercepted already is within."""
    make = cast("Callable[[Any, str, dict[str, Any]], Any]", vars(BaseClient)[_CALL])

    def call(client: Any, operation: str, request: dict[str, Any]) -> Any:
        return around(lambda: make(client, operation, request), client, operation, request)

    monkeypatch.setattr(BaseClient, _CALL, call)


def lose_race_to(monkeypatch: pytest.MonkeyPatch, rival: Callable[[], object], table: str = "") -> None:
    """Lets `rival` be faster once: between what is read and the next write (to that table) that is made of it."""
    waiting = [rival]

    def rival_first(make: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        if waiting and operation in WRITES and table in _tables_of(request):
            waiting.pop()()
        return make()

    intercept(monkeypatch, rival_first)


def lose_every_race_to(monkeypatch: pytest.MonkeyPatch, rival: Callable[[], object]) -> None:
    """Before each write of ours, `rival` makes its own."""
    at_work: list[bool] = []

    def rival_first(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        if operation in WRITES and not at_work:
            at_work.append(True)
            rival()
            at_work.clear()
        return make()

    intercept(monkeypatch, rival_first)


def _tables_of(request: dict[str, Any]) -> set[str]:
    actions: list[dict[str, Any]] = request.get("TransactItems", [{"": request}])
    return {"", *(part["TableName"] for action in actions for part in action.values())}
