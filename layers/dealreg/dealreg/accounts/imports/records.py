"""Lines as records of cells (RFC 4180), and where a quote is at fault.

The standard library's reader joins all lines after an open quote, and cannot say so. Here a record takes several lines
only if its quote closes where one may; else its first line is a record at fault, and those below are read as they are.
"""

import csv
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from dealreg.accounts.imports.lines import MAX_LINE, Line

_MAX_LINES = 100
"""Of a record."""


@dataclass(frozen=True, slots=True)
class Record:
    line: int
    """Where it begins."""
    lines: int
    """How many it takes."""
    cells: list[str]
    size: int
    """In bytes."""
    ended: bool
    """Whether the last of its lines has an end."""
    readable: bool
    open_quote: bool = False
    """A quote opens and does not close where one may."""
    swallowed: int = 0
    """Lines below that the open quote would have taken with it."""


def records(lines: Iterable[Line], delimiter: str, width: int) -> Iterator[Record]:
    """Each line once, in order; `width` is the number of columns."""
    source, waiting = iter(lines), deque[Line]()

    def pull() -> Line | None:
        return waiting.popleft() if waiting else next(source, None)

    while (line := pull()) is not None:
        if '"' not in line.text:
            yield Record(line.number, 1, line.text.split(delimiter), line.size, line.ended, line.readable)
            continue
        cells, is_open = parse(line.text, delimiter)
        if not is_open:
            yield Record(line.number, 1, cells, line.size, line.ended, line.readable)
            continue
        taken = _to_the_close(line, pull, delimiter)
        joined = _joined(line, taken, delimiter, width)
        if joined is None:
            waiting.extendleft(reversed(taken))
            cells = line.text.replace('"', "").split(delimiter)
            joined = Record(line.number, 1, cells, line.size, line.ended, line.readable, True, len(taken))
        yield joined


def _to_the_close(first: Line, pull: Callable[[], Line | None], delimiter: str) -> list[Line]:
    """The lines below, down to the one with the next closing quote, right or wrong."""
    taken, text = list[Line](), first.text
    while len(taken) < _MAX_LINES and len(text) <= MAX_LINE and (below := pull()) is not None:
        taken.append(below)
        text += "\n" + below.text
        if '"' in below.text and not parse(text, delimiter)[1]:
            break
    return taken


def parse(text: str, delimiter: str) -> tuple[list[str], bool]:
    """The cells of a line, and whether it ends within quotes. A quote that closes too early is read as it stands."""
    cells, rest = _proper_cells(text, delimiter)
    if rest is None:
        return cells, False
    if _patterns(delimiter)[1].match(text, rest):
        return [*cells, text[rest:]], True
    return next(csv.reader([text.replace("\n", " ")], delimiter=delimiter)), False


def _proper_cells(text: str, delimiter: str) -> tuple[list[str], int | None]:
    """As far as quotes are where they may be, and where the first cell begins of which that is not so."""
    cell, cells, place = _patterns(delimiter)[0], list[str](), 0
    while found := cell.match(text, place):
        quoted, plain = found.groups()
        cells.append(plain if quoted is None else quoted.replace('""', '"'))
        place = found.end()
        if place == len(text):
            return cells, None
        place += 1
    return cells, place


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A cell up to the delimiter or the end; the rest of a text within quotes."""
    end = re.escape(delimiter)
    quoted = r' *"((?:[^"]++|"")*+)" *(?=' + end + r"|\Z)"
    return re.compile(rf'{quoted}|(?! *")([^{end}]*+)'), re.compile(r' *"(?:[^"]++|"")*+\Z')


def _joined(first: Line, taken: list[Line], delimiter: str, width: int) -> Record | None:
    """One record of these lines, unless it is several rows between two stray quotes."""
    cells, fault = _proper_cells("\n".join([first.text, *(line.text for line in taken)]), delimiter)
    if not taken or fault is not None or any(cell.strip() for cell in cells[width:]):
        return None
    if any(_holds_rows(cell, delimiter, width) for cell in cells):
        return None
    size, readable = first.size + sum(line.size for line in taken), all(line.readable for line in (first, *taken))
    return Record(first.number, 1 + len(taken), cells, size, taken[-1].ended, readable)


def _holds_rows(cell: str, delimiter: str, width: int) -> bool:
    breaks, inner = cell.count("\n"), cell.count(delimiter)
    return breaks > 0 and inner >= max(2, breaks * (width - 1) / 2)
