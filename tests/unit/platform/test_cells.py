"""Cells of files that a spreadsheet opens."""

import csv
import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform import cells

TEXT = st.text(st.one_of(st.characters(codec="utf-8"), st.sampled_from("=+-@'\",; \t\r\n\x00\x85\u2028")))


@given(TEXT)
def test_a_plain_text_is_on_one_line_composed_and_stays_as_it_is(text: str) -> None:
    plain = cells.plain(text)
    assert "  " not in plain
    assert not [letter for letter in plain if unicodedata.category(letter) in ("Cc", "Zl", "Zp")]
    assert unicodedata.is_normalized("NFC", plain)
    assert cells.plain(plain) == plain


@given(TEXT)
def test_a_safe_text_is_no_formula(text: str) -> None:
    assert not cells.is_formula(cells.safe(text))
    assert cells.safe(text).removeprefix("'") == cells.plain(text).removeprefix("'")


@given(st.lists(TEXT, min_size=1, max_size=5), st.sampled_from(",;\t|"), st.booleans())
def test_a_row_reads_back(row: list[str], delimiter: str, all_quoted: bool) -> None:
    text = cells.row(row, delimiter, all_quoted=all_quoted) + "\r\n"
    read = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    assert read == [row]


@pytest.mark.parametrize(
    ("cell", "written"),
    [("a", "a"), ("a,b", '"a,b"'), ('a"b', '"a""b"'), (" a", '" a"'), ("a ", '"a "'), ("a\nb", '"a\nb"'), ("", '""')],
)
def test_a_cell_is_quoted_where_it_must_be(cell: str, written: str) -> None:
    assert cells.row([cell]) == written
