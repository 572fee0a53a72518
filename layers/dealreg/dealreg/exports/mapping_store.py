"""Mappings in the Partners table; those that come with the product are version 1 as long as nobody has edited them.

`EXPORT_MAPPINGS` / `<id>`: the newest version · `EXPORT_MAPPING#<id>` / `VERSION#<number>` never changes.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from dealreg.exports.mapping_inputs import mapping_of, read_mapping
from dealreg.exports.mappings import ExportMapping
from dealreg.partners.rows import table
from dealreg.platform import dynamo, http
from dealreg.platform.errors import ConditionFailed, NotFound, StaleVersion, StateConflict

logger = logging.getLogger(__name__)
MAX_MAPPINGS = 50
"""Listed at once."""
_DIGITS = 6
_CURRENT = "EXPORT_MAPPINGS"
_BUILT_IN = Path(__file__).parent / "builtin"


@dataclass(frozen=True, slots=True)
class StoredMapping:
    id: str
    version: int
    written: Mapping[str, Any]
    """As an admin sent it, with defaults."""

    @property
    def mapping(self) -> ExportMapping:
        return mapping_of(dict(self.written))


@cache
def built_in() -> Mapping[str, StoredMapping]:
    names = [file.stem for file in sorted(_BUILT_IN.glob("*.json"))]
    read = {name: read_mapping(name, (_BUILT_IN / f"{name}.json").read_bytes()) for name in names}
    return {name: StoredMapping(name, 1, said.written(name)) for name, said in read.items()}


def current(mapping_id: str) -> StoredMapping:
    """Raises NotFound."""
    found = _current(mapping_id)
    if found is None:
        raise NotFound
    return found


def version(mapping_id: str, number: int) -> StoredMapping:
    """Raises NotFound."""
    item = dynamo.get(table(), f"EXPORT_MAPPING#{mapping_id}", _version_key(number))
    shipped = built_in().get(mapping_id)
    if item:
        return _from_item(item)
    if shipped and shipped.version == number:
        return shipped
    raise NotFound


def everything() -> list[StoredMapping]:
    """The newest version of each, by id."""
    stored = {item["sk"]: _from_item(item) for item in dynamo.every(table(), _CURRENT)}
    return sorted({**built_in(), **stored}.values(), key=lambda one: one.id)


def save(mapping_id: str, written: Mapping[str, Any], now: str, by: str, seen: str | None = None) -> StoredMapping:
    """As its next version; what is there already is left as it is. `seen` names the version that was read.

    Raises StaleVersion, Malformed, or StateConflict for one mapping too many.
    """
    before = _current(mapping_id)
    newest = before.version if before else 0
    if not http.matches(seen, newest):
        raise StaleVersion("Read the mapping again: it changed since you last saw it.", current_version=newest)
    if before and before.written == written:
        return before
    if before is None and len(everything()) >= MAX_MAPPINGS:
        raise StateConflict(f"There are {MAX_MAPPINGS} mappings already.")
    newer = StoredMapping(mapping_id, newest + 1, written)
    _commit(newer, before, {"created_at": now, "created_by": by})
    logger.info("mapping changed", extra={"by": by, "mapping": mapping_id, "version": newer.version})
    return newer


def _commit(newer: StoredMapping, before: StoredMapping | None, stamp: dynamo.Item) -> None:
    is_first = before is None or before is built_in().get(newer.id)
    as_read, values = (dynamo.ABSENT, {}) if is_first else ("#version = :seen", {"seen": newer.version - 1})
    row: dynamo.Item = {"id": newer.id, "version": newer.version, **stamp}
    row["written"] = json.dumps(newer.written, ensure_ascii=False)
    kept = {"pk": f"EXPORT_MAPPING#{newer.id}", "sk": _version_key(newer.version), **row}
    try:
        dynamo.transact(
            [
                dynamo.put(table(), {"pk": _CURRENT, "sk": newer.id, **row}, as_read, values),
                dynamo.put(table(), kept, dynamo.ABSENT),
            ]
        )
    except ConditionFailed:
        raise StaleVersion("Somebody else saves this mapping at this moment.") from None


def _current(mapping_id: str) -> StoredMapping | None:
    item = dynamo.get(table(), _CURRENT, mapping_id)
    return _from_item(item) if item else built_in().get(mapping_id)


def _version_key(number: int) -> str:
    return f"VERSION#{number:0{_DIGITS}}"


def _from_item(item: Mapping[str, Any]) -> StoredMapping:
    written = cast("dict[str, Any]", json.loads(item["written"]))
    return StoredMapping(item["id"], item["version"], written)
