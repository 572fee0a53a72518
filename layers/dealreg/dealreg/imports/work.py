"""The steps of an import: split the file, take over each chunk's rows, remove what a full import no longer has.

Each step may run twice, at once or one after the other, and be cut short anywhere: a row that is as it should be is
left alone, and a chunk counts once.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from dealreg import dynamo
from dealreg.conflicts import accounts
from dealreg.conflicts.account import Account, Stamp, account_of, id_of
from dealreg.errors import FieldError, InvalidInput, NotFound, StateConflict
from dealreg.imports import files, store
from dealreg.imports.model import Import, NewImport, State, view
from dealreg.imports.table import BadFile, Row, read_rows, split

logger = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
CHUNK_ROWS = 500
"""A quarter of a worker's time."""
MOST_BYTES = 500 * 1024 * 1024
_GROUP = 100
_REMOVED_AT_ONCE = 300


def create(new: NewImport, now: datetime, by: str) -> dict[str, Any]:
    """With the address to which the file is to be PUT."""
    made = store.create(new, now, by)
    upload = {"method": "PUT", "url": files.upload_url(made.id), "expires_in": int(files.UPLOAD_LASTS.total_seconds())}
    return view(made) | {"upload": upload}


def start(import_id: str, now: datetime) -> Import:
    """Raises NotFound, StateConflict (nothing uploaded, another import at work), InvalidInput or StaleVersion."""
    one = store.load(import_id)
    upload = files.find(one.id)
    if upload is None:
        raise StateConflict("Upload the file first.", import_state=one.state)
    if upload.size > MOST_BYTES:
        raise InvalidInput([FieldError("file", f"The file may have {MOST_BYTES // 1024**2} MB at the most.")])
    return store.start(one, upload.size, upload.etag, now)


def cancel(import_id: str, now: datetime) -> Import:
    """What was taken over stays. Raises NotFound, or StateConflict for one that has ended."""
    one = store.load(import_id)
    if one.finished_at:
        raise StateConflict("This import has ended.", import_state=one.state)
    return store.end(one, State.CANCELLED, now)


def run(body: str, now: datetime) -> None:
    """A message's step, if the import is still there for it."""
    step = json.loads(body)
    one = store.load(step["import_id"])
    try:
        _run(one, step, now)
    except BadFile as fault:
        store.end(one, State.FAILED, now, str(fault))


def _run(one: Import, step: Mapping[str, Any], now: datetime) -> None:
    match step["step"], one.state:
        case "split", State.SPLITTING:
            _split(one)
        case "split", State.RUNNING:  # it died before it could send them
            store.send(one.id, store.next_steps(one))
        case "chunk", State.RUNNING:
            _take_over(one, step["number"], now)
        case "finish", State.RUNNING | State.REMOVING:
            _finish(one, now)
        case _:
            logger.info("nothing to do", extra={"import_id": one.id, "step": step["step"], "state": one.state.value})


def _split(one: Import) -> None:
    columns, chunks = split(files.read_lines(one.id, files.Upload(one.size, one.etag)), CHUNK_BYTES, CHUNK_ROWS)
    if one.mode == "full" and not chunks:
        raise BadFile("The file has no rows: a full import of it would remove every account.")
    store.write_chunks(one, columns, chunks)
    store.send(one.id, store.next_steps(store.load(one.id)))


def _take_over(one: Import, number: int, now: datetime) -> None:
    chunk = store.chunk(one, number)
    if chunk is None:
        _go_on(one)
        return
    content = files.read_piece(one.id, one.etag, chunk.start, chunk.end)
    counts, rejects = Counter[str](), list[Row]()
    rows = _without_repeats(read_rows(content, list(one.columns), chunk.first_line, one.source))
    for group in _groups(rows):
        for row, effect in _apply(one, group, now):
            counts[effect] += 1
            if effect == "rejected":
                rejects.append(row)
    after = store.finish_chunk(one, number, counts, rejects)
    logger.info("chunk done", extra={"import_id": one.id, "chunk": number, "rows": dict(counts)})
    _go_on(after)


def _go_on(one: Import) -> None:
    if one.chunks_done == one.chunks:
        store.send(one.id, [{"step": "finish"}])


def _without_repeats(rows: Iterable[Row]) -> Iterator[Row]:
    first: dict[str, int] = {}
    for row in rows:
        line = first.setdefault(row.external_id, row.line) if row.external_id else row.line
        yield row if line == row.line else _repeat(row, line)


def _repeat(row: Row, line: int) -> Row:
    return Row(row.line, row.external_id, None, (FieldError("external_id", f"Line {line} has the same."),))


def _groups(rows: Iterable[Row]) -> Iterator[list[Row]]:
    group: list[Row] = []
    for row in rows:
        group.append(row)
        if len(group) == _GROUP:
            yield group
            group = []
    if group:
        yield group


def _apply(one: Import, rows: list[Row], now: datetime) -> Iterator[tuple[Row, str]]:
    """Each row with what became of it: those that are as they should be cost one read together."""
    known = accounts.load_many({id_of(one.source, row.external_id) for row in rows if row.external_id})
    still_there: list[dynamo.Action] = []
    for row in rows:
        there = known.get(id_of(one.source, row.external_id))
        told, effect = _effect(one, row, there, now)
        if there and effect in ("unchanged", "rejected") and one.mode == "full":
            still_there.append(accounts.mark_seen(there, now))
        yield told, effect
    if still_there:
        dynamo.transact(still_there)


def _effect(one: Import, row: Row, there: Account | None, now: datetime) -> tuple[Row, str]:
    stamp = there.stamp if there else None
    if row.faults:
        return row, "rejected"
    if stamp and stamp.import_id == one.id:
        return (row, stamp.effect) if stamp.line == row.line else (_repeat(row, stamp.line), "rejected")
    if row.account is None:
        return row, _delete(there)
    effect = "updated" if there else "created"
    account = account_of(row.account, now, Stamp(one.id, row.line, effect))
    if there and there.says_the_same_as(account):
        return row, "unchanged"
    accounts.save(account)
    return row, effect


def _delete(there: Account | None) -> str:
    if there is None:
        return "unchanged"
    accounts.remove(there)
    return "deleted"


def _finish(one: Import, now: datetime) -> None:
    """Nothing is removed before the last chunk is done: only then is it known what the file does not have."""
    if one.chunks_done < one.chunks:
        return
    if one.mode == "full" and one.state == State.RUNNING:
        store.to_removing(one)
        one = store.load(one.id)
    if one.mode == "full" and _remove_unseen(one):
        store.send(one.id, [{"step": "finish"}])
    else:
        store.end(one, State.COMPLETED, now)


def _remove_unseen(one: Import) -> bool:
    """Whether there may be more: a few hundred at a time."""
    left = _REMOVED_AT_ONCE
    for shard in range(accounts.SHARDS):
        for account_id in accounts.unseen_since(one.source, shard, one.started_at or one.created_at)[:left]:
            _remove(one, account_id)
            left -= 1
        if not left:
            return True
    return False


def _remove(one: Import, account_id: str) -> None:
    try:
        accounts.remove(accounts.load(account_id), [store.count_removed(one)])
    except NotFound:
        logger.info("account is gone already", extra={"import_id": one.id, "account_id": account_id})
