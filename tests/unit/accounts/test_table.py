"""The file of an import: cut where no record is cut, and every row read once, with its line."""

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dealreg.accounts.imports.layout import read_header
from dealreg.accounts.imports.lines import BadFile
from dealreg.accounts.imports.table import Plan, Row, plan, read_rows
from dealreg.matching.rules import Ownership

HEADER = ["external_id", "name", "ownership"]
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)


def rows_of(text: str, size: int = 1 << 20) -> list[Row]:
    content = text.encode()
    made = plan([content], None, size, 500)
    return [row for piece in pieces_of(content, made) for row in piece]


def pieces_of(content: bytes, made: Plan) -> list[list[Row]]:
    return [
        list(read_rows(content[chunk.start : chunk.end], made.layout, chunk.first_line, "crm")) for chunk in made.chunks
    ]


def file_of(*lines: str, header: str = "external_id,name,ownership") -> str:
    return "\n".join([header, *lines]) + "\n"


class TestRows:
    def test_a_row_is_an_account(self) -> None:
        header = "external_id,name,aliases,domains,country,tax_id,lei,duns,ownership"
        line = 'A1," Kranz, AG ",Kranz|K AG,kranz.de| www.kranz.ch,de,DE136695976,529900T8BM49AURSDO55,,customer'
        (row,) = rows_of(file_of(line, header=header))
        account = row.account
        assert account is not None
        assert (row.line, row.faults, account.name, account.aliases) == (2, (), "Kranz, AG", ["Kranz", "K AG"])
        assert (account.domains, account.country, account.source) == (["kranz.de", "kranz.ch"], "DE", "crm")
        assert account.ownership is Ownership.CUSTOMER
        assert (account.tax_id, account.lei, account.duns) == ("DE136695976", "529900T8BM49AURSDO55", None)

    @pytest.mark.parametrize(
        ("line", "field"),
        [
            (",Kranz,customer", "external_id"),
            ("A1,,customer", "name"),
            ("A1,?,customer", "name"),
            ("A1,Kranz,friend", "ownership"),
            ("A1,Kranz,", "ownership"),
            ("A1,Kranz", "ownership"),
            ("A1,Kranz,customer,more", "row"),
            ("A1," + "x" * 201 + ",customer", "name"),
        ],
    )
    def test_a_fault_names_line_and_field(self, line: str, field: str) -> None:
        fine, bad = rows_of(file_of("A0,Fine,customer", line))
        assert (fine.faults, bad.account, bad.line) == ((), None, 3)
        assert [fault.field for fault in bad.faults] == [field]

    def test_every_fault_of_a_row_is_told(self) -> None:
        (row,) = rows_of(file_of("A1,?,friend"))
        assert {fault.field for fault in row.faults} == {"name", "ownership"}

    @pytest.mark.parametrize(("text", "is_deleted"), [("", False), ("false", False), ("TRUE", True), ("1", True)])
    def test_a_deleted_row_needs_no_more_than_its_id(self, text: str, is_deleted: bool) -> None:
        (row,) = rows_of(file_of(f"A1,Kranz,customer,{text}", header="external_id,name,ownership,deleted"))
        assert (row.account is None, row.faults) == (is_deleted, ())
        (row,) = rows_of(file_of("A1,,,perhaps", header="external_id,name,ownership,deleted"))
        assert [fault.field for fault in row.faults] == ["deleted"]

    def test_bytes_that_are_no_utf8_are_a_fault_of_their_row(self) -> None:
        content = file_of("A1,M\u00fcller,customer").encode("latin-1") + "A2,Wei\u00df,customer\n".encode()
        ((first, second),) = pieces_of(content, plan([content], None, 1 << 20, 500))
        assert [fault.message for fault in first.faults] == ["This is not UTF-8, as the rest of the file is."]
        assert second.account is not None and second.account.name == "Wei\u00df"

    def test_empty_lines_and_carriage_returns_are_no_rows(self) -> None:
        rows = rows_of(file_of("A1,Kranz,customer\r", "", ",,", "A2,Kranz,customer\r"))
        assert [(row.external_id, row.line) for row in rows] == [("A1", 2), ("A2", 5)]

    def test_a_byte_order_mark_is_passed_over(self) -> None:
        assert [row.external_id for row in rows_of("\ufeff" + file_of("A1,Kranz,customer"))] == ["A1"]


class TestHeader:
    def test_its_order_and_case_are_free(self) -> None:
        assert read_header(["Name", " ownership", "EXTERNAL_ID"]) == ["name", "ownership", "external_id"]

    @pytest.mark.parametrize("header", [["name"], [*HEADER, "colour"], [*HEADER, "name"], [""]])
    def test_what_is_missing_or_unknown_is_told(self, header: list[str]) -> None:
        with pytest.raises(BadFile):
            read_header(header)

    @pytest.mark.parametrize("content", [b"", b"\n", b'external_id,name,ownership\nA1,"' + b"x" * 70_000])
    def test_what_is_no_table_is_told(self, content: bytes) -> None:
        with pytest.raises(BadFile):
            plan([content], None, 1000, 500)


class TestSplitting:
    @given(st.lists(st.tuples(CELLS, CELLS), max_size=30), st.integers(1, 200), st.integers(1, 9))
    @example([("\r", "\r"), ("\r", "\r")], 2, 1)
    def test_the_chunks_are_the_file_and_cut_no_record(
        self, cells: list[tuple[str, str]], size: int, most_rows: int
    ) -> None:
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(HEADER)
        writer.writerows((f"A{place}", *pair) for place, pair in enumerate(cells))
        content = text.getvalue().encode()
        made = plan([content], None, size, most_rows)
        chunks = made.chunks
        assert all(chunk.rows <= most_rows for chunk in chunks)
        assert all(one.end == other.start for one, other in pairwise(chunks))
        assert not chunks or not content[chunks[-1].end :].strip()  # empty lines at the end are in none
        assert sum(chunk.rows for chunk in chunks) == len(cells)
        pieces = pieces_of(content, made)
        assert [row.external_id for rows in pieces for row in rows] == [f"A{place}" for place in range(len(cells))]
        assert [len(rows) for rows in pieces] == [chunk.rows for chunk in chunks]
        whole = rows_of(text.getvalue())
        assert [row.line for rows in pieces for row in rows] == [row.line for row in whole]

    def test_a_stray_quote_does_not_join_records(self) -> None:
        rows = rows_of(file_of('A1,5" pipes,customer', "A2,Kranz,customer"), size=1)
        assert [row.external_id for row in rows] == ["A1", "A2"]
