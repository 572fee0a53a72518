"""The API for those who receive webhooks, from event to reply."""

from typing import Any

import pytest

from dealreg import wiring
from dealreg.platform import times
from dealreg.platform.events import VENDOR
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from dealreg.webhooks.endpoints import keys, rules
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.inputs import NewEndpoint
from tests.integration.webhooks.calls import ADMIN, NORTH_KEY, SOUTH_KEY, call, deliver_all
from tests.integration.webhooks.conftest import Resolver
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, input_context
from tests.samples import NOBODY, cases, content, read_sample, route_of, routes_of, sample
from webhooks.endpoints_api import ROUTES, handler

CLOSED = [case for case in cases("webhooks-endpoints-api") if case != "public-keys"]

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture
def names(names: Resolver) -> list[str]:
    return names({"hooks.example.com": ["93.184.215.14"], "inside.example.com": ["10.0.0.1"]})


def test_every_route_has_a_sample() -> None:
    assert routes_of("webhooks-endpoints-api") == set(ROUTES)


def test_nobody_gets_in_without_a_key(names: list[str]) -> None:
    statuses = {case: call(case, caller=NOBODY)["statusCode"] for case in CLOSED}
    assert statuses == dict.fromkeys(CLOSED, 401)


class TestCreate:
    def test_the_reply_alone_holds_the_secret(self, names: list[str]) -> None:
        reply = call("create")
        created = content(reply)
        assert reply["statusCode"] == 201
        assert created["secret"].startswith("whsec_")
        shown = content(call("show", created["id"]))
        assert shown == {name: value for name, value in created.items() if name not in ("secret", "external_id")}
        assert shown["url"] == "https://hooks.example.com/dealreg"
        assert (shown["event_types"], shown["status"]) == (["deal.*"], "unverified")

    def test_no_secret_is_in_the_table(self, created: dict[str, Any]) -> None:
        assert created["secret"].removeprefix("whsec_") not in repr(endpoints.of_owner(NORTH))

    def test_every_fault_at_once_in_words(self, names: list[str]) -> None:
        reply = call("create", body={"url": "http://example.com", "event_types": ["deal.gone"], "surprise": 1})
        faults = {fault["field"]: fault["message"] for fault in content(reply)["errors"]}
        assert reply["statusCode"] == 422
        assert faults == {
            "url": "Use https: what is sent is for the receiver alone.",
            "event_types.0": "Use a type of GET /v1/event-types, a family such as deal.*, or *.",
            "surprise": "This field is not known.",
        }

    @pytest.mark.parametrize("name", ["inside", "unknown"])
    def test_a_name_must_lead_to_public_addresses(self, names: list[str], name: str) -> None:
        reply = call("create", body={"url": f"https://{name}.example.com/", "event_types": ["*"]})
        assert reply["statusCode"] == 422
        assert content(reply)["errors"] == [
            {"field": "url", "message": "This name cannot be used: it must lead to public addresses."}
        ]

    def test_not_to_ourselves(self, names: list[str]) -> None:
        assert call("create", body={"url": "https://deals.example.com/", "event_types": ["*"]})["statusCode"] == 422

    def test_loopback_only_where_the_setting_allows_it(
        self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ALLOW_LOOPBACK_WEBHOOKS", "false")
        assert call("create", body={"url": receiver.url, "event_types": ["*"]})["statusCode"] == 422

    def test_not_without_end(self, receiver: Receiver) -> None:
        new = parse_values(NewEndpoint, {"url": receiver.url, "event_types": ["*"]}, input_context())
        for _ in range(rules.MAX_ENDPOINTS):
            endpoints.create(NORTH, new, times.now())
        assert call("create", body={"url": receiver.url, "event_types": ["*"]})["statusCode"] == 409


class TestOwners:
    def test_a_partner_sees_its_own_and_an_admin_the_vendors(self, receiver: Receiver) -> None:
        body = {"url": receiver.url, "event_types": ["*"]}
        ids = {
            caller: content(call("create", caller=caller, body=body))["id"] for caller in (NORTH_KEY, SOUTH_KEY, ADMIN)
        }
        for caller, own in ids.items():
            assert [item["id"] for item in content(call("list", caller=caller))["items"]] == [own]
        assert endpoints.load(VENDOR, ids[ADMIN]).owner == VENDOR

    @pytest.mark.parametrize("stranger", [SOUTH_KEY, ADMIN], ids=["another partner", "an admin"])
    def test_to_anybody_else_there_is_nothing(self, endpoint_id: str, stranger: Caller) -> None:
        before = content(call("show", endpoint_id))
        things = {
            "/webhook-endpoints/{id}": endpoint_id,
            "/v1/deliveries/{id}": content(call("test", endpoint_id))["id"],
            "/replays/{id}": content(call("replay", endpoint_id))["id"],
        }
        for case in cases("webhooks-endpoints-api"):
            route = route_of(read_sample(f"webhooks-endpoints-api/{case}"))
            for place, subject in things.items():
                if place in route:
                    assert call(case, subject, stranger)["statusCode"] == 404, case
        assert content(call("show", endpoint_id)) == before


class TestChange:
    def test_only_what_was_sent_changes(self, endpoint_id: str, receiver: Receiver) -> None:
        changed = content(call("change", endpoint_id, body={"description": "CRM"}))
        assert (changed["description"], changed["url"], changed["event_types"]) == ("CRM", receiver.url, ["deal.*"])
        assert content(call("change", endpoint_id, body={})) == changed

    def test_a_new_url_passes_the_same_checks(self, endpoint_id: str, names: list[str]) -> None:
        assert call("change", endpoint_id, body={"url": "https://inside.example.com/"})["statusCode"] == 422
        assert call("change", endpoint_id, body={"url": "https://10.0.0.1/"})["statusCode"] == 422

    def test_disabled_and_enabled_again(self, endpoint_id: str) -> None:
        assert content(call("change", endpoint_id, body={"status": "disabled"}))["status"] == "disabled"
        assert content(call("enable", endpoint_id))["status"] == "enabled"

    def test_deleted(self, endpoint_id: str) -> None:
        assert call("delete", endpoint_id)["statusCode"] == 204
        assert call("show", endpoint_id)["statusCode"] == 404
        assert call("delete", endpoint_id)["statusCode"] == 404

    def test_a_rotated_secret_is_a_new_one(self, created: dict[str, Any]) -> None:
        rotated = [content(call("rotate-secret", created["id"]))["secret"] for _ in range(3)]
        assert len({created["secret"], *rotated}) == 4
        live = keys.live_secrets(endpoints.load(NORTH, created["id"]), times.now())
        assert live == rotated, "three at most, the newest last"

    @pytest.mark.parametrize(("hours", "status", "live"), [(0, 200, 1), (1, 200, 2), (168, 200, 2), (169, 422, 1)])
    def test_how_long_the_old_secret_still_signs_is_the_owners_choice(
        self, endpoint_id: str, hours: int, status: int, live: int
    ) -> None:
        assert call("rotate-secret", endpoint_id, body={"overlap_hours": hours})["statusCode"] == status
        assert len(keys.live_secrets(endpoints.load(NORTH, endpoint_id), times.now())) == live


class TestTest:
    def test_a_test_event_goes_through_the_same_queue(self, created: dict[str, Any], receiver: Receiver) -> None:
        reply = call("test", created["id"])
        delivery = content(reply)
        assert (reply["statusCode"], delivery["status"], delivery["event_type"]) == (202, "pending", "endpoint.test")
        assert deliver_all() == [delivery["id"]]
        shown = content(call("show-delivery", delivery["id"]))
        assert (shown["status"], shown["attempt_count"]) == ("delivered", 1)
        assert shown["event"]["data"] == {"endpoint_id": created["id"]}
        assert shown["event"]["partner_id"] == NORTH
        (attempt,) = shown["attempts"]
        assert (attempt["number"], attempt["status_code"], attempt["body"]) == (1, 200, "thank you")
        assert receiver.requests[0].headers["webhook-id"] == shown["event_id"]

    def test_not_to_a_disabled_endpoint(self, endpoint_id: str) -> None:
        call("change", endpoint_id, body={"status": "disabled"})
        assert call("test", endpoint_id)["statusCode"] == 409


def test_the_event_types_come_with_their_schemas() -> None:
    items = content(call("list-event-types", caller=ADMIN))["items"]
    assert {item["type"] for item in items} == set(wiring.event_types())
    for item in items:
        assert item["description"]
        assert item["schema"]["type"] == "object"


def test_with_the_code_that_verifies_them() -> None:
    verification = content(call("list-event-types"))["verification"]
    assert set(verification) == {"python", "node", "go", "ruby", "php"}
    assert all("webhook-signature" in code for code in verification.values())


class TestPublicKeys:
    def test_anybody_can_read_an_owners(self) -> None:
        reply = call("public-keys", caller=None)
        (key,) = content(reply)["keys"]
        assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")
        assert key["whpk"].startswith("whpk_")
        assert "max-age" in reply["headers"]["cache-control"]

    def test_each_owner_has_its_own_so_nobody_can_pass_on_what_was_signed_for_him(self) -> None:
        owners = ["vendor", "part_01JD8V4M2T7QK3N5P9XWZRB6YA", "part_01JD8V4M2T7QK3N5P9XWZRB6YB"]
        assert len({keys.public_keys(owner)["keys"][0]["x"] for owner in owners}) == 3

    @pytest.mark.parametrize("owner", ["", "part_1", "Vendor", "whe_01JD8V4M2T7QK3N5P9XWZRB6YA"])
    def test_nobody_elses(self, owner: str) -> None:
        event = sample("webhooks-endpoints-api/public-keys", params={"owner": owner})
        assert handler(event, None)["statusCode"] == 404
