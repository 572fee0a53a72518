"""The file of an import: where it may be cut, and what its lines say. RFC 4180, UTF-8, a header."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from dealreg.accounts.model import NewAccount
from dealreg.platform.errors import FieldError, InvalidInput
from dealreg.platform.validation import parse_values

COLUMNS = ("external_id", "name", "aliases", "domains", "country", "tax_id", "lei", "duns", "ownership", "deleted")
REQUIRED = ("external_id", "name", "ownership")
_LISTS = ("aliases", "domains")
_YES = frozenset(["1", "true", "yes", "y"])
_NO = frozenset(["", "0", "false", "no", "n"])
_MAX_RECORD = 64 * 1024
"""In characters: what is longer lacks a closing quote."""
_BOM = b"\xef\xbb\xbf"


class BadFile(Exception):
    """The file cannot be read at all; in words for who sent it."""


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
class Row:
    line: int
    """Of the file, from 1, where the record ends."""
    external_id: str
    account: NewAccount | None
    """None for one that is deleted, or that cannot be accepted."""
    faults: tuple[FieldError, ...] = ()


def read_header(first: list[str]) -> list[str]:
    """Raises BadFile."""
    columns = [name.encode(errors="replace").decode().strip().lower() for name in first]
    if unknown := [name for name in columns if name not in COLUMNS]:
        raise BadFile(f"The header has {', '.join(unknown)[:100]}: use only {', '.join(COLUMNS)}.")
    if missing := [name for name in REQUIRED if name not in columns]:
        raise BadFile(f"The header lacks {', '.join(missing)}.")
    if len(set(columns)) < len(columns):
        raise BadFile("The header has a column twice.")
    return columns


def split(lines: Iterable[bytes], size: int, most_rows: int) -> tuple[list[str], list[Chunk]]:
    """The header's columns and the chunks; each has `size` bytes or little more, or `most_rows`.

    A quoted line break does not cut a record.

    Raises BadFile.
    """
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for line in lines:
            text = _text(line if taken else line.removeprefix(_BOM))
            taken += len(line)
            yield text

    try:
        return _split(csv.reader(texts()), lambda: taken, size, most_rows)
    except csv.Error as error:
        raise BadFile(f"The file is no CSV: {error}.") from None


def _split(reader: Any, taken: Callable[[], int], size: int, most_rows: int) -> tuple[list[str], list[Chunk]]:
    header = next(reader, None)
    if not header:
        raise BadFile("The file is empty.")
    columns, chunks = read_header(header), list[Chunk]()
    start, first_line, rows = taken(), reader.line_num + 1, 0
    for record in reader:
        if sum(map(len, record)) > _MAX_RECORD:
            raise BadFile(f"The record that ends in line {reader.line_num} is too long: is a quote not closed?")
        rows += any(record)
        if taken() - start >= size or rows == most_rows:
            chunks.append(Chunk(len(chunks), start, taken(), first_line, rows))
            start, first_line, rows = taken(), reader.line_num + 1, 0
    if rows:
        chunks.append(Chunk(len(chunks), start, taken(), first_line, rows))
    return columns, chunks


def read_rows(content: bytes, columns: list[str], first_line: int, source: str) -> Iterator[Row]:
    """Of a chunk; empty lines are no rows."""
    reader = csv.reader(map(_text, BytesIO(content)))
    for record in reader:
        if any(record):
            yield _row(first_line + reader.line_num - 1, record, columns, source)


def _text(line: bytes) -> str:
    """Bytes that are no UTF-8 become lone surrogates, which are told as a fault of their row."""
    return line.decode("utf-8", "surrogateescape")


def _row(line: int, record: list[str], columns: list[str], source: str) -> Row:
    cells = dict(zip(columns, (cell.strip() for cell in record), strict=False))
    external_id = cells.get("external_id", "")
    if len(record) != len(columns):
        fault = FieldError("row", f"This has {len(record)} cells, the header {len(columns)}.")
        return Row(line, "", None, (fault,))
    if not all(cell.isascii() or _is_text(cell) for cell in cells.values()):
        return Row(line, "", None, (FieldError("row", "This is not UTF-8."),))
    if not external_id:
        return Row(line, "", None, (FieldError("external_id", "This is required."),))
    if faults := _faults_of_deleted(cells.get("deleted", "")):
        return Row(line, external_id, None, faults)
    if cells.get("deleted", "").lower() in _YES:
        return Row(line, external_id, None)
    try:
        return Row(line, external_id, parse_values(NewAccount, _values(cells) | {"source": source}))
    except InvalidInput as error:
        return Row(line, external_id, None, error.errors)


def _faults_of_deleted(text: str) -> tuple[FieldError, ...]:
    known = text.lower() in _YES | _NO
    return () if known else (FieldError("deleted", "Use true or false."),)


def _is_text(cell: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in cell)


def _values(cells: Mapping[str, str]) -> dict[str, Any]:
    """As `POST /v1/admin/accounts` takes them; an empty cell says nothing."""
    values: dict[str, Any] = {name: text for name, text in cells.items() if text and name != "deleted"}
    for name in _LISTS:
        if name in values:
            values[name] = [part.strip() for part in values[name].split("|") if part.strip()]
    return values
