"""Imports in the Accounts table.

`IMPORTS` / `IMPORT#<id>` is the import, on the clock while it works; `IMPORT#<id>` / `CHUNK#<n>` a piece of its file,
`done` once; `DELETED#<line>` a line that deleted an account. `SOURCE#<source>` / `SOURCE` lets one import of a source
work at a time and knows the last.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dealreg.accounts.imports.model import (
    CONFIRM_WITHIN,
    HOLDING,
    LIST,
    Import,
    NewImport,
    State,
    forgotten_at,
    from_item,
    partition,
    to_item,
    view,
)
from dealreg.accounts.imports.table import Chunk, Plan
from dealreg.accounts.views import ImportView
from dealreg.platform import due, dynamo, ids, times
from dealreg.platform.errors import ConditionFailed, NotFound, StaleVersion, StateConflict
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting, read

logger = logging.getLogger(__name__)
LOOKED_AT_EVERY = timedelta(minutes=2)
"""A lost message, or a worker that died, is noticed after two looks."""
_MAX_ACTIONS = 100
NEEDS_ATTENTION = "import needs attention"
"""What the log says of one that failed or asks a person; template.yaml makes an alarm of it."""


def create(new: NewImport, now: datetime, by: str) -> Import:
    import_id = ids.new_id("imp", now)
    made = Import(
        import_id, new.source, new.mode, new.sync_token, State.AWAITING_UPLOAD, now, by, encoding=new.encoding
    )
    dynamo.write(dynamo.put(_table(), to_item(made), dynamo.ABSENT))
    logger.info("import created", extra={"import_id": made.id, "by": by})
    return made


def load(import_id: str) -> Import:
    """Raises NotFound."""
    key = _key(import_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound("There is no such import.")
    return from_item(item)


def newest(page: PageRequest) -> Listing[ImportView]:
    """Of all imports, the newest first."""
    found = dynamo.page(_table(), LIST, "IMPORT#", forward=False, limit=page.size, start=page.start)
    return page.listing([view(from_item(item)) for item in found.items], found.next_key)


def start(one: Import, size: int, etag: str, now: datetime) -> Import:
    """Begins to work, alone for its source. Started before, it stays as it is.

    Raises StateConflict while another import of the source works, StaleVersion for a sync token that is not the newest.
    """
    if one.state != State.AWAITING_UPLOAD:
        return load(one.id)
    change = {"state": State.SPLITTING, "started_at": times.to_text(now), "size": size, "etag": etag}
    change |= _next_look(one.id, now)
    begin = dynamo.update(_key(one.id), change=change, when="#state = :before", values={"before": one.state})
    newest = " AND #sync_token = :token" if one.sync_token else ""
    alone = dynamo.update(
        _source_key(one.source),
        change={"running": one.id},
        when=f"attribute_not_exists(#running){newest}",
        values={"token": one.sync_token} if one.sync_token else None,
    )
    try:
        dynamo.transact([alone, begin])
    except ConditionFailed as lost:
        source = lost.failures.get(0)
        if source is not None and source.get("running") != one.id:
            raise _why_not_alone(source) from None
    else:
        logger.info("import started", extra={"import_id": one.id, "bytes": size})
    return load(one.id)


def _why_not_alone(source: Mapping[str, Any]) -> StateConflict | StaleVersion:
    if running := source.get("running"):
        return StateConflict("Another import of this source is under way.", import_id=running)
    token = source.get("sync_token")
    return StaleVersion("This file starts from another import than the last: send a full one.", sync_token=token)


def write_plan(one: Import, plan: Plan) -> None:
    """What the file consists of; written again by a second splitter, the same, it undoes nothing."""
    rows = [
        dynamo.update(
            _chunk_key(one.id, chunk.number),
            change={
                "start": chunk.start,
                "end": chunk.end,
                "first_line": chunk.first_line,
                "rows": chunk.rows,
                "ttl": forgotten_at(one),
            },
        )
        for chunk in plan.chunks
    ]
    _in_batches(rows)
    change = {"layout": plan.layout.to_item(), "is_cut": plan.is_cut}
    change |= {"rows": sum(chunk.rows for chunk in plan.chunks), "chunks": len(plan.chunks)}
    _move(one.id, State.SPLITTING, {"state": State.RUNNING, **change})


def chunk(one: Import, number: int) -> Chunk | None:
    """None when it is done."""
    key = _chunk_key(one.id, number)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None or item.get("done"):
        return None
    return Chunk(number, item["start"], item["end"], item["first_line"], item["rows"])


def chunks_to_do(one: Import) -> list[int]:
    chunks = dynamo.every(_table(), partition(one.id), "CHUNK#")
    return [int(item["sk"].removeprefix("CHUNK#")) for item in chunks if not item.get("done")]


def finish_chunk(one: Import, number: int, counts: Mapping[str, int]) -> Import:
    """Counts a chunk, once however often it was worked on."""
    done = dynamo.update(_chunk_key(one.id, number), change={"done": True}, when="attribute_not_exists(#done)")
    counted = {name: count for name, count in counts.items() if count}
    try:
        dynamo.transact([done, dynamo.update(_key(one.id), add={"chunks_done": 1, **counted})])
    except ConditionFailed:
        logger.info("chunk was done", extra={"import_id": one.id, "chunk": number})
    return load(one.id)


def mark_deleted(one: Import, line: int) -> dynamo.Action:
    """For the deletion's own transaction: with the account goes what would tell that this line has deleted it."""
    key = _deleted_key(one.id, line)
    return dynamo.put(key.table, {"pk": key.pk, "sk": key.sk, "ttl": forgotten_at(one)})


