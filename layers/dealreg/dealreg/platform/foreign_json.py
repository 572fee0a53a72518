"""JSON from strangers, read in one place: bounded, and only what can be stored and shown again."""

import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal, DecimalException
from typing import Any, cast

from pydantic_core import from_json

MAX_DEPTH = 64
MAX_INTEGER = 10**38
"""As DynamoDB: a number has 38 digits."""
MIN_EXPONENT = -400
"""Of the last digit of an exact fraction: lower than any float's."""


class ForeignJsonFault(ValueError):
    """Not JSON, or more than we take: too long, too deep, a number out of range, a NUL or half a surrogate pair."""


def parse(raw: bytes | str, *, max_bytes: int, exact: bool = False) -> Any:
    """RFC 8259 in UTF-8; fractions are floats or, if `exact`, Decimals. Raises ForeignJsonFault, and nothing else."""
    try:
        encoded = raw.encode() if isinstance(raw, str) else raw
        if len(encoded) > max_bytes:
            raise ForeignJsonFault(f"more than {max_bytes} bytes")
        content = from_json(encoded, allow_inf_nan=False)
    except ValueError as error:  # a surrogate that UTF-8 has no bytes for is one too
        raise ForeignJsonFault(str(error)) from None
    for value, depth in _walk(content):
        _check(value, depth)
    return json.loads(encoded, parse_float=_fraction) if exact else content


def object_in(value: Any) -> Mapping[str, Any]:
    """The value if it is an object, else an empty one: for who looks on however strange a body is."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def list_in(value: Any) -> list[Any]:
    """The same of a list."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def _fraction(text: str) -> Decimal:
    """One that can be written out: `1e-999999` would be a million digits."""
    try:
        value = Decimal(text)
    except DecimalException:
        raise ForeignJsonFault("a number out of range") from None
    if cast("int", value.as_tuple().exponent) < MIN_EXPONENT:
        raise ForeignJsonFault("a number out of range")
    return value


def _walk(content: Any) -> Iterator[tuple[Any, int]]:
    """Every key and value with its depth, without recursion."""
    waiting: list[tuple[Any, int]] = [(content, 1)]
    while waiting:
        value, depth = waiting.pop()
        yield value, depth
        if isinstance(value, dict):
            held = cast("dict[str, Any]", value)
            waiting += [(inner, depth + 1) for pair in held.items() for inner in pair]
        elif isinstance(value, list):
            waiting += [(inner, depth + 1) for inner in cast("list[Any]", value)]


def _check(value: Any, depth: int) -> None:
    match value:
        case str() if "\0" in value:
            raise ForeignJsonFault("a text with a NUL")
        case bool():
            return
        case int() if abs(value) >= MAX_INTEGER:
            raise ForeignJsonFault("a number out of range")
        case float() if not math.isfinite(value):
            raise ForeignJsonFault("a number out of range")
        case dict() | list() if depth > MAX_DEPTH:
            raise ForeignJsonFault("nested too deep")
        case _:
            return
