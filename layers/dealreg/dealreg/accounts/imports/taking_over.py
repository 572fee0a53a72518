"""The rows of a chunk: what each does to its account, and which accounts those mean that are not accepted.

A row that cannot be saved is rejected like one that cannot be read; it does not hold up the others.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from dealreg.accounts import rows as account_rows
from dealreg.accounts import store as accounts
from dealreg.accounts.imports import presence, store
from dealreg.accounts.imports.model import Import
from dealreg.accounts.imports.table import Row
from dealreg.accounts.model import Account, Stamp, account_of, id_of
from dealreg.platform import dynamo
from dealreg.platform.errors import DealregError, FieldError, TooLarge

logger = logging.getLogger(__name__)
_GROUP = 100
_TOO_LARGE = FieldError("row", "This account is too large to be kept: give it fewer or shorter aliases.")
_NOT_SAVED = FieldError(
    "row", "This row could not be taken over, by a fault of ours: the log says why, under this line."
)


@dataclass(frozen=True, slots=True)
class Done:
    counts: Counter[str] = field(default_factory=Counter[str])
    """Rows by what became of them; `untold`, of those rejected, as in the import."""
    rejected: list[Row] = field(default_factory=list[Row])


def take_over(one: Import, rows: Iterable[Row], now: datetime) -> Done:
    """Done twice, it counts the same."""
    done = Done()
    for group in _groups(_without_repeats(rows)):
        rejected: list[Row] = []
        for row, effect in _apply(one, group, now):
            done.counts[effect] += 1
            if effect == "rejected":
                rejected.append(row)
        done.rejected.extend(rejected)
        if one.mode == "full" and rejected:
            done.counts["untold"] += _mark_owners(one, rejected, now)
    return done


def _mark_owners(one: Import, rejected: Sequence[Row], now: datetime) -> int:
    """Whoever a row speaks of is still there. Returns of how many rows that is not sure."""
    owners, untold = presence.find_owners(rejected, one.source)
    seen = [account_rows.mark_seen(account, now) for account in owners.values() if account.external_id]
    for begin in range(0, len(seen), _GROUP):
        dynamo.transact(seen[begin : begin + _GROUP])
    return untold


def _without_repeats(rows: Iterable[Row]) -> Iterator[Row]:
    first: dict[str, int] = {}
    for row in rows:
        line = first.setdefault(row.external_id, row.line) if row.external_id else row.line
        yield row if line == row.line else _repeat(row, line)


def _repeat(row: Row, line: int) -> Row:
    return _refused(row, FieldError("external_id", f"Line {line} has the same."), is_in_shape=False)


def _refused(row: Row, fault: FieldError, *, is_in_shape: bool = True) -> Row:
    """What it says of its account is kept, to find out whose it is."""
    said = row.account
    cells = (said.name, *said.domains, *filter(None, (said.country, said.tax_id, said.lei, said.duns))) if said else ()
    return replace(row, account=None, faults=(fault,), cells=row.cells or cells, is_in_shape=is_in_shape)


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
        elif there and effect == "unchanged" and one.mode == "full":
            still_there.append(account_rows.mark_seen(there, now))
    if still_there:
        dynamo.transact(still_there)
    faults = _save(to_save, known)
    return [_with_fault(row, effect, faults.get(id_of(one.source, row.external_id))) for row, effect in done]


def _with_fault(row: Row, effect: str, fault: FieldError | None) -> tuple[Row, str]:
    is_saved = fault is None or effect not in ("created", "updated")
    return (row, effect) if is_saved or fault is None else (_refused(row, fault), "rejected")


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


def _save(to_save: Sequence[Account], known: Mapping[str, Account]) -> dict[str, FieldError]:
    """Together, or one by one if one of them is at fault. Returns those, by id.

    Raises what may pass, such as StaleVersion or Unavailable.
    """
    try:
        account_rows.save_all(to_save, known)
    except TooLarge:
        alone = _TOO_LARGE
    except (DealregError, ClientError, BotoCoreError):
        raise
    except Exception:
        logger.exception("rows could not be saved", extra={"rows": len(to_save)})
        alone = _NOT_SAVED
    else:
        return {}
    if len(to_save) == 1:
        stamp = to_save[0].stamp
        logger.error("row could not be saved", extra={"line": stamp.line if stamp else 0, "account_id": to_save[0].id})
        return {to_save[0].id: alone}
    faults: dict[str, FieldError] = {}
    for account in to_save:  # those that were saved already are read again: they have changed since
        faults |= _save([account], accounts.load_many([account.id]))
    return faults
