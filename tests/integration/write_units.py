"""What writes cost, counted from the sizes of the rows as AWS documents it.

A kilobyte of a row is a unit, two in a transaction; an index pays a kilobyte of what it has of the row, and once more
where the entry moves.
"""

import math
from collections import Counter
from collections.abc import Callable
from typing import Any, cast

import pytest

from dealreg.platform import aws, dynamo
from tests.integration.aws_calls import WRITES, intercept
from tests.template import load_template, tables

Row = dict[str, Any]


def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], Counter[str]]:
    """Counts every write from now on; gives how many units they were, by what the partition's key begins with."""
    spent = Counter[str]()

    def count(make: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        if operation not in WRITES:
            return make()
        transacted = "TransactItems" in request
        parts: list[Row] = [
            part for action in request.get("TransactItems", [{"": request}]) for part in action.values()
        ]
        before = [_row(part) for part in parts]
        reply = make()
        for part, old in zip(parts, before, strict=True):
            new = _row(part)
            own = max(1, math.ceil(max(size(old), size(new)) / 1024)) * (2 if transacted else 1)
            kind = (new or old)["pk"].partition("#")[0]
            spent[kind] += own + sum(_index_units(index, old, new) for index in _indexes(part["TableName"]))
        return reply

    intercept(monkeypatch, count)
    return lambda: spent


def _row(part: Row) -> Row:
    at = part.get("Key") or part["Item"]
    key = {"pk": at["pk"], "sk": at["sk"]}
    found = aws.client("dynamodb").get_item(TableName=part["TableName"], Key=key, ConsistentRead=True)
    return dynamo.item_from_wire(found.get("Item", {}))


def _indexes(table: str) -> list[Row]:
    return tables(load_template())[table].get("GlobalSecondaryIndexes", [])


def _index_units(index: Row, old: Row, new: Row) -> int:
    keys = [part["AttributeName"] for part in index["KeySchema"]]
    was, is_ = (_entry(index, keys, row) for row in (old, new))
    if was == is_:
        return 0
    moved = bool(was and is_) and any(was[key] != is_[key] for key in keys)
    return sum(math.ceil(size(entry) / 1024) for entry in ((was, is_) if moved else (is_ or was,)))


def _entry(index: Row, keys: list[str], row: Row) -> Row:
    if not all(key in row for key in keys):
        return {}
    projection = index["Projection"]
    if projection["ProjectionType"] == "ALL":
        return row
    kept = {"pk", "sk", *keys, *projection.get("NonKeyAttributes", ())}
    return {name: value for name, value in row.items() if name in kept}


def size(value: Any) -> int:
    """Bytes as DynamoDB counts them (Developer Guide, "DynamoDB item sizes and formats")."""
    match value:
        case dict():
            members = cast("Row", value)
            return 3 + sum(len(name.encode()) + size(content) + 1 for name, content in members.items())
        case list():
            return 3 + sum(size(element) + 1 for element in cast("list[Any]", value))
        case str():
            return len(value.encode())
        case bytes():
            return len(value)
        case bool() | None:
            return 1
        case _:
            return len(str(value)) // 2 + 2