def was_deleted(one: Import, line: int) -> bool:
    key = _deleted_key(one.id, line)
    return dynamo.get(key.table, key.pk, key.sk) is not None


def count_removed(one: Import) -> dynamo.Action:
    """For the removal's own transaction."""
    return dynamo.update(_key(one.id), add={"removed": 1}, when="#state = :removing", values={"removing": "removing"})


def move(one: Import, state: State, **change: Any) -> Import:
    """To its next state, unless it has left the one that it was in."""
    _move(one.id, one.state, {"state": state, **change})
    return load(one.id)


def end(one: Import, state: State, now: datetime, problem: str = "") -> Import:
    """Off the clock; its source is free. Ended before, it stays as it is."""
    change = {"state": state, "finished_at": times.to_text(now)} | ({"problem": problem} if problem else {})
    ended = dynamo.update(
        _key(one.id), change=change, remove=due.ATTRIBUTES, when="#state = :before", values={"before": one.state}
    )
    completed = {"sync_token": one.id} if state == State.COMPLETED else None
    free = dynamo.update(
        _source_key(one.source), change=completed, remove=["running"], when="#running = :me", values={"me": one.id}
    )
    try:
        dynamo.transact([ended, free] if one.state in HOLDING else [ended])
    except ConditionFailed:
        logger.info("import moved on meanwhile", extra={"import_id": one.id})
    else:
        logger.info("import ended", extra={"import_id": one.id, "state": state.value})
        if state == State.FAILED:
            logger.warning(NEEDS_ATTENTION, extra={"import_id": one.id, "reason": problem})
    return load(one.id)


def count_step(one: Import) -> None:
    """Shows the clock that there is progress."""
    dynamo.write(dynamo.update(_key(one.id), add={"steps": 1}, when=dynamo.PRESENT))


def count_failure(one: Import) -> None:
    """Of a step; the clock ends an import in which nothing else happens."""
    dynamo.write(dynamo.update(_key(one.id), add={"failures": 1}, when=dynamo.PRESENT))


def looked(one: Import, idle: int, *, moved: bool, now: datetime) -> None:
    """By the clock, which looks again later."""
    change: dict[str, Any] = {"reached": one.progress, "idle": idle, **_next_look(one.id, now)}
    _move(one.id, one.state, change | ({"failures": 0} if moved else {}))


def ask(one: Import, removals: int, reasons: Sequence[str], now: datetime) -> None:
    """Waits for a person, until the clock ends it."""
    until = now + CONFIRM_WITHIN
    change = {"state": State.AWAITING_CONFIRMATION, "removals": removals, "reasons": list(reasons)}
    change |= {"confirm_by": times.to_text(until), **due.at(until, one.id)}
    if _move(one.id, State.CHECKING, change):
        logger.warning(NEEDS_ATTENTION, extra={"import_id": one.id, "reason": "removals are to be confirmed"})


def confirm(import_id: str, removals: int, now: datetime, by: str) -> Import:
    """Raises NotFound, or StateConflict: for another number, and for an import that does not ask (any longer)."""
    change = {"state": State.REMOVING, "confirmed_by": by, **_next_look(import_id, now)}
    asks = {"asks": State.AWAITING_CONFIRMATION, "removals": removals}
    when = "#state = :asks AND #removals = :removals"
    try:
        dynamo.write(dynamo.update(_key(import_id), change=change, when=when, values=asks))
    except ConditionFailed:
        raise _why_not_confirmed(load(import_id)) from None
    logger.info("removals confirmed", extra={"import_id": import_id, "removals": removals, "by": by})
    return load(import_id)


def _why_not_confirmed(one: Import) -> StateConflict:
    if one.state != State.AWAITING_CONFIRMATION:
        return StateConflict("This import does not ask for a confirmation.", import_state=one.state)
    told = f"{one.removals} accounts would be removed: confirm that number, or cancel the import."
    return StateConflict(told, import_state=one.state, removals=one.removals)


def _move(import_id: str, state: State, change: Mapping[str, Any]) -> bool:
    """Changes an import that is in `state`; one that is not stays as it is."""
    try:
        dynamo.write(dynamo.update(_key(import_id), change=change, when="#state = :state", values={"state": state}))
    except ConditionFailed:
        logger.info("import moved on meanwhile", extra={"import_id": import_id})
        return False
    return True


def _in_batches(actions: Sequence[dynamo.Action]) -> None:
    for begin in range(0, len(actions), _MAX_ACTIONS):
        dynamo.transact(actions[begin : begin + _MAX_ACTIONS])


def _next_look(import_id: str, now: datetime) -> dict[str, str]:
    return due.at(now + LOOKED_AT_EVERY, import_id)


def _table() -> str:
    return read(Setting.ACCOUNTS_TABLE)


def _key(import_id: str) -> dynamo.Key:
    return dynamo.Key(_table(), LIST, f"IMPORT#{import_id}")


def _chunk_key(import_id: str, number: int) -> dynamo.Key:
    return dynamo.Key(_table(), partition(import_id), f"CHUNK#{number:06d}")


def _deleted_key(import_id: str, line: int) -> dynamo.Key:
    return dynamo.Key(_table(), partition(import_id), f"DELETED#{line:09d}")


def _source_key(source: str) -> dynamo.Key:
    return dynamo.Key(_table(), f"SOURCE#{source}", "SOURCE")
