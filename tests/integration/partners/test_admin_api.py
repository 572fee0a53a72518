"""The vendor's API for the program, partners, people and keys, from event to reply."""

import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from dealreg.partners import credentials, partners, users
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program, current_program, program_at, save_program, stored_program, to_item
from dealreg.partners.rows import table
from dealreg.platform import dynamo, times
from dealreg.platform.errors import StaleVersion
from partners.admin_api import ROUTES, handler
from tests.integration.aws_calls import lose_every_race_to, lose_race_to
from tests.integration.partners.rows import all_rows
from tests.samples import PARTNER, content, read_sample, route_of, routes_of, sample
from tests.template import ROOT

CASES = sorted(path.stem for path in (ROOT / "events/partners-admin-api").glob("*.json"))


def call(case: str, *, params: dict[str, str] | None = None, body: object = None, **query: str) -> dict[str, Any]:
    return handler(sample(f"partners-admin-api/{case}", params=params, body=body, query=query), None)


def test_every_route_has_a_sample() -> None:
    assert routes_of("partners-admin-api") == set(ROUTES)


def test_a_partner_is_forbidden_everything(partner: Partner) -> None:
    before = all_rows()
    params = {"id": partner.id, "key_id": "key_1", "user_id": "user_1"}
    events = {case: sample(f"partners-admin-api/{case}", params=params, caller=PARTNER) for case in CASES}
    replies = {case: handler(event, None)["statusCode"] for case, event in events.items()}
    assert replies == dict.fromkeys(CASES, 403)
    assert all_rows() == before


def test_an_unknown_partner_is_not_found(aws: None) -> None:
    of_a_partner = [case for case in CASES if "{id}" in route_of(read_sample(f"partners-admin-api/{case}"))]
    assert {case: call(case)["statusCode"] for case in of_a_partner} == dict.fromkeys(of_a_partner, 404)
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
    return json.loads(read_sample("partners-admin-api/save-program")["body"]) | {"name": name}


