"""The benchmarks name parts of the code; this holds when those are renamed."""

import json
from pathlib import Path

from benchmarks.__main__ import ROUNDS
from benchmarks.money import __main__ as money
from benchmarks.money import cost, engine, year
from benchmarks.registration import PARTS
from tests.contract.functions import FUNCTIONS
from tests.template import ROOT


def test_every_timed_part_is_there() -> None:
    assert all(callable(getattr(owner, name)) for _, owner, name in PARTS)


def test_every_measurement_has_a_module_and_the_hot_function_is_there() -> None:
    assert all((ROOT / "benchmarks" / f"{name}.py").exists() for name in ROUNDS)
    assert "DealsApi" in {function.name for function in FUNCTIONS}


def test_a_payment_and_a_refund_cost_two_calls_and_sixteen_write_units() -> None:
    found = cost.measured(before=2)
    for name in ("payment", "refund", "payment_after_2", "refund_after_2"):
        assert (found[name]["calls"], found[name]["wru"]) == (2, 16), name
    assert found["payment"]["rru"] == found["payment_after_2"]["rru"]
    assert found["three_rules_three_shares"]["wru"] > 16


def test_a_year_is_to_the_cent_what_the_slow_model_says() -> None:
    found = year.measured(partners=6, payments=150)
    assert (found["difference"], found["payments"]) == ("0.00", 150)
    assert found["lines"] >= 150


def test_the_parts_of_money_write_what_the_contract_names(tmp_path: Path) -> None:
    file = tmp_path / "found.json"
    assert money.main(["--short", "--part", "scenarios", "--part", "year", "--json", str(file)]) == 0
    assert json.loads(file.read_text()).keys() == {"scenarios", "year"}
    assert money.PARTS.keys() == {"scenarios", "engine", "cost", "stack", "year", "payout_run", "statement"}
    assert engine.facts_per_second(posted=10) > 0
