"""What a delivery is at its start, and what each change leaves in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dealreg.platform.errors import StateConflict
from dealreg.platform.events import Place
from dealreg.platform.queues import MAX_DELAY
from dealreg.platform.settings import Setting
from dealreg.webhooks.deliveries import policy, rules
from dealreg.webhooks.model import Answer, Delivery, Endpoint, EndpointStatus, Health, Message, Ordered, SigningKey
from tests.unit.sentences import is_sentence

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MESSAGE = Message("evt_1", "deal.approved", NOW, "{}", "deal_1", 3, Place(Setting.DEALS_TABLE, "DEAL#1"))
CHALLENGE = replace(MESSAGE, type=rules.VERIFY_TYPE)
ENDPOINT = Endpoint(
    "whe_1", "part_1", "https://hooks.example.com/", ("deal.*",), "", "enabled", (SigningKey(1, None),), NOW
)


def pending() -> Delivery:
    return rules.new_delivery(MESSAGE, ENDPOINT, NOW)


def leased() -> Delivery:
    return rules.begin(pending(), ENDPOINT, MESSAGE, NOW)


class TestStart:
    def test_a_new_delivery_goes_at_once_and_knows_what_it_is_of(self) -> None:
        assert rules.new_delivery(MESSAGE, ENDPOINT, NOW + timedelta(seconds=9), "job_1") == Delivery(
            id=rules.delivery_id("evt_1", NOW, "whe_1"),
            owner="part_1",
            endpoint_id="whe_1",
            event_id="evt_1",
            event_type="deal.approved",
            status="pending",
            version=1,
            attempts=0,
            step=0,
            next_attempt_at=NOW + timedelta(seconds=9),
            lease_until=None,
            last_result="",
            last_status_code=None,
            created_at=NOW + timedelta(seconds=9),
            subject="deal_1",
            sequence=3,
            place=MESSAGE.place,
            due_at=NOW + timedelta(seconds=9) + rules.REPAIR_AFTER,
            in_line=False,
            is_slow=True,
            replay_id="job_1",
        )

    @pytest.mark.parametrize("status", ["disabled", "unverified"])
    def test_an_endpoint_that_takes_nothing_now_has_it_held_and_says_why(self, status: EndpointStatus) -> None:
        held = rules.new_delivery(MESSAGE, replace(ENDPOINT, status=status), NOW)
        assert (held.status, held.last_result) == ("held", f"endpoint_{status}")
        assert (held.next_attempt_at, held.due_at) == (None, None)
        late = rules.begin(pending(), replace(ENDPOINT, status=status), MESSAGE, NOW)
        assert (late.status, late.last_result) == ("held", f"endpoint_{status}")

    def test_the_challenge_goes_to_an_endpoint_that_is_not_yet_verified(self) -> None:
        unverified = replace(ENDPOINT, status="unverified")
        challenge = rules.new_delivery(CHALLENGE, unverified, NOW)
        assert challenge.status == "pending"
        assert rules.begin(challenge, unverified, CHALLENGE, NOW).lease_until == NOW + rules.LEASE

    @pytest.mark.parametrize(
        ("ordered", "event_type", "in_line"),
        [
            ("on", "deal.approved", True),
            ("supersede", "deal.approved", True),
            ("off", "deal.approved", False),
            ("on", rules.TEST_TYPE, False),
            ("on", rules.VERIFY_TYPE, False),
        ],
    )
    def test_who_wants_order_has_it_but_what_is_sent_by_hand_waits_for_nobody(
        self, ordered: Ordered, event_type: str, in_line: bool
    ) -> None:
        message, endpoint = replace(MESSAGE, type=event_type), replace(ENDPOINT, ordered=ordered)
        assert rules.new_delivery(message, endpoint, NOW).in_line is in_line

    def test_replays_and_slow_endpoints_begin_in_the_slow_lane(self) -> None:
        assert pending().is_slow is False
        assert rules.new_delivery(MESSAGE, ENDPOINT, NOW, "job_1").is_slow
        slow = replace(ENDPOINT, health=Health(slow=policy.MANY_SLOW))
        assert rules.new_delivery(MESSAGE, slow, NOW).is_slow

    def test_another_event_at_the_same_moment_is_another_delivery(self) -> None:
        assert rules.new_delivery(replace(MESSAGE, id="evt_2"), ENDPOINT, NOW).id != pending().id

    def test_a_family_is_what_is_before_the_first_dot(self) -> None:
        assert rules.matches(["deal.*"], "deal.line.added")
        assert not rules.matches(["deal.line.*"], "deal.line.added")


class TestAttempt:
    @pytest.mark.parametrize(
        ("is_erased", "endpoint", "result"),
        [
            (False, None, "endpoint_deleted"),
            (True, None, "endpoint_deleted"),
            (False, ENDPOINT, "message_expired"),
            (True, ENDPOINT, "erased"),
        ],
    )
    def test_nobody_to_send_to_or_nothing_to_send_is_the_end(
        self, is_erased: bool, endpoint: Endpoint | None, result: str
    ) -> None:
        ended = rules.begin(replace(pending(), is_erased=is_erased), endpoint, None, NOW)
        assert (ended.status, ended.last_result, ended.attempts) == ("failed", result, 0)

    def test_an_attempt_uses_up_its_turn(self) -> None:
        assert rules.begin(replace(pending(), has_slot=True), ENDPOINT, MESSAGE, NOW).has_slot is False

    def test_what_the_answer_was_is_kept(self) -> None:
        delivered = rules.conclude(leased(), Answer("answered", 204, 17, ""), NOW, 0.5)
        assert (delivered.last_result, delivered.last_status_code, delivered.last_duration_ms) == ("answered", 204, 17)
        last = replace(leased(), step=len(policy.SCHEDULE))
        failed = rules.conclude(last, Answer("timeout", None, 15_000, ""), NOW, 0.5)
        assert (failed.status, failed.last_result, failed.last_duration_ms) == ("failed", "timeout", 15_000)

    def test_who_is_gone_has_the_rest_held_but_a_challenge_is_tried_again(self) -> None:
        gone = Answer("answered", policy.GONE, 5, "")
        held = rules.conclude(leased(), gone, NOW, 0.5)
        assert (held.status, held.last_result) == ("held", "endpoint_disabled")
        assert rules.conclude(replace(leased(), event_type=rules.VERIFY_TYPE), gone, NOW, 0.5).status == "pending"

    def test_the_receiver_may_name_the_moment_of_the_next(self) -> None:
        busy = Answer("answered", 503, 5, "", {"retry-after": "Mon, 23 Nov 2026 11:00:00 GMT"})
        assert rules.conclude(leased(), busy, NOW, 0.5).next_attempt_at == NOW + timedelta(hours=1)


class TestAgain:
    def test_a_resend_by_hand_is_live_and_one_of_a_replay_is_slow(self) -> None:
        delivery = replace(leased(), is_slow=True, replay_id="job_1")
        by_hand = rules.resent(delivery, NOW + rules.LEASE)
        assert (by_hand.is_slow, by_hand.replay_id, by_hand.lease_until) == (False, "", None)
        of_job = rules.resent(delivery, NOW + rules.LEASE, "job_2")
        assert (of_job.is_slow, of_job.replay_id) == (True, "job_2")

    @pytest.mark.parametrize("delivery", [leased(), replace(pending(), is_erased=True)], ids=["leased", "erased"])
    def test_a_resend_is_refused_in_a_sentence(self, delivery: Delivery) -> None:
        with pytest.raises(StateConflict) as refused:
            rules.resent(delivery, NOW)
        assert is_sentence(refused.value.detail)

    def test_what_is_not_pending_is_on_no_clock(self) -> None:
        stale = replace(pending(), status="held")
        assert stale.due_at is not None
        assert rules.released(stale, NOW).due_at is None

    def test_the_longest_wait_of_the_queue_is_still_the_queues(self) -> None:
        assert rules.postponed(pending(), NOW + MAX_DELAY, NOW).due_at == NOW + MAX_DELAY + rules.REPAIR_AFTER
        beyond = NOW + MAX_DELAY + timedelta(seconds=1)
        assert rules.postponed(pending(), beyond, NOW).due_at == beyond

    def test_each_call_of_the_clock_that_nobody_hears_doubles_the_wait_for_the_next(self) -> None:
        delivery, now, waits = pending(), NOW, list[timedelta]()
        for _ in range(5):
            delivery = rules.released(delivery, now)
            assert delivery.due_at
            waits.append(delivery.due_at - now)
            now = delivery.due_at
        assert waits == [timedelta(minutes=minutes) for minutes in (2, 4, 8, 16, 32)]
