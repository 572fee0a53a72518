from datetime import date
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, field_validator

from dealreg.platform.errors import InvalidInput, Malformed
from dealreg.platform.validation import Input, parse, parse_values


class Inner(Input):
    name: Annotated[str, Field(min_length=2, max_length=5)]


class Thing(Input):
    inner: Inner
    many: Annotated[list[Inner], Field(max_length=2)] = Field(default_factory=list[Inner])
    count: Annotated[int, Field(ge=1)] = 1
    day: Annotated[date, Field(strict=False)] | None = None
    size: Literal["small", "large"] = "small"

    @field_validator("count")
    @classmethod
    def is_lucky(cls, value: int) -> int:
        if value == 13:
            raise ValueError("Not this one.")
        return value


def faults(body: bytes) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        parse(Thing, body)
    return {fault.field: fault.message for fault in refused.value.errors}


def test_every_fault_is_found_at_once_and_named_by_its_path() -> None:
    body = b'{"inner": {}, "many": [{"name": "ab"}, {"name": "toolong"}], "count": "1", "size": "huge", "extra": 1}'
    assert faults(body) == {
        "inner.name": "This is required.",
        "many.1.name": "This is too long: at most 5 characters.",
        "count": "Use a whole number.",
        "size": "Use one of 'small' or 'large'.",
        "extra": "This field is not known.",
    }


def test_a_validators_own_words_are_used() -> None:
    assert faults(b'{"inner": {"name": "ab"}, "count": 13}') == {"count": "Not this one."}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        (b"[]", "body", "Give an object."),
        (b"null", "body", "Give an object."),
        (b'{"inner": []}', "inner", "Give an object."),
        (b'{"inner": {"name": 1}}', "inner.name", "Write this as text."),
        (b'{"inner": {"name": "ab"}, "many": {}}', "many", "Give a list."),
        (b'{"inner": {"name": "ab"}, "count": 0}', "count", "Use 1 or more."),
        (b'{"inner": {"name": "ab"}, "day": "28.2.2027"}', "day", "Write the date as YYYY-MM-DD."),
    ],
)
def test_faults_are_in_words_for_people(body: bytes, field: str, message: str) -> None:
    assert faults(body) == {field: message}


@pytest.mark.parametrize("body", [b"", b"{", b'{"inner": NaN', b"\xff", b'{"a": "\\ud800"}'])
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        parse(Thing, body)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with pytest.raises((InvalidInput, Malformed)):
        parse(Thing, body)


def test_spaces_around_text_do_not_count() -> None:
    assert parse_values(Thing, {"inner": {"name": " ab "}}).inner.name == "ab"
