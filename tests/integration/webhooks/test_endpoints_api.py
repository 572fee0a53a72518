"""The API for those who receive webhooks, from event to reply."""

from typing import Any

import pytest

from dealreg import times
from dealreg.http import Caller
from dealreg.validation import parse_values
from dealreg.webhooks import endpoints, rules, store
from dealreg.webhooks.deliver import deliver
from dealreg.webhooks.inputs import NewEndpoint
from dealreg.webhooks.model import VENDOR
from tests.integration.webhooks.conftest import Resolver
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, SOUTH, event, queued
from tests.samples import cases, content, sample
from webhooks.endpoints_api import ROUTES, handler

NORTH_KEY = Caller("partner", NORTH, "key_1", frozenset(["deals"]))
SOUTH_KEY = Caller("partner", SOUTH, "key_2", frozenset(["deals"]))
ADMIN = Caller("admin", "", "key_3", frozenset(["admin"]))

pytestmark = pytest.mark.usefixtures("local")


def call(case: str, subject: str = "", caller: Caller = NORTH_KEY, **changes: Any) -> dict[str, Any]:
    params = {"id": subject} if subject else None
    return handler(sample(f"webhooks-endpoints-api/{case}", caller=caller, params=params, **changes), None)


@pytest.fixture
def names(names: Resolver) -> list[str]:
    return names({"hooks.example.com": ["93.184.215.14"], "inside.example.com": ["10.0.0.1"]})


@pytest.fixture
def created(receiver: Receiver) -> dict[str, Any]:
    """North's endpoint at the receiver."""
    return content(call("create", body={"url": receiver.url, "event_types": ["deal.*"]}))


@pytest.fixture
def endpoint_id(created: dict[str, Any]) -> str:
    return created["id"]


def deliver_all() -> list[str]:
    found = queued()
    for delivery_id in found:
        deliver(delivery_id, times.now(), 0.5)
    return found


def test_every_route_has_a_sample() -> None:
    assert {sample(f"webhooks-endpoints-api/{case}")["routeKey"] for case in cases("webhooks-endpoints-api")} == set(
        ROUTES
    )


def test_nobody_gets_in_without_a_key(names: list[str]) -> None:
    nobody = Caller("", "", "", frozenset())
    statuses = {case: call(case, caller=nobody)["statusCode"] for case in cases("webhooks-endpoints-api")}
    assert {case for case, status in statuses.items() if status != 401} == {"list-event-types"}


class TestCreate:
    def test_the_reply_alone_holds_the_secret(self, names: list[str]) -> None:
        reply = call("create")
        created = content(reply)
        assert reply["statusCode"] == 201
        assert created["secret"].startswith("whsec_")
        shown = content(call("show", created["id"]))
        assert shown == {name: value for name, value in created.items() if name != "secret"}
        assert shown["url"] == "https://hooks.example.com/dealreg"
        assert (shown["event_types"], shown["status"]) == (["deal.*"], "enabled")

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
        new = parse_values(NewEndpoint, {"url": receiver.url, "event_types": ["*"]}, endpoints.url_policy())
        for _ in range(rules.MOST_ENDPOINTS):
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
        delivery_id = content(call("test", endpoint_id))["id"]
        for case in cases("webhooks-endpoints-api"):
            route = sample(f"webhooks-endpoints-api/{case}")["routeKey"]
            if "{id}" in route:
                subject = delivery_id if "/deliveries/{id}" in route else endpoint_id
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
        live = endpoints.live_secrets(endpoints.load(NORTH, created["id"]), times.now())
        assert live == rotated, "three at the most, the newest last"


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


