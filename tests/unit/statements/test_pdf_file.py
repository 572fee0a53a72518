"""A statement as PDF, read back by another library."""

import io
import subprocess
import sys
from datetime import date, timedelta
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from dealreg.statements import pdf_file
from dealreg.statements.fonts import REGULAR, width, wrapped
from dealreg.statements.layout import MARGIN, PAGE_WIDTH, Placed, pages
from dealreg.statements.model import Held, Statement
from tests.unit.statements.samples import line, statement


def read(of: Statement) -> PdfReader:
    return PdfReader(io.BytesIO(pdf_file.render(of)), strict=True)


def text_of(of: Statement) -> str:
    return "\n".join(page.extract_text() for page in read(of).pages)


def test_it_says_whose_it_is_what_it_comes_to_and_what_it_is_not() -> None:
    told = text_of(statement(line(), line(number=18, amount=-700, kind="clawback", reason_code="refund")))
    assert [said for said in told.splitlines() if said][:15] == [
        "Acme Analytics Ltd",
        "Commission statement S-2026-03-7K3M",
        "Partner: Nordlicht GmbH",
        "Period: 2026-03",
        "Currency: EUR",
        "State: closed",
        "Opening balance",
        "5.00 EUR",
        "accrual",
        "20.00 EUR",
        "clawback",
        "-7.00 EUR",
        "Closing balance",
        "18.00 EUR",
        "of which held until 2026-03-31",
    ]
    assert "This is not a tax invoice." in told
    assert "S-2026-03-7K3M · page 1 of 1" in told


def test_a_line_and_a_payout_say_all_that_the_csv_does() -> None:
    told = text_of(statement(line()))
    for said in ("17", "2026-03-01", "accrual payment", "D-7K3M-9Q2F", "Quarz GmbH", "in_1", "100.00"):
        assert said in told
    for said in ("gold-analytics v1", "20.00", "2026-03-31", "held", "20 % of 100.00 EUR (119.00 EUR paid, without"):
        assert said in told
    for said in ("P-7K3M-9Q2F", "paid", "2026-03-20", "SEPA 4711", "50.00"):
        assert said in told


def test_an_open_one_says_so() -> None:
    assert "State: open" in text_of(statement(line(), state="open"))


@pytest.mark.parametrize(
    "name", ["Łódź Żółć", "Ελληνική Εταιρεία", "Яковлев і Ґанок", "Nguyễn Việt", "Ğüneş İç", "Škoda", "Ærø ßmith"]
)
def test_names_are_read_in_latin_greek_and_cyrillic(name: str) -> None:
    told = text_of(statement(line(customer_name=name), partner=name, vendor=name))
    assert told.count(name) == 3
    assert "\ufffd" not in told


@pytest.mark.parametrize("name", ["株式会社クオーツ", "쿼츠 주식회사", "קוורץ", "شركة", "Quarz 😀"])
def test_what_the_font_lacks_is_seen_to_be_lacking(name: str) -> None:
    told = text_of(statement(line(customer_name=name)))
    assert "\ufffd" in told
    assert "stands for a letter that this file's font lacks; the CSV file has it." in told


def test_each_page_has_its_number_the_titles_and_no_line_twice() -> None:
    of = statement(*(line(number=number, sale_id=f"in_{number}.") for number in range(1, 201)))
    read_pages = [page.extract_text() for page in read(of).pages]
    assert len(read_pages) > 3
    for number, page in enumerate(read_pages, 1):
        assert f"page {number} of {len(read_pages)}" in page
        assert page.count("Customer") == 1
    told = "\n".join(read_pages)
    assert [told.count(f"in_{number}.") for number in range(1, 201)] == [1] * 200


def test_a_thousand_lines_can_be_made() -> None:
    of = statement(*(line(number=number) for number in range(1, 1001)))
    assert len(read(of).pages) > 30


def test_the_same_statement_is_the_same_bytes_whatever_was_made_before_it() -> None:
    of = statement(line(customer_name="Łódź"))
    first = pdf_file.render(of)
    pdf_file.render(statement(line(customer_name="Яковлев"), partner="Ελλάς"))
    assert pdf_file.render(of) == first


def test_the_same_statement_is_the_same_bytes_in_another_process() -> None:
    program = (
        "import sys; from tests.unit.statements.samples import *; from dealreg.statements import pdf_file; "
        "sys.stdout.buffer.write(pdf_file.render(statement(line())))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": ":".join(sys.path)}, capture_output=True, check=True
    )
    assert done.stdout == pdf_file.render(statement(line()))


def test_its_fonts_are_embedded() -> None:
    page = cast("Any", read(statement(line())).pages[0])
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    used = [font for font in fonts if "Roboto" in font["/BaseFont"]]
    assert used
    assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in used)


@given(st.text(max_size=300), st.text(max_size=2500), st.integers(-(10**14), 10**14))
@settings(max_examples=60)
def test_nothing_leaves_the_page(name: str, text: str, amount: int) -> None:
    held = tuple(Held(date(2026, 4, 1) + timedelta(days=day), 1) for day in range(50))
    of = statement(line(customer_name=name, text=text, amount=amount, rule=name), partner=name, held=held)
    placed = [one for page in pages(of) for one in page]
    assert all(min(one.y, one.left) >= MARGIN for one in placed)
    assert all(_right(one) <= PAGE_WIDTH - MARGIN + 1 for one in placed)


def _right(one: Placed) -> float:
    return one.left + width(one.text, one.font, one.size)


@given(st.text("ab ", max_size=60), st.integers(10, 80))
def test_a_text_is_wrapped_without_losing_a_letter(text: str, room: int) -> None:
    lines = wrapped(text, REGULAR, 7.5, room, 1000)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(one, REGULAR, 7.5) <= room for one in lines)


def test_a_text_without_end_is_cut_and_says_so() -> None:
    assert wrapped("word " * 1000, REGULAR, 7.5, 100, 3)[2].endswith("…")
    assert len(wrapped("x" * 5000, REGULAR, 7.5, 100, 3)) == 3
