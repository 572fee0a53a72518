"""An owner is told of an endpoint that fails: by mail and through its other endpoints."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import wiring
from dealreg.notifications import store as notifications
from dealreg.notifications.delivery import deliver as send_letters
from dealreg.notifications.render import Mail
from dealreg.partners import users
from dealreg.partners.program import Program
from dealreg.partners.users import User
from dealreg.platform import dynamo
from dealreg.platform.events import VENDOR
from dealreg.platform.settings import Setting
from dealreg.webhooks.endpoints import health
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Answer, Endpoint
from tests.integration.moving import waiting_in
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, endpoint, rows, work_off

pytestmark = pytest.mark.usefixtures("local")
BAD, GOOD = Answer("answered", 500, 5, ""), Answer("answered", 200, 5, "")


def sweep(now: datetime) -> None:
    for row in alerts():
        if "due_at" in row:
            wiring.due_handlers(Setting.WEBHOOKS_TABLE)["EVENT"](dynamo.Key("Webhooks", row["pk"], row["sk"]), now)


def alerts() -> list[dict[str, Any]]:
    """The events that have an audience."""
    return [row for row in rows("EVENT#") if row["audience"]]


def fail(one: Endpoint, now: datetime) -> Endpoint:
    """For two hours."""
    one = health.record(one, BAD, now)
    return health.record(one, BAD, now + timedelta(hours=2))


def test_the_other_endpoints_and_a_letter_tell_of_it(receiver: Receiver, now: datetime) -> None:
    failing, _ = endpoint(NORTH, "http://127.0.0.1:9/", now, "*")
    endpoint(NORTH, receiver.url, now, "endpoint.*")
    endpoint(VENDOR, receiver.url, now, "*")
    fail(failing, now)
    sweep(now + timedelta(hours=2))
    work_off(now + timedelta(hours=2))
    (request,) = receiver.requests
    told = json.loads(request.body)
    assert (told["type"], told["partner_id"], told["data"]["endpoint_id"]) == ("endpoint.failing", NORTH, failing.id)
    assert [notice["kind"] for notice in waiting_in("NOTIFICATION_QUEUE_URL")] == ["endpoint.failing"]


def test_it_is_told_once_and_its_end_too(receiver: Receiver, now: datetime) -> None:
    failing, _ = endpoint(NORTH, receiver.url, now)
    one = fail(failing, now)
    one = health.record(one, BAD, now + timedelta(hours=3))
    health.record(one, GOOD, now + timedelta(hours=4))
    for _ in range(2):
        sweep(now + timedelta(hours=4))
    kinds = sorted(notice["kind"] for notice in waiting_in("NOTIFICATION_QUEUE_URL"))
    assert kinds == ["endpoint.failing", "endpoint.recovered"]
    sweep(now)
    assert waiting_in("NOTIFICATION_QUEUE_URL") == []


def test_the_event_is_written_with_what_it_tells_of(receiver: Receiver, now: datetime) -> None:
    one, _ = endpoint(NORTH, receiver.url, now)
    disabled = health.record(one, Answer("answered", 410, 5, ""), now)
    assert disabled.status == endpoints.load(NORTH, one.id).status == "disabled"
    (alert,) = alerts()
    assert alert["data"]["reason"] == "gone"
    assert "due_at" in alert


def test_of_two_that_see_the_same_only_one_tells(receiver: Receiver, now: datetime) -> None:
    one, _ = endpoint(NORTH, receiver.url, now)
    for _ in range(2):
        health.record(one, Answer("answered", 410, 5, ""), now)
    assert len(alerts()) == 1


@pytest.mark.parametrize("kind", ["failing", "disabled", "recovered"])
def test_each_letter_reaches_the_partners_people(
    kind: str, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    dynamo.write(dynamo.put("Partners", users.to_item(User("user_1", NORTH, "Jana", "jana@north.example", now))))
    sent: list[tuple[str, str]] = []

    def note(_notice: object, address: str, mail: Mail, _now: datetime) -> None:
        sent.append((address, mail.subject))

    monkeypatch.setattr("dealreg.notifications.delivery._send_once", note)
    monkeypatch.setattr("dealreg.webhooks.letters.current_program", Program)
    one, _ = endpoint(NORTH, receiver.url, now)
    if kind == "disabled":
        health.record(one, Answer("answered", 410, 5, ""), now)
    else:
        one = fail(one, now)
        health.record(one, GOOD, now + timedelta(hours=3))
    sweep(now + timedelta(hours=4))
    letters = [one for one in waiting_in("NOTIFICATION_QUEUE_URL") if one["kind"] == f"endpoint.{kind}"]
    for letter in letters:
        send_letters(json.dumps(letter), wiring.letters(), now)
    ((address, subject),) = sent
    assert address == "jana@north.example"
    assert receiver.url in subject
    assert notifications.read_notice(json.dumps(letters[0])).pk == f"ENDPOINT#{one.id}"
