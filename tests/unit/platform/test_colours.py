"""Any colour that a vendor may choose: text on it and in it can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.colours import BLACK, READABLE, WHITE, contrast, ink_on, readable_on

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        (WHITE, BLACK, 21),
        (BLACK, BLACK, 1),
        ("#777777", WHITE, 4.48),
        ("#ff0000", WHITE, 4.0),
        ("#0000ff", WHITE, 8.59),
    ],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one)
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)


@given(COLOURS)
def test_white_or_black_can_be_read_on_any_colour(ground: str) -> None:
    assert ink_on(ground) in (WHITE, BLACK)
    assert contrast(ink_on(ground), ground) >= READABLE


@given(COLOURS, COLOURS)
def test_any_colour_becomes_one_that_can_be_read_on_a_ground(ground: str, colour: str) -> None:
    assert contrast(readable_on(ground, colour), ground) >= READABLE


@given(COLOURS, COLOURS)
def test_a_colour_that_can_be_read_stays_as_it_is(ground: str, colour: str) -> None:
    if contrast(colour, ground) >= READABLE:
        assert readable_on(ground, colour) == colour
