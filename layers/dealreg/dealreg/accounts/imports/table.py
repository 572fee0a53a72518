"""The file of an import: where it may be cut, and what its rows say."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from dealreg.accounts.imports.layout import HEADER_WITHIN, Layout, find_header, unwrapped
from dealreg.accounts.imports.lines import Letters, form_of, read_lines
from dealreg.accounts.imports.records import Record, records
from dealreg.accounts.model import NewAccount
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.validation import parse_values

_HEAD = 64 * 1024
_LISTS = ("aliases", "domains")
_NUMBERS = ("external_id", "tax_id", "lei", "duns")
_YES = frozenset(["1", "true", "yes", "y"])
_NO = frozenset(["", "0", "false", "no", "n"])
_SHORTENED = re.compile(r"[0-9]+([.,][0-9]+)?E[+-]?[0-9]+", re.I)
_FORMULA = re.compile(r'="(.*)"', re.S)
"""As which exports keep a spreadsheet from taking an id for a number."""
_SHEET_ERRORS = frozenset(["#NAME?", "#REF!", "#VALUE!", "#DIV/0!", "#N/A", "#NULL!", "#NUM!", "#NV", "#BEZUG!"])
_INVISIBLE = "\ufeff\u200b\u200e\u200f"
_MAX_ID = 100
_KEPT_CELLS = 40
"""Of a row that is not accepted."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of whole lines, small enough for one go."""

    number: int
    start: int
    end: int
    """In bytes; the end is the next one's start."""
    first_line: int
    rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file is read, and in which pieces."""

    layout: Layout
    chunks: list[Chunk]
    is_cut: bool
    """Its last row is not whole: there may have been more."""


@dataclass(frozen=True, slots=True)
class Row:
    line: int
    """Of the file, from 1, where the record begins."""
    external_id: str
    account: NewAccount | None
    """None for one that is deleted, or that cannot be accepted."""
    faults: tuple[FieldError, ...] = ()
    cells: tuple[str, ...] = ()
    """Of one that cannot be accepted: whatever can be read of it."""
    is_in_shape: bool = True
    """False if a cell may stand in another's place."""


def plan(pieces: Iterable[bytes], encoding: str | None, size: int, most_rows: int) -> Plan:
    """Chunks of `size` bytes or little more, or of `most_rows`; `encoding` is what the sender says, if anything.

    Raises BadFile.
    """
    source, first = iter(pieces), b""
    while len(first) < _HEAD and (piece := next(source, b"")):
        first += piece
    form = form_of(first[:_HEAD])
    letters = Letters()
    lines = read_lines(chain([first[form.skipped :]], source), form)
    if not form.encoding:
        lines = letters.noting(lines)
    top = list(islice(lines, HEADER_WITHIN))
    header = find_header([line.text for line in top])
    start = form.skipped + sum(line.size for line in top[: header.place + 1])
    below = chain(top[header.place + 1 :], lines)
    chunks, last = _chunks(
        records(below, header.delimiter, len(header.columns)), start, header.place + 2, size, most_rows
    )
    encoding = form.encoding or encoding or letters.encoding()
    layout = Layout(replace(form, encoding=encoding), header.delimiter, tuple(header.columns))
    return Plan(layout, chunks, last is not None and _is_cut(last, len(header.columns)))


def _chunks(
    found: Iterable[Record], start: int, first_line: int, size: int, most_rows: int
) -> tuple[list[Chunk], Record | None]:
    """And the last record. Nothing is cut between an open quote and the lines that were looked at for its end."""
    chunks, end, rows, looked_at, last = list[Chunk](), start, 0, 0, None
    line = first_line
    for last in found:  # it is returned
        looked_at = max(looked_at, last.line + last.swallowed)
        end, line = end + last.size, last.line + last.lines
        rows += not _is_empty(last.cells)
        if (end - start >= size or rows >= most_rows) and line > looked_at:
            chunks.append(Chunk(len(chunks), start, end, first_line, rows))
            start, first_line, rows = end, line, 0
    if rows:
        chunks.append(Chunk(len(chunks), start, end, first_line, rows))
    return chunks, last


