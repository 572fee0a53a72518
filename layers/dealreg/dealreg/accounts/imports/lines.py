"""The bytes of a file as lines: how its letters are encoded, where its lines end, how many bytes each line takes."""

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

Encoding = Literal[
    "utf-8",
    "utf-16-le",
    "utf-16-be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1257",
    "iso-8859-2",
    "iso-8859-15",
    "mac-roman",
    "cp850",
    "cp932",
    "gb18030",
    "big5",
    "euc-kr",
]
"""What an import may be told; without it a file is UTF-8, UTF-16 or Windows-1252."""
MAX_LINE = 64 * 1024
"""In bytes; in UTF-16 in characters. The largest account that may be sent takes a third of it."""
_BYTES = "latin-1"
"""As which any bytes can be cut into lines and cells: in every encoding of one byte, in UTF-8 and in those of Asia."""
_WIDE = ("utf-16-le", "utf-16-be")
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_OTHER_FILES = (
    (b"PK\x03\x04", "This is a workbook or an archive: save the sheet as CSV UTF-8."),
    (b"\xd0\xcf\x11\xe0", "This is an old Excel workbook: save the sheet as CSV UTF-8."),
    (b"\xff\xfe\0\0", "This is UTF-32: save it as CSV UTF-8."),
    (b"\0\0\xfe\xff", "This is UTF-32: save it as CSV UTF-8."),
)
_HIGH = re.compile(rb"[\x80-\xff]")
_LETTERS = re.compile(rb"[\xc0-\xd6\xd8-\xf6\xf8-\xff]")
"""Of Windows-1252."""
_IN_ROWS = re.compile(rb"[\x80-\xff](?=[\x80-\xff])")
_WITHIN_WORDS = re.compile(rb"(?<=[A-Za-z])[\x80-\x91\x93-\x95\x97-\x9f\xa1-\xb3\xb5-\xbf](?=[A-Za-z])")
"""Where Windows-1252 has signs, and other encodings have letters."""


class BadFile(Exception):
    """The file cannot be read at all; in words for who sent it."""


class Line(NamedTuple):
    number: int
    """From 1."""
    text: str
    size: int
    """In bytes, with its end."""
    ended: bool = True
    """False for a last line without an end."""
    readable: bool = True
    """False if its bytes are none of the encoding's: then `text` has them one by one."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the bytes of a file are to be cut by."""

    encoding: str
    """"" until every line was seen, for those whose marks do not say."""
    line_end: str
    skipped: int = 0
    """Bytes of the byte order mark."""


def form_of(head: bytes) -> Form:
    """By a file's beginning. Raises BadFile for what is no text."""
    for mark, problem in _OTHER_FILES:
        if head.startswith(mark):
            raise BadFile(problem)
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return Form(encoding, _line_end(head, encoding), len(mark))
    encoding = _wide(head)
    return Form(encoding, _line_end(head, encoding))


def read_lines(pieces: Iterable[bytes], form: Form, first: int = 1) -> Iterator[Line]:
    """However the bytes are cut into pieces. Raises BadFile for a line that never ends."""
    if form.encoding in _WIDE:
        yield from _wide_lines(pieces, form, first)
        return
    end, rest, number = form.line_end.encode(), b"", first
    for piece in pieces:
        *lines, rest = (rest + piece).split(end)
        for line in lines:
            yield _line(number, line, form, len(line) + 1)
            number += 1
        _require_end(rest, number)
    if rest:
        yield _line(number, rest, form, len(rest), ended=False)


class Letters:
    """Counts, line by line as they are cut, what a file's letters may be."""

    def __init__(self) -> None:
        self.utf8 = self.other = self.high = self.letters = self.foreign = 0

    def noting(self, lines: Iterable[Line]) -> Iterator[Line]:
        for line in lines:
            self._note(line.text)
            yield line

    def _note(self, text: str) -> None:
        if text.isascii():
            return
        line = text.encode(_BYTES)
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            self.other += 1
            self.high += len(_HIGH.findall(line))
            self.letters += len(_LETTERS.findall(line))
            self.foreign += len(_IN_ROWS.findall(line)) + len(_WITHIN_WORDS.findall(line))
        else:
            self.utf8 += 1

    def encoding(self) -> str:
        """Lines that are not in it are faults of their rows. Raises BadFile if it cannot be told."""
        if self.other <= self.utf8:
            return "utf-8"
        if self.foreign > self.letters / 2:
            raise BadFile(
                "The letters of this file are neither UTF-8 nor Windows-1252. Save it as CSV UTF-8, or say its encoding"
                " in `encoding` when you create the import."
            )
        return "windows-1252"


def _line(number: int, raw: bytes, form: Form, size: int, *, ended: bool = True) -> Line:
    try:
        text, readable = raw.decode(form.encoding or _BYTES), True
    except UnicodeDecodeError:
        text, readable = raw.decode(_BYTES), False
    return _checked(Line(number, _one_line(text, form.line_end), size, ended, readable))


def _wide_lines(pieces: Iterable[bytes], form: Form, first: int) -> Iterator[Line]:
    decoder = codecs.getincrementaldecoder(form.encoding)("surrogatepass")
    rest, number = "", first
    for piece in pieces:
        *lines, rest = (rest + decoder.decode(piece)).split(form.line_end)
        for line in lines:
            yield _wide_line(number, line, form, 2)
            number += 1
        _require_end(rest, number)
    if rest or decoder.getstate()[0]:
        yield _wide_line(number, rest, form, len(decoder.getstate()[0]), ended=False)


def _wide_line(number: int, text: str, form: Form, end: int, *, ended: bool = True) -> Line:
    size = len(text.encode(form.encoding, "surrogatepass")) + end
    readable = text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)
    return _checked(Line(number, _one_line(text, form.line_end), size, ended, readable))


def _one_line(text: str, line_end: str) -> str:
    """Whatever else would end a line is a space within it."""
    if line_end == "\n":
        text = text.rstrip("\r")
    return text.replace("\r", " ").replace("\n", " ") if "\r" in text or "\n" in text else text


def _checked(line: Line) -> Line:
    _require_end(line.text, line.number, MAX_LINE)
    return line


def _require_end(rest: bytes | str, number: int, most: int = 4 * MAX_LINE) -> None:
    if len(rest) > most:
        raise BadFile(f"Line {number} is longer than {MAX_LINE // 1024} kB: is this a CSV file?")


def _wide(head: bytes) -> str:
    """UTF-16 without a mark: most of its letters are ASCII's, so every other byte is zero."""
    sample = head[: 1000 - len(head) % 2]
    zeros = sample[::2].count(0), sample[1::2].count(0)
    if 2 * max(zeros) < len(sample) // 2 or 4 * min(zeros) > max(zeros):
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _line_end(head: bytes, encoding: str) -> str:
    """That of most lines: old spreadsheets on a Mac end them with a carriage return."""
    text = head.decode(encoding if encoding in _WIDE else _BYTES, "replace")
    return "\r" if text.count("\r") - text.count("\r\n") > text.count("\n") else "\n"
