"""A mapping: how the rows of an ERP's import file are made from payouts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Rows = Literal["payouts", "entries"]
On = Literal["first", "debit", "credit"]
"""In which rows of an entry a column is filled."""
AMOUNTS = frozenset(
    ["payout.net", "payout.tax", "payout.total", "entry.debit", "entry.credit", "entry.amount"],
)
DATES = frozenset(["run.date"])
_TEXTS = frozenset(
    [
        "run.number",
        "run.period",
        "payout.number",
        "payout.index",
        "payout.currency",
        "partner.name",
        "partner.erp_reference",
        "partner.tax_code",
        "entry.number",
        "entry.account",
    ]
)
FIELDS = AMOUNTS | DATES | _TEXTS
"""What a value may name, beside `settings.` and one of the mapping's own."""
_FIELD = re.compile(r"\{([a-z_]+\.[a-z0-9_]+)\}")


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    value: str
    """Text with fields in braces."""
    longest: int | None = None
    required: bool = False
    is_cut: bool = False
    """Where it is too long; amounts and dates never are."""
    on: On | None = None

    @property
    def alone(self) -> str | None:
        """The field that is all of the value."""
        found = _FIELD.fullmatch(self.value)
        return found[1] if found else None

    @property
    def is_text(self) -> bool:
        return self.alone not in AMOUNTS | DATES

    def filled(self, values: Mapping[str, str]) -> str:
        return _FIELD.sub(lambda found: values[found[1]], self.value)


@dataclass(frozen=True, slots=True)
class FileForm:
    encoding: str = "utf-8"
    delimiter: str = ","
    all_quoted: bool = False
    newline: str = "\r\n"
    bom: bool = False
    header: bool = True
    preamble: tuple[str, ...] = ()
    """Lines before the header, as they are."""


@dataclass(frozen=True, slots=True)
class ExportMapping:
    rows: Rows
    columns: tuple[Column, ...]
    currencies: bool = False
    """Whether one file may hold several."""
    date: str = "%Y-%m-%d"
    decimal: str = "."
    replace: Mapping[str, str] = field(default_factory=dict[str, str])
    file: FileForm = FileForm()
    settings: Mapping[str, str] = field(default_factory=dict[str, str])


def fields_in(value: str) -> tuple[list[str], bool]:
    """Those that it names, and whether it has a brace that is of none."""
    left = _FIELD.sub("", value)
    return _FIELD.findall(value), "{" in left or "}" in left


def can_be_written(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
