"""Imports in the Accounts table, and the messages that tell workers what to do next.

`IMPORTS` / `IMPORT#<id>` is the import, on the clock while it works; `IMPORT#<id>` / `CHUNK#<n>` a piece of its file,
`done` once; `DELETED#<line>` a line that deleted an account. `SOURCE#<source>` / `SOURCE` lets one import of a source
work at a time and knows the last. A message is a hint: the clock sends it again for what is not done.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dealreg.accounts.imports.model import (
    LIST,
    WORKING,
    Import,
    NewImport,
    State,
    forgotten_at,
    from_item,
    partition,
    to_item,
    view,
)
from dealreg.accounts.imports.table import Chunk
from dealreg.accounts.views import ImportView
from dealreg.platform import due, dynamo, ids, queues, times
from dealreg.platform.errors import ConditionFailed, NotFound, StaleVersion, StateConflict
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting, read

logger = logging.getLogger(__name__)
LOOKED_AT_EVERY = timedelta(minutes=2)
"""A lost message, or a worker that died, is noticed after two looks."""
_MAX_ACTIONS = 100


def create(new: NewImport, now: datetime, by: str) -> Import:
    made = Import(ids.new_id("imp", now), new.source, new.mode, new.sync_token, State.AWAITING_UPLOAD, now, by)
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
        send(one.id, [{"step": "split"}])
        logger.info("import started", extra={"import_id": one.id, "bytes": size})
    return load(one.id)


def _why_not_alone(source: Mapping[str, Any]) -> StateConflict | StaleVersion:
    if running := source.get("running"):
        return StateConflict("Another import of this source is under way.", import_id=running)
    token = source.get("sync_token")
    return StaleVersion("This file starts from another import than the last: send a full one.", sync_token=token)


def write_chunks(one: Import, columns: list[str], chunks: Sequence[Chunk]) -> None:
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
        for chunk in chunks
    ]
    _in_batches(rows)
    total = sum(chunk.rows for chunk in chunks)
    change = {"state": State.RUNNING, "columns": columns, "rows": total, "chunks": len(chunks)}
    _move(one.id, State.SPLITTING, change)


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


def move(one: Import, state: State) -> Import:
    """To its next state, unless it has left the one that it was in."""
    _move(one.id, one.state, {"state": state})
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
        dynamo.transact([ended, free] if one.state in WORKING else [ended])
    except ConditionFailed:
        logger.info("import moved on meanwhile", extra={"import_id": one.id})
    else:
        logger.info("import ended", extra={"import_id": one.id, "state": state.value})
    return load(one.id)


def on_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep: what made no progress since the last look is asked for again."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item or not item.get("due_at") or item["due_at"] > times.to_text(now):
        return
    one = from_item(item)
    if one.chunks_done == one.seen_done or one.state != State.RUNNING:
        send(one.id, next_steps(one))
    change = {"seen_done": one.chunks_done, **_next_look(one.id, now)}
    _move(one.id, one.state, change)


def next_steps(one: Import) -> list[dict[str, Any]]:
    """What is left to do."""
    match one.state:
        case State.SPLITTING:
            return [{"step": "split"}]
        case State.RUNNING:
            return [{"step": "chunk", "number": number} for number in chunks_to_do(one)] or [{"step": "finish"}]
        case State.REMOVING:
            return [{"step": "remove", "shard": 0, "after": None}]
        case State.REPORTING:
            return [{"step": "report"}]
        case _:
            return []


def send(import_id: str, steps: Iterable[Mapping[str, Any]]) -> None:
    """What is not sent, the clock sends later."""
    bodies = ({"import_id": import_id, **step} for step in steps)
    queues.send(Setting.IMPORT_QUEUE_URL, (queues.Message(body) for body in bodies))


def _move(import_id: str, state: State, change: Mapping[str, Any]) -> None:
    """Changes an import that is in `state`; one that is not stays as it is."""
    try:
        dynamo.write(dynamo.update(_key(import_id), change=change, when="#state = :state", values={"state": state}))
    except ConditionFailed:
        logger.info("import moved on meanwhile", extra={"import_id": import_id})


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
