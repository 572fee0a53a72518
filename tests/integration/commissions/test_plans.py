"""Commission plans: versions that never change, refused with all faults at once; partners and deals that carry them."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from commissions.admin_api import handler
from dealreg.commissions import plan_store
from dealreg.deals.rules import CommandContext
from dealreg.partners import partners
from dealreg.partners.program import Program
from dealreg.platform import dynamo, times
from dealreg.platform.errors import InvalidInput, StaleVersion
from dealreg.platform.http import Caller
from tests.integration.aws_calls import lose_race_to
from tests.integration.moving import registered
from tests.samples import content, sample

TODAY, TOMORROW = "2026-11-23", "2026-11-24"
NewPartner = Callable[[str], Caller]


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch, now: datetime, program: Program) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


def call(case: str, **changes: Any) -> dict[str, Any]:
    return handler(sample(f"commissions-admin-api/{case}", **changes), None)


def version(*rules: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"effective_from": TOMORROW, "currency": "EUR", "hold_days": 30, "rules": [*rules]} | changes


def rule(**changes: Any) -> dict[str, Any]:
    return {"id": "base", "rate": {"percent": "10"}} | changes


def publish(body: dict[str, Any], plan: str = "standard") -> dict[str, Any]:
    event = sample("commissions-admin-api/publish-version", body=body)
    return handler(event | {"rawPath": f"/v1/admin/commission-plans/{plan}/versions"}, None)


def faults(body: dict[str, Any], plan: str = "standard") -> dict[str, str]:
    reply = publish(body, plan)
    assert reply["statusCode"] == 422
    return {fault["field"]: fault["message"] for fault in content(reply)["errors"]}


def warnings(*rules: dict[str, Any]) -> list[str]:
    reply = publish(version(*rules))
    assert reply["statusCode"] == 201
    return [warning["message"] for warning in content(reply)["warnings"]]


class TestVersions:
    def test_the_first_makes_the_plan_and_each_has_the_next_number(self) -> None:
        first, second = call("publish-version"), publish(version(rule(), currency=None))
        assert (first["statusCode"], content(first)["version"], content(second)["version"]) == (201, 1, 2)
        shown = content(call("show-plan"))
        assert shown["id"] == "standard"
        assert [one["version"] for one in shown["versions"]] == [1, 2]
        assert shown["versions"][1]["rules"] == [rule() | {"per": "sale", "adds": False}]
        assert shown["versions"][1]["currency"] is None
        assert content(call("list-plans"))["items"] == [{"id": "standard", "versions": [1, 2]}]

    def test_what_is_sent_is_kept_as_it_is(self) -> None:
        sent = content(sample("commissions-admin-api/publish-version"))
        assert content(call("publish-version"))["rules"] == [
            {"per": "sale", "adds": False} | rule for rule in sent["rules"]
        ]

    def test_a_plan_that_is_not_there_is_not_shown(self) -> None:
        assert call("show-plan")["statusCode"] == 404
        assert content(call("list-plans"))["items"] == []

    def test_a_version_is_deleted_as_long_as_it_is_not_in_force_and_its_number_is_gone(self) -> None:
        publish(version(rule()))
        assert call("withdraw-version")["statusCode"] == 204
        assert call("withdraw-version")["statusCode"] == 404
        assert content(call("show-plan"))["versions"] == []
        assert content(publish(version(rule())))["version"] == 2

    def test_one_in_force_stays(self) -> None:
        assert content(publish(version(rule(), effective_from=TODAY)))["in_force"] is True
        reply = call("withdraw-version")
        assert (reply["statusCode"], content(reply)["code"]) == (409, "state_conflict")

    @pytest.mark.parametrize("number", ["x", "0", "9999999", "²"])
    def test_a_number_that_no_version_has_is_not_found(self, number: str) -> None:
        publish(version(rule()))
        event = sample("commissions-admin-api/withdraw-version")
        path = f"/v1/admin/commission-plans/standard/versions/{number}"
        assert handler(event | {"rawPath": path}, None)["statusCode"] == 404

    def test_two_who_add_at_once_are_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        publish(version(rule()))
        lose_race_to(monkeypatch, lambda: plan_store.add("standard", {}, "", "other"))
        with pytest.raises(StaleVersion):
            plan_store.add("standard", {}, "", "test")
        assert [one.number for one in plan_store.versions("standard")] == [1, 2]


class TestOnceDealsCarryIt:
    def test_a_version_starts_tomorrow_at_the_earliest(self, new_partner: NewPartner, context: CommandContext) -> None:
        partner = new_partner("North")
        assert publish(version(rule(), effective_from="2020-01-01"))["statusCode"] == 201
        registered(partner, context)
        assert list(faults(version(rule(), effective_from=TODAY))) == ["effective_from"]
        assert publish(version(rule()))["statusCode"] == 201
        assert publish(version(rule(), effective_from=TODAY), "other")["statusCode"] == 201

    def test_also_when_its_partner_has_another_plan_by_now(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        partner = new_partner("North")
        registered(partner, context)
        publish(version(rule()), "other")
        partners.change(partner.partner_id, {"plan": "other"}, "test")
        assert list(faults(version(rule(), effective_from=TODAY))) == ["effective_from"]

    def test_a_deal_keeps_the_plan_that_its_partner_had_when_it_registered(
        self, new_partner: NewPartner, context: CommandContext
    ) -> None:
        partner = new_partner("North")
        publish(version(rule()), "other")
        first = registered(partner, context)
        partners.change(partner.partner_id, {"plan": "other"}, "test")
        customer = {"name": "Nordwind Papier AG", "domain": "nordwind.example"}
        second = registered(partner, context, customer=customer, partner_reference="2")
        assert (first.plan, second.plan) == ("standard", "other")

    def test_a_partner_cannot_have_a_plan_that_is_not_there(self, new_partner: NewPartner) -> None:
        with pytest.raises(InvalidInput):
            partners.change(new_partner("North").partner_id, {"plan": "gold"}, "test")

    def test_a_partner_of_an_earlier_release_has_the_standard_plan(self, new_partner: NewPartner) -> None:
        item = partners.to_item(partners.load(new_partner("North").partner_id))
        old = {name: value for name, value in item.items() if name not in ("plan", "former_plans")}
        dynamo.write(dynamo.put("Partners", old))
        assert partners.load(item["id"]).plan == "standard"


class TestFaults:
    def test_all_are_said_at_once_with_the_rules_id(self) -> None:
        steps = {"marginal": [{"from": "5.00", "percent": "1"}, {"from": "5.00", "percent": "2", "flat": "1.00"}]}
        rules = [
            rule(surprise=1, when={"product": ["nothing"], "months": {"from": 2, "before": 2}}),
            rule(rate={"percent": "100.0001"}),
            rule(id="none", rate={}),
            rule(id="steps", rate=steps, per="week"),
            rule(id="capped", floor="2.00", ceiling="1.00"),
            rule(id="days", when={"paid": {"from": "2026-05-01", "before": "2026-05-01"}}),
            rule(id="digits", rate={"flat": "1.005"}),
        ]
        told = faults(version(*rules, effective_from="soon", hold_days=-1, applies_to="all"), "Not A Slug")
        assert told.keys() == {
            "plan_id",
            "effective_from",
            "hold_days",
            "applies_to",
            "rules.0.surprise",
            "rules.0.when.product.0",
            "rules.0.when.months",
            "rules.1.id",
            "rules.1.rate.percent",
            "rules.2.rate",
            "rules.3.per",
            "rules.3.rate.marginal.0.from",
            "rules.3.rate.marginal.1",
            "rules.3.rate.marginal.1.from",
            "rules.4.floor",
            "rules.5.when.paid",
            "rules.6.rate.flat",
        }
        assert told["rules.4.floor"] == "capped: The floor is above the ceiling."

    @pytest.mark.parametrize(
        "money",
        [
            {"rate": {"flat": "5.00"}},
            {"floor": "5.00"},
            {"ceiling": "5.00"},
            {"rate": {"marginal": [{"from": "0", "percent": "5"}, {"from": "9.00", "percent": "6"}]}},
        ],
    )
    def test_without_a_currency_there_are_percents_alone(self, money: dict[str, Any]) -> None:
        assert len(faults(version(rule(**money), currency=None))) == 1

    def test_steps_are_of_one_kind_also_where_the_other_is_null(self) -> None:
        steps = [{"from": "0", "flat": "5.00", "percent": None}, {"from": "5", "flat": None, "percent": "6"}]
        assert "rules.0.rate.whole.1" in faults(version(rule(rate={"whole": steps})))

    @pytest.mark.parametrize("body", ["", "[]", "null", '{"rules": [[]]}', '{"rules": {"0": 1}}', "[" * 9999])
    def test_whatever_is_sent_is_refused(self, body: str) -> None:
        event = sample("commissions-admin-api/publish-version") | {"body": body}
        assert handler(event, None)["statusCode"] in (400, 422)

    def test_more_than_can_be_kept_is_too_much(self) -> None:
        listed = [str(number) * 90 for number in range(100)]
        rules = [rule(id=f"r{number}", when={"tier": listed}) for number in range(100)]
        assert publish(version(*rules))["statusCode"] == 413


class TestWarnings:
    def test_a_rule_that_an_earlier_one_hides(self) -> None:
        first = rule(id="first", when={"tier": ["gold", "registered"], "months": {"before": 12}})
        narrower = rule(id="second", when={"tier": ["gold"], "months": {"from": 3, "before": 12}})
        wider = rule(id="third", when={"tier": ["gold"], "months": {"from": 12}})
        added = rule(id="fourth", adds=True)
        assert warnings(first, narrower, wider, added, rule()) == [
            "second: this rule never pays: first takes all its sales."
        ]

    def test_a_version_without_rules(self) -> None:
        assert warnings() == ["Without rules this version pays nothing."]

    def test_months_between_which_there_is_a_gap(self) -> None:
        year, later = rule(id="year", when={"months": {"before": 12}}), rule(id="later", when={"months": {"from": 14}})
        assert warnings(year, later) == ["later: no rule like it pays from month 12 to before 14."]

    def test_what_the_program_does_not_have(self) -> None:
        unknown = rule(when={"tier": ["platinum"], "family": ["none"], "type": ["upsell"]})
        assert warnings(unknown) == [
            "base: the program has no tier platinum.",
            "base: the program has no type upsell.",
            "base: the program has no family none.",
        ]
