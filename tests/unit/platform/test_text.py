"""Values as people read them."""

from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.money import CURRENCIES, Money, decimals
from dealreg.platform.text import day, moment, moment_with_weekday, money, one_line

EAST = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("48000.00", "EUR", "EUR 48,000"),
        ("7200.50", "SEK", "SEK 7,200.50"),
        ("1234567.89", "EUR", "EUR 1,234,567.89"),
        ("1900000", "JPY", "JPY 1,900,000"),
        ("7", "EUR", "EUR 7"),
        ("-0.50", "EUR", "EUR -0.50"),
        ("-48000.00", "EUR", "EUR -48,000"),
    ],
)
def test_money_is_easy_to_read(amount: str, currency: str, text: str) -> None:
    assert money({"amount": amount, "currency": currency}) == text


@given(st.builds(Money, st.integers(-(10**15), 10**15), st.sampled_from(sorted(CURRENCIES))))
def test_what_people_read_of_money_is_worth_the_same_in_either_form(value: Money) -> None:
    assert money(value) == money(value.to_wire())
    currency, text = money(value).split(" ")
    assert currency == value.currency
    assert Decimal(text.replace(",", "")) * 10 ** decimals(currency) == value.minor


@pytest.mark.parametrize(
    "when",
    [
        "2027-02-08",
        "2027-02-08T23:30:00.000Z",
        date(2027, 2, 8),
        datetime(2027, 2, 9, 0, 30, tzinfo=EAST),
    ],
)
def test_a_day_is_written_out(when: str | date) -> None:
    assert day(when) == "8 Feb 2027"


def test_a_moment_is_told_in_utc() -> None:
    assert moment("2026-11-23T05:37:00.000Z") == "23 Nov 2026, 05:37 UTC"
    assert moment(datetime(2026, 11, 23, 0, 37, tzinfo=EAST)) == "22 Nov 2026, 23:37 UTC"
    assert moment_with_weekday("2026-11-23T05:37:00.000Z") == "Monday, 23 Nov 2026, 05:37 UTC"


@given(st.text())
def test_one_line_is_one_printable_line(text: str) -> None:
    line = one_line(text, 50)
    assert line.isprintable()
    assert len(line) <= 50
    assert one_line(line, 50) == line