def _is_cut(last: Record, width: int) -> bool:
    return not last.ended and (last.open_quote or len(last.cells) < width)


def _is_empty(cells: Iterable[str]) -> bool:
    """In whatever encoding: it is asked before that is known."""
    return not any(cell.strip(" \t") for cell in cells)


def read_rows(content: bytes, layout: Layout, first_line: int, source: str) -> Iterator[Row]:
    """Of a chunk; empty lines are no rows."""
    lines = read_lines([content], layout.form, first_line)
    for record in records(lines, layout.delimiter, len(layout.columns)):
        if not _is_empty(record.cells):
            yield _row(record, layout, source)


def _row(record: Record, layout: Layout, source: str) -> Row:
    width = len(layout.columns)
    cells = [_clean(cell) for cell in unwrapped(record.cells, layout.delimiter)] if width > 1 else record.cells
    named = {name: cell for name, cell in zip(layout.columns, cells, strict=False) if name}
    external_id = named.get("external_id", "")
    refused = Row(record.line, external_id, None, cells=tuple(cells[:_KEPT_CELLS]))
    if faults := _faults_of_shape(record, cells, layout):
        return replace(refused, faults=faults, is_in_shape=False)
    if faults := _faults_of_cells(named):
        return replace(refused, faults=faults)
    if named.get("deleted", "").lower() in _YES:
        return Row(record.line, external_id, None)
    try:
        return Row(record.line, external_id, parse_values(NewAccount, _values(named) | {"source": source}))
    except InvalidInput as error:
        return replace(refused, faults=error.errors)


def _faults_of_shape(record: Record, cells: list[str], layout: Layout) -> tuple[FieldError, ...]:
    width, last_line = len(layout.columns), record.line + record.swallowed
    if record.open_quote:
        below = f"It would have swallowed {record.swallowed} lines, to line {last_line}; they were read as rows."
        return (
            FieldError("row", f"A quote opens here and does not close. {below if record.swallowed else ''}".strip()),
        )
    if not record.readable:
        return (FieldError("row", f"This is not {layout.form.encoding.upper()}, as the rest of the file is."),)
    if any(cells[width:]):
        return (FieldError("row", f"This has {len(cells)} cells, the header {width}: is a comma not in quotes?"),)
    if any(cell for name, cell in zip(layout.columns, cells, strict=False) if not name):
        return (FieldError("row", "A cell has something in it whose column has no name."),)
    return ()


def _faults_of_cells(named: Mapping[str, str]) -> tuple[FieldError, ...]:
    """What no value of any account can be."""
    faults: list[FieldError] = []
    for name, cell in named.items():
        if name in _NUMBERS and _SHORTENED.fullmatch(cell):
            told = "A spreadsheet has shortened this number. Format its column as text, and export it again."
            faults.append(FieldError(name, told))
        elif cell.upper() in _SHEET_ERRORS:
            faults.append(FieldError(name, "A spreadsheet shows an error here instead of a value."))
        elif not cell.isprintable() and any(letter < " " or letter == "\x7f" for letter in cell):
            faults.append(FieldError(name, "This has a character that is no text."))
    if named.get("deleted", "").lower() not in _YES | _NO:
        faults.append(FieldError("deleted", "Use true or false."))
    if not named.get("external_id"):
        faults.append(FieldError("external_id", "This is required."))
    elif len(named["external_id"]) > _MAX_ID:
        faults.append(FieldError("external_id", f"This is too long: at most {_MAX_ID} characters."))
    return tuple(faults)


def _clean(cell: str) -> str:
    """On one line, without spaces and marks that nobody sees around it."""
    text = " ".join(cell.split()).strip(_INVISIBLE + " ")
    formula = _FORMULA.fullmatch(text)
    return formula[1].strip() if formula else text


def _values(named: Mapping[str, str]) -> dict[str, Any]:
    """As `POST /v1/admin/accounts` takes them; an empty cell says nothing."""
    values: dict[str, Any] = {name: text for name, text in named.items() if text and name != "deleted"}
    for name in _LISTS:
        if name in values:
            values[name] = [part.strip() for part in values[name].split("|") if part.strip()]
    return values
