"""DynamoDB in plain Python values.

In a condition, `#name` stands for the attribute of that name and `:name` for an entry of `values`.
"""

import re
import secrets
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from dealreg.platform import aws
from dealreg.platform.dynamo_calls import TRIES, call
from dealreg.platform.dynamo_wire import Item, item_from_wire, item_to_wire, to_wire
from dealreg.platform.errors import Unavailable

Action = dict[str, dict[str, Any]]
ABSENT = "attribute_not_exists(pk)"
PRESENT = "attribute_exists(pk)"
MAX_ACTIONS = 100
"""In one transaction."""
_MOST_KEYS = 100
"""In one BatchGetItem."""
_LAST = "\U0010ffff"
"""Sorts behind whatever else a key may go on with."""
_MOST_ITEMS = 1000
"""In one Query of all."""
_NAME = re.compile(r"#(\w+)")
_along: ContextVar[Callable[[], Action] | None] = ContextVar("along", default=None)


@dataclass(frozen=True, slots=True)
class Key:
    table: str
    pk: str
    sk: str

    def to_wire(self) -> Item:
        return {"pk": {"S": self.pk}, "sk": {"S": self.sk}}


@dataclass(frozen=True, slots=True)
class Page:
    """As much as one call gives, which is not all there is unless `next_key` is None."""

    items: list[Item]
    next_key: Item | None
    """Where the next page starts (plain values), None after the last one."""


def get(table: str, pk: str, sk: str) -> Item | None:
    """Strongly consistent."""
    reply = call("get_item", {"TableName": table, "Key": Key(table, pk, sk).to_wire(), "ConsistentRead": True})
    return item_from_wire(reply["Item"]) if "Item" in reply else None


def batch_get(keys: Iterable[Key], attributes: Sequence[str] = (), *, newest: bool = True) -> dict[Key, Item]:
    """Over several tables, in one call up to 100 keys and 16 MB; absent keys are left out.

    Of `attributes`, if they are named, with the keys. `newest`: strongly consistent, which costs twice as much.
    """
    wanted = list(dict.fromkeys(keys))
    found: dict[Key, Item] = {}
    for start in range(0, len(wanted), _MOST_KEYS):
        found |= _batch_get(wanted[start : start + _MOST_KEYS], attributes, newest)
    return found


def _batch_get(wanted: Sequence[Key], attributes: Sequence[str], newest: bool) -> dict[Key, Item]:
    form: dict[str, Any] = {"ConsistentRead": newest}
    if attributes:
        names = {f"#{name}": name for name in ("pk", "sk", *attributes)}
        form |= {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}
    request: dict[str, Any] = {}
    for key in wanted:
        request.setdefault(key.table, form | {"Keys": []})["Keys"].append(key.to_wire())
    found: dict[Key, Item] = {}
    for attempt in range(TRIES):
        if not request:
            return found
        if attempt:
            aws.pause(attempt)
        reply = call("batch_get_item", {"RequestItems": request})
        for table, items in reply["Responses"].items():
            for item in map(item_from_wire, items):
                found[Key(table, item["pk"], item["sk"])] = item
        request = reply.get("UnprocessedKeys", {})
    raise Unavailable("the database is busy")


def page(
    table: str,
    pk: str,
    sk_prefix: str = "",
    *,
    limit: int,
    forward: bool = True,
    start: Item | None = None,
) -> Page:
    """Of a partition, up to `limit` items and 1 MB, strongly consistent. `every` is for what means all of it."""
    return _page(_partition(table, pk, sk_prefix), forward, limit, start)


def every(table: str, pk: str, sk_prefix: str = "") -> Iterator[Item]:
    """All of a partition in the order of its sort keys, strongly consistent, however many calls that takes."""
    return _every(_partition(table, pk, sk_prefix))


def every_between(table: str, pk: str, first: str, last: str) -> Iterator[Item]:
    """As `every`, of the sort keys from one to another, both with what begins with them."""
    request = _partition(table, pk)
    request["KeyConditionExpression"] += " AND sk BETWEEN :first AND :last"
    request["ExpressionAttributeValues"] |= item_to_wire({":first": first, ":last": last + _LAST})
    return _every(request)


