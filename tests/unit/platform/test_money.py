from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.money import Money, decimals, parse_money

currencies = st.sampled_from(["EUR", "USD", "JPY", "KRW", "KWD", "BHD", "GBP"])


@given(st.integers(0, 10**15 - 1), currencies)
def test_what_is_written_is_read_back(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    assert parse_money(money.amount, currency) == money


@given(st.integers(0, 10**15 - 1), currencies)
def test_an_amount_is_worth_its_minor_units(minor: int, currency: str) -> None:
    assert Decimal(Money(minor, currency).amount) * 10 ** decimals(currency) == minor


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("48000", "EUR", 4_800_000), ("0.5", "EUR", 50), ("1", "JPY", 1), ("1.234", "KWD", 1234), ("007", "EUR", 700)],
)
def test_amounts_in_minor_units(amount: str, currency: str, minor: int) -> None:
    assert parse_money(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize("amount", ["", "-1", "+1", "1,5", "1.", ".5", "1e3", "٣", "1 000", "NaN", "1\n", "9" * 16])
def test_an_amount_is_digits_with_a_point(amount: str) -> None:
    with pytest.raises(ValueError, match="digits with a point"):
        parse_money(amount, "EUR")


@pytest.mark.parametrize(("amount", "currency"), [("1.005", "EUR"), ("1.0", "JPY")])
def test_money_is_never_rounded(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match="after the point"):
        parse_money(amount, currency)


@pytest.mark.parametrize("currency", ["", "eur", "XXX", "EURO", "€"])
def test_a_currency_is_one_of_iso_4217(currency: str) -> None:
    with pytest.raises(ValueError, match="three-letter currency code"):
        parse_money("1", currency)
