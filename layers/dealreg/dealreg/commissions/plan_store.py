"""Commission plans in the Partners table: beside the program, whose settings they are, too.

`PLAN#<id>` / `PLAN` has the numbers of its versions; `PLAN#<id>` / `VERSION#<number>` never changes, but that it may be
withdrawn.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from dealreg.partners.rows import plan_key, table
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed, NotFound, StaleVersion, StateConflict
from dealreg.platform.paging import PageRequest

MAX_VERSIONS = 500
_VERSION = "VERSION#"
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class StoredVersion:
    plan: str
    number: int
    written: Mapping[str, Any]
    """As an admin sent it, with defaults."""
    created_at: str
    created_by: str
    is_withdrawn: bool = False

    @property
    def effective_from(self) -> date:
        return date.fromisoformat(self.written["effective_from"])


def add(plan: str, written: Mapping[str, Any], now: str, by: str) -> StoredVersion:
    """As the plan's next version; the first makes the plan. Raises StateConflict or StaleVersion."""
    key = plan_key(plan)
    head = dynamo.get(key.table, key.pk, key.sk)
    last: int = head["last"] if head else 0
    numbers: list[int] = head["numbers"] if head else []
    if last >= MAX_VERSIONS:
        raise StateConflict(f"A plan has {MAX_VERSIONS} versions at most.")
    version = StoredVersion(plan, last + 1, written, now, by)
    row: dynamo.Item = {"pk": key.pk, "sk": key.sk, "kind": "plan", "id": plan}
    row |= {"last": last + 1, "numbers": [*numbers, last + 1]}
    changed = dynamo.put(table(), row, "#last = :last" if head else dynamo.ABSENT, {"last": last} if head else None)
    try:
        dynamo.transact([changed, dynamo.put(table(), _item(version), dynamo.ABSENT)])
    except ConditionFailed:
        raise StaleVersion("Somebody else adds a version at this moment.") from None
    return version


def withdraw(plan: str, number: int) -> None:
    """Its number is not given again, and its row stays: a sale that is paid a day ahead is priced by it.

    Raises NotFound, or StaleVersion.
    """
    key = plan_key(plan)
    head = dynamo.get(key.table, key.pk, key.sk)
    if head is None or number not in head["numbers"]:
        raise NotFound
    kept = [one for one in head["numbers"] if one != number]
    as_read, gone = "#numbers = :known", _version_key(plan, number)
    changed = dynamo.put(table(), head | {"numbers": kept}, as_read, {"known": head["numbers"]})
    try:
        dynamo.transact([changed, dynamo.update(gone, change={"withdrawn": True}, when=dynamo.PRESENT)])
    except ConditionFailed:
        raise StaleVersion("Somebody else changes the plan at this moment.") from None


def version(plan: str, number: int) -> StoredVersion:
    """Raises NotFound."""
    key = _version_key(plan, number)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None or "withdrawn" in item:
        raise NotFound
    return _version(item)


def versions(plan: str, *, withdrawn: bool = False) -> list[StoredVersion]:
    """Oldest first; with those that were withdrawn, if that is asked for.

    Raises NotFound for a plan that is not there.
    """
    key = plan_key(plan)
    items = list(dynamo.every(key.table, key.pk))
    if not items:
        raise NotFound
    found = [_version(item) for item in items if item["sk"].startswith(_VERSION)]
    return [one for one in found if withdrawn or not one.is_withdrawn]


def page(asked: PageRequest) -> dynamo.Page:
    """Of the plans themselves, each with its `id` and the `numbers` of its versions."""
    return dynamo.index_page(table(), "by_kind", ("kind", "plan"), limit=asked.size, start=asked.start)


def _version_key(plan: str, number: int) -> dynamo.Key:
    return dynamo.Key(table(), plan_key(plan).pk, f"{_VERSION}{number:0{_DIGITS}}")


def _item(of: StoredVersion) -> dynamo.Item:
    key = _version_key(of.plan, of.number)
    own = {"plan": of.plan, "number": of.number, "created_at": of.created_at, "created_by": of.created_by}
    return {"pk": key.pk, "sk": key.sk, **own, "written": json.dumps(of.written, ensure_ascii=False)}


def _version(item: Mapping[str, Any]) -> StoredVersion:
    written = cast("dict[str, Any]", json.loads(item["written"]))
    made = item["created_at"], item["created_by"]
    return StoredVersion(item["plan"], item["number"], written, *made, is_withdrawn="withdrawn" in item)
