"""The fonts of a statement, embedded: Roboto, which has Latin, Greek and Cyrillic letters. Loads ReportLab."""

from functools import cache
from importlib.resources import as_file, files
from typing import Any, cast

from reportlab.pdfbase import pdfmetrics as _pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from dealreg.platform.cells import plain

pdfmetrics = cast("Any", _pdfmetrics)  # half of its types are unknown
REGULAR, BOLD = "Roboto-Regular", "Roboto-Bold"
LACKING = "\N{REPLACEMENT CHARACTER}"
"""Shown for each character that the font lacks, such as a Chinese one: without it nothing would be seen there."""


def register() -> None:
    for name in (REGULAR, BOLD):
        if name not in pdfmetrics.getRegisteredFontNames():
            with as_file(files("font_roboto") / "files" / f"{name}.ttf") as file:
                pdfmetrics.registerFont(TTFont(name, str(file)))


def writable(text: str) -> str:
    """On one line, of letters that the font has."""
    line = plain(text)
    return line if line.isascii() else "".join(letter if _has(letter) else LACKING for letter in line)


def width(text: str, font: str, size: float) -> float:
    """In points."""
    return size * sum(map(_letter_widths(font).__getitem__, text))


def wrapped(text: str, font: str, size: float, room: float, most: int) -> list[str]:
    """Lines of no more than `room` points, at most so many; a word that is wider is broken."""
    if width(text, font, size) <= room:
        return [text] if text else []
    lines, line = list[str](), ""
    for word in text.split(" "):
        if line and width(f"{line} {word}", font, size) <= room:
            line = f"{line} {word}"
            continue
        if line:
            lines.append(line)
        *full, line = _pieces(word, font, size, room)
        lines += full
        if len(lines) > most:
            break
    lines += [line] if line else []
    return lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]


def _pieces(word: str, font: str, size: float, room: float) -> list[str]:
    if width(word, font, size) <= room:
        return [word]
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, font, size) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


class _LetterWidths(dict[str, float]):
    """At a size of 1; each is asked for once, which is quicker than ReportLab's sums."""

    def __init__(self, font: str) -> None:
        super().__init__()
        self._font = font

    def __missing__(self, letter: str) -> float:
        self[letter] = pdfmetrics.stringWidth(letter, self._font, 1)
        return self[letter]


@cache
def _letter_widths(font: str) -> _LetterWidths:
    register()
    return _LetterWidths(font)


@cache
def _has(letter: str) -> bool:
    register()
    return ord(letter) in pdfmetrics.getFont(REGULAR).face.charToGlyph