def save(name: str, headers: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    return handler(sample("partners-admin-api/save-program", headers=headers, body=settings(name) | more), None)


class TestPartners:
    def test_a_new_partner_is_active_and_can_be_read(self, aws: None) -> None:
        reply = call("create-partner")
        created = content(reply)
        assert reply["statusCode"] == 201
        assert created["id"].startswith("part_")
        assert (created["status"], created["own_domains"]) == ("active", ["nordlicht.example"])
        assert content(call("show-partner", params={"id": created["id"]})) == created

    def test_only_the_named_fields_change(self, partner: Partner) -> None:
        before = content(call("show-partner", params={"id": partner.id}))
        after = content(call("change-partner", params={"id": partner.id}, body={"name": "Nordlicht AG"}))
        assert after == before | {"name": "Nordlicht AG"}
        assert content(call("show-partner", params={"id": partner.id})) == after

    def test_an_empty_change_changes_nothing(self, partner: Partner) -> None:
        before = content(call("show-partner", params={"id": partner.id}))
        assert content(call("change-partner", params={"id": partner.id}, body={})) == before

    @pytest.mark.parametrize("case", ["create-partner", "change-partner"])
    def test_a_tier_must_be_one_of_the_program(self, partner: Partner, case: str) -> None:
        body = {"tier": "gold"} | ({"name": "X"} if case == "create-partner" else {})
        reply = call(case, params={"id": partner.id}, body=body)
        assert reply["statusCode"] == 422
        assert content(reply)["errors"] == [{"field": "tier", "message": "Use one of the program's tiers: registered."}]
        call("save-program")
        assert call(case, params={"id": partner.id}, body=body)["statusCode"] in (200, 201)

    def test_a_list_is_read_page_by_page(self, aws: None) -> None:
        created = [partners.create(f"Partner {n}", "registered", [], at(n), "test").id for n in range(5)]
        first = content(call("list-partners", limit="3"))
        second = content(call("list-partners", limit="3", cursor=first["next_cursor"]))
        assert [item["id"] for item in first["items"] + second["items"]] == created
        assert second["next_cursor"] is None

    def test_a_cursor_holds_for_its_own_list_only(self, partner: Partner) -> None:
        for n in range(3):
            users.create(partner.id, "U", f"u{n}@nordlicht.example", at(n), "test")
        cursor = content(call("list-users", params={"id": partner.id}, limit="1"))["next_cursor"]
        other = partners.create("Other", "registered", [], at(9), "test")
        assert call("list-users", params={"id": other.id}, cursor=cursor)["statusCode"] == 422
        assert call("list-partners", cursor=cursor)["statusCode"] == 422
        assert call("list-partners", cursor="x")["statusCode"] == 422


class TestUsers:
    def test_a_user_is_stored_with_a_lower_case_address(self, partner: Partner) -> None:
        reply = call("create-user", params={"id": partner.id})
        user = content(reply)
        assert reply["statusCode"] == 201
        assert (user["partner_id"], user["email"]) == (partner.id, "jana.weiss@nordlicht.example")
        assert content(call("list-users", params={"id": partner.id}))["items"] == [user]

    def test_an_address_belongs_to_one_user_of_all_partners(self, partner: Partner, now: datetime) -> None:
        call("create-user", params={"id": partner.id})
        other = partners.create("Other", "registered", [], now, "test")
        body = {"name": "J", "email": "jana.weiss@NORDLICHT.example"}
        for partner_id in (partner.id, other.id):
            reply = call("create-user", params={"id": partner_id}, body=body)
            assert (reply["statusCode"], content(reply)["code"]) == (409, "already_exists")
        assert content(call("list-users", params={"id": other.id}))["items"] == []


class TestApiKeys:
    def test_a_key_is_shown_once_and_works(self, partner: Partner) -> None:
        reply = call("create-api-key", params={"id": partner.id})
        created = content(reply)
        assert reply["statusCode"] == 201
        token = created.pop("api_key")
        assert token.startswith(created["hint"])
        assert len(token) >= len("drk_") + 43
        listed = call("list-api-keys", params={"id": partner.id})
        assert content(listed)["items"] == [created]
        assert token not in json.dumps(listed)
        assert credentials.authenticate(token, times.now()) is not None

    def test_a_key_names_who_made_it(self, partner: Partner) -> None:
        created = content(call("create-api-key", params={"id": partner.id}))
        (listed,) = content(call("list-api-keys", params={"id": partner.id}))["items"]
        assert listed["created_by"] == created["created_by"] != ""

    def test_a_revoked_key_is_gone(self, partner: Partner) -> None:
        created = content(call("create-api-key", params={"id": partner.id}))
        params = {"id": partner.id, "key_id": created["id"]}
        assert call("revoke-api-key", params=params)["statusCode"] == 204
        assert call("revoke-api-key", params=params)["statusCode"] == 404
        assert content(call("list-api-keys", params={"id": partner.id}))["items"] == []
        assert credentials.authenticate(created["api_key"], times.now()) is None


def at(second: int) -> datetime:
    return datetime(2026, 11, 23, 10, 0, second, tzinfo=UTC)


class TestVersions:
    def test_each_stays_as_it_was_saved(self, aws: None) -> None:
        for name in ("Acme", "Bolt", "Crane"):
            call("save-program", body=settings(name))
        assert [program_at(version).name for version in (1, 2, 3)] == ["Acme", "Bolt", "Crane"]

    def test_one_that_was_not_kept_is_the_one_in_force(self, aws: None) -> None:
        dynamo.write(dynamo.put(table(), to_item(Program(version=4, name="Acme"))))
        save_program(Program(name="Bolt"), "test")
        assert [program_at(version).name for version in (0, 4, 5)] == ["Bolt", "Bolt", "Bolt"]
