"""A program that shuts somebody out, or says what cannot be, is refused with every fault and where it is."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals.routing_inputs import RoutingInput
from dealreg.platform.errors import InvalidInput
from dealreg.platform.validation import parse

REST: dict[str, Any] = {"id": "rest", "steps": [{"id": "channel", "ask": ["group:channel"]}]}
GROUPS = {"channel": ["Ada@Vendor.example"]}


def read(**changes: Any) -> RoutingInput:
    return parse(RoutingInput, json.dumps({"groups": GROUPS, "rules": [REST]} | changes).encode())


def faults(**changes: Any) -> dict[str, str]:
    found = read(**changes).faults(["gold"], ["data"])
    return {fault.field: fault.message for fault in found}


def with_step(**changes: Any) -> list[dict[str, Any]]:
    return [{"id": "rest", "steps": [{"id": "channel", "ask": ["group:channel"]} | changes]}]


def test_what_is_left_out_has_its_default() -> None:
    routing = read().to_routing("last@vendor.example", 2, 2026)
    ((step,),) = routing.rules[0].steps
    assert (step.title, step.need, step.escalate_after) == ("channel", "any", timedelta(hours=16))
    assert step.remind_after == (timedelta(hours=8),)
    assert routing.groups == {"channel": ("ada@vendor.example",)}
    assert routing.calendars["default"].zone == "UTC"


def test_no_reminder_comes_with_or_after_the_escalation_by_default() -> None:
    routing = read(rules=with_step(escalate_after_hours=8)).to_routing(None, 2, 2026)
    assert routing.rules[0].steps[0][0].remind_after == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": with_step(escalate_after_hours=0)},
        {"rules": with_step(escalate_after_hours=2001)},  # hours that never come
        {"rules": with_step(remind_after_hours=[4, 4])},
        {"rules": with_step(remind_after_hours=[8, 16])},
        {"rules": with_step(remind_after_hours=[1, 2, 3, 4, 5, 6])},
        {"rules": with_step(ask=[])},
        {"rules": with_step(ask=["nobody"])},
        {"rules": with_step(ask=[f"a{n}@v.example" for n in range(11)])},
        {"rules": with_step(need="most")},
        {"rules": [{"id": "both", "approve": True, "steps": REST["steps"]}]},
        {"rules": [{"id": "none"}]},
        {"rules": [REST | {"when": {"verdict": ["sure"]}}]},
        {"rules": [REST | {"when": {"country": ["XX"]}}]},
        {"rules": [REST | {"when": {"country": ["DE"] * 301}}]},
        {"rules": [REST | {"when": {"amount": {"over": "5", "up_to": "5", "currency": "EUR"}}}]},
        {"rules": [REST | {"when": {"amount": {"over": "5", "currency": "EUX"}}}]},
        {"rules": [REST | {"when": {"amount": {"currency": "EUR"}}}]},
        {"rules": [{"id": "no", "reject": {"reason_code": "whim", "reason": "No."}}, REST]},
        {"rules": [REST] * 51},
        {"rates": [{"currency": "USD", "from": "2026-11-01", "rate": "0"}]},
        {"rates": [{"currency": "USD", "from": "2026-11-01", "rate": "-1"}]},
        {"calendars": {"default": {"time_zone": "Europe/Atlantis"}}},
        {"calendars": {"default": {"time_zone": "../etc/passwd"}}},
        {"calendars": {"default": {"holidays": ["DE-XX"]}}},
        {"calendars": {"default": {"days": []}}},
        {"calendars": {"default": {"opens": "17:00", "closes": "09:00"}}},
        {"calendars": {"default": {"closes": "24:01"}}},
        {"groups": {"channel": ["nobody"]}},
    ],
    ids=lambda changes: json.dumps(changes)[:60],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(**changes)
    assert refused.value.errors[0].field.partition(".")[0] in changes


def test_what_does_not_fit_together_is_said_of_all_at_once_with_the_ids_of_rule_and_step() -> None:
    rules = [
        {"id": "one", "when": {"tier": ["lead"], "family": ["data", "toys"], "type": ["renewal"]}, "approve": True},
        {
            "id": "one",
            "steps": [
                {"id": "a", "ask": ["group:finance"], "calendar": "night"},
                [{"id": "a", "ask": ["x@v.example"]}],
            ],
        },
        {"id": "last", "when": {"tier": ["gold"]}, "approve": True},
    ]
    twice = {"currency": "USD", "from": "2026-11-01", "rate": "0.9"}
    assert faults(rules=rules, rates=[twice, twice, twice | {"currency": "EUR"}]) == {
        "rules.0.when.tier.0": "one: there is no tier lead.",
        "rules.0.when.family.1": "one: there is no family toys.",
        "rules.0.when.type.0": "one: there is no type renewal.",
        "rules.1": "one: this is there twice.",
        "rules.1.steps.0.ask.0": "one: a: there is no group finance.",
        "rules.1.steps.0.calendar": "one: a: there is no calendar night.",
        "rules.1.steps.1.0.id": "one: a: another step of this rule has the same id.",
        "rules.2": "last: the last rule has steps and no conditions, so that every deal has a rule.",
        "rates.1": "USD 2026-11-01: this is there twice.",
        "rates.2.currency": "This is the program's own currency.",
    }


def test_a_calendar_knows_its_holidays_by_name_and_when_its_clocks_change() -> None:
    calendars = {"default": {"time_zone": "Europe/Berlin", "holidays": ["DE-BY", "FR"], "closed": ["2026-12-24"]}}
    calendar = read(calendars=calendars).to_routing(None, 2, 2026).calendars["default"]
    assert calendar.closed[date(2026, 12, 25)].endswith("(DE-BY)")
    assert calendar.closed[date(2026, 11, 11)].endswith("(FR)")
    assert calendar.closed[date(2026, 12, 24)] == "closed"
    assert (datetime(2026, 10, 25, 1, tzinfo=UTC), timedelta(hours=1)) in calendar.offsets
    assert max(calendar.closed).year == 2029
