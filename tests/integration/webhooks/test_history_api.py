"""What was delivered, shown, counted, sent again and replayed: from event to reply."""

import pytest

from dealreg.platform import times
from dealreg.webhooks.deliveries import rules, store
from tests.integration.webhooks.calls import call, deliver_all
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import event, rows
from tests.samples import content

pytestmark = pytest.mark.usefixtures("local")


class TestDeliveries:
    def test_the_newest_first_page_by_page(self, endpoint_id: str) -> None:
        made = [content(call("test", endpoint_id))["id"] for _ in range(3)]
        made += [row["id"] for row in rows("DELIVERY#") if row["event_type"] == rules.VERIFY_TYPE]
        first = content(call("list-deliveries", endpoint_id, query={"limit": "3"}))
        rest = content(call("list-deliveries", endpoint_id, query={"limit": "3", "cursor": first["next_cursor"]}))
        assert sorted(item["id"] for item in first["items"] + rest["items"]) == sorted(made)
        assert [item["id"] for item in first["items"] + rest["items"]] == sorted(made, reverse=True)
        assert (len(made), rest["next_cursor"]) == (4, None)

    def test_a_cursor_is_for_its_list_alone(self, endpoint_id: str, receiver: Receiver) -> None:
        for _ in range(2):
            call("test", endpoint_id)
        cursor = content(call("list-deliveries", endpoint_id, query={"limit": "1"}))["next_cursor"]
        other = content(call("create", body={"url": receiver.url, "event_types": ["*"]}))["id"]
        assert call("list-deliveries", other, query={"cursor": cursor})["statusCode"] == 422

    def test_an_unreachable_receiver_shows_neither_why_nor_how_long(self) -> None:
        call("create", body={"url": "http://127.0.0.1:9/", "event_types": ["*"]})
        (delivery_id,) = deliver_all()
        (attempt,) = content(call("show-delivery", delivery_id))["attempts"]
        assert (attempt["result"], attempt["status_code"], attempt["duration_ms"], attempt["body"]) == (
            "unreachable",
            None,
            None,
            "",
        )
        assert set(attempt["timing"].values()) == {None}


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

    def test_a_replay_is_a_job_that_can_be_watched(self, endpoint_id: str, receiver: Receiver) -> None:
        now = times.now()
        store.fan_out(event(now, event_id="evt_1"), now)
        deliver_all()
        body = {"since": times.to_text(now), "what": ["delivered"], "preview": True}
        reply = call("replay", endpoint_id, body=body)
        job = content(reply)
        assert (reply["statusCode"], job["status"]) == (202, "counting")
        deliver_all()
        shown = content(call("show-replay", job["id"]))
        assert (shown["status"], shown["total"], shown["sent"]) == ("ready", 1, 0)
        assert call("pause-replay", job["id"])["statusCode"] == 409
        assert content(call("resume-replay", job["id"]))["status"] == "running"
        deliver_all()
        listed = content(call("list-replays", endpoint_id))["items"]
        assert [(one["id"], one["status"], one["sent"]) for one in listed if one["what"] == ["delivered"]] == [
            (job["id"], "done", 1)
        ]
        assert [request.headers["webhook-id"] for request in receiver.requests] == ["evt_1", "evt_1"]

    def test_only_to_an_enabled_endpoint(self, endpoint_id: str) -> None:
        call("change", endpoint_id, body={"status": "disabled"})
        assert call("replay", endpoint_id)["statusCode"] == 409


class TestStats:
    def test_how_a_days_deliveries_went(self, endpoint_id: str, receiver: Receiver) -> None:
        receiver.statuses += [200, 500]
        now = times.now()
        for number in range(2):
            store.fan_out(event(now, event_id=f"evt_{number}"), now)
            deliver_all()
        shown = content(call("stats", endpoint_id))
        assert shown["deliveries"] == {"pending": 1, "delivered": 2, "failed": 0, "held": 0, "superseded": 0}
        assert (shown["attempts"], shown["success_rate"]) == (3, round(2 / 3, 4)), "the challenge counts too"
        assert shown["duration_ms"]["p50"] <= shown["duration_ms"]["p99"]

    def test_of_nothing_there_is_no_rate(self, receiver: Receiver) -> None:
        made = content(call("create", body={"url": receiver.url, "event_types": ["*"]}))["id"]
        shown = content(call("stats", made))
        assert (shown["success_rate"], shown["duration_ms"]["p95"]) == (None, None)
