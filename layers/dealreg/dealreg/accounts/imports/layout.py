"""Where a file's table begins, what separates its cells, and which columns it has."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dealreg.accounts.imports.lines import BadFile, Form
from dealreg.accounts.imports.records import parse

COLUMNS = ("external_id", "name", "aliases", "domains", "country", "tax_id", "lei", "duns", "ownership", "deleted")
REQUIRED = ("external_id", "name", "ownership")
HEADER_WITHIN = 20
"""Lines: above the header there may be titles and empty ones."""
_DELIMITERS = (",", ";", "\t", "|")
_BY_LETTERS = {column.replace("_", ""): column for column in COLUMNS}
_NO_LETTER = re.compile(r"[\s_.-]+|[\ufeff\u200b\0]")


@dataclass(frozen=True, slots=True)
class Layout:
    form: Form
    delimiter: str
    columns: tuple[str, ...]
    """"" for one without a name, which is to be empty."""

    def to_item(self) -> dict[str, Any]:
        return {
            "encoding": self.form.encoding,
            "line_end": self.form.line_end,
            "delimiter": self.delimiter,
            "columns": list(self.columns),
        }


def layout_from_item(item: Mapping[str, Any]) -> Layout:
    return Layout(Form(item["encoding"], item["line_end"]), item["delimiter"], tuple(item["columns"]))


@dataclass(frozen=True, slots=True)
class Header:
    place: int
    """Among the lines, from 0."""
    delimiter: str
    columns: list[str]


def find_header(lines: Sequence[str]) -> Header:
    """The first line that has the required columns. Raises BadFile if there is none, or a column we do not know."""
    said = next((line for line in lines if line.strip(' "')), "").strip(' "').lower().removeprefix("sep=")
    delimiters = dict.fromkeys((*(said if len(said) == 1 and not said.isalnum() else ""), *_DELIMITERS))
    readings = [
        Header(place, delimiter, _names(line, delimiter))
        for place, line in enumerate(lines)
        for delimiter in delimiters
        if delimiter != '"'
    ]
    if not any(line.strip() for line in lines):
        raise BadFile("The file is empty.")
    best = max(readings, key=lambda one: (len(_known(one) & set(REQUIRED)), len(_known(one)), -one.place))
    if not _known(best):
        raise BadFile(
            f"There is no header in the first {HEADER_WITHIN} lines: one line has to name the columns, such as"
            f" {','.join(REQUIRED)}."
        )
    return Header(best.place, best.delimiter, read_header(best.columns))


def read_header(first: Sequence[str]) -> list[str]:
    """Names in whatever case and with spaces. Raises BadFile."""
    columns = [_BY_LETTERS.get(_letters(name), name.encode(errors="replace").decode().strip()) for name in first]
    while columns and not columns[-1]:
        columns.pop()
    if unknown := [name for name in columns if name and name not in COLUMNS]:
        raise BadFile(f"The header has {', '.join(unknown)[:100]}: use only {', '.join(COLUMNS)}.")
    if missing := [name for name in REQUIRED if name not in columns]:
        raise BadFile(f"The header lacks {', '.join(missing)}.")
    if twice := sorted({name for name in columns if name and columns.count(name) > 1}):
        raise BadFile(f"The header has {', '.join(twice)} twice.")
    return columns


def unwrapped(cells: list[str], delimiter: str) -> list[str]:
    """The cells of a line that was put into quotes as a whole."""
    is_whole = delimiter in cells[0] and not any(cell.strip() for cell in cells[1:])
    return parse(cells[0], delimiter)[0] if is_whole else cells


def _names(line: str, delimiter: str) -> list[str]:
    return unwrapped(parse(line, delimiter)[0], delimiter)


def _known(header: Header) -> set[str]:
    return {_BY_LETTERS[letters] for letters in map(_letters, header.columns) if letters in _BY_LETTERS}


def _letters(name: str) -> str:
    return _NO_LETTER.sub("", name).lower()