def _every(request: Item) -> Iterator[Item]:
    return _each(lambda start: _page(dict(request), True, _MOST_ITEMS, start))


def _each(page_from: Callable[[Item | None], Page]) -> Iterator[Item]:
    """Of all pages."""
    start: Item | None = None
    while True:
        found = page_from(start)
        yield from found.items
        start = found.next_key
        if start is None:
            return


def every_from(table: str, pk: str, sk: str) -> Iterator[Item]:
    """All of a partition whose sort keys have the same kind, up to the first #, from this one on."""
    kind = sk.partition("#")[0]
    request: Item = {
        "TableName": table,
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk AND sk BETWEEN :first AND :last",
        "ExpressionAttributeValues": item_to_wire({":pk": pk, ":first": sk, ":last": f"{kind}$"}),
    }
    return _every(request)


def count(table: str, pk: str, sk_prefix: str, attribute: str, values: Sequence[str]) -> int:
    """How many items of a partition have one of the values, strongly consistent. It reads them all, however many."""
    request, found = _partition(table, pk, sk_prefix), 0
    names = {f":value_{place}": value for place, value in enumerate(values)}
    request["ExpressionAttributeValues"] |= item_to_wire(names)
    request |= {"FilterExpression": f"#attribute IN ({', '.join(names)})", "Select": "COUNT"}
    request["ExpressionAttributeNames"] = {"#attribute": attribute}
    while True:
        reply = call("query", request)
        found += reply["Count"]
        if "LastEvaluatedKey" not in reply:
            return found
        request["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def index_page(
    table: str,
    index: str,
    key: tuple[str, str],
    *,
    limit: int,
    until: tuple[str, str] | None = None,
    before: tuple[str, str] | None = None,
    forward: bool = True,
    start: Item | None = None,
) -> Page:
    """Of an index, up to `limit` items and 1 MB, eventually consistent.

    Ranges are (attribute, value): sort keys up to and with `until`, or below `before`.
    """
    names, values = {"#k": key[0]}, {":k": key[1]}
    condition = "#k = :k"
    if until:
        names["#u"], values[":u"] = until
        condition += " AND #u <= :u"
    elif before:
        names["#b"], values[":b"] = before
        condition += " AND #b < :b"
    request: Item = {
        "TableName": table,
        "IndexName": index,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": item_to_wire(values),
    }
    return _page(request, forward, limit, start)


def index_count(
    table: str, index: str, key: tuple[str, str], *, most: int, between: tuple[str, str, str] | None = None
) -> int:
    """How many an index has of a key, `most` where there are more; `between` is a sort key with its first and last."""
    names, values = {"#k": key[0]}, {":k": key[1]}
    condition = "#k = :k"
    if between:
        names["#s"], values[":first"], values[":last"] = between
        condition += " AND #s BETWEEN :first AND :last"
    request: Item = {
        "TableName": table,
        "IndexName": index,
        "KeyConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": item_to_wire(values),
        "Select": "COUNT",
        "Limit": most,
    }
    return int(call("query", request)["Count"])


def every_in_index(table: str, index: str, key: tuple[str, str]) -> Iterator[Item]:
    """All that an index has of a key in the order of its sort keys, however many calls that takes."""
    return _each(lambda start: index_page(table, index, key, limit=_MOST_ITEMS, start=start))


def whole_index_page(table: str, index: str, *, limit: int, start: Item | None = None) -> Page:
    """Of all that a sparse index has, up to `limit` items and 1 MB: those of one key together, the keys in no order."""
    request: Item = {"TableName": table, "IndexName": index, "Limit": limit}
    return _page_by("scan", request, start)


def every_of_index(table: str, index: str) -> Iterator[Item]:
    """All that a sparse index has, in no order, however many calls that takes."""
    return _each(lambda start: whole_index_page(table, index, limit=_MOST_ITEMS, start=start))


def _partition(table: str, pk: str, sk_prefix: str = "") -> Item:
    return {
        "TableName": table,
        "ConsistentRead": True,
        "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)" if sk_prefix else "pk = :pk",
        "ExpressionAttributeValues": item_to_wire({":pk": pk} | ({":sk": sk_prefix} if sk_prefix else {})),
    }


