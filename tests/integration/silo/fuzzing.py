"""How much is tried, and which: a run of all tests has the same few requests each time, `make fuzz` many others."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("DEALREG_FUZZ_EXAMPLES", "2"))
"""How many of each kind a route gets, times a few."""
SEED = int(os.environ.get("DEALREG_FUZZ_SEED", "9"))
_UNMINDED = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
    HealthCheck.nested_given,
)


def try_out(number: int, faults: Callable[..., Iterable[str]], *arguments: st.SearchStrategy[Any]) -> list[str]:
    """What is wrong with so many drawn by chance, the same ones each time. The world changes: no second look."""
    found: list[str] = []

    def draw(drawn: tuple[Any, ...]) -> None:
        found.extend(faults(*drawn))

    many = settings(max_examples=number, database=None, phases=[Phase.generate], suppress_health_check=_UNMINDED)
    many(seed(SEED)(given(st.tuples(*arguments))(draw)))()
    return found
