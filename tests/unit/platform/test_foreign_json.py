"""JSON from strangers: what is taken is JSON and no more than we can keep; all else is one kind of fault."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.platform.foreign_json import MAX_DEPTH, ForeignJsonFault, parse

LARGE = 100_000
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
LEAVES = st.none() | st.booleans() | st.integers(-(10**37), 10**37) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    LEAVES | TEXTS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4), max_leaves=12
)


@given(JSON, st.booleans())
def test_what_a_well_behaved_sender_wrote_is_read_as_it_was_meant(content: Any, escaped: bool) -> None:
    text = json.dumps(content, ensure_ascii=escaped)
    assert parse(text, max_bytes=LARGE) == content
    assert parse(text.encode(), max_bytes=LARGE) == content


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_other_bytes_are_a_fault_and_nothing_worse(raw: bytes | str) -> None:
    try:
        parse(raw, max_bytes=LARGE)
    except ForeignJsonFault:
        return


@pytest.mark.parametrize(
    "raw",
    [
        "[" * 16_300,
        '{"a":' * 60_000,
        "[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1),
        '{"a":' * MAX_DEPTH + "{}" + "}" * MAX_DEPTH,
        '"\\ud800"',
        '{"\\ud800": 1}',
        '"\ud800"',
        '"\\u0000"',
        '{"a\\u0000": 1}',
        "1" * 39,
        "-" + "9" * 39,
        "1" * 5_000,
        "1e999",
        "NaN",
        "[Infinity]",
        '"' + "x" * LARGE + '"',
        "",
        b"\xff\xfe",
    ],
)
def test_what_would_break_a_reader_or_a_row_is_refused(raw: bytes | str) -> None:
    with pytest.raises(ForeignJsonFault):
        parse(raw, max_bytes=LARGE)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30, places=9))
def test_a_fraction_is_read_to_its_last_digit(written: Decimal) -> None:
    assert parse(f'{{"a": [{written:f}]}}', max_bytes=LARGE, exact=True) == {"a": [written]}


@pytest.mark.parametrize(
    "raw", ["1e-999999", "0.0e-999999999", "1e-99999999999999999999999", "1.5e400", "NaN", "[" * 90]
)
def test_a_fraction_that_cannot_be_written_out_is_refused(raw: str) -> None:
    with pytest.raises(ForeignJsonFault):
        parse(raw, max_bytes=LARGE, exact=True)


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_exactness_changes_nothing_of_what_is_taken(raw: bytes | str) -> None:
    for exact in (False, True):
        try:
            parse(raw, max_bytes=LARGE, exact=exact)
        except ForeignJsonFault:
            continue


def test_the_deepest_and_the_largest_that_are_taken() -> None:
    assert parse("[" * MAX_DEPTH + "]" * MAX_DEPTH, max_bytes=LARGE)
    assert parse("9" * 38, max_bytes=LARGE) == 10**38 - 1
    assert parse('"äöü"', max_bytes=8) == "äöü"
