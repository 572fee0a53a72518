"""An import of direct accounts: what an admin asks for, how far it is, what is shown of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from dealreg.accounts.model import DEFAULT_SOURCE
from dealreg.accounts.views import ImportView
from dealreg.platform import dynamo, times
from dealreg.platform.fields import Line, Slug
from dealreg.platform.validation import Input

Mode = Literal["changes", "full"]


class State(StrEnum):
    AWAITING_UPLOAD = "awaiting_upload"
    SPLITTING = "splitting"
    RUNNING = "running"
    REMOVING = "removing"
    """In a full import: what its source has no more."""
    REPORTING = "reporting"
    """The rows that were not accepted go into a file."""
    COMPLETED = "completed"
    FAILED = "failed"
    """The file cannot be read; nothing was done."""
    CANCELLED = "cancelled"


WORKING = frozenset([State.SPLITTING, State.RUNNING, State.REMOVING, State.REPORTING])
KEPT = timedelta(days=90)
"""The rows of an import. Its source keeps the last one's sync token."""
LIST = "IMPORTS"
"""The partition of all imports."""
COUNTS = ("created", "updated", "unchanged", "deleted", "rejected", "removed")


class NewImport(Input):
    source: Slug = DEFAULT_SOURCE
    mode: Mode = "changes"
    """In a full import, accounts of the source that are not in the file are removed at the end."""
    sync_token: Annotated[Line, Field(max_length=40)] | None = None
    """What the last import of the source answered, if this file holds the changes since: nothing may lie between."""


@dataclass(frozen=True, slots=True)
class Import:
    id: str
    source: str
    mode: Mode
    sync_token: str | None
    state: State
    created_at: datetime
    created_by: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    size: int = 0
    """In bytes."""
    etag: str = ""
    """Of the file as it was at the start."""
    columns: tuple[str, ...] = ()
    rows: int = 0
    chunks: int = 0
    chunks_done: int = 0
    seen_done: int = -1
    """How many were done when the clock last looked; -1: it has not yet."""
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    problem: str = ""
    """Why it failed, in words."""


def view(one: Import) -> ImportView:
    counts = {name: one.counts.get(name, 0) for name in COUNTS}
    shown: dict[str, Any] = {
        "id": one.id,
        "source": one.source,
        "mode": one.mode,
        "state": one.state,
        "problem": one.problem or None,
        "rows": one.rows,
        "rows_done": sum(counts.values()) - counts["removed"],
        **counts,
        "sync_token": one.id if one.state == State.COMPLETED else None,
        "created_at": times.to_text(one.created_at),
        "started_at": times.to_text(one.started_at) if one.started_at else None,
        "finished_at": times.to_text(one.finished_at) if one.finished_at else None,
    }
    return cast("ImportView", shown)


def to_item(one: Import) -> dynamo.Item:
    """Of a new one."""
    return {
        "pk": LIST,
        "sk": f"IMPORT#{one.id}",
        "id": one.id,
        "source": one.source,
        "mode": one.mode,
        "sync_token": one.sync_token,
        "state": one.state,
        "created_at": times.to_text(one.created_at),
        "created_by": one.created_by,
        "ttl": forgotten_at(one),
    }


def from_item(item: Mapping[str, Any]) -> Import:
    return Import(
        id=item["id"],
        source=item["source"],
        mode=item["mode"],
        sync_token=item["sync_token"],
        state=State(item["state"]),
        created_at=times.from_text(item["created_at"]),
        created_by=item["created_by"],
        started_at=times.from_text(item["started_at"]) if "started_at" in item else None,
        finished_at=times.from_text(item["finished_at"]) if "finished_at" in item else None,
        size=item.get("size", 0),
        etag=item.get("etag", ""),
        columns=tuple(item.get("columns", ())),
        rows=item.get("rows", 0),
        chunks=item.get("chunks", 0),
        chunks_done=item.get("chunks_done", 0),
        seen_done=item.get("seen_done", -1),
        counts={name: item[name] for name in COUNTS if name in item},
        problem=item.get("problem", ""),
    )


def partition(import_id: str) -> str:
    """Of the chunks, rejected rows and so on of an import."""
    return f"IMPORT#{import_id}"


def forgotten_at(one: Import) -> int:
    """In epoch seconds, for the table's TTL."""
    return int((one.created_at + KEPT).timestamp())
