"""The arithmetic that a finance person follows: exact, rounded half up, shared out to the last cent."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.commissions.arithmetic import base, commission, converted, divide, half_up, own_weight, set_off
from dealreg.commissions.plans import Rate, Rule, Step

MINOR = st.integers(0, 10**12)
PERCENTS = st.lists(st.integers(1, 5000), min_size=1, max_size=10).map(
    lambda parts: [Fraction(100 * part, sum(parts)) for part in parts]
)


def percent(value: str) -> Rate:
    return Rate((Step(0, Fraction(value) / 100),))


def steps(*pairs: tuple[int, str], whole: bool = False, counts_sales: bool = False) -> Rate:
    unit = 1 if counts_sales else 100
    return Rate(tuple(Step(start, Fraction(value) / unit) for start, value in pairs), counts_sales, whole)


def paid(rate: Rate, base_sum: int, sales: int = 1, floor: int | None = None, ceiling: int | None = None) -> int:
    return commission(Rule("r", 0, rate, floor=floor, ceiling=ceiling), base_sum, sales)


@given(MINOR, st.integers(1, 10**6))
def test_half_a_cent_is_rounded_up(numerator: int, denominator: int) -> None:
    exact = Decimal(numerator) / Decimal(denominator)
    expected = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    assert half_up(Fraction(numerator, denominator)) == expected
    assert half_up(Fraction(2 * numerator + 1, 2)) == numerator + 1


@pytest.mark.parametrize(
    ("sums", "weights"),
    [
        ([100, 50], [100, 50]),
        ([100, -30, 50], [70, 0, 50]),  # from the first in the plan's order
        ([20, -30, 50], [0, 0, 40]),  # what is left of it from the next
        ([-30, 20], [0, 0]),  # and no further than there is
        ([-10, 30, -10], [0, 10, 0]),
        ([5, -1], [4, 0]),
        ([], []),
    ],
)
def test_credits_are_set_off_against_the_other_rules(sums: list[int], weights: list[int]) -> None:
    assert set_off(sums) == weights


def test_an_added_rules_credits_stay_within_it() -> None:
    assert (own_weight(-5), own_weight(5)) == (0, 5)


def test_the_base_is_the_part_of_the_net_without_tax() -> None:
    assert base(net=31700, weight=29412, total=35000) == 26639
    assert base(net=100, weight=1, total=0) == 0
    assert base(net=1, weight=1, total=1) == 1


@pytest.mark.parametrize(
    ("amount", "rate", "digits", "into", "expected"),
    [(10000, "1.1", 2, 2, 11000), (10000, "160.255", 2, 0, 16026), (100, "0.00613", 0, 2, 61), (1, "0.5", 3, 3, 1)],
)
def test_an_amount_is_converted_into_another_currencys_digits(
    amount: int, rate: str, digits: int, into: int, expected: int
) -> None:
    assert converted(amount, Fraction(rate), digits, into) == expected


class TestCommission:
    def test_percents_are_of_the_base(self) -> None:
        assert paid(percent("17.5"), 29412) == 5147

    def test_a_flat_amount_is_for_each_sale(self) -> None:
        assert paid(steps((0, "5000"), counts_sales=True), 1, sales=3) == 15000

    @pytest.mark.parametrize(("money", "expected"), [(0, 0), (90000, 4500), (100000, 5000), (120000, 6600)])
    def test_marginal_steps_pay_for_what_is_above_them(self, money: int, expected: int) -> None:
        assert paid(steps((0, "5"), (100000, "8")), money) == expected

    @pytest.mark.parametrize(("money", "expected"), [(0, 0), (99999, 5000), (100000, 8000), (120000, 9600)])
    def test_whole_steps_pay_for_all(self, money: int, expected: int) -> None:
        assert paid(steps((0, "5"), (100000, "8"), whole=True), money) == expected

    @pytest.mark.parametrize(("whole", "sales", "expected"), [(False, 4, 5000), (True, 4, 8000), (True, 2, 2000)])
    def test_steps_of_flat_amounts_count_sales(self, whole: bool, sales: int, expected: int) -> None:
        rate = steps((0, "1000"), (3, "2000"), whole=whole, counts_sales=True)
        assert paid(rate, 1, sales) == expected

    def test_a_floor_counts_as_soon_as_there_is_a_base(self) -> None:
        assert [paid(percent("10"), money, floor=500) for money in (0, 1, 5000, 5010)] == [0, 500, 500, 501]

    def test_the_ceiling_comes_after_the_floor(self) -> None:
        assert [paid(percent("10"), money, floor=500, ceiling=500) for money in (0, 1, 9000)] == [0, 500, 500]

    @given(MINOR, MINOR, st.integers(0, 100))
    def test_more_money_never_earns_less_by_marginal_steps(self, one: int, more: int, start: int) -> None:
        rate = steps((0, "5"), (start + 1, "3.25"), (start + 10, "0"))
        assert paid(rate, one) <= paid(rate, one + more)


class TestDivide:
    def test_the_odd_cent_goes_to_the_largest_remainder_and_of_equals_to_the_first(self) -> None:
        assert divide(1001, [Fraction(50), Fraction(50)]) == [501, 500]
        assert divide(100, [Fraction("33.33"), Fraction("33.33"), Fraction("33.34")]) == [33, 33, 34]

    @given(MINOR, PERCENTS)
    def test_shares_come_to_the_whole_and_are_less_than_a_cent_off(self, amount: int, percents: list[Fraction]) -> None:
        shares = divide(amount, percents)
        assert sum(shares) == amount
        assert all(abs(share - amount * one / 100) < 1 for share, one in zip(shares, percents, strict=True))
