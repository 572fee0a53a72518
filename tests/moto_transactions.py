"""moto's transactions copy each table once for each action on it, to be able to go back; here once."""

import copy
import threading
from types import SimpleNamespace
from typing import Any

import pytest
from moto.dynamodb import models
from moto.dynamodb.models.table import Table


class _Copies(threading.local):
    of_transaction: dict[str, Table] | None = None
    """By name; None outside of a transaction."""


@pytest.fixture
def tables_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction copies all its tables before it writes, so that the copies for its actions are the same."""
    copies = _Copies()
    transact = models.DynamoDBBackend.transact_write_items

    def transact_write_items(backend: models.DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        copies.of_transaction = {}
        try:
            transact(backend, transact_items)
        finally:
            copies.of_transaction = None

    def deepcopy(value: Any) -> Any:
        if copies.of_transaction is None or not isinstance(value, Table):
            return copy.deepcopy(value)
        if value.name not in copies.of_transaction:
            copies.of_transaction[value.name] = copy.deepcopy(value)
        return copies.of_transaction[value.name]

    monkeypatch.setattr(models.DynamoDBBackend, "transact_write_items", transact_write_items)
    monkeypatch.setattr(models, "copy", SimpleNamespace(deepcopy=deepcopy))
