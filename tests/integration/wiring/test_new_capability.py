"""One wiring value, and all machines of the product serve a capability that they have never heard of."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from dealreg.platform import dynamo
from dealreg.platform.events import VENDOR
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse_values
from dealreg.webhooks.deliveries import erasing
from dealreg.webhooks.inputs import ReplayRequest
from dealreg.webhooks.replays import runner
from dealreg.webhooks.transport import signing
from tests.integration.notifications.conftest import Outbox
from tests.integration.webhooks.calls import call
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import endpoint, input_context, rows
from tests.integration.wiring import rebates
from tests.integration.wiring.conftest import Machines
from tests.samples import content

NewPartner = Callable[[str], Caller]
REBATE = "rebate_1"
IN_A_WEEK = timedelta(days=7)


@pytest.fixture
def north(new_partner: NewPartner) -> str:
    return new_partner("North").partner_id


@pytest.fixture
def south(new_partner: NewPartner) -> str:
    return new_partner("South").partner_id


def heard(receiver: Receiver) -> list[tuple[int, str]]:
    """The sequence and the status in each request."""
    said = [json.loads(request.body) for request in receiver.requests]
    return [(one["sequence"], one["data"]["status"]) for one in said]


def test_its_events_are_delivered_signed_and_in_order_to_its_audience_alone(
    machines: Machines, north: str, south: str, receiver: Receiver, now: datetime
) -> None:
    one, secret = endpoint(north, receiver.url, now, "rebate.*", ordered="on")
    endpoint(south, receiver.url, now, "*")
    receiver.statuses += [500]

    rebates.promise(north, REBATE, now + IN_A_WEEK, now)
    rebates.on_due(_key(north), now)
    machines.relay()
    machines.deliver()
    assert heard(receiver) == [(1, "promised")], "and the second waits, since that was refused"
    for minutes in (1, 3, 5):
        machines.sweep_at(now + timedelta(minutes=minutes))
        machines.deliver()

    assert heard(receiver) == [(1, "promised"), (1, "promised"), (2, "granted")]
    for request in receiver.requests:
        sent_at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), now.tzinfo)
        assert signing.verify(request.headers, request.body, [secret], sent_at)
    assert {row["endpoint_id"] for row in rows("DELIVERY#")} == {one.id}
    envelope = json.loads(receiver.requests[-1].body)
    assert (envelope["type"], envelope["subject"], envelope["partner_id"]) == ("rebate.changed", REBATE, north)


def test_a_thin_payload_says_which_state_of_which_subject(
    machines: Machines, north: str, receiver: Receiver, now: datetime
) -> None:
    endpoint(north, receiver.url, now, "rebate.*", payload="thin")
    rebates.promise(north, REBATE, now + IN_A_WEEK, now)
    machines.relay()
    machines.deliver()
    (request,) = receiver.requests
    assert json.loads(request.body)["data"] == {"rebate_id": REBATE, "version": 1}


def test_its_marked_rows_reach_its_handler_when_they_come_and_when_they_go(
    machines: Machines, north: str, receiver: Receiver, now: datetime
) -> None:
    endpoint(VENDOR, receiver.url, now, "*")
    rebates.promise(north, REBATE, now + IN_A_WEEK, now)
    rebates.object_to(north, REBATE)
    machines.relay()
    rebates.withdraw_objection(REBATE)
    for _ in range(3):
        machines.relay()
        machines.deliver()
    assert sorted(heard(receiver)) == [(1, "promised"), (2, "stopped"), (3, "promised")]


def test_its_due_rows_are_swept_and_so_are_events_that_the_stream_lost(
    machines: Machines, north: str, receiver: Receiver, now: datetime
) -> None:
    endpoint(north, receiver.url, now, "rebate.*")
    rebates.promise(north, REBATE, now + timedelta(minutes=1), now)
    machines.lose_stream()
    for minutes in range(1, 6):
        machines.sweep_at(now + timedelta(minutes=minutes))
        machines.deliver()
    assert sorted(heard(receiver)) == [(1, "promised"), (2, "granted")]


def test_its_events_are_mailed_once(machines: Machines, north: str, outbox: Outbox, now: datetime) -> None:
    rebates.promise(north, REBATE, now + IN_A_WEEK, now)
    machines.relay()
    machines.mail()
    assert outbox.recipients == ["north@partner.example"]
    assert outbox.subject() == "Your rebate is promised"


@pytest.mark.parametrize("owner", ["partner", "vendor"])
def test_what_an_endpoint_missed_is_replayed(
    machines: Machines, north: str, south: str, receiver: Receiver, now: datetime, owner: str
) -> None:
    rebates.promise(north, REBATE, now + IN_A_WEEK, now)
    rebates.promise(south, "rebate_2", now + IN_A_WEEK, now)
    rebates.on_due(_key(north), now)
    machines.relay()

    one, _ = endpoint(north if owner == "partner" else VENDOR, receiver.url, now, "rebate.*")
    asked = {"since": now - timedelta(hours=1), "until": now, "what": ["missing"]}
    runner.start(one.owner, one.id, parse_values(ReplayRequest, asked, input_context()), now)
    machines.replay()
    machines.deliver()

    own = [(1, "promised"), (2, "granted")]
    assert sorted(heard(receiver)) == (own if owner == "partner" else [(1, "promised"), *own])


def test_what_was_sent_of_it_can_be_erased(machines: Machines, north: str, receiver: Receiver, now: datetime) -> None:
    endpoint(north, receiver.url, now, "rebate.*")
    rebates.promise(north, REBATE, now + IN_A_WEEK, now)
    rebates.promise(north, "rebate_2", now + IN_A_WEEK, now)
    machines.relay()
    machines.deliver()

    assert erasing.begin(rebates.place_of(REBATE), now).deliveries == 1

    assert {row["subject"]: row["is_erased"] for row in rows("DELIVERY#")} == {REBATE: True, "rebate_2": False}


def test_its_event_types_are_in_the_catalogue(machines: Machines) -> None:
    types = {one["type"]: one for one in content(call("list-event-types"))["items"]}
    assert types["rebate.changed"]["description"] == rebates.RebateChanged.__doc__


def _key(partner_id: str) -> dynamo.Key:
    return dynamo.Key(rebates.TABLE, f"PARTNER#{partner_id}", f"REBATE#{REBATE}")
