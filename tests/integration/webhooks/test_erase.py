"""A customer is forgotten: what was sent about a deal is not shown or sent again, and what was answered is gone."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import wiring
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.platform import dynamo, times
from dealreg.platform.errors import StateConflict
from dealreg.platform.events import VENDOR
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
from dealreg.platform.validation import parse_values
from dealreg.webhooks.deliveries import erasing, history, store
from dealreg.webhooks.endpoints import lifecycle
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.inputs import ReplayRequest
from dealreg.webhooks.model import Delivery
from dealreg.webhooks.replays import runner as replay
from dealreg.webhooks.transport import sender
from tests.integration.moving import registered
from tests.integration.webhooks.calls import ADMIN, call
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import deliver, delivery, endpoint, event, input_context, queued, rows, work_off
from tests.samples import content

pytestmark = pytest.mark.usefixtures("local")
LONG = b"x" * 500
"""An answer that has a row of its own."""


@pytest.fixture
def north(new_partner: Callable[[str], Caller]) -> Caller:
    return new_partner("North")


@pytest.fixture
def deal(north: Caller, context: CommandContext) -> Deal:
    return registered(north, context)


def tell_of(*happened_to: Deal) -> None:
    for deal in happened_to:
        for happened in deals.events_of(deal):
            store.fan_out(happened, times.now())


def erase(reference: str) -> int:
    """Of how many deliveries the content was forgotten."""
    return content(call("erase", reference, ADMIN))["deliveries"]


def of_deal(deal: Deal) -> list[str]:
    return [row["id"] for row in rows("DELIVERY#") if row["subject"] == deal.id]


@pytest.mark.parametrize("answer", [b"thank you", LONG], ids=["short", "long"])
def test_messages_and_answers_of_that_deal_alone(
    north: Caller, deal: Deal, context: CommandContext, receiver: Receiver, answer: bytes
) -> None:
    receiver.answer = answer
    endpoint(VENDOR, receiver.url, times.now())
    customer = {"name": "Other Ltd", "domain": "other.example"}
    other = registered(
        north, replace(context, entropy=context.entropy + 1000), partner_reference="B", customer=customer
    )
    tell_of(deal, other)
    work_off(times.now())
    erase(deal.id)
    for delivery_id in of_deal(deal):
        shown = history.show(VENDOR, delivery_id)
        assert (shown["status"], shown["event"], shown["attempts"]) == ("delivered", None, [])
    for delivery_id in of_deal(other):
        shown = history.show(VENDOR, delivery_id)
        assert shown["event"] is not None
        assert shown["event"]["data"]["customer_name"] == "Other Ltd"
        assert [attempt["body"] for attempt in shown["attempts"]] == [answer.decode()]


def test_of_every_owner_and_of_deleted_endpoints_too(
    north: Caller, deal: Deal, now: datetime, receiver: Receiver
) -> None:
    gone, _ = endpoint(north.partner_id, receiver.url, now)
    endpoint(VENDOR, receiver.url, now)
    tell_of(deal)
    work_off(times.now())
    endpoints.delete(north.partner_id, gone.id, now)
    assert erase(deal.id) == len(of_deal(deal)) == 2 * len(deals.events_of(deal))
    assert erase(deal.number) == 0, "by its number too; what was erased before does not count"


def test_what_is_still_to_be_sent_ends_at_its_next_attempt(deal: Deal, now: datetime, receiver: Receiver) -> None:
    endpoint(VENDOR, receiver.url, now)
    tell_of(deal)
    erase(deal.id)
    work_off(times.now())
    assert {(row["status"], row["last_result"]) for row in rows("DELIVERY#")} == {("failed", "erased")}
    assert receiver.requests == []


def test_what_is_being_sent_leaves_nothing_behind(
    deal: Deal, now: datetime, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint(VENDOR, receiver.url, now)
    receiver.answer = LONG
    really_post = sender.post

    def post(*arguments: Any) -> Any:
        answer = really_post(*arguments)
        erase(deal.id)
        return answer

    monkeypatch.setattr(sender, "post", post)
    tell_of(deal)
    deliver(queued()[0], times.now(), 0.5)
    assert len(receiver.requests) == 1
    assert rows("ATTEMPT#") == []


def test_nor_is_it_sent_again(deal: Deal, now: datetime, receiver: Receiver) -> None:
    one, _ = endpoint(VENDOR, receiver.url, now)
    tell_of(deal)
    work_off(times.now())
    erase(deal.id)
    receiver.requests.clear()
    with pytest.raises(StateConflict):
        history.resend(VENDOR, of_deal(deal)[0], times.now())
    every = ["failed", "held", "delivered", "missing"]
    replay.start(
        VENDOR,
        one.id,
        parse_values(ReplayRequest, {"since": now - timedelta(days=1), "what": every}, input_context()),
        now,
    )
    work_off(times.now())
    assert receiver.requests == []
    assert {delivery(delivery_id).status for delivery_id in of_deal(deal)} == {"delivered"}


def test_of_a_deal_that_is_not_there() -> None:
    assert call("erase", "D-0000-0000", ADMIN)["statusCode"] == 404


def test_everything_has_an_end(now: datetime, receiver: Receiver) -> None:
    one, _ = endpoint(VENDOR, receiver.url, now)
    receiver.statuses.append(500)
    store.fan_out(event(now), now)
    lifecycle.send_test(VENDOR, one.id, now)
    work_off(now)
    kept = [*rows("EVENT#"), *rows("DELIVERY#"), *rows("ATTEMPT#")]
    assert len(kept) == 4
    for row in kept:
        assert row["ttl"] == int((now + endpoints.KEPT).timestamp()), row["sk"]


def with_events(deal: Deal, count: int, now: datetime) -> Deal:
    """So many more, each told, not yet sent."""
    last = deals.events_of(deal)[-1].sequence
    for number in range(last + 1, last + 1 + count):
        happened = event(now, deal.partner_id, "deal.commented", f"evt_{number}", deal.id, number)
        store.fan_out(happened, now)
    return deal


def erased(deal: Deal) -> list[bool]:
    return [row["is_erased"] for row in rows("DELIVERY#") if row["subject"] == deal.id]


def waiting() -> list[dynamo.Key]:
    return [dynamo.Key(store.table(), row["pk"], row["sk"]) for row in rows(erasing.KIND)]


class TestMuchOfIt:
    @pytest.fixture
    def told(self, deal: Deal, now: datetime, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Deal:
        endpoint(VENDOR, receiver.url, now)
        monkeypatch.setattr(erasing, "PAGE", 4)
        monkeypatch.setattr(erasing, "REQUEST_SECONDS", 600)
        monkeypatch.setattr(erasing, "SWEEP_SECONDS", 600)
        return with_events(deal, 30, now)

    def test_all_pages_of_its_events_are_followed(self, told: Deal) -> None:
        reply = content(call("erase", told.id, ADMIN))
        assert reply == {"deliveries": 30, "is_finished": True}
        assert erased(told) == [True] * 30
        assert waiting() == []

    def test_what_the_request_has_no_time_for_goes_on_by_the_clock(
        self, told: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Each look at the time costs a second of four, and of the sweep's five."""
        monkeypatch.setattr(erasing, "REQUEST_SECONDS", 4)
        monkeypatch.setattr(erasing, "SWEEP_SECONDS", 5)
        seconds = itertools.count()
        monkeypatch.setattr(erasing.time, "monotonic", lambda: next(seconds))
        reply = content(call("erase", told.id, ADMIN))
        assert not reply["is_finished"]
        done = sum(erased(told))
        assert 0 < done < 30
        runs = 0
        while keys := waiting():
            sweep = wiring.due_handlers(Setting.WEBHOOKS_TABLE)[erasing.KIND]
            sweep(keys[0], times.now())
            runs += 1
            assert sum(erased(told)) > done, "each goes on where the one before it stopped"
            done = sum(erased(told))
        assert (erased(told), runs > 2) == ([True] * 30, True)

    def test_killed_on_its_way_it_is_taken_up(self, told: Deal, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(store, "forget", _die_after(7, store.forget))
            with pytest.raises(Killed):
                erasing.begin(place_of(told.id), times.now())
        (key,) = waiting()
        erasing.on_due(key, times.now())
        assert sum(erased(told)) == 7, "it is not due yet: who began may live"
        erasing.on_due(key, times.now() + erasing.REPAIR_AFTER)
        assert (erased(told), waiting()) == ([True] * 30, [])

    def test_of_two_at_once_both_come_to_their_end(
        self, told: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The other ends while this one is at its first delivery, and takes the row off the clock."""
        really_forget, others = store.forget, [lambda: erasing.begin(place_of(told.id), now)]

        def forget(delivery: Delivery) -> None:
            if others:
                others.pop()()
            really_forget(delivery)

        monkeypatch.setattr(store, "forget", forget)
        assert erasing.begin(place_of(told.id), now).is_finished
        assert (erased(told), waiting()) == ([True] * 30, [])


class Killed(BaseException):
    """The process ends here."""


def _die_after(count: int, forget: Callable[[Any], None]) -> Callable[[Any], None]:
    done: list[int] = []

    def one(delivery: Any) -> None:
        if len(done) == count:
            raise Killed
        done.append(1)
        forget(delivery)

    return one