def _page(request: Item, forward: bool, limit: int, start: Item | None) -> Page:
    return _page_by("query", request | {"ScanIndexForward": forward, "Limit": limit}, start)


def _page_by(operation: str, request: Item, start: Item | None) -> Page:
    if start:
        request["ExclusiveStartKey"] = item_to_wire(start)
    reply = call(operation, request)
    last = reply.get("LastEvaluatedKey")
    return Page([item_from_wire(item) for item in reply["Items"]], item_from_wire(last) if last else None)


def put(table: str, item: Item, when: str = "", values: Mapping[str, Any] | None = None) -> Action:
    return {"Put": {"TableName": table, "Item": item_to_wire(item)} | _condition(when, values or {})}


def update(
    key: Key,
    *,
    change: Mapping[str, Any] | None = None,
    remove: Sequence[str] = (),
    add: Mapping[str, int] | None = None,
    when: str = "",
    values: Mapping[str, Any] | None = None,
) -> Action:
    """Sets `change`, removes `remove`, adds `add` to counters; makes the item where `when` does not forbid it."""
    parts: list[str] = []
    if change:
        parts.append("SET " + ", ".join(f"#{name} = :set_{name}" for name in change))
    if remove:
        parts.append("REMOVE " + ", ".join(f"#{name}" for name in remove))
    if add:
        parts.append("ADD " + ", ".join(f"#{name} :add_{name}" for name in add))
    expression = " ".join(parts)
    every_value = dict(values or {})
    every_value |= {f"set_{name}": value for name, value in (change or {}).items()}
    every_value |= {f"add_{name}": value for name, value in (add or {}).items()}
    wire = {"TableName": key.table, "Key": key.to_wire(), "UpdateExpression": expression}
    return {"Update": wire | _condition(when, every_value, expression)}


def delete(key: Key, when: str = "", values: Mapping[str, Any] | None = None) -> Action:
    return {"Delete": {"TableName": key.table, "Key": key.to_wire()} | _condition(when, values or {})}


def check(key: Key, when: str, values: Mapping[str, Any] | None = None) -> Action:
    return {"ConditionCheck": {"TableName": key.table, "Key": key.to_wire()} | _condition(when, values or {})}


def key_of(action: Action) -> Key:
    """Which item an action is about."""
    ((_, request),) = action.items()
    at = request.get("Key") or request["Item"]
    return Key(request["TableName"], at["pk"]["S"], at["sk"]["S"])


def _condition(when: str, values: Mapping[str, Any], other_expression: str = "") -> dict[str, Any]:
    request: dict[str, Any] = {}
    if when:
        request |= {"ConditionExpression": when, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    if names := set(_NAME.findall(f"{when} {other_expression}")):
        request["ExpressionAttributeNames"] = {f"#{name}": name for name in sorted(names)}
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": to_wire(value) for name, value in values.items()}
    return request


@contextmanager
def along(make: Callable[[], Action]) -> Generator[None]:
    """Whatever is written first within takes an action along, in one transaction, made at that moment."""
    token = _along.set(make)
    try:
        yield
    finally:
        _along.reset(token)


def transact(actions: Sequence[Action]) -> None:
    """All or nothing. Raises ConditionFailed with what stood in the way, Unavailable or TooLarge."""
    make = _along.get()
    joined = [*actions, make()] if make and _writes(actions) else actions
    if len(joined) > MAX_ACTIONS:
        _write(joined[-1])
        joined = actions
    call("transact_write_items", {"TransactItems": joined, "ClientRequestToken": secrets.token_hex(16)})
    if make and _writes(actions):
        _along.set(None)


def _writes(actions: Sequence[Action]) -> bool:
    return any("ConditionCheck" not in action for action in actions)


def write(action: Action) -> None:
    """One Put, Update or Delete outside a transaction. Raises ConditionFailed, or Unavailable as `transact` does."""
    if _along.get():
        transact([action])
    else:
        _write(action)


def _write(action: Action) -> None:
    ((kind, request),) = action.items()
    call({"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}[kind], request)
