import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.pages.typed_amounts import wire_amount
from dealreg.platform.money import Money, parse_money
from tests.template import ROOT

GROUPS = (",", ".", " ", "'", "’", "\N{NARROW NO-BREAK SPACE}", "")
CASES = ROOT.parent / "shared/cases/form-amounts.json"


def read(text: str, currency: str) -> Money | None:
    try:
        return parse_money(wire_amount(text, currency), currency)
    except ValueError:
        return None


@given(
    st.integers(1, 10**12),
    st.integers(0, 99),
    st.sampled_from(GROUPS),
    st.booleans(),
    st.sampled_from(["{}", "€{}", "€ {}", "{} €", "EUR {}", "{} eur", " {}\t"]),
)
def test_an_amount_is_read_as_it_is_written_anywhere(
    whole: int, cents: int, group: str, with_cents: bool, around: str
) -> None:
    point = "," if group == "." else "."
    text = f"{whole:,}".replace(",", group) + (f"{point}{cents:02d}" if with_cents else "")
    assert read(around.format(text), "EUR") == Money(whole * 100 + (cents if with_cents else 0), "EUR")


@given(st.integers(1, 10**10), st.sampled_from(["EUR", "JPY", "KWD"]))
def test_an_amount_that_the_api_wrote_stays(minor: int, currency: str) -> None:
    assert read(Money(minor, currency).amount, currency) == Money(minor, currency)


@given(st.integers(1, 10**9), st.sampled_from(["٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "०१२३४५६७८९"]))
def test_digits_of_any_script_are_digits(whole: int, digits: str) -> None:
    assert read("".join(digits[int(digit)] for digit in str(whole)), "AED") == Money(whole * 100, "AED")


@given(st.text(st.sampled_from("0123456789.,'-€$ "), max_size=14), st.sampled_from(["EUR", "TND", "JPY"]))
def test_what_is_read_has_the_digits_that_were_typed(text: str, currency: str) -> None:
    amount = wire_amount(text, currency)
    assert [digit for digit in amount if digit.isdigit()] == [digit for digit in text if digit.isdigit()]


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("48.000,-", "EUR", "48000.00"),
        ("48.000,--", "EUR", "48000.00"),
        ("48'000.–", "CHF", "48000.00"),
        ("Fr. 48'000.50", "CHF", "48000.50"),
        ("$48,000", "CAD", "48000.00"),
        ("US$ 48,000.00", "USD", "48000.00"),
        ("12,34,567.50", "INR", "1234567.50"),
        ("₹4,80,000", "INR", "480000.00"),
        ("48 000,5 kr", "SEK", "48000.50"),
        ("٤٨٬٠٠٠٫٥", "AED", "48000.50"),
        ("12,500", "TND", "12.500"),
        ("12.500", "TND", "12.500"),
        ("1,234,567", "KWD", "1234567.000"),
        ("1.234,500", "KWD", "1234.500"),
        ("0,750", "KWD", "0.750"),
        ("1 500 000", "JPY", "1500000"),
    ],
)
def test_habits_of_countries(text: str, currency: str, amount: str) -> None:
    read_amount = read(text, currency)
    assert read_amount and read_amount.amount == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [("£1,500", "EUR"), ("1500 USD", "EUR"), ("$5", "JPY"), ("0,500", "EUR"), ("0.500", "EUR"), ("", "EUR"),
     ("a lot", "EUR"), ("12e3", "EUR"), ("1,2,3", "EUR"), ("48.00.00", "EUR"), ("-5", "EUR"), ("1,23.456,7", "EUR"),
     ("12-5", "EUR"), ("5 5 €€", "EUR"), ("48.000,50,-", "EUR"), ("1.00.000", "INR")],
)  # fmt: skip
def test_what_is_not_understood_is_a_fault_and_never_another_amount(text: str, currency: str) -> None:
    assert read(text, currency) is None


@pytest.mark.skipif(not CASES.exists(), reason="the cases from the field are not beside this checkout")
def test_the_cases_from_the_field() -> None:
    cases: list[dict[str, Any]] = json.loads(CASES.read_text())
    amounts = [read(case["amount"], case["currency"]) for case in cases]
    assert [found and found.amount for found in amounts] == [case["is"] for case in cases]
