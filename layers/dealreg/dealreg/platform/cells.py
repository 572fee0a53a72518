"""Cells of files that a spreadsheet opens and another system reads: plain text, no formula, quoted where it must be."""

import re
import unicodedata
from collections.abc import Sequence

FORMULA_SIGNS = "=+-@＝＋－＠"
"""With which a cell begins that a spreadsheet calculates (OWASP, CSV Injection)."""
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
"""Those that are no white space."""
_SPACE = re.compile(r"\s+")
_FORMULA = re.compile(rf"\s*[{re.escape(FORMULA_SIGNS)}]")


def plain(text: str) -> str:
    """On one line, composed (NFC), without control characters."""
    return _SPACE.sub(" ", unicodedata.normalize("NFC", _CONTROLS.sub("", text)))


def is_formula(text: str) -> bool:
    return _FORMULA.match(text) is not None


def no_formula(text: str) -> str:
    """With an apostrophe before what a spreadsheet would calculate."""
    return f"'{text}" if is_formula(text) else text


def safe(text: str) -> str:
    return no_formula(plain(text))


def row(cells: Sequence[str], delimiter: str = ",", *, all_quoted: bool = False) -> str:
    """Of a file, without its line end (RFC 4180). An empty cell that is alone is quoted: it would be a blank line."""
    if all_quoted or list(cells) == [""]:
        return delimiter.join(map(_quoted, cells))
    return delimiter.join(_quoted(cell) if _needs_quotes(cell, delimiter) else cell for cell in cells)


def _needs_quotes(cell: str, delimiter: str) -> bool:
    return cell != cell.strip() or any(sign in cell for sign in (delimiter, '"', "\r", "\n"))


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"'
