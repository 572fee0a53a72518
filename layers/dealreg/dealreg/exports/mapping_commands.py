"""What the vendor does with mappings."""

from datetime import datetime
from typing import Any, TypedDict, cast

from dealreg.exports import mapping_store
from dealreg.exports.mapping_inputs import read_mapping
from dealreg.exports.mapping_store import StoredMapping
from dealreg.platform import times


class ColumnView(TypedDict, total=False):
    name: str
    value: str
    max: int
    required: bool
    too_long: str
    on: str


class FileView(TypedDict):
    encoding: str
    delimiter: str
    quote: str
    newline: str
    bom: bool
    header: bool
    preamble: list[str]


class MappingView(TypedDict):
    id: str
    version: int
    rows: str
    currencies: bool
    date: str
    decimal: str
    replace: dict[str, str]
    file: FileView
    settings: dict[str, str]
    columns: list[ColumnView]


def listing() -> list[MappingView]:
    return [_view(stored) for stored in mapping_store.everything()]


def save(mapping_id: str, body: bytes, if_match: str | None, now: datetime, by: str) -> MappingView:
    """Raises InvalidInput with every fault, Malformed, TooLarge, StaleVersion or StateConflict."""
    said = read_mapping(mapping_id, body)
    seen = if_match if if_match is not None or said.version is None else str(said.version)
    return _view(mapping_store.save(mapping_id, said.written(mapping_id), times.to_text(now), by, seen))


def _view(stored: StoredMapping) -> MappingView:
    told: dict[str, Any] = {"id": stored.id, "version": stored.version, **stored.written}
    return cast("MappingView", told)
