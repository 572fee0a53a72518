"""What holds of every file, whatever partners are called and whatever a mapping says."""

import csv
import io
from collections import Counter
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from dealreg.exports.mappings import AMOUNTS, DATES, FIELDS, Column, ExportMapping, FileForm
from dealreg.exports.rendering import ExportedPayout, render
from dealreg.platform.cells import FORMULA_SIGNS
from dealreg.platform.errors import ExportRefused
from dealreg.platform.money import decimals
from tests.unit.exports.samples import RUN, payout

TEXT = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("=+-@,;|\"'\r\n\t \x00ŁłÜ")), max_size=12)
ENCODINGS = ["utf-8", "windows-1252", "us-ascii", "iso-8859-2"]
SETTINGS = {"expense_account": "6101", "tax_account": "1501", "payable_account": "2001"}


@st.composite
def payouts(draw: st.DrawFn, currencies: str = "EUR JPY KWD") -> ExportedPayout:
    return payout(
        number=draw(st.text("ABC123-", min_size=1, max_size=5)),
        currency=draw(st.sampled_from(currencies.split())),
        net=draw(st.integers(1, 10**12)),
        tax=draw(st.integers(0, 10**12)),
        partner_name=draw(TEXT),
        erp_reference=draw(TEXT),
        tax_code=draw(TEXT),
    )


@st.composite
def columns(draw: st.DrawFn, number: int) -> Column:
    fields = [f"{{{name}}}" for name in sorted(FIELDS)]
    parts = st.one_of(st.sampled_from(fields), st.sampled_from(["", " ", "=", "-", "A", ",", '"']))
    return Column(
        f"c{number}",
        "".join(draw(st.lists(parts, max_size=3))),
        longest=draw(st.none() | st.integers(1, 60)),
        required=draw(st.booleans()),
        is_cut=draw(st.booleans()),
        on=draw(st.sampled_from([None, None, "first", "debit", "credit"])),
    )


@st.composite
def mappings(draw: st.DrawFn) -> ExportMapping:
    form = FileForm(
        encoding=draw(st.sampled_from(ENCODINGS)),
        delimiter=draw(st.sampled_from(",;\t|")),
        all_quoted=draw(st.booleans()),
        newline=draw(st.sampled_from(["\n", "\r\n"])),
        header=draw(st.booleans()),
    )
    return ExportMapping(
        "entries",
        tuple(draw(columns(number)) for number in range(draw(st.integers(1, 4)))),
        currencies=True,
        decimal=draw(st.sampled_from(".,")),
        replace=draw(st.dictionaries(st.sampled_from("Łł€-"), st.sampled_from(["", "L", "EUR", "+"]), max_size=3)),
        file=form,
        settings=SETTINGS,
    )


@given(mappings(), st.lists(payouts(), max_size=3))
def test_a_file_reads_back_as_safe_cells_or_is_refused_for_cells_that_it_has(
    by: ExportMapping, paid: list[ExportedPayout]
) -> None:
    try:
        file = render(by, RUN, paid)
    except ExportRefused as refused:
        known = {(one.number, column.name) for one in paid for column in by.columns}
        assert {(one["payout"], one["column"]) for one in refused.extra["problems"]} <= known
        return
    assert file == render(by, RUN, paid[::-1]) or len({(one.erp_reference, one.number) for one in paid}) < len(paid)
    text = file.content.decode(by.file.encoding)
    assert text.endswith(by.file.newline) or not text
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=by.file.delimiter, strict=True))
    rows = read[1:] if by.file.header else read
    assert len(rows) == file.rows == sum(2 + (one.tax > 0) for one in paid)
    for row in rows:
        assert len(row) == len(by.columns)
        for column, cell in zip(by.columns, row, strict=True):
            assert column.longest is None or len(cell) <= column.longest
            assert cell.isprintable() or not set(cell) & set("\r\n\t\0")
            if column.alone not in AMOUNTS | DATES:
                assert cell.strip()[:1] not in tuple(FORMULA_SIGNS)


@given(st.lists(payouts(), max_size=5))
def test_entries_balance_in_each_currency(paid: list[ExportedPayout]) -> None:
    named = ["payout.currency", "entry.debit", "entry.credit", "entry.amount", "entry.account"]
    by = ExportMapping(
        "entries", tuple(Column(name, f"{{{name}}}") for name in named), currencies=True, settings=SETTINGS
    )
    text = render(by, RUN, paid).content.decode()
    sums = Counter[tuple[str, str]]()
    for row in csv.DictReader(io.StringIO(text, newline="")):
        currency = row["payout.currency"]
        debit, credit, amount = (Decimal(row[f"entry.{name}"] or 0) for name in ("debit", "credit", "amount"))
        assert (debit == 0) != (credit == 0)
        assert debit - credit == amount
        sums[currency, "balance"] += int(amount.scaleb(decimals(currency)))
        sums[currency, row["entry.account"]] += int(debit.scaleb(decimals(currency)))
    for currency in {one.currency for one in paid}:
        assert sums[currency, "balance"] == 0
        assert sums[currency, "6101"] == sum(one.net for one in paid if one.currency == currency)
        assert sums[currency, "1501"] == sum(one.tax for one in paid if one.currency == currency)


@given(st.lists(payouts(), min_size=2, max_size=4))
def test_several_currencies_are_refused_where_there_may_be_one(paid: list[ExportedPayout]) -> None:
    by = ExportMapping("payouts", (Column("x", "{payout.currency}"),))
    try:
        render(by, RUN, paid)
    except ExportRefused:
        assert len({one.currency for one in paid}) > 1
    else:
        assert len({one.currency for one in paid}) == 1
