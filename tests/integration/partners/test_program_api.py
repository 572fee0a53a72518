"""The vendor's API for the program, from event to reply."""

import json
from datetime import date, datetime
from itertools import count
from typing import Any

import pytest

from dealreg.partners.program import Program, current_program, program_at, save_program, stored_program, to_item
from dealreg.partners.rows import table
from dealreg.partners.rules import routing_of
from dealreg.platform import dynamo, times
from dealreg.platform.errors import StaleVersion
from partners.program_api import ROUTES, handler
from tests.integration.aws_calls import lose_every_race_to, lose_race_to
from tests.integration.partners.rows import all_rows
from tests.samples import PARTNER, cases, content, read_sample, routes_of, sample

CASES = cases("partners-program-api")


def call(
    case: str,
    *,
    params: dict[str, str] | None = None,
    body: object = None,
    query: dict[str, str] | None = None,
) -> dict[str, Any]:
    return handler(sample(f"partners-program-api/{case}", params=params, body=body, query=query), None)


def test_every_route_has_a_sample() -> None:
    assert routes_of("partners-program-api") == set(ROUTES)


def test_a_partner_is_forbidden_everything(aws: None) -> None:
    replies = {
        case: handler(sample(f"partners-program-api/{case}", caller=PARTNER), None)["statusCode"] for case in CASES
    }
    assert replies == dict.fromkeys(CASES, 403)
    assert all_rows() == []


class TestProgram:
    def test_before_it_is_set_the_defaults_hold(self, aws: None) -> None:
        shown = content(call("show-program"))
        assert [tier["id"] for tier in shown["tiers"]] == ["registered"]
        assert shown["approvers"] == {"first": None, "escalation": None}

    def test_what_is_set_is_shown_with_the_defaults_filled_in(self, aws: None) -> None:
        reply = call("save-program")
        assert reply["statusCode"] == 200
        assert content(call("show-program")) == content(reply)
        registered, gold = content(reply)["tiers"]
        assert (registered["auto_approve_limit"], registered["protection_days"]) == (None, 90)
        assert gold["auto_approve_limit"] == {"amount": "10000.00", "currency": "EUR"}

    def test_this_environment_sees_its_own_change_at_once(self, aws: None) -> None:
        assert current_program().name == "Partner program"
        call("save-program")
        assert current_program().name == "Acme Partners"

    def test_a_faulty_one_changes_nothing(self, aws: None) -> None:
        call("save-program")
        reply = call("save-program", body={"name": "New name", "tiers": []})
        assert reply["statusCode"] == 422
        assert {fault["field"] for fault in content(reply)["errors"]} == {"products", "tiers", "approvers"}
        assert content(call("show-program"))["name"] == "Acme Partners"


class TestRules:
    """They are kept as they were written, and worked out for all who go by them."""

    def test_what_was_written_is_shown_and_can_be_sent_back(self, aws: None) -> None:
        reply = call("save-program", body=with_rules())
        assert reply["statusCode"] == 200, reply["body"]
        shown = content(call("show-program"))
        assert {name: shown[name] for name in RULES} == RULES
        assert content(call("save-program", body=shown)) == shown

    def test_what_the_rules_replace_is_not_shown(self, aws: None) -> None:
        call("save-program", body=with_rules())
        shown = content(call("show-program"))
        assert {"remind_after_hours", "escalate_after_hours"}.isdisjoint(shown)
        assert set(shown["approvers"]) == {"first"}
        assert not any("auto_approve_limit" in tier for tier in shown["tiers"])

    def test_all_who_read_the_program_have_its_holidays_worked_out(self, aws: None) -> None:
        call("save-program", body=with_rules())
        routing = routing_of(stored_program())
        assert [rule.id for rule in routing.rules] == ["ours", "rest"]
        assert routing.calendar.zone == "Europe/Berlin"
        assert "(DE-BY)" in routing.calendar.closed[date(times.now().year, 12, 25)]

    def test_a_faulty_rule_is_named_by_its_path_and_its_ids(self, aws: None) -> None:
        faulty = [{"id": "big", "steps": [{"id": "desk", "ask": ["a@acme.example", "nobody"]}]}, *RULES["rules"]]
        reply = call("save-program", body=with_rules(rules=faulty))
        (fault,) = content(reply)["errors"]
        assert (reply["statusCode"], fault["field"]) == (422, "rules.0.steps.0.ask.1")
        assert fault["message"].startswith("big: desk: ")

    def test_what_is_surely_not_meant_is_told(self, aws: None) -> None:
        reply = content(call("save-program", body=with_rules(groups={"channel": []})))
        assert reply["warnings"] == [{"field": "groups.channel", "message": "There is nobody in channel."}]
        assert content(call("save-program", body=reply))["version"] == reply["version"]

    def test_taking_the_rules_away_brings_back_the_fields(self, aws: None) -> None:
        call("save-program", body=with_rules())
        call("save-program")
        assert content(call("show-program"))["remind_after_hours"] == 12
        assert [rule.id for rule in routing_of(stored_program()).rules] == ["auto-gold", "everything-else"]


