"""The rows of an import that were not accepted, and why: one by one, and when it has ended as one CSV file.

`REJECT#<line>` is such a row. The file goes to S3 part by part, so its size does not matter; `REPORT` knows which are
there.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dealreg.accounts.imports import files
from dealreg.accounts.imports.model import Import, State, forgotten_at, partition
from dealreg.accounts.imports.table import Row
from dealreg.accounts.views import RejectView
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed, Gone, StateConflict
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import spreadsheet_text

LINK_LASTS = timedelta(minutes=15)
PART_BYTES = 5 * 1024 * 1024
"""The least that S3 takes of a file's part, unless it is the last."""
_MAX_ACTIONS = 100
_PAGE = 1000
_COLUMNS = ("line", "external_id", "field", "message")
_SHOWN = 120
"""Characters of an id that was not accepted."""


@dataclass(frozen=True, slots=True)
class _Report:
    """A file under way."""

    upload_id: str
    etags: tuple[str, ...] = ()
    """Of the parts that are there."""
    reached: str = ""
    """The sort key of the last row in them."""
    whole: bool = False


def keep(one: Import, rows: Sequence[Row]) -> None:
    """Kept twice, they are the same."""
    actions = [dynamo.put(_table(), _to_item(one, row)) for row in rows]
    for begin in range(0, len(actions), _MAX_ACTIONS):
        dynamo.transact(actions[begin : begin + _MAX_ACTIONS])


def listed(one: Import, page: PageRequest) -> Listing[RejectView]:
    """In the order of the file."""
    found = dynamo.page(_table(), partition(one.id), "REJECT#", limit=page.size, start=page.start)
    items: list[RejectView] = [
        {"line": item["line"], "external_id": item["external_id"], "errors": item["errors"]} for item in found.items
    ]
    return page.listing(items, found.next_key)


def link(one: Import) -> str:
    """A signed address of the CSV file. Raises StateConflict before the import is completed, Gone a fortnight later."""
    if one.state != State.COMPLETED:
        raise StateConflict("This import is not completed.", import_state=one.state)
    if files.find(files.report_of(one.id)) is None:
        raise Gone("The file is no longer there; the rows can still be listed.")
    return files.download_url(files.report_of(one.id), LINK_LASTS)


def write_part(one: Import) -> bool:
    """The next part of the file. Returns whether there are more.

    Two workers at once write the same part, and one of them counts.
    """
    report = _report(one)
    if not report.whole:
        text, reached, is_last = _next_part(one, report)
        etag = files.put_part(files.report_of(one.id), report.upload_id, len(report.etags) + 1, text.encode())
        report = _advance(one, report, _Report(report.upload_id, (*report.etags, etag), reached, is_last))
    if report.whole:
        files.finish_parts(files.report_of(one.id), report.upload_id, report.etags)
    return not report.whole


def _next_part(one: Import, report: _Report) -> tuple[str, str, bool]:
    """Its text, the last row in it, and whether it is the last part."""
    text, reached = io.StringIO(), report.reached
    writer = csv.writer(text)
    if not report.etags:
        writer.writerow(_COLUMNS)
    while text.tell() < PART_BYTES:
        start = {"pk": partition(one.id), "sk": reached} if reached else None
        found = dynamo.page(_table(), partition(one.id), "REJECT#", limit=_PAGE, start=start)
        for item in found.items:
            for error in item["errors"]:
                writer.writerow(
                    [item["line"], *map(spreadsheet_text, (item["external_id"], error["field"], error["message"]))]
                )
            reached = item["sk"]
        if found.next_key is None:
            return text.getvalue(), reached, True
    return text.getvalue(), reached, False


def _report(one: Import) -> _Report:
    key = _report_key(one)
    if item := dynamo.get(key.table, key.pk, key.sk):
        return _from_item(item)
    begun = _Report(files.begin_parts(files.report_of(one.id)))
    return _advance(one, None, begun)


def _advance(one: Import, before: _Report | None, after: _Report) -> _Report:
    """What is written down in the end: another worker may have been quicker."""
    key = _report_key(one)
    parts = {"parts": len(before.etags)} if before else {}
    item = {
        "pk": key.pk,
        "sk": key.sk,
        "upload_id": after.upload_id,
        "etags": list(after.etags),
        "parts": len(after.etags),
        "reached": after.reached,
        "whole": after.whole,
        "ttl": forgotten_at(one),
    }
    try:
        dynamo.write(dynamo.put(key.table, item, "#parts = :parts" if before else dynamo.ABSENT, parts))
    except ConditionFailed as lost:
        return _from_item(lost.failures[0])
    return after


def _from_item(item: dynamo.Item) -> _Report:
    return _Report(item["upload_id"], tuple(item["etags"]), item["reached"], item["whole"])


def _report_key(one: Import) -> dynamo.Key:
    return dynamo.Key(_table(), partition(one.id), "REPORT")


def _to_item(one: Import, row: Row) -> dynamo.Item:
    return {
        "pk": partition(one.id),
        "sk": f"REJECT#{row.line:09d}",
        "line": row.line,
        "external_id": row.external_id if len(row.external_id) <= _SHOWN else f"{row.external_id[:_SHOWN]}…",
        "errors": [{"field": fault.field, "message": fault.message} for fault in row.faults],
        "ttl": forgotten_at(one),
    }


def _table() -> str:
    return read(Setting.ACCOUNTS_TABLE)
