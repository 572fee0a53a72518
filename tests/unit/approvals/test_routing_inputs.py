"""A program that shuts somebody out, or says what cannot be, is refused with every fault and where it is."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals import program_inputs
from dealreg.approvals.program_inputs import read_program
from dealreg.deals.terms import decide_by
from dealreg.partners.program import Program
from dealreg.partners.program_views import view
from dealreg.partners.routing import Routing
from dealreg.partners.rules import routing_of
from dealreg.platform.errors import InvalidInput
from tests.unit.deals.samples import DEAL

SETTINGS: dict[str, Any] = {
    "name": "Vendor",
    "products": [{"id": "analytics", "name": "Analytics", "family": "data"}],
    "tiers": [{"id": "gold", "name": "Gold", "rank": 1}],
    "approvers": {"first": "last@vendor.example"},
}
REST: dict[str, Any] = {"id": "rest", "steps": [{"id": "channel", "ask": ["group:channel"]}]}
GROUPS = {"channel": ["Ada@Vendor.example"]}


def read(**changes: Any) -> Program:
    body = SETTINGS | {"groups": GROUPS, "rules": [REST]} | changes
    return read_program(json.dumps(body).encode()).to_whole(2026)


def routing(**changes: Any) -> Routing:
    return routing_of(read(**changes))


def faults(**changes: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as refused:
        read(**changes)
    return {fault.field: fault.message for fault in refused.value.errors}


def step(number: int) -> dict[str, Any]:
    return {"id": f"step-{number}", "ask": ["group:channel"]}


def with_step(**changes: Any) -> list[dict[str, Any]]:
    return [{"id": "rest", "steps": [{"id": "channel", "ask": ["group:channel"]} | changes]}]


def test_what_is_left_out_has_its_default() -> None:
    read = routing()
    ((step,),) = read.rules[0].steps
    assert (step.title, step.need, step.escalate_after) == ("channel", "any", timedelta(hours=16))
    assert step.remind_after == (timedelta(hours=8),)
    assert read.groups == {"channel": ("ada@vendor.example",)}
    assert read.calendar.zone == "UTC"
    assert read.last_resort == "last@vendor.example"


def test_no_reminder_comes_with_or_after_the_escalation_by_default() -> None:
    assert routing(rules=with_step(escalate_after_hours=8)).rules[0].steps[0][0].remind_after == ()


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
        *({"calendars": {"default": {"time_zone": zone}}} for zone in ("localtime", "posixrules", "Factory", "")),
        {"calendars": {"default": {"time_zone": "right/Europe/Berlin"}}},
        {"calendars": {"default": {"holidays": ["DE-XX"]}}},
        {"calendars": {"default": {"days": []}}},
        {"calendars": {"default": {"opens": "17:00", "closes": "09:00"}}},
        {"calendars": {"default": {"closes": "24:01"}}},
        {"groups": {"channel": ["nobody"]}},
        {"rules": [{"id": "seven", "steps": [[step(n) for n in range(4)], *map(step, range(4, 7))]}]},
        {"rules": [{"id": "none", "steps": [list[Any]()]}]},
        {"deal_types": ["renewal", "renewal"]},
        {"extension_step": {"ask": ["group:nobodies"]}},
        {"appeal_step": {"ask": []}},
    ],
    ids=lambda changes: json.dumps(changes)[:60],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any]) -> None:
    assert {field.partition(".")[0] for field in faults(**changes)} == set(changes)


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
        "rules.1.id": "one: this is there twice.",
        "rules.1.steps.0.ask.0": "one: a: there is no group finance.",
        "rules.1.steps.0.calendar": "one: a: there is no calendar night.",
        "rules.1.steps.1.0.id": "one: a: another step of this rule has the same id.",
        "rules.2": "last: the last rule has steps and no conditions: every deal needs a rule.",
        "rates.1": "this is there twice.",
        "rates.2.currency": "This is the program's own currency.",
    }


def test_a_calendar_knows_its_holidays_by_name_and_when_its_clocks_change() -> None:
    calendars = {"default": {"time_zone": "Europe/Berlin", "holidays": ["DE-BY", "FR"], "closed": ["2026-12-24"]}}
    calendar = routing(calendars=calendars).calendar
    assert calendar.closed[date(2026, 12, 25)].endswith("(DE-BY)")
    assert calendar.closed[date(2026, 11, 11)].endswith("(FR)")
    assert calendar.closed[date(2026, 12, 24)] == "closed"
    assert (datetime(2026, 10, 25, 1, tzinfo=UTC), timedelta(hours=1)) in calendar.offsets
    assert max(calendar.closed).year == 2029


def test_a_fault_within_a_step_is_found_where_the_step_is_side_by_side_or_not() -> None:
    """The path has nothing in it but what was sent."""
    bad = {"id": "a", "ask": ["x@v.example", "nobody"]}
    found = faults(rules=[{"id": "one", "steps": [bad, [bad | {"id": "b"}]]}, REST])
    assert {field: message.rpartition(": ")[0] for field, message in found.items()} == {
        "rules.0.steps.0.ask.1": "one: a",
        "rules.0.steps.1.0.ask.1": "one: b",
    }


@pytest.mark.parametrize("name", ["extension_step", "appeal_step"])
def test_a_fault_of_a_step_outside_the_rules_names_it(name: str) -> None:
    bad = {"ask": ["group:nobodies", "nobody"], "calendar": "night", "escalate_after_hours": 100_000}
    found = faults(**{name: bad})
    assert set(found) >= {f"{name}.ask.0", f"{name}.ask.1", f"{name}.calendar"}
    assert all(message.startswith(f"{name}: ") for message in found.values())
    assert found[f"{name}.ask.0"] == f"{name}: there is no group nobodies."


def test_faults_of_fields_and_of_what_they_name_are_said_at_once() -> None:
    bad = {"id": "a", "ask": ["nobody", "group:finance"], "remind_after_hours": [9, 8], "need": "most"}
    found = faults(rules=[{"id": "one", "steps": [bad]}, REST | {"when": {"tier": ["lead"]}}], colour="green")
    assert set(found) == {
        "colour",
        "rules.0.steps.0.ask.0",
        "rules.0.steps.0.ask.1",
        "rules.0.steps.0.need",
        "rules.0.steps.0.remind_after_hours",
        "rules.1",
        "rules.1.when.tier.0",
    }


def test_with_rules_the_fields_that_they_replace_must_be_absent() -> None:
    limit = {"amount": "1.00", "currency": "EUR"}
    replaced: dict[str, Any] = {
        "remind_after_hours": 8,
        "escalate_after_hours": 16,
        "approvers": {"first": "a@v.example", "escalation": "b@v.example"},
        "tiers": [{"id": "gold", "name": "Gold", "rank": 1, "auto_approve_limit": limit}],
    }
    fields = {"remind_after_hours", "escalate_after_hours", "approvers.escalation", "tiers.0.auto_approve_limit"}
    assert set(faults(**replaced)) == fields
    assert read(**replaced, rules=None).approvers.escalation == "b@v.example"


def test_the_people_of_a_steps_groups_count_as_its_own() -> None:
    groups = {"channel": [f"a{n}@v.example" for n in range(11)]}
    assert set(faults(groups=groups)) == {"rules.0.steps.0.ask"}
    assert set(faults(groups=groups, rules=with_step(ask=["x@v.example"], escalate_to=["group:channel"]))) == {
        "rules.0.steps.0.escalate_to"
    }


def test_hours_that_never_come_are_refused() -> None:
    """A minute a week is open: sixteen hours of it are eighteen years."""
    calendars = {"night": {"days": ["sun"], "opens": "02:00", "closes": "02:01"}}
    found = faults(calendars=calendars, rules=with_step(calendar="night"))
    assert set(found) == {"rules.0.steps.0.escalate_after_hours"}
    assert read(calendars=calendars, rules=with_step(calendar="night", escalate_after_hours=0.5)).worked


def test_more_than_a_row_can_keep_is_refused() -> None:
    codes = ["DE", "IN", "MM", "BD", "KH", "LK", "TH", "AZ", "JP", "CN"]
    calendars = {f"calendar-{n}": {"holidays": codes} for n in range(20)}
    assert set(faults(calendars=calendars)) == {"rules"}


def test_what_is_written_is_kept_as_it_came() -> None:
    written: dict[str, Any] = {
        "currency": "EUR",
        "rates": [{"currency": "USD", "from": "2026-11-01", "rate": "0.920"}],
        "calendars": {"default": {"time_zone": "Europe/Berlin", "closed": ["2026-12-24"]}},
        "groups": {"channel": ["ada@vendor.example"]},
        "deal_types": ["renewal"],
        "rules": [
            {
                "id": "small",
                "when": {"verdict": ["clear"], "amount": {"up_to": "20000.00", "currency": "EUR"}},
                "approve": True,
            },
            {"id": "rest", "steps": [[{"id": "a", "ask": ["partner.manager"], "remind_after_hours": [4, 8.5]}]]},
        ],
        "extension_step": {"ask": ["group:channel"]},
    }
    shown: dict[str, Any] = dict(view(read(**written)))
    assert json.dumps({name: shown[name] for name in written}, sort_keys=True) == json.dumps(written, sort_keys=True)
    again = read_program(json.dumps(shown).encode()).to_whole(2026)
    assert again == read(**written)


def test_the_routing_is_read_as_it_was_worked_out() -> None:
    said = program_inputs.read_program(json.dumps(SETTINGS | {"groups": GROUPS, "rules": [REST]}).encode())
    worked = said.to_routing("last@vendor.example", 2, 2026)
    assert said.to_whole(2026).routing == worked


def test_single_steps_default_to_none_and_to_who_is_asked_last() -> None:
    assert routing().extension_step is None
    appeal = routing().appeal_step
    assert appeal and appeal.ask == ("last@vendor.example",)
    two = {"first": "a@v.example", "escalation": "b@v.example"}
    appeal = routing(rules=None, approvers=two).appeal_step
    assert appeal and appeal.ask == ("b@v.example",)
    own = routing(appeal_step={"ask": ["cso@v.example"]}).appeal_step
    assert own and (own.id, own.ask) == ("appeal", ("cso@v.example",))


def test_without_rules_the_fields_are_the_rules_by_the_calendar_that_there_is() -> None:
    calendars = {"default": {"time_zone": "Europe/Berlin", "opens": "08:00", "closes": "20:00"}}
    read = routing(rules=None, calendars=calendars)
    assert [rule.id for rule in read.rules] == ["everything-else"]
    ((step,),) = read.rules[0].steps
    assert (step.remind_after, step.escalate_after) == ((timedelta(hours=12),), timedelta(hours=24))
    assert read.calendar.zone == "Europe/Berlin"


def test_a_deal_is_promised_by_the_days_of_the_default_calendar() -> None:
    calendars = {"default": {"time_zone": "Europe/Berlin", "holidays": ["DE-BY"], "closed": ["2026-12-24"]}}
    promised = decide_by(DEAL, datetime(2026, 12, 23, 10, tzinfo=UTC), read(calendars=calendars, decide_within_days=1))
    assert promised == datetime(2026, 12, 28, 16, tzinfo=UTC)
