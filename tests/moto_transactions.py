"""moto's transactions copy their tables whole, to be able to go back; here they remember the rows that they write."""

import copy
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from moto.dynamodb import models
from moto.dynamodb.models.table import Table


class _OfThread(threading.local):
    in_transaction = False


@pytest.fixture
def transactions_undone_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that fails puts its rows and the tables' streams back, whatever else the tables hold."""
    of_thread = _OfThread()
    transact = models.DynamoDBBackend.transact_write_items

    def transact_write_items(backend: models.DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        undo = [_undo_of(backend, part) for action in transact_items for part in action.values()]
        of_thread.in_transaction = True
        try:
            transact(backend, transact_items)
        except BaseException:
            for put_back in undo:
                put_back()
            raise
        finally:
            of_thread.in_transaction = False

    def deepcopy(value: Any) -> Any:
        return value if of_thread.in_transaction and isinstance(value, Table) else copy.deepcopy(value)

    monkeypatch.setattr(models.DynamoDBBackend, "transact_write_items", transact_write_items)
    monkeypatch.setattr(models, "copy", SimpleNamespace(deepcopy=deepcopy))


def _undo_of(backend: models.DynamoDBBackend, part: dict[str, Any]) -> Callable[[], None]:
    table = backend.get_table(part["TableName"])
    hash_key, range_key = backend.get_keys_value(table, part.get("Key") or part["Item"])
    row = copy.deepcopy(table.get_item(hash_key, range_key))  # an update changes it in place
    items: Any = vars(table)["items"]
    rows, key = (items, hash_key) if range_key is None else (items[hash_key], range_key)
    shard = table.stream_shard
    records = len(shard.items) if shard else 0

    def put_back() -> None:
        if row is None:
            rows.pop(key, None)
        else:
            rows[key] = row
        if shard:
            del shard.items[records:]

    return put_back
