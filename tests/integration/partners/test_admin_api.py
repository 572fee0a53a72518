"""The vendor's API for partners, people and keys, from event to reply."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from dealreg.partners import credentials, partners, users
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program, Tier, save_program
from dealreg.platform import times
from partners.admin_api import ROUTES, handler
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
        save_program(Program(tiers=(Tier("gold", "Gold", 1),)), "test")
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
