"""The scenarios of the contract, to the cent and to the line."""

import random
from typing import Any

import pytest

from dealreg.commissions.simulate import simulate
from tests.shared import scenarios


@pytest.mark.parametrize("scenario", scenarios())
def test_a_scenario_comes_to_what_it_expects(scenario: dict[str, Any]) -> None:
    assert dict(simulate(scenario).to_wire()) == scenario["expected"]


@pytest.mark.parametrize("scenario", [one for one in scenarios() if not one.marks and one.values[0].get("any_order")])
@pytest.mark.parametrize("seed", range(20))
def test_any_order_with_repetitions_comes_to_the_same(scenario: dict[str, Any], seed: int) -> None:
    chance = random.Random(seed)
    events = [*scenario["events"], *chance.choices(scenario["events"], k=5)]
    chance.shuffle(events)
    found = simulate(scenario | {"events": events}).to_wire()
    last = max(scenario["balances_at"])
    assert found["totals"] == scenario["expected"]["totals"]
    assert at(last, found["balances"]) == at(last, scenario["expected"]["balances"])


def at(moment: str, balances: Any) -> list[Any]:
    return [one for one in balances if one["at"] == moment]
