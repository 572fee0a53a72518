"""Exported files in the Ledger table, which are the same bytes for ever.

`RUN#<id>` / `EXPORT#<export>`: what was exported, and when · `FILE#<export>#<number>`: a part of the file
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from dealreg.ledger import rows
from dealreg.payouts.model import Export
from dealreg.platform import dynamo, times
from dealreg.platform.errors import NotFound
from dealreg.platform.ids import is_id

MAX_FILE = 3 * 1024 * 1024
"""What one transaction holds (4 MB), and one reply of a function in base64 (6 MB)."""
_PART = 350 * 1024
"""An item may have 400 kB."""
_EXPORT = "EXPORT#"
MAX_SHOWN = 50


def new_export(run_id: str, export: Export, content: bytes) -> list[dynamo.Action]:
    parts = [content[start : start + _PART] for start in range(0, len(content), _PART)]
    kept: list[dynamo.Item] = [{"sk": f"{_EXPORT}{export.id}"} | plain(export)]
    kept += [{"sk": f"{_file(export.id)}{number:02}", "content": part} for number, part in enumerate(parts)]
    return [dynamo.put(rows.table(), {"pk": f"RUN#{run_id}"} | item, dynamo.ABSENT) for item in kept]


def exports_of(run_id: str) -> Sequence[Export]:
    """Newest first."""
    return [from_item(item) for item in dynamo.every(rows.table(), f"RUN#{run_id}", _EXPORT)][::-1]


def newest_of(run_id: str) -> Sequence[Export]:
    """As many as are shown."""
    found = dynamo.page(rows.table(), f"RUN#{run_id}", _EXPORT, forward=False, limit=MAX_SHOWN)
    return [from_item(item) for item in found.items]


def load(run_id: str, export_id: str) -> tuple[Export, bytes]:
    """Raises NotFound."""
    is_one = is_id("run", run_id) and is_id("exp", export_id)
    item = dynamo.get(rows.table(), f"RUN#{run_id}", f"{_EXPORT}{export_id}") if is_one else None
    if item is None:
        raise NotFound("There is no such export.")
    parts = dynamo.every(rows.table(), f"RUN#{run_id}", _file(export_id))
    return from_item(item), b"".join(part["content"] for part in parts)


def plain(export: Export) -> dict[str, Any]:
    return asdict(export) | {"at": times.to_text(export.at)}


def from_item(item: Mapping[str, Any]) -> Export:
    told: dict[str, Any] = {one.name: item[one.name] for one in fields(Export) if one.name in item}
    told["at"] = times.from_text(item["at"])
    return Export(**told)


def _file(export_id: str) -> str:
    return f"FILE#{export_id}#"
