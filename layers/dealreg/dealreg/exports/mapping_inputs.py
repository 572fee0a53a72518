"""A mapping as it is sent. What its parts say of each other is looked at in `mapping_faults`."""

import re
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints

from dealreg.exports.mapping_faults import faults_of
from dealreg.exports.mappings import Column, ExportMapping, FileForm, On, Rows
from dealreg.platform import foreign_json
from dealreg.platform.errors import FieldError, InvalidInput, Malformed, TooLarge
from dealreg.platform.fields import Line, Slug
from dealreg.platform.validation import Input, parse_values

MAX_BODY = 32 * 1024
_MAX_FAULTS = 50
_DIRECTIVE = re.compile(r"%[dmyYbBj%]")
Encoding = Literal[
    "utf-8", "us-ascii", "windows-1250", "windows-1251", "windows-1252", "windows-1253", "windows-1254",
    "windows-1257", "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-7", "iso-8859-9", "iso-8859-15",
]  # fmt: skip
ENCODINGS: frozenset[str] = frozenset(get_args(Encoding))
_NEWLINES = {"crlf": "\r\n", "lf": "\n"}


def _date_format(text: str) -> str:
    if "%" in _DIRECTIVE.sub("", text) or not re.search(r"%[dmyYbBj]", text):
        raise ValueError("Use %d, %m, %Y, %y, %b, %B and %j, such as %d/%m/%Y.")
    return text


_AS_IT_IS = ConfigDict(str_strip_whitespace=False)
"""A space may be what is replaced, or stand at the beginning of a company's own line."""
Replaced = Annotated[Line, Field(min_length=1, max_length=20)]
Replacing = Annotated[Line, Field(max_length=20)]
PreambleLine = Annotated[Line, Field(max_length=1000)]
SettingName = Annotated[Line, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
SettingText = Annotated[Line, StringConstraints(strip_whitespace=True), Field(max_length=100)]
DateFormat = Annotated[Line, Field(min_length=2, max_length=40), AfterValidator(_date_format)]


class FileInput(Input):
    model_config = _AS_IT_IS

    encoding: Encoding = "utf-8"
    delimiter: Literal[",", ";", "\t", "|"] = ","
    quote: Literal["needed", "all"] = "needed"
    newline: Literal["crlf", "lf"] = "crlf"
    bom: bool = False
    header: bool = True
    preamble: Annotated[list[PreambleLine], Field(max_length=20)] = Field(default_factory=list[str])

    def to_form(self) -> FileForm:
        return FileForm(
            encoding=self.encoding,
            delimiter=self.delimiter,
            all_quoted=self.quote == "all",
            newline=_NEWLINES[self.newline],
            bom=self.bom,
            header=self.header,
            preamble=tuple(self.preamble),
        )


class ColumnInput(Input):
    name: Annotated[Line, Field(min_length=1, max_length=100)]
    value: Annotated[Line, Field(max_length=300)] = ""
    max: Annotated[int, Field(ge=1, le=1000)] | None = None
    required: bool = False
    too_long: Literal["refuse", "cut"] = "refuse"
    on: On | None = None

    def to_column(self) -> Column:
        return Column(self.name, self.value, self.max, self.required, self.too_long == "cut", self.on)


class MappingInput(Input):
    model_config = _AS_IT_IS

    id: Slug | None = None
    version: int | None = None
    """The one that was seen, instead of If-Match."""
    rows: Rows
    currencies: bool = False
    date: DateFormat = "%Y-%m-%d"
    decimal: Literal[".", ","] = "."
    replace: Annotated[dict[Replaced, Replacing], Field(max_length=300)] = Field(default_factory=dict[str, str])
    file: FileInput = FileInput()
    settings: Annotated[dict[SettingName, SettingText], Field(max_length=50)] = Field(default_factory=dict[str, str])
    columns: Annotated[list[ColumnInput], Field(min_length=1, max_length=100)]

    def to_mapping(self) -> ExportMapping:
        """Of what has no faults."""
        return ExportMapping(
            rows=self.rows,
            columns=tuple(column.to_column() for column in self.columns),
            currencies=self.currencies,
            date=self.date,
            decimal=self.decimal,
            replace=self.replace,
            file=self.file.to_form(),
            settings=self.settings,
        )

    def written(self, mapping_id: str) -> dict[str, Any]:
        """As it is kept and shown, with defaults."""
        said = self.model_dump(mode="json", exclude_none=True, exclude={"id", "version"})
        return {"id": mapping_id, **said}


class _MappingName(Input):
    id: Slug


def read_mapping(mapping_id: str, body: bytes) -> MappingInput:
    """Raises InvalidInput with every fault, Malformed or TooLarge."""
    if len(body) > MAX_BODY:
        raise TooLarge(f"A mapping may have {MAX_BODY // 1024} kB at most.")
    try:
        content = foreign_json.parse(body, max_bytes=MAX_BODY)
    except foreign_json.ForeignJsonFault:
        raise Malformed("The body is not valid JSON.") from None
    faults, said = list[FieldError](), None
    try:
        parse_values(_MappingName, {"id": mapping_id})
    except InvalidInput as refused:
        faults += refused.errors
    try:
        said = parse_values(MappingInput, content)
    except InvalidInput as refused:
        faults += refused.errors
    known = {fault.field for fault in faults}
    faults += [fault for fault in faults_of(content, mapping_id, ENCODINGS) if fault.field not in known]
    if said is None or faults:
        raise InvalidInput(faults[:_MAX_FAULTS])
    return said


def mapping_of(written: dict[str, Any]) -> ExportMapping:
    """Of what is kept, which had no faults when it was sent."""
    return parse_values(MappingInput, written).to_mapping()
