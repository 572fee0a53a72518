"""The steps of an import: split the file, take over each chunk's rows, remove what a full import no longer has, report.

Each step may run twice, at once or one after the other, and be cut short anywhere: a row that is as it should be is
left alone, and a chunk counts once.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from dealreg.accounts import rows as account_rows
from dealreg.accounts import store as accounts
from dealreg.accounts.imports import files, rejects, store
from dealreg.accounts.imports.model import Import, NewImport, State, view
from dealreg.accounts.imports.table import BadFile, Row, read_rows, split
from dealreg.accounts.model import Account, Stamp, account_of, id_of
from dealreg.accounts.views import NewImportReply, UploadView
from dealreg.platform import dynamo
from dealreg.platform.errors import FieldError, InvalidInput, NotFound, StateConflict

logger = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
CHUNK_ROWS = 500
"""A quarter of a worker's time."""
MAX_BYTES = 500 * 1024 * 1024
_GROUP = 100
_REMOVED_AT_ONCE = 300
_PAGES_AT_ONCE = 20


def create(new: NewImport, now: datetime, by: str) -> NewImportReply:
    """With the address to which the file is to be PUT."""
    made = store.create(new, now, by)
    upload: UploadView = {
        "method": "PUT",
        "url": files.upload_url(files.upload_of(made.id)),
        "expires_in": int(files.UPLOAD_LASTS.total_seconds()),
    }
    return {**view(made), "upload": upload}


def start(import_id: str, now: datetime) -> Import:
    """Raises NotFound, StateConflict (nothing uploaded, another import at work), InvalidInput or StaleVersion."""
    one = store.load(import_id)
    upload = files.find(files.upload_of(one.id))
    if upload is None:
        raise StateConflict("Upload the file first.", import_state=one.state)
    if upload.size > MAX_BYTES:
        raise InvalidInput([FieldError("file", f"The file may have {MAX_BYTES // 1024**2} MB at most.")])
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
            _finish(one)
        case "remove", State.REMOVING:
            _remove_unseen(one, step["shard"], step["after"])
        case "report", State.REPORTING:
            _report(one, now)
        case _:
            logger.info("nothing to do", extra={"import_id": one.id, "step": step["step"], "state": one.state.value})


def _split(one: Import) -> None:
    columns, chunks = split(
        files.read_lines(files.upload_of(one.id), files.File(one.size, one.etag)), CHUNK_BYTES, CHUNK_ROWS
    )
    if one.mode == "full" and not chunks:
        raise BadFile("The file has no rows: a full import of it would remove every account.")
    store.write_chunks(one, columns, chunks)
    store.send(one.id, store.next_steps(store.load(one.id)))


def _take_over(one: Import, number: int, now: datetime) -> None:
    chunk = store.chunk(one, number)
    if chunk is None:
        _go_on(one)
        return
    content = files.read_piece(files.upload_of(one.id), one.etag, chunk.start, chunk.end)
    counts, rejected = Counter[str](), list[Row]()
    rows = _without_repeats(read_rows(content, list(one.columns), chunk.first_line, one.source))
    for group in _groups(rows):
        for row, effect in _apply(one, group, now):
            counts[effect] += 1
            if effect == "rejected":
                rejected.append(row)
    rejects.keep(one, rejected)
    after = store.finish_chunk(one, number, counts)
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


def _apply(one: Import, rows: list[Row], now: datetime) -> list[tuple[Row, str]]:
    """Each row with what became of it: those that are as they should be cost one read together."""
    known = accounts.load_many({id_of(one.source, row.external_id) for row in rows if row.external_id})
    done: list[tuple[Row, str]] = []
    to_save: list[Account] = []
    still_there: list[dynamo.Action] = []
    for row in rows:
        there = known.get(id_of(one.source, row.external_id))
        told, effect, account = _judge(one, row, there, now)
        done.append((told, effect))
        if account:
            to_save.append(account)
        elif there and effect == "deleted":
            account_rows.remove(there, [store.mark_deleted(one, row.line)])
        elif there and one.mode == "full":
            still_there.append(account_rows.mark_seen(there, now))
    account_rows.save_all(to_save, known)
    if still_there:
        dynamo.transact(still_there)
    return done


def _judge(one: Import, row: Row, there: Account | None, now: datetime) -> tuple[Row, str, Account | None]:
    """The row, what becomes of it, and the account as it is to be saved, if it is to be."""
    stamp = there.stamp if there else None
    if row.faults:
        return row, "rejected", None
    if stamp and stamp.import_id == one.id:  # before a worker's end, or by another line
        return (row, stamp.effect, None) if stamp.line == row.line else (_repeat(row, stamp.line), "rejected", None)
    if row.account is None:
        return row, "deleted" if there or store.was_deleted(one, row.line) else "unchanged", None
    effect = "updated" if there else "created"
    account = account_of(row.account, now, Stamp(one.id, row.line, effect))
    if there and there.says_the_same_as(account) and account_rows.has_current_keys(there):
        return row, "unchanged", None
    return row, effect, account


def _finish(one: Import) -> None:
    """Nothing is removed before the last chunk is done: only then is it known what the file does not have."""
    if one.chunks_done < one.chunks:
        return
    _next(one, State.REMOVING if one.mode == "full" else State.REPORTING)


def _next(one: Import, state: State) -> None:
    store.send(one.id, store.next_steps(store.move(one, state)))


def _report(one: Import, now: datetime) -> None:
    if rejects.write_part(one):
        store.send(one.id, [{"step": "report"}])
    else:
        store.end(one, State.COMPLETED, now)


def _remove_unseen(one: Import, shard: int, after: str | None) -> None:
    """What the source no longer has; a few pages of its list at a time."""
    removed, pages = 0, 0
    while shard < account_rows.SHARDS and removed < _REMOVED_AT_ONCE and pages < _PAGES_AT_ONCE:
        unseen, after = accounts.unseen_since(one.source, one.started_at or one.created_at, shard, after)
        for account_id in unseen:
            _remove(one, account_id)
        removed, pages, shard = removed + len(unseen), pages + 1, shard if after else shard + 1
    if shard < account_rows.SHARDS:
        store.send(one.id, [{"step": "remove", "shard": shard, "after": after}])
    else:
        _next(one, State.REPORTING)


def _remove(one: Import, account_id: str) -> None:
    try:
        account_rows.remove(accounts.load(account_id), [store.count_removed(one)])
    except NotFound:
        logger.info("account is gone already", extra={"import_id": one.id, "account_id": account_id})