RULES: dict[str, Any] = {
    "calendars": {"default": {"time_zone": "Europe/Berlin", "holidays": ["DE-BY"]}},
    "groups": {"channel": ["ada@acme.example", "bo@acme.example"]},
    "deal_types": ["new_business", "renewal"],
    "rules": [
        {
            "id": "ours",
            "when": {"verdict": ["existing_customer"]},
            "reject": {"reason_code": "existing_customer", "reason": "This customer buys from us already."},
        },
        {"id": "rest", "steps": [{"id": "channel", "ask": ["group:channel"]}]},
    ],
}


def with_rules(**changes: Any) -> dict[str, Any]:
    body = settings("Acme")
    for name in ("remind_after_hours", "escalate_after_hours"):
        del body[name]
    del body["approvers"]["escalation"]
    del body["tiers"][1]["auto_approve_limit"]
    return body | RULES | changes


class TestTwoWhoSaveTheProgram:
    """Each change is a version; who names the one that it saw overwrites no other."""

    def test_each_change_is_a_version_and_none_is_none(self, aws: None) -> None:
        assert (content(call("show-program"))["version"], call("show-program")["headers"]["etag"]) == (0, '"0"')
        first, again, second = (call("save-program", body=settings(name)) for name in ("Acme", "Acme", "Bolt"))
        assert [content(reply)["version"] for reply in (first, again, second)] == [1, 1, 2]
        assert second["headers"]["etag"] == call("show-program")["headers"]["etag"] == '"2"'

    @pytest.mark.parametrize("named", [{"headers": {"if-match": '"1"'}}, {"version": 1}])
    def test_who_saw_an_older_one_is_refused(self, aws: None, named: dict[str, Any]) -> None:
        for name in ("Acme", "Bolt"):
            call("save-program", body=settings(name))
        reply = save("Crane", **named)
        assert (reply["statusCode"], content(reply)["code"]) == (409, "stale_version")
        assert content(reply)["current_version"] == 2
        assert content(call("show-program"))["name"] == "Bolt"

    @pytest.mark.parametrize(
        "named", [{"headers": {"if-match": '"2"'}}, {"headers": {"if-match": "*"}}, {"version": 2}, {}]
    )
    def test_who_saw_the_newest_or_names_none_saves(self, aws: None, named: dict[str, Any]) -> None:
        for name in ("Acme", "Bolt"):
            call("save-program", body=settings(name))
        assert content(save("Crane", **named))["version"] == 3

    def test_what_is_shown_can_be_sent_back(self, aws: None) -> None:
        call("save-program")
        shown = content(call("show-program"))
        assert content(call("save-program", body=shown)) == shown

    def test_of_two_at_once_the_one_that_saw_the_other_not_is_refused(
        self, aws: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call("save-program", body=settings("Acme"))
        lose_race_to(monkeypatch, lambda: save_program(Program(name="Bolt"), "rival"))
        with pytest.raises(StaleVersion):
            save_program(Program(name="Crane"), "test", version=1)
        assert stored_program() == Program(name="Bolt")

    def test_of_two_at_once_that_name_no_version_both_are_versions(
        self, aws: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: save_program(Program(name="Bolt"), "rival"))
        assert save_program(Program(name="Crane"), "test").version == 2

    def test_who_is_overtaken_again_and_again_is_refused(self, aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
        names = count()
        lose_every_race_to(monkeypatch, lambda: save_program(Program(name=f"Bolt {next(names)}"), "rival"))
        with pytest.raises(StaleVersion, match="at this moment"):
            save_program(Program(name="Crane"), "test")

    def test_a_program_from_before_there_were_versions_is_changed_as_any(self, aws: None) -> None:
        old = to_item(Program(name="Acme"))
        del old["version"]
        dynamo.write(dynamo.put(table(), old))
        assert content(save("Bolt", headers={"if-match": '"0"'}))["version"] == 1


def settings(name: str) -> dict[str, Any]:
    return json.loads(read_sample("partners-program-api/save-program")["body"]) | {"name": name}


def save(name: str, headers: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return handler(sample("partners-program-api/save-program", headers=headers, body=settings(name) | more), None)


class TestCalendar:
    def test_each_closed_day_is_shown_with_why(self, aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(times, "now", lambda: now)
        own = {"time_zone": "Europe/Berlin", "holidays": ["DE-BY"], "closed": ["2026-12-24"], "open": ["2026-12-27"]}
        call("save-program", body=with_rules(calendars={"default": own}))
        shown = content(call("show-calendar", query={"from": "2026-12-24", "to": "2026-12-28"}))
        assert (shown["calendar"], shown["time_zone"]) == ("default", "Europe/Berlin")
        assert [(item["day"], item["why"]) for item in shown["items"]] == [
            ("2026-12-24", "closed"),
            ("2026-12-25", "holiday of DE-BY"),
            ("2026-12-26", "holiday of DE-BY"),
        ]
        assert all(item["name"] for item in shown["items"])

    def test_without_calendars_weekends_are_closed(self, aws: None) -> None:
        year = times.now().year
        shown = content(call("show-calendar", query={"from": f"{year}-01-01", "to": f"{year}-12-31"}))
        assert {item["why"] for item in shown["items"]} == {"weekend"}
        assert {item["name"] for item in shown["items"]} == {"Saturday", "Sunday"}

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({"from": "2026-12-02", "to": "2026-12-01"}, "to"),
            ({"from": "1999-12-02", "to": "2026-12-01"}, "from"),
            ({"from": "2026-12-01", "to": "2099-12-01"}, "to"),
            ({"from": "2026-12-01", "to": "soon"}, "to"),
            ({"from": "2026-12-01"}, "to"),
            ({"from": "2026-12-01", "to": "2026-12-31", "calendar": "night"}, "calendar"),
        ],
    )
    def test_what_cannot_be_shown_is_refused(
        self, aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch, query: dict[str, str], field: str
    ) -> None:
        monkeypatch.setattr(times, "now", lambda: now)
        reply = call("show-calendar", query=query)
        assert reply["statusCode"] == 422
        assert [fault["field"] for fault in content(reply)["errors"]] == [field]


class TestVersions:
    def test_each_can_be_read(self, aws: None) -> None:
        for name in ("Acme", "Bolt"):
            call("save-program", body=settings(name))
        shown = [call("show-version", params={"version": number}) for number in ("1", "2")]
        assert [content(reply)["name"] for reply in shown] == ["Acme", "Bolt"]
        assert shown[0]["headers"]["etag"] == '"1"'

    @pytest.mark.parametrize("number", ["3", "-1", "one", "1e3", "²", "99999999999999999999"])
    def test_one_that_never_was_is_not_there(self, aws: None, number: str) -> None:
        call("save-program")
        assert call("show-version", params={"version": number})["statusCode"] == 404

    def test_each_stays_as_it_was_saved(self, aws: None) -> None:
        for name in ("Acme", "Bolt", "Crane"):
            call("save-program", body=settings(name))
        assert [program_at(version).name for version in (1, 2, 3)] == ["Acme", "Bolt", "Crane"]

    def test_one_that_was_not_kept_is_the_one_in_force(self, aws: None) -> None:
        dynamo.write(dynamo.put(table(), to_item(Program(version=4, name="Acme"))))
        save_program(Program(name="Bolt"), "test")
        assert [program_at(version).name for version in (0, 4, 5)] == ["Bolt", "Bolt", "Bolt"]
