from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.money import CURRENCIES, Money, decimals, parse_money

currencies = st.sampled_from(sorted(CURRENCIES))
moneys = st.builds(Money, st.integers(-(10**15) + 1, 10**15 - 1), currencies)


@given(moneys)
def test_what_is_written_is_read_back(money: Money) -> None:
    assert parse_money(money.amount, money.currency, signed=True) == money


@given(moneys)
def test_an_amount_is_worth_its_minor_units(money: Money) -> None:
    assert Decimal(money.amount) * 10 ** decimals(money.currency) == money.minor


@given(st.integers(1, 10**15 - 1), currencies)
def test_an_amount_below_zero_is_refused_where_nobody_asked_for_a_sign(minor: int, currency: str) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        parse_money(Money(-minor, currency).amount, currency)


@pytest.mark.parametrize(
    ("money", "amount"),
    [
        (Money(-150, "EUR"), "-1.50"),
        (Money(-50, "EUR"), "-0.50"),
        (Money(-1, "JPY"), "-1"),
        (Money(-1, "KWD"), "-0.001"),
        (Money(0, "EUR"), "0.00"),
    ],
)
def test_amounts_below_zero_are_written_with_their_sign(money: Money, amount: str) -> None:
    assert money.amount == amount


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("48000", "EUR", 4_800_000), ("0.5", "EUR", 50), ("1", "JPY", 1), ("1.234", "KWD", 1234), ("007", "EUR", 700)],
)
def test_amounts_in_minor_units(amount: str, currency: str, minor: int) -> None:
    assert parse_money(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize("amount", ["", "-", "+1", "1,5", "1.", ".5", "1e3", "٣", "1 000", "NaN", "1\n", "9" * 16])
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


def test_money_is_sent_as_its_amount_and_its_currency() -> None:
    assert Money(150, "EUR").to_wire() == {"amount": "1.50", "currency": "EUR"}
