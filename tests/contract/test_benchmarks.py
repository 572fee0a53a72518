"""The benchmarks name parts of the code; this holds when those are renamed."""

from benchmarks.__main__ import ROUNDS
from benchmarks.registration import PARTS
from tests.contract.functions import FUNCTIONS
from tests.template import ROOT


def test_every_timed_part_is_there() -> None:
    assert all(callable(getattr(owner, name)) for _, owner, name in PARTS)


def test_every_measurement_has_a_module_and_the_hot_function_is_there() -> None:
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in ROUNDS)
    assert "DealsApi" in {function.name for function in FUNCTIONS}
