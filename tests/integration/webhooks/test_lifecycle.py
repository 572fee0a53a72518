"""An endpoint proves itself, is disabled and enabled; what it would have got meanwhile is held and then sent."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dealreg.platform import times
from dealreg.platform.errors import RateLimited, StateConflict
from dealreg.platform.validation import parse_values
from dealreg.webhooks.deliveries import rules, store
from dealreg.webhooks.endpoints import keys, lifecycle
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.inputs import NewEndpoint
from dealreg.webhooks.model import Endpoint
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import (
    NORTH,
    deliver,
    delivery,
    endpoint,
    event,
    input_context,
    queued,
    rows,
    work_off,
)

pytestmark = pytest.mark.usefixtures("local")

Create = Callable[[], Endpoint]


@pytest.fixture
def create(receiver: Receiver) -> Create:
    new = parse_values(NewEndpoint, {"url": receiver.url, "event_types": ["deal.*"]}, input_context())
    return lambda: lifecycle.create(NORTH, new, times.now())[0]


def statuses() -> list[str]:
    return sorted(row["status"] for row in rows("DELIVERY#") if row["event_type"] not in rules.ADDRESSED)


def bodies(receiver: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in receiver.requests]


class TestProof:
    def test_who_gives_the_challenge_back_is_enabled(self, create: Create, receiver: Receiver) -> None:
        made = create()
        assert made.status == "unverified"
        work_off(times.now())
        assert endpoints.load(NORTH, made.id).status == "enabled"
        (request,) = receiver.requests
        assert keys.challenge_of(made).encode() in request.body
        assert "v1a," in request.headers["webhook-signature"]

    def test_repeating_all_that_was_said_proves_nothing(self, create: Create, receiver: Receiver) -> None:
        receiver.proves = False
        made = create()
        (verifying,) = queued()
        deliver(verifying, times.now(), 0.5)
        assert endpoints.load(NORTH, made.id).status == "unverified"
        after = delivery(verifying)
        assert (after.status, after.last_result, after.last_status_code) == ("pending", "unproven", 200)

    def test_what_happens_before_is_held_and_then_sent(self, create: Create, receiver: Receiver) -> None:
        create()
        store.fan_out(event(times.now()), times.now())
        assert statuses() == ["held"]
        work_off(times.now())
        assert statuses() == ["delivered"]
        assert bodies(receiver)[-1] == "evt_1"

    def test_another_url_has_to_prove_itself_too(self, create: Create, receiver: Receiver) -> None:
        made = create()
        work_off(times.now())
        changed = lifecycle.change(NORTH, made.id, {"url": receiver.url + "/2"}, times.now())
        assert changed.status == "unverified"
        assert keys.challenge_of(changed) != keys.challenge_of(made)
        work_off(times.now())
        assert endpoints.load(NORTH, made.id).status == "enabled"
        assert receiver.requests[-1].path == "/hook/2"

    def test_the_answer_to_an_old_challenge_does_not_prove_a_new_url(self, create: Create, receiver: Receiver) -> None:
        before = create()
        lifecycle.change(NORTH, before.id, {"url": receiver.url + "/2"}, times.now())
        assert not endpoints.verify(before)
        assert endpoints.load(NORTH, before.id).status == "unverified"

    def test_enabling_is_no_way_around_it(self, create: Create) -> None:
        made = create()
        lifecycle.change(NORTH, made.id, {"status": "disabled"}, times.now())
        assert lifecycle.change(NORTH, made.id, {"status": "enabled"}, times.now()).status == "unverified"

    def test_it_can_be_asked_for_again_but_not_without_end(self, create: Create, receiver: Receiver) -> None:
        made, now = create(), times.now()
        for _ in range(11):
            lifecycle.verify(NORTH, made.id, now)
        with pytest.raises(RateLimited) as refused:
            lifecycle.verify(NORTH, made.id, now)
        assert refused.value.headers == {
            "retry-after": "6",
            "ratelimit-policy": '"tests";q=10;w=60',
            "ratelimit": '"tests";r=0;t=6',
        }
        lifecycle.verify(NORTH, made.id, now + timedelta(minutes=2))
        work_off(times.now())
        with pytest.raises(StateConflict):
            lifecycle.verify(NORTH, made.id, now)


class TestHeld:
    def test_three_days_disabled_then_all_is_delivered_once(self, create: Create, receiver: Receiver) -> None:
        made = create()
        work_off(times.now())
        lifecycle.change(NORTH, made.id, {"status": "disabled"}, times.now())
        for number in range(5):
            moment = times.now() - timedelta(minutes=10 - number)
            store.fan_out(event(moment, event_id=f"evt_{number}", sequence=1 + number), times.now())
        work_off(times.now())
        assert statuses() == ["held"] * 5
        receiver.requests.clear()
        lifecycle.change(NORTH, made.id, {"status": "enabled"}, times.now())
        work_off(times.now())
        assert statuses() == ["delivered"] * 5
        assert sorted(bodies(receiver)) == [f"evt_{number}" for number in range(5)]

    def test_gone_disables_at_once_and_keeps_the_delivery(self, receiver: Receiver) -> None:
        one, _ = endpoint(NORTH, receiver.url, times.now())
        store.fan_out(event(times.now()), times.now())
        receiver.statuses.append(410)
        work_off(times.now())
        after = endpoints.load(NORTH, one.id)
        assert (after.status, after.disabled_reason) == ("disabled", "gone")
        assert statuses() == ["held"]
        lifecycle.change(NORTH, one.id, {"status": "enabled"}, times.now())
        work_off(times.now())
        assert statuses() == ["delivered"]

    def test_held_in_the_moment_of_enabling_it_is_not_forgotten(self, receiver: Receiver) -> None:
        one, _ = endpoint(NORTH, receiver.url, times.now())
        stale = replace(one, status="disabled")
        store.send_to([stale], store.message_of(event(times.now())), times.now())
        assert statuses() == ["pending"]
        work_off(times.now())
        assert statuses() == ["delivered"]

    def test_a_change_of_another_field_leaves_a_disabled_endpoint_as_it_is(self, create: Create) -> None:
        made = create()
        lifecycle.change(NORTH, made.id, {"status": "disabled"}, times.now())
        changed = lifecycle.change(NORTH, made.id, {"description": "CRM"}, times.now())
        assert (changed.status, changed.disabled_reason) == ("disabled", "owner")
