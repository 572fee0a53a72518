"""The steps of an import: split the file, take over each chunk's rows, look for what a full import no
longer has, remove that, report.

Each step may run twice, at once or one after the other, and be cut short anywhere: a row that is as it should be is
left alone, and a chunk counts once.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dealreg.accounts.imports import files, rejects, removals, schedule, store, taking_over
from dealreg.accounts.imports.lines import BadFile
from dealreg.accounts.imports.model import Import, NewImport, State, view
from dealreg.accounts.imports.table import plan, read_rows
from dealreg.accounts.views import NewImportReply, UploadView
from dealreg.partners.program import current_program
from dealreg.platform.errors import FieldError, InvalidInput, StateConflict

logger = logging.getLogger(__name__)
CHUNK_BYTES = 64 * 1024
CHUNK_ROWS = 500
"""A quarter of a worker's time."""
MAX_BYTES = 500 * 1024 * 1024


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
    started = store.start(one, upload.size, upload.etag, now)
    if one.state == State.AWAITING_UPLOAD:
        schedule.send(one.id, [{"step": "split"}])
    return started


def cancel(import_id: str, now: datetime) -> Import:
    """What was taken over stays. Raises NotFound, or StateConflict for one that has ended."""
    one = store.load(import_id)
    if one.finished_at:
        raise StateConflict("This import has ended.", import_state=one.state)
    for _ in State:  # it may go on to its next one meanwhile
        one = store.end(one, State.CANCELLED, now)
        if one.finished_at:
            break
    if one.state != State.CANCELLED:
        raise StateConflict("This import has ended.", import_state=one.state)
    return one


def confirm(import_id: str, number: int, now: datetime, by: str) -> Import:
    """Raises NotFound or StateConflict."""
    one = store.confirm(import_id, number, now, by)
    schedule.send(one.id, schedule.next_steps(one))
    return one


def run(body: str, now: datetime) -> None:
    """A message's step, if the import is still there for it."""
    step = json.loads(body)
    one = store.load(step["import_id"])
    try:
        _run(one, step, now)
    except BadFile as fault:
        store.end(one, State.FAILED, now, str(fault))
    except Exception:
        store.count_failure(one)
        raise


def _run(one: Import, step: Mapping[str, Any], now: datetime) -> None:
    match step["step"], one.state:
        case "split", State.SPLITTING:
            _split(one)
        case "split", State.RUNNING:  # it died before it could send them
            schedule.send(one.id, schedule.next_steps(one))
        case "chunk", State.RUNNING:
            _take_over(one, step["number"], now)
        case "finish", State.RUNNING | State.CHECKING:
            _finish(one)
        case "check", State.CHECKING:
            _check(one, removals.Check(**step.get("reached", {})), now)
        case "remove", State.REMOVING:
            _remove(one, step.get("after"))
        case "report", State.REPORTING:
            _report(one, now)
        case _:
            logger.info("nothing to do", extra={"import_id": one.id, "step": step["step"], "state": one.state.value})


def _split(one: Import) -> None:
    pieces = files.read_pieces(files.upload_of(one.id), files.File(one.size, one.etag))
    made = plan(pieces, one.encoding, CHUNK_BYTES, CHUNK_ROWS)
    if one.mode == "full" and not made.chunks:
        raise BadFile("The file has no rows: a full import of it would remove every account.")
    store.write_plan(one, made)
    schedule.send(one.id, schedule.next_steps(store.load(one.id)))


def _take_over(one: Import, number: int, now: datetime) -> None:
    chunk = store.chunk(one, number)
    if chunk is None or one.layout is None:
        _go_on(one)
        return
    content = files.read_piece(files.upload_of(one.id), one.etag, chunk.start, chunk.end)
    done = taking_over.take_over(one, read_rows(content, one.layout, chunk.first_line, one.source), now)
    rejects.keep(one, done.rejected)
    after = store.finish_chunk(one, number, done.counts)
    logger.info("chunk done", extra={"import_id": one.id, "chunk": number, "rows": dict(done.counts)})
    _go_on(after)


def _go_on(one: Import) -> None:
    if one.chunks_done == one.chunks:
        schedule.send(one.id, [{"step": "finish"}])


def _finish(one: Import) -> None:
    """Nothing is removed before the last chunk is done: only then is it known what the file does not have."""
    if one.chunks_done < one.chunks:
        return
    _next(one, State.CHECKING if one.mode == "full" else State.REPORTING)


def _next(one: Import, state: State, **change: Any) -> None:
    schedule.send(one.id, schedule.next_steps(store.move(one, state, **change)))


def _check(one: Import, reached: removals.Check, now: datetime) -> None:
    reached = removals.look_further(one, reached)
    store.count_step(one)
    if not reached.is_done:
        schedule.send(one.id, [{"step": "check", "reached": asdict(reached)}])
    elif reasons := removals.reasons_to_ask(one, reached, current_program()):
        store.ask(one, reached.removals, reasons, now)
    else:
        _next(one, State.REMOVING if reached.removals else State.REPORTING, removals=reached.removals)


def _remove(one: Import, after: str | None) -> None:
    reached = removals.remove_some(one, after)
    store.count_step(one)
    if reached:
        schedule.send(one.id, [{"step": "remove", "after": reached}])
    else:
        _next(one, State.REPORTING)


def _report(one: Import, now: datetime) -> None:
    if rejects.write_part(one):
        store.count_step(one)
        schedule.send(one.id, [{"step": "report"}])
    else:
        store.end(one, State.COMPLETED, now)
