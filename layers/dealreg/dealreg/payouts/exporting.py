"""A run is handed to the ERP as a file, which is kept with it: whoever asks for it again gets the same bytes."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from itertools import chain

from dealreg.commissions.days import local_day, month_of
from dealreg.exports import mapping_store
from dealreg.exports.mapping_store import StoredMapping
from dealreg.exports.rendering import ExportedPayout, ExportedRun, ExportFile, render
from dealreg.ledger import claimed, terms
from dealreg.payouts import commands, export_store, lists, rules, store
from dealreg.payouts.inputs import ExportPreview, NewExport
from dealreg.payouts.model import Export, Payout, Run
from dealreg.platform import aws, dynamo, ids
from dealreg.platform.errors import (
    ConditionFailed,
    FieldError,
    InvalidInput,
    NotFound,
    StateConflict,
    TooLarge,
    Unavailable,
)
from dealreg.platform.validation import parse

_TRIES = 8


def export(run_id: str, body: bytes, by: str, now: datetime) -> Export:
    """Raises NotFound, InvalidInput, StateConflict, ExportRefused or TooLarge."""
    said = parse(NewExport, body)
    for attempt in range(_TRIES):
        if attempt:
            aws.pause(attempt)
        run = store.load_run(run_id)
        if before := _before(run, said):
            return before
        rules.must_await_export(run)
        try:
            return _export(run, said, by, now)
        except ConditionFailed:
            continue
    raise Unavailable("the run is being changed by others")


def _before(run: Run, said: NewExport) -> Export | None:
    """Unless payouts wait that were tried again since."""
    if run.again:
        return None
    wanted = (said.mapping, said.date.isoformat())
    known = [*([run.export] if run.export else []), *export_store.exports_of(run.id)]
    return next((one for one in known if (one.mapping, one.date) == wanted), None)


def _export(run: Run, said: NewExport, by: str, now: datetime) -> Export:
    mapping = _mapping(said.mapping)
    file = _file(mapping, run, said.date)
    made = Export(
        id=ids.new_id("exp", now),
        mapping=mapping.id,
        version=mapping.version,
        date=said.date.isoformat(),
        at=now,
        by=by,
        sha256=hashlib.sha256(file.content).hexdigest(),
        rows=file.rows,
    )
    commands.save(run, rules.exported(run, made), export_store.new_export(run.id, made, file.content), now)
    return made


def preview(body: bytes, now: datetime) -> bytes:
    """The file that would be made now; nothing is kept.

    Raises NotFound, InvalidInput, StateConflict, ExportRefused or TooLarge.
    """
    said = parse(ExportPreview, body)
    run, mapping = store.load_run(said.run), _mapping(said.mapping)
    if run.state == "building":
        raise StateConflict("This run is still being built: try it once it is proposed.")
    day = said.date or local_day(now, terms.zone())
    return _file(mapping, run, day).content


def _mapping(mapping_id: str) -> StoredMapping:
    try:
        return mapping_store.current(mapping_id)
    except NotFound:
        raise InvalidInput([FieldError("mapping", "There is no such mapping.")]) from None


def _file(mapping: StoredMapping, run: Run, day: date) -> ExportFile:
    """Of the payouts that were tried again, if there are any."""
    payouts = _tried_again(run) if run.again else chain.from_iterable(lists.pages_of(run))
    period = month_of(local_day(run.at, terms.zone()))
    exported = ExportedRun(rules.number_of_run(run.id), day, period)
    file = render(mapping.mapping, exported, [_exported(payout) for payout in payouts])
    if len(file.content) > export_store.MAX_FILE:
        most = export_store.MAX_FILE // 1024 // 1024
        raise TooLarge(f"A file may have {most} MB: pay fewer partners in one run, or leave out columns.")
    return file


def _tried_again(run: Run) -> Sequence[Payout]:
    found = dynamo.batch_get(claimed.payout_key(partner_id, one) for one, partner_id in run.again.items())
    return [store.payout_from_item(item) for item in found.values()]


def _exported(payout: Payout) -> ExportedPayout:
    return ExportedPayout(
        id=payout.id,
        number=rules.number_of_payout(payout.id, payout.attempt),
        currency=payout.currency,
        net=payout.minor,
        tax=payout.tax,
        total=payout.minor + payout.tax,
        partner_name=payout.partner_name,
        erp_reference=payout.erp_reference,
        tax_code=payout.tax_code or "",
    )
