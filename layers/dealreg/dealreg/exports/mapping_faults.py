"""What the parts of a mapping say of each other and cannot be written.

It goes by the body as it came, so that all is said at once, also of one whose fields cannot be read. Pure.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from dealreg.exports.mappings import FIELDS, can_be_written, fields_in
from dealreg.platform.cells import is_formula
from dealreg.platform.errors import FieldError
from dealreg.platform.foreign_json import list_in, object_in

Said = tuple[str, str]
"""A path, and what is wrong there."""
_FORMULA = "A spreadsheet would calculate this: begin with another sign than =, +, - or @."


def faults_of(body: Any, mapping_id: str, encodings: frozenset[str]) -> list[FieldError]:
    sent = object_in(body)
    file = object_in(sent.get("file"))
    named = file.get("encoding", "utf-8")
    encoding = named if isinstance(named, str) and named in encodings else "utf-8"
    found = [*_of_columns(sent, encoding), *_of_file(file, encoding)]
    if isinstance(sent.get("id"), str) and sent["id"] != mapping_id:
        found.append(("id", "The address names another mapping."))
    return [FieldError(at, message) for at, message in found]


def _of_columns(sent: Mapping[str, Any], encoding: str) -> Iterator[Said]:
    seen: set[str] = set()
    has_entries = sent.get("rows") == "entries"
    settings = {f"settings.{name}" for name in object_in(sent.get("settings"))}
    for number, column in enumerate(map(object_in, list_in(sent.get("columns")))):
        name, value = column.get("name"), column.get("value")
        if isinstance(name, str):
            yield from _of_written(f"columns.{number}.name", name, encoding)
            if name.strip() in seen:
                yield f"columns.{number}.name", "Another column has this name."
            seen.add(name.strip())
        if isinstance(value, str):
            yield from ((f"columns.{number}.value", message) for message in _of_value(value, settings, has_entries))
        if column.get("on") is not None and not has_entries:
            yield f"columns.{number}.on", 'A payout has one row: this is for "rows": "entries".'


def _of_value(value: str, settings: set[str], has_entries: bool) -> Iterator[str]:
    named, has_stray = fields_in(value)
    if has_stray:
        yield "Braces hold the name of a field, such as {payout.net}."
    for name in dict.fromkeys(named):
        if name not in FIELDS and name not in settings:
            yield f"There is no field {{{name[:60]}}}."
        elif name.startswith("entry.") and not has_entries:
            yield f'{{{name}}} is for "rows": "entries".'


def _of_file(file: Mapping[str, Any], encoding: str) -> Iterator[Said]:
    for number, line in enumerate(list_in(file.get("preamble"))):
        if isinstance(line, str):
            yield from _of_written(f"file.preamble.{number}", line, encoding)
    if file.get("bom") is True and encoding != "utf-8":
        yield "file.bom", "Only a file in utf-8 begins with one."


def _of_written(at: str, text: str, encoding: str) -> Iterator[Said]:
    if is_formula(text):
        yield at, _FORMULA
    if not can_be_written(text, encoding):
        yield at, f"This cannot be written in {encoding}."
