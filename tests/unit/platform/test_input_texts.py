"""Whatever text we take, none holds what could break a line, turn it round, or be shown as something else."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest

import dealreg
from dealreg.platform.errors import InvalidInput
from dealreg.platform.validation import Input, parse_values

UNWRITABLE = ["\0", "\x07", "\x1b", "\x9b", "\u202e", "\u2066", "\ufffd", "\ufffe", "\U000e0041"]
LINE_ENDS = ["\n", "\r", "\t", "\x85", "\u2028", "\u2029"]
SEVERAL_LINES = ["note", "notes", "reason", "text"]
"""Fields that a person writes at length."""


def inputs_of(kind: type[Input]) -> Iterator[type[Input]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("dealreg."):
            yield below
        yield from inputs_of(below)


def fields_of_all_inputs() -> list[tuple[type[Input], str]]:
    for module in pkgutil.walk_packages(dealreg.__path__, "dealreg."):
        importlib.import_module(module.name)
    found = {(kind, field.alias or name) for kind in inputs_of(Input) for name, field in kind.model_fields.items()}
    return sorted(found, key=lambda each: (each[0].__module__, each[0].__name__, each[1]))


def is_refused(kind: type[Input], name: str, value: Any) -> bool:
    """For its own sake; that other fields are missing does not count."""
    context = {"products": frozenset[str](), "event_types": (), "allow_loopback": False}
    with pytest.raises(InvalidInput) as refused:
        parse_values(kind, {name: value}, context)
    return any(fault.field.split(".")[0] == name for fault in refused.value.errors)


@pytest.mark.parametrize(("kind", "name"), fields_of_all_inputs())
def test_no_field_takes_what_cannot_be_written(kind: type[Input], name: str) -> None:
    for character in UNWRITABLE if name in SEVERAL_LINES else UNWRITABLE + LINE_ENDS:
        text = f"ab{character}cd.example"
        for shaped in (text, [text], {"x": text}, {text: "x"}):
            assert is_refused(kind, name, shaped), (character, shaped)
