"""Trying plans on a history, from event to reply."""

import json
from typing import Any

import pytest

from commissions.admin_api import ROUTES, handler
from tests.samples import PARTNER, content, routes_of, sample
from tests.shared import scenarios
from tests.unit.commissions.samples import Json, history, payment, plan, refund, rule

CASE = "commissions-admin-api/simulate"


def simulate(body: Any = None, **event: Any) -> dict[str, Any]:
    return handler(sample(CASE, body=body) | event, None)


def faults(body: Json) -> dict[str, str]:
    reply = simulate(body)
    assert reply["statusCode"] == 422
    return {fault["field"]: fault["message"] for fault in content(reply)["errors"]}


def test_every_route_has_a_sample() -> None:
    assert routes_of("commissions-admin-api") == set(ROUTES)


def test_a_partner_is_forbidden(aws: None) -> None:
    assert handler(sample(CASE, caller=PARTNER), None)["statusCode"] == 403


@pytest.mark.parametrize("scenario", scenarios())
def test_each_scenario_is_one_request(aws: None, scenario: Json) -> None:
    reply = simulate(scenario)
    assert reply["statusCode"] == 200
    assert content(reply) == scenario["expected"]


def test_the_sample_is_answered(aws: None) -> None:
    (line,) = content(simulate())["lines"]
    assert line["amount"] == {"amount": "60.00", "currency": "EUR"}


def test_an_empty_history_comes_to_nothing(aws: None) -> None:
    assert set(map(len, content(simulate({})).values())) == {0}


def test_more_than_a_thousand_events_are_too_many(aws: None) -> None:
    events = [payment(f"in_{number}", "1.00") for number in range(1001)]
    assert simulate(history(*events[:1000]))["statusCode"] == 200
    assert simulate(history(*events))["statusCode"] == 413


def test_more_than_a_megabyte_is_too_much(aws: None) -> None:
    assert simulate(history() | {"about": "x" * 1024 * 1024})["statusCode"] == 413


def test_more_lines_than_can_be_answered_are_too_many(aws: None) -> None:
    rules = [rule(id=f"r{number}", adds=True) for number in range(100)]
    events = [payment(f"in_{number}", "10.00") for number in range(101)]
    assert simulate(history(*events, plans=[plan(*rules)]))["statusCode"] == 413


def test_all_faults_are_said_at_once_with_the_rules_id(aws: None) -> None:
    steps = {"marginal": [{"from": "1.00", "percent": "101"}, {"from": "0.50", "percent": "5"}]}
    version = plan(
        rule(floor="2.00", ceiling="1.00", when={"months": {"from": 3, "before": 3}}),
        rule(rate={"percent": "1", "flat": "1.00"}),
        rule(id="steps", rate=steps, ceiling="1.001"),
    )
    split = [{"from": None, "shares": [{"partner_id": "p1", "percent": "60"}, {"partner_id": "p1", "percent": "30"}]}]
    told = faults(history(payment("in_1", "1.005"), {"type": "other"}, plans=[version], deal={"splits": split}))
    at = "plans.0.versions.0.rules"
    assert told.keys() >= {
        f"{at}.0.floor",
        f"{at}.0.when.months",
        f"{at}.1.id",
        f"{at}.1.rate",
        f"{at}.2.rate.marginal.0.from",
        f"{at}.2.rate.marginal.0.percent",
        f"{at}.2.rate.marginal.1.from",
        f"{at}.2.ceiling",
        "events.0.data.amount.amount",
        "events.1.type",
    }
    assert told[f"{at}.2.rate.marginal.1.from"] == "steps: Steps rise."


def test_names_and_splits_are_looked_up_once_all_can_be_read(aws: None) -> None:
    split = [{"from": None, "shares": [{"partner_id": "p9", "percent": "60"}, {"partner_id": "p9", "percent": "30"}]}]
    changes: Json = {"deal": {"splits": split, "partner_id": "p8"}, "program": {"minimum_payout": {"JPY": "1.5"}}}
    assert set(faults(history(**changes))) == {
        "deals.0.partner_id",
        "deals.0.splits.0.shares",
        "program.minimum_payout.JPY",
    }


NESTED = '{"events": ' + "[" * 5000 + "]" * 5000 + "}"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        NESTED,
        '{"events": [{"type": ["x"]}, 1, null]}',
        '{"plans": {"a": 1}, "deals": 5, "events": {"a": 1}}',
        '{"plans": [{"id": "a", "versions": [{"rules": [{"rate": {"marginal": [1, null, {"from": "1e999999"}]}}]}]}]}',
        '{"events": [1e999]}',
        '{"about": "\\u0000"}',
        '{"about": "\\ud800"}',
        json.dumps({"exchange_rates": [{"date": "2026-01-01", "from": "EUR", "to": "USD", "rate": "9" * 5000}]}),
        json.dumps({"program": {"time_zone": "../../etc/passwd"}}),
        json.dumps({"program": {"time_zone": "a\x00b"}}),
    ],
)
def test_whatever_is_sent_is_refused_and_no_fault_of_ours(aws: None, body: str) -> None:
    assert simulate()["statusCode"] == 200
    assert handler(sample(CASE) | {"body": body}, None)["statusCode"] in (400, 422)


@pytest.mark.parametrize(
    "changes",
    [
        {"plans": [plan(rule(rate={"percent": "99.9999"}), hold_days=3650)]},
        {"exchange_rates": [{"date": "2026-02-02", "from": "USD", "to": "EUR", "rate": "999999999999999.9999999999"}]},
        {"program": {"time_zone": "America/Sao_Paulo"}},
        {"balances_at": ["1971-01-01T00:00:00Z", "2199-12-31T23:59:59+14:00"]},
    ],
)
def test_numbers_at_their_bounds_are_computed(aws: None, changes: Json) -> None:
    paid = payment("in_1", "999999999999999.99", currency="USD", lines=[{"amount": "999999999999999.99"}])
    late = payment("in_2", "1.00", "2199-12-30")
    assert simulate(history(paid, late, refund("in_1", "0.01"), **changes))["statusCode"] == 200
