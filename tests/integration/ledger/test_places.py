"""Where a plan has windows only later: the sales that were paid until then are in their order all the same."""

import random
from typing import Any

import pytest

from dealreg.commissions.simulate import simulate
from dealreg.ledger import rows
from tests.conftest import forget_cached
from tests.integration.aws_calls import intercept
from tests.integration.ledger.replay import Replay, by_number, every_row, expected_totals, posted, save_plans, totals
from tests.unit.commissions.samples import history, payment, plan, refund, rule

Json = dict[str, Any]
OTHER = {"id": "d2", "partner_id": "p2", "tier": "gold", "registered_at": "2026-01-15T09:00:00Z"}
SHARED = {"splits": [{"shares": [{"partner_id": "p1", "percent": "60"}, {"partner_id": "p2", "percent": "40"}]}]}
WINDOWS = [
    rule(id="first", when={"first_sales": 2}, rate={"percent": "20"}),
    rule(id="early", when={"months": {"before": 2}}, rate={"percent": "15"}),
    rule(id="later"),
]
LATER: Json = {"version": 2, "effective_from": "2026-03-01", "applies_to": "new_payments", "rules": WINDOWS}
BEFORE = [
    payment("in_1", "100.00", "2026-02-02"),
    payment("in_2", "80.00", "2026-02-20", deal_id="d2"),
    payment("in_2", "80.00", "2026-02-20") | {"id": "m_moved", "timestamp": "2026-02-21T10:00:00Z"},
    refund("in_3", "40.00"),
    payment("in_3", "40.00", "2026-01-20"),
    refund("in_4", "10.00"),
]
AFTER = [
    payment("in_4", "60.00", "2026-03-02"),
    payment("in_5", "60.00", "2026-03-22"),
    payment("in_0", "20.00", "2026-01-17"),
    payment("in_6", "60.00", "2026-03-12", deal_id="d2"),
]


def told(*events: Json, later: bool) -> Json:
    base = plan(rule(), applies_to="new_payments")
    versions = [*base["versions"], *([base["versions"][0] | LATER] if later else [])]
    found = history(*events, plans=[base | {"versions": versions}], deal=SHARED)
    return found | {"deals": [*found["deals"], OTHER]}


@pytest.mark.parametrize("seed", range(5))
def test_a_version_with_windows_that_is_added_later_counts_the_sales_before_it(aws: None, seed: int) -> None:
    chance = random.Random(seed)
    before, after = [chance.sample(some, len(some)) for some in (BEFORE, AFTER)]
    # given: sales of a plan without windows, which leave no order in rows
    replay = Replay(told(*before, later=False))
    replay.run()
    # when: a version with windows is added, and in force
    whole = told(*before, *after, later=True)
    save_plans(whole, since=2)
    forget_cached()
    replay.go_on(told(*after, later=True))
    # then: as if the order had been known all the time
    answer: Json = dict(simulate(whole).to_wire())
    assert posted(whole) == by_number(answer)
    assert totals() == expected_totals(whole, answer)


def test_without_windows_no_order_is_kept_and_once_there_are_some_it_is_found_once(
    aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = Replay(told(BEFORE[0], later=False))
    replay.run()
    assert not _places()
    save_plans(told(later=True), since=2)
    forget_cached()
    replay.go_on(told(AFTER[0], later=True))
    assert len(_places()) == 2
    # when: more is paid of it
    prefixes: list[str] = []

    def noted(make: Any, _client: Any, operation: str, request: Json) -> Any:
        if operation == "Query" and ":sk" in (values := request["ExpressionAttributeValues"]):
            prefixes.append(values[":sk"]["S"])
        return make()

    intercept(monkeypatch, noted)
    replay.go_on(told(AFTER[1], later=True))
    # then: no ledger is read for it
    assert rows.LINE not in prefixes
    assert len(_places()) == 3


def _places() -> list[str]:
    return sorted(row["sk"] for row in every_row() if row["sk"].startswith(rows.PLACE))