class TestDeliveries:
    def test_the_newest_first_page_by_page(self, endpoint_id: str) -> None:
        made = [content(call("test", endpoint_id))["id"] for _ in range(3)]
        first = content(call("list-deliveries", endpoint_id, query={"limit": "2"}))
        rest = content(call("list-deliveries", endpoint_id, query={"limit": "2", "cursor": first["next_cursor"]}))
        assert sorted(item["id"] for item in first["items"] + rest["items"]) == sorted(made)
        assert [item["id"] for item in first["items"] + rest["items"]] == sorted(made, reverse=True)
        assert rest["next_cursor"] is None

    def test_a_cursor_is_for_its_list_alone(self, endpoint_id: str, receiver: Receiver) -> None:
        for _ in range(2):
            call("test", endpoint_id)
        cursor = content(call("list-deliveries", endpoint_id, query={"limit": "1"}))["next_cursor"]
        other = content(call("create", body={"url": receiver.url, "event_types": ["*"]}))["id"]
        assert call("list-deliveries", other, query={"cursor": cursor})["statusCode"] == 422

    def test_an_unreachable_receiver_shows_neither_why_nor_how_long(self) -> None:
        body = {"url": "http://127.0.0.1:9/", "event_types": ["*"]}
        call("test", content(call("create", body=body))["id"])
        (delivery_id,) = deliver_all()
        (attempt,) = content(call("show-delivery", delivery_id))["attempts"]
        assert (attempt["result"], attempt["status_code"], attempt["duration_ms"], attempt["body"]) == (
            "unreachable",
            None,
            None,
            "",
        )


class TestAgain:
    def test_one_is_sent_again_with_the_same_webhook_id(self, endpoint_id: str, receiver: Receiver) -> None:
        call("test", endpoint_id)
        (delivery_id,) = deliver_all()
        reply = call("resend", delivery_id)
        assert (reply["statusCode"], content(reply)["status"]) == (202, "pending")
        assert deliver_all() == [delivery_id]
        first, second = receiver.requests
        assert first.headers["webhook-id"] == second.headers["webhook-id"]
        assert content(call("show-delivery", delivery_id))["attempt_count"] == 2

    def test_replay_sends_again_what_was_held_and_nothing_twice(self, endpoint_id: str, receiver: Receiver) -> None:
        now = times.now()
        store.fan_out(event(now, event_id="evt_before"), now)
        deliver_all()
        call("change", endpoint_id, body={"status": "disabled"})
        for number in range(3):
            store.fan_out(event(now, event_id=f"evt_{number}"), now)
        assert call("replay", endpoint_id)["statusCode"] == 409, "enable it first"
        call("enable", endpoint_id)
        span = {"since": times.to_text(now)}
        assert content(call("replay", endpoint_id, body=span)) == {"queued": 3, "next_cursor": None}
        assert content(call("replay", endpoint_id, body=span)) == {"queued": 0, "next_cursor": None}
        deliver_all()
        sent = [request.headers["webhook-id"] for request in receiver.requests]
        assert sent[0] == "evt_before"
        assert sorted(sent[1:]) == ["evt_0", "evt_1", "evt_2"]

    def test_only_of_the_time_that_was_asked_for(self, endpoint_id: str) -> None:
        call("change", endpoint_id, body={"status": "disabled"})
        now = times.now()
        store.fan_out(event(now), now)
        call("enable", endpoint_id)
        for span in (
            {"since": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"},
            {"since": "2999-01-01T00:00:00Z"},
        ):
            assert content(call("replay", endpoint_id, body=span))["queued"] == 0

    def test_a_great_many_come_in_several_calls(self, endpoint_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dealreg.webhooks.history._REPLAY_PAGE", 2)
        monkeypatch.setattr("dealreg.webhooks.history._REPLAY_PAGES", 2)
        call("change", endpoint_id, body={"status": "disabled"})
        now = times.now()
        for number in range(5):
            store.fan_out(event(now, event_id=f"evt_{number}"), now)
        call("enable", endpoint_id)
        body = {"since": times.to_text(now)}
        first = content(call("replay", endpoint_id, body=body))
        assert first["queued"] == 4
        second = content(call("replay", endpoint_id, body=body | {"cursor": first["next_cursor"]}))
        assert second == {"queued": 1, "next_cursor": None}


def test_the_event_types_come_with_their_schemas() -> None:
    items = content(call("list-event-types"))["items"]
    assert {item["type"] for item in items} == {*rules.EVENT_TYPES, rules.TEST_TYPE}
    for item in items:
        assert item["description"]
        assert item["schema"]["type"] == "object"
