"""Personal numbers with a date of birth: each day there is, in each century, and no other."""

from collections.abc import Callable

import pytest
from stdnum.bg import vat as bulgarian
from stdnum.cz import rc as czech
from stdnum.lv import pvn as latvian

from dealreg.matching import persons

DAYS = (28, 29, 30)
YEARS = (0, 3, 4, 53, 54, 79, 80, 84)
"""What a number says of the year: about the borders of what it means, and leap years."""


def taken(is_right: Callable[[str], bool], bodies: list[str]) -> list[str]:
    """With each digit that may stand at the end."""
    return [number for body in bodies for digit in "0123456789" if is_right(number := body + digit)]


@pytest.mark.parametrize("month", [0, 2, 12, 13, 20, 21, 22, 32, 33, 40, 41, 42, 52, 53])
def test_a_bulgarian_was_born_in_the_century_that_the_month_says(month: int) -> None:
    bodies = [f"{year:02}{month:02}{day:02}123" for year in YEARS for day in DAYS]
    assert taken(persons.is_bulgarian, bodies) == taken(bulgarian.is_valid, bodies)


@pytest.mark.parametrize("month", [0, 2, 12, 13, 20, 22, 50, 52, 63, 72, 83])
@pytest.mark.parametrize("serial", ["12", "123"])
def test_a_czech_was_born_in_the_century_that_the_length_says(month: int, serial: str) -> None:
    bodies = [f"{year:02}{month:02}{day:02}{serial}" for year in YEARS for day in DAYS]
    assert taken(persons.is_czech, bodies) == taken(czech.is_valid, bodies)


@pytest.mark.parametrize("century", range(3))
@pytest.mark.parametrize("month", [0, 2, 12, 13])
def test_a_latvian_was_born_in_the_century_that_a_digit_of_its_own_says(month: int, century: int) -> None:
    bodies = [f"{day:02}{month:02}{year:02}{century}123" for year in YEARS for day in DAYS]
    assert taken(persons.is_latvian, bodies) == taken(latvian.is_valid, bodies)
