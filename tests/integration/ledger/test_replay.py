"""The ledger on rows is the engine's: a history fed in fact by fact comes to what `simulate` says of it."""

import random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from dealreg.commissions.simulate import simulate
from tests import moto_resources
from tests.conftest import forget_cached
from tests.integration.ledger.replay import Replay, by_number, expected_totals, posted, totals, without_payouts
from tests.shared import scenarios
from tests.unit.commissions.histories import histories
from tests.unit.commissions.samples import chargeback, history, payment, plan, refund, rule

Json = dict[str, Any]
SMALL = history(
    payment("in_1", "119.00", tax="19.00", lines=[{"product": "analytics", "amount": "100.00"}]),
    refund("in_1", "59.50"),
    payment("in_2", "80.00", "2026-02-20", kind="renewal"),
    refund("in_3", "10.00"),
    payment("in_3", "40.00", "2026-01-20"),
    chargeback("in_2", "open", "2026-02-10", "80.00"),
    chargeback("in_2", "lost", "2026-03-05", "80.00"),
    plans=[
        plan(
            rule(id="first", when={"first_sales": 1}, rate={"percent": "20"}),
            rule(id="early", when={"months": {"before": 1}}, rate={"percent": "15"}),
            rule(id="later"),
            rule(id="volume", adds=True, per="quarter", rate={"percent": "1"}),
            hold_days=30,
        )
    ],
    deal={"splits": [{"shares": [{"partner_id": "p1", "percent": "60"}, {"partner_id": "p2", "percent": "40"}]}]},
)


def compare(told: Json) -> None:
    told = without_payouts(told)
    replay = Replay(told)
    replay.run()
    answer: Json = dict(simulate(told).to_wire())
    assert posted(told) == by_number(answer)
    assert totals() == expected_totals(told, answer)


@pytest.mark.parametrize("scenario", scenarios())
def test_a_scenario_comes_to_what_the_engine_says(aws: None, scenario: Json) -> None:
    compare(scenario)


@pytest.mark.parametrize("seed", range(6))
def test_windows_shares_refunds_and_chargebacks_in_any_order(aws: None, seed: int) -> None:
    events = [*SMALL["events"], *random.Random(seed).choices(SMALL["events"], k=2)]
    random.Random(seed).shuffle(events)
    compare(SMALL | {"events": events})


@settings(
    max_examples=8,
    phases=[Phase.generate],  # a shrink on AWS in memory takes minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(told=histories())
def test_any_history_comes_to_what_the_engine_says(aws: None, told: Json) -> None:
    moto_resources.put_back()
    forget_cached()
    compare(told)
