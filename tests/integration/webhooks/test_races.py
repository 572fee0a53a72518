"""Two at once at an endpoint, a delivery or a replay: one is first, and the other is told or looks again."""

from datetime import datetime, timedelta

import pytest

from dealreg.platform import dynamo
from dealreg.platform.errors import NotFound, StaleVersion, Unavailable
from dealreg.webhooks.deliveries import limits, rules, store
from dealreg.webhooks.endpoints import health, lifecycle
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.model import Answer, Endpoint
from tests.integration.aws_calls import lose_every_race_to, lose_race_to
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, delivery, endpoint, event, queued, rows

pytestmark = pytest.mark.usefixtures("local", "no_pauses")
BAD, GONE = Answer("answered", 500, 5, ""), Answer("answered", 410, 5, "")


class TestEndpoint:
    def test_a_proof_is_for_the_url_that_was_asked(
        self, receiver: Receiver, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = {"url": receiver.url + "other"}
        one, _ = endpoint(NORTH, receiver.url, now)
        lifecycle.change(NORTH, one.id, other, now)
        unproved = endpoints.load(NORTH, one.id)
        lose_race_to(monkeypatch, lambda: lifecycle.change(NORTH, one.id, {"url": receiver.url + "third"}, now))
        assert not endpoints.verify(unproved)
        assert endpoints.load(NORTH, one.id).status == "unverified"

    def test_deleted_before_a_change_it_does_not_come_back(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: endpoints.delete(NORTH, one.id, now))
        with pytest.raises(NotFound):
            lifecycle.change(NORTH, one.id, {"event_types": ("*",)}, now)
        assert endpoints.of_owner(NORTH) == []

    def test_deleted_twice_it_is_not_found(self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        lose_race_to(monkeypatch, lambda: endpoints.delete(NORTH, one.id, now))
        with pytest.raises(NotFound):
            endpoints.delete(NORTH, one.id, now)

    def test_of_two_new_secrets_one_is_given_out(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: endpoints.rotate_secret(NORTH, one.id, now))
        with pytest.raises(StaleVersion):
            endpoints.rotate_secret(NORTH, one.id, now)
        assert len(endpoints.load(NORTH, one.id).keys) == 2, "the first and one more"


class TestHealth:
    def test_both_failures_count(self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        lose_race_to(monkeypatch, lambda: health.record(one, BAD, now))
        health.record(one, BAD, now)
        assert endpoints.load(NORTH, one.id).health.failed_attempts == 2

    def test_of_two_that_see_the_end_one_tells(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: health.record(one, GONE, now))
        health.record(one, GONE, now)
        assert len(rows("EVENT#")) == 1

    def test_deleted_meanwhile_nothing_is_kept_of_it(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, lambda: endpoints.delete(NORTH, one.id, now))
        health.record(one, GONE, now)
        assert (endpoints.of_owner(NORTH), rows("EVENT#")) == ([], [])

    def test_an_observation_that_always_comes_second_is_let_go(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        moments = iter(now + timedelta(seconds=second) for second in range(1, 60))
        lose_every_race_to(monkeypatch, lambda: health.record(endpoints.load(NORTH, one.id), BAD, next(moments)))
        health.record(one, BAD, now)
        assert endpoints.load(NORTH, one.id).health.failed_attempts == 6, "the rivals' alone"


class TestItsEvents:
    def test_two_at_once_have_two_numbers(self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        lose_race_to(monkeypatch, lambda: endpoints.append_event(one, rules.TEST_TYPE, {}, now))
        second = endpoints.append_event(one, rules.TEST_TYPE, {}, now)
        assert second.sequence == 2
        assert [row["sequence"] for row in rows("EVENT#")] == [1, 2]

    def test_too_many_at_once_are_told_to_come_again(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def another() -> None:
            endpoints.append_event(endpoints.load(NORTH, one.id), rules.TEST_TYPE, {}, now)

        lose_every_race_to(monkeypatch, another)
        with pytest.raises(Unavailable):
            endpoints.append_event(one, rules.TEST_TYPE, {}, now)


class TestDelivery:
    def test_told_by_two_relays_it_is_one(self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        happened = event(now)
        lose_race_to(monkeypatch, lambda: store.fan_out(happened, now), "Webhooks")
        store.fan_out(happened, now)
        assert len(rows("DELIVERY#")) == len(queued()) == 1

    def test_sent_again_by_two_it_goes_once(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.fan_out(event(now), now)
        before = delivery(queued()[0])
        lose_race_to(monkeypatch, lambda: store.send_again(before, now))
        assert store.send_again(before, now) is None
        assert len(queued()) == 1

    def test_what_moved_on_by_itself_is_not_released(
        self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store.fan_out(event(now), now)
        before, overdue = delivery(queued()[0]), now + timedelta(hours=1)
        key = store.delivery_key(one.id, before.id)
        lose_race_to(monkeypatch, lambda: store.save(before, rules.end(before, "delivered", "answered")))
        store.resend_due(key, overdue)
        assert (delivery(before.id).status, queued()) == ("delivered", [])

    def test_erased_after_its_end_of_life_it_stays_away(self, one: Endpoint, now: datetime) -> None:
        store.fan_out(event(now), now)
        ended = delivery(queued()[0])
        dynamo.write(dynamo.delete(store.delivery_key(one.id, ended.id)))
        store.forget(ended)
        assert rows("DELIVERY#") == []


class TestRateLimit:
    def test_two_get_two_times(self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        given: list[datetime | None] = []
        lose_race_to(monkeypatch, lambda: given.append(limits.slot(one.id, 60, now)))
        given.append(limits.slot(one.id, 60, now))
        assert given == [now, now + timedelta(seconds=1)]

    def test_too_many_at_once_get_none(self, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        lose_every_race_to(monkeypatch, lambda: limits.slot(one.id, 60, now))
        assert limits.slot(one.id, 60, now) is None
