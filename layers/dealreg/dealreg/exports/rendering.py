"""An ERP's import file of a payout run: the same mapping, run and payouts are the same bytes. Pure.

A file with a wrong cell is none: it is refused with all of them.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dealreg.exports.mappings import Column, ExportMapping, can_be_written
from dealreg.platform import cells
from dealreg.platform.errors import ExportRefused
from dealreg.platform.money import Money
from dealreg.platform.replies import CellProblemView

Code = Literal["missing", "too_long", "not_encodable", "several_currencies", "unbalanced"]


@dataclass(frozen=True, slots=True)
class ExportedRun:
    number: str
    date: date
    """Of the documents."""
    period: str


@dataclass(frozen=True, slots=True)
class ExportedPayout:
    """Amounts in minor units of its currency."""

    id: str
    number: str
    currency: str
    net: int
    tax: int
    total: int
    partner_name: str
    erp_reference: str
    tax_code: str = ""


@dataclass(frozen=True, slots=True)
class ExportFile:
    content: bytes
    rows: int
    """Without preamble and header."""


@dataclass(frozen=True, slots=True)
class _EntryRow:
    number: int
    account: str
    """The setting that has it."""
    debit: int = 0
    credit: int = 0


def render(mapping: ExportMapping, run: ExportedRun, payouts: Sequence[ExportedPayout]) -> ExportFile:
    """Raises ExportRefused with every cell that is wrong."""
    ordered = sorted(payouts, key=lambda payout: (payout.erp_reference, payout.number))
    problems, rows = list(_problems_of_payouts(mapping, ordered)), list[list[str]]()
    for index, payout in enumerate(ordered, 1):
        for entry in _entry_rows(payout) if mapping.rows == "entries" else [None]:
            values = _values(mapping, run, payout, index, entry)
            row = {column: _cell(mapping, column, values) for column in mapping.columns if _is_filled(column, entry)}
            for column, cell in row.items():
                problems += [_problem(payout, column.name, code) for code in _faults(mapping, column, cell)]
            rows.append([row.get(column, "") for column in mapping.columns])
    if problems:
        raise ExportRefused("Nothing was written: correct these cells first.", problems=problems)
    return ExportFile(_written(mapping, rows), len(rows))


def _problems_of_payouts(mapping: ExportMapping, ordered: Sequence[ExportedPayout]) -> Iterator[CellProblemView]:
    for payout in ordered:
        if not mapping.currencies and payout.currency != ordered[0].currency:
            yield _problem(payout, None, "several_currencies")
        if payout.net + payout.tax != payout.total:
            yield _problem(payout, None, "unbalanced")


def _problem(payout: ExportedPayout, column: str | None, code: Code) -> CellProblemView:
    return {"payout": payout.number, "payout_id": payout.id, "column": column, "code": code}


# ---- rows -----------------------------------------------------------------------------------------------------------


def _entry_rows(payout: ExportedPayout) -> list[_EntryRow]:
    """Expense and any tax to debit, the partner to credit."""
    debits = [("expense_account", payout.net), ("tax_account", payout.tax)]
    rows = [(account, amount, 0) for account, amount in debits if amount]
    rows.append(("payable_account", 0, payout.total))
    return [_EntryRow(number, *row) for number, row in enumerate(rows, 1)]


def _is_filled(column: Column, entry: _EntryRow | None) -> bool:
    if entry is None or column.on is None:
        return True
    return {"first": entry.number == 1, "debit": bool(entry.debit), "credit": bool(entry.credit)}[column.on]


def _values(
    mapping: ExportMapping, run: ExportedRun, payout: ExportedPayout, index: int, entry: _EntryRow | None
) -> Mapping[str, str]:
    """By field, as they are written."""

    def amount(minor: int) -> str:
        return Money(minor, payout.currency).amount.replace(".", mapping.decimal)

    values = {
        "run.number": run.number,
        "run.date": run.date.strftime(mapping.date),
        "run.period": run.period,
        "payout.number": payout.number,
        "payout.index": str(index),
        "payout.net": amount(payout.net),
        "payout.tax": amount(payout.tax),
        "payout.total": amount(payout.total),
        "payout.currency": payout.currency,
        "partner.name": payout.partner_name,
        "partner.erp_reference": payout.erp_reference,
        "partner.tax_code": payout.tax_code,
    }
    if entry:
        values |= {
            "entry.number": str(entry.number),
            "entry.account": mapping.settings.get(entry.account, ""),
            "entry.debit": amount(entry.debit) if entry.debit else "",
            "entry.credit": amount(entry.credit) if entry.credit else "",
            "entry.amount": amount(entry.debit - entry.credit),
        }
    return values | {f"settings.{name}": text for name, text in mapping.settings.items()}


# ---- cells ----------------------------------------------------------------------------------------------------------


def _cell(mapping: ExportMapping, column: Column, values: Mapping[str, str]) -> str:
    filled = column.filled(values)
    if not column.is_text:
        return filled
    text = cells.no_formula(_replaced(cells.plain(filled), mapping.replace))
    return text[: column.longest] if column.is_cut else text


def _replaced(text: str, replace: Mapping[str, str]) -> str:
    """In one pass, the longest first: what was put in is not replaced again."""
    if not replace:
        return text
    known = {cells.plain(old): new for old, new in replace.items()}
    pattern = "|".join(map(re.escape, sorted(known, key=len, reverse=True)))
    return re.sub(pattern, lambda found: known[found[0]], text)


def _faults(mapping: ExportMapping, column: Column, cell: str) -> Iterator[Code]:
    if column.required and not cell.strip():
        yield "missing"
    if column.longest is not None and len(cell) > column.longest:
        yield "too_long"
    if not can_be_written(cell, mapping.file.encoding):
        yield "not_encodable"


def _written(mapping: ExportMapping, rows: Sequence[Sequence[str]]) -> bytes:
    form = mapping.file
    header = [[column.name for column in mapping.columns]] if form.header else []
    lines = [cells.row(row, form.delimiter, all_quoted=form.all_quoted) for row in [*header, *rows]]
    text = "".join(f"{line}{form.newline}" for line in [*form.preamble, *lines])
    return (codecs.BOM_UTF8 if form.bom else b"") + text.encode(form.encoding)
