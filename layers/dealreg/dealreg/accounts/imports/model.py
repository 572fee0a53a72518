"""An import of direct accounts: what an admin asks for, how far it is, what is shown of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

from pydantic import Field

from dealreg.accounts.imports.layout import Layout, layout_from_item
from dealreg.accounts.imports.lines import Encoding
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
    CHECKING = "checking"
    """In a full import: what its source has no more is looked for."""
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    """A person is to say that so much may be removed."""
    REMOVING = "removing"
    REPORTING = "reporting"
    """The rows that were not accepted go into a file."""
    COMPLETED = "completed"
    FAILED = "failed"
    """`problem` says why. What was taken over until then stays."""
    CANCELLED = "cancelled"


WORKING = frozenset([State.SPLITTING, State.RUNNING, State.CHECKING, State.REMOVING, State.REPORTING])
HOLDING = WORKING | {State.AWAITING_CONFIRMATION}
"""No other import of the source may work meanwhile."""
CONFIRM_WITHIN = timedelta(hours=20)
"""A working day lies in it, and the import of the next night finds its source free."""
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
    encoding: Encoding | None = None
    """Of the file, unless it is UTF-8, UTF-16 or Windows-1252, which are told from it."""


class Confirmation(Input):
    removals: Annotated[int, Field(ge=0)]
    """How many accounts may be removed: as many as the import says, so that nobody confirms what he has not seen."""


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
    encoding: Encoding | None = None
    """As its sender says."""
    layout: Layout | None = None
    """As it was found to be; None until it is split."""
    is_cut: bool = False
    """The file does not end with a whole row."""
    rows: int = 0
    chunks: int = 0
    chunks_done: int = 0
    steps: int = 0
    """Done, beside the chunks."""
    reached: str = ""
    """How far it was when the clock last looked."""
    idle: int = 0
    """Looks of the clock without progress."""
    failures: int = 0
    """Of steps, since there was progress."""
    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    untold: int = 0
    """Rows that were not accepted, and of which it cannot be told whose they are."""
    removals: int | None = None
    """Accounts that the file does not have; None until it was looked."""
    reasons: tuple[str, ...] = ()
    """Why a person was asked."""
    confirm_by: datetime | None = None
    problem: str = ""
    """Why it failed, in words."""

    @property
    def progress(self) -> str:
        return f"{self.state} {self.chunks_done} {self.steps}"

    @property
    def warnings(self) -> tuple[str, ...]:
        cut = "The file does not end with a whole row: it may have been cut off."
        return (*((cut,) if self.is_cut else ()), *self.reasons)


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
        "encoding": one.layout.form.encoding if one.layout else one.encoding,
        "removals": one.removals,
        "confirm_by": times.to_text(one.confirm_by) if one.confirm_by else None,
        "warnings": list(one.warnings),
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
        "asked_encoding": one.encoding,
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
        encoding=item.get("asked_encoding"),
        layout=layout_from_item(item["layout"]) if "layout" in item else None,
        is_cut=item.get("is_cut", False),
        rows=item.get("rows", 0),
        chunks=item.get("chunks", 0),
        chunks_done=item.get("chunks_done", 0),
        steps=item.get("steps", 0),
        reached=item.get("reached", ""),
        idle=item.get("idle", 0),
        failures=item.get("failures", 0),
        counts={name: item[name] for name in COUNTS if name in item},
        untold=item.get("untold", 0),
        removals=item.get("removals"),
        reasons=tuple(item.get("reasons", ())),
        confirm_by=times.from_text(item["confirm_by"]) if "confirm_by" in item else None,
        problem=item.get("problem", ""),
    )


def partition(import_id: str) -> str:
    """Of the chunks, rejected rows and so on of an import."""
    return f"IMPORT#{import_id}"


def forgotten_at(one: Import) -> int:
    """In epoch seconds, for the table's TTL."""
    return int((one.created_at + KEPT).timestamp())
