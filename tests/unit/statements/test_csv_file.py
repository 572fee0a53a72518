"""A statement as CSV."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.cells import FORMULA_SIGNS
from dealreg.statements import csv_file
from tests.unit.statements.samples import line, statement

HEADER = "number,date,kind,deal,customer,sale,base,currency,rule,version,amount,available,status,reason,text\n"


def test_a_line_is_a_row() -> None:
    assert csv_file.render(statement(line())).decode() == HEADER + (
        "17,2026-03-01,accrual,D-7K3M-9Q2F,Quarz GmbH,in_1,100.00,EUR,gold-analytics,1,20.00,2026-03-31,held,payment,"
        '"20 % of 100.00 EUR (119.00 EUR paid, without 19.00 EUR tax)."\n'
    )


def test_a_payout_has_no_deal_and_its_amount_keeps_its_sign() -> None:
    nothing = {"deal_number": "", "customer_name": "", "sale_id": "", "base": "", "rule": "", "version": None}
    paid = line(kind="payout", reason_code="payout", amount=-5_000, status="none", text="", **nothing)
    assert csv_file.render(statement(paid)).decode() == HEADER + (
        "17,2026-03-01,payout,,,,,EUR,,,-50.00,2026-03-31,none,payout,\n"
    )


def test_without_lines_it_is_a_header() -> None:
    assert csv_file.render(statement()).decode() == HEADER


def test_amounts_have_their_currencys_digits() -> None:
    assert b",JPY,gold-analytics,1,2000," in csv_file.render(statement(line(), currency="JPY"))


@given(st.text(), st.text(), st.text())
def test_whatever_is_in_it_reads_back_as_one_row_without_formulas(customer: str, sale: str, text: str) -> None:
    texts = [value.encode(errors="ignore").decode() for value in (customer, sale, text)]
    of = statement(line(customer_name=texts[0], sale_id=texts[1], text=texts[2]))
    content = csv_file.render(of)
    assert content == csv_file.render(of)
    header, row = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    assert len(header) == len(row)
    assert not [cell for cell in row if cell.strip().startswith(tuple(FORMULA_SIGNS))]
