"""The life of a delivery, under a clock of our own."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg import wiring
from dealreg.platform.errors import StateConflict
from dealreg.platform.events import VENDOR, Event, Place
from dealreg.platform.http import Caller
from dealreg.platform.ids import make_id
from dealreg.platform.queues import MAX_DELAY
from dealreg.platform.settings import Setting
from dealreg.webhooks.deliveries import policy, rules
from dealreg.webhooks.model import Answer, Delivery, Endpoint, Message, Result, SigningKey, place_of

NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MESSAGE = Message("evt_1", "deal.approved", NOW, "{}", "deal_1", 1, Place(Setting.DEALS_TABLE, "DEAL#1"))
ENDPOINT = Endpoint(
    "whe_1", "part_1", "https://hooks.example.com/", ("deal.*",), "", "enabled", (SigningKey(1, None),), NOW
)
FAILURE = Answer("answered", 500, 20, "")


def pending() -> Delivery:
    return rules.new_delivery(MESSAGE, ENDPOINT, NOW)


def attempt(delivery: Delivery, now: datetime, answer: Answer = FAILURE, chance: float = 0.5) -> Delivery:
    return rules.conclude(rules.begin(delivery, ENDPOINT, MESSAGE, now), answer, now, chance)


def times_of_attempts(answer: Answer, chance: float) -> list[datetime]:
    """When a receiver that always answers so is tried."""
    delivery, moments = pending(), list[datetime]()
    while delivery.next_attempt_at:
        assert rules.is_ready(delivery, delivery.next_attempt_at)
        moments.append(delivery.next_attempt_at)
        delivery = attempt(delivery, delivery.next_attempt_at, answer, chance)
    assert delivery.status == "failed"
    return moments


def test_ten_attempts_over_about_seventy_five_hours() -> None:
    moments = times_of_attempts(FAILURE, chance=0.5)
    waits = [later - earlier for earlier, later in pairwise(moments)]
    assert waits == list(policy.SCHEDULE[1:])
    assert moments[-1] - moments[0] == timedelta(hours=75, minutes=35, seconds=5)


@given(chance=st.floats(0, 1))
def test_each_wait_is_a_fifth_off_at_the_most(chance: float) -> None:
    moments = times_of_attempts(FAILURE, chance)
    for (earlier, later), wait in zip(pairwise(moments), policy.SCHEDULE[1:], strict=True):
        assert abs((later - earlier) / wait - 1) < 0.2001


@pytest.mark.parametrize(
    "answer",
    [Answer("answered", 429, 5, ""), Answer("answered", 503, 5, ""), Answer("timeout", None, 15000, "")],
    ids=["429", "503", "time-out"],
)
def test_who_is_overloaded_gets_a_minute_at_least(answer: Answer) -> None:
    moments = times_of_attempts(answer, chance=0.5)
    assert moments[1] - moments[0] == timedelta(seconds=60)
    assert moments[2] - moments[1] == timedelta(minutes=5)


@pytest.mark.parametrize("status_code", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success(status_code: int) -> None:
    delivery = attempt(pending(), NOW, Answer("answered", status_code, 5, ""))
    assert (delivery.status, delivery.next_attempt_at, delivery.last_status_code) == ("delivered", None, status_code)


@pytest.mark.parametrize("status_code", [100, 199, 300, 301, 302, 304, 307, 400, 404, 500])
def test_nothing_else_is_and_a_redirect_neither(status_code: int) -> None:
    assert attempt(pending(), NOW, Answer("answered", status_code, 5, "")).status == "pending"


@pytest.mark.parametrize("result", ["unreachable", "timeout", "bad_answer"])
def test_no_answer_is_a_failure(result: Result) -> None:
    delivery = attempt(pending(), NOW, Answer(result, None, 5, ""))
    assert (delivery.status, delivery.last_result, delivery.last_status_code) == ("pending", result, None)


def test_a_leased_delivery_is_nobody_elses() -> None:
    leased = rules.begin(pending(), ENDPOINT, MESSAGE, NOW)
    assert not rules.is_ready(leased, NOW)
    assert not rules.is_ready(leased, NOW + rules.LEASE - timedelta(seconds=1))
    with pytest.raises(StateConflict):
        rules.resent(leased, NOW)


def test_a_lease_that_ran_out_is_free_to_take() -> None:
    leased = rules.begin(pending(), ENDPOINT, MESSAGE, NOW)
    assert leased.due_at == NOW + rules.REPAIR_AFTER, "the clock comes back for it, as it would have before"
    assert rules.is_ready(leased, NOW + rules.LEASE)
    assert rules.is_ready(rules.released(leased, NOW), NOW)


def test_a_lease_moves_the_clock_only_if_it_would_come_too_early() -> None:
    late = NOW + rules.REPAIR_AFTER
    leased = rules.begin(pending(), ENDPOINT, MESSAGE, late)
    assert leased.due_at == leased.lease_until == late + rules.LEASE


def test_dying_at_every_attempt_ends_too() -> None:
    delivery, now = pending(), NOW
    for _ in policy.SCHEDULE:
        delivery = rules.begin(delivery, ENDPOINT, MESSAGE, now)
        now += rules.LEASE
    delivery = rules.begin(delivery, ENDPOINT, MESSAGE, now)
    assert (delivery.status, delivery.last_result, delivery.attempts) == ("failed", "interrupted", 10)


def test_an_early_queue_message_waits_but_a_clock_may_be_a_little_off() -> None:
    delivery = replace(pending(), next_attempt_at=NOW + timedelta(minutes=5))
    assert not rules.is_ready(delivery, NOW)
    assert rules.is_ready(delivery, NOW + timedelta(minutes=5) - rules.CLOCK_SKEW)


def test_a_disabled_endpoint_holds_its_deliveries() -> None:
    disabled = replace(ENDPOINT, status="disabled")
    assert rules.new_delivery(MESSAGE, disabled, NOW).status == "held"
    held = rules.begin(pending(), disabled, MESSAGE, NOW)
    assert (held.status, held.attempts, held.last_result) == ("held", 0, "endpoint_disabled")
    assert held.due_at is None


def test_what_has_no_receiver_or_no_message_any_more_fails() -> None:
    assert rules.begin(pending(), None, MESSAGE, NOW).last_result == "endpoint_deleted"
    assert rules.begin(pending(), ENDPOINT, None, NOW).last_result == "message_expired"


def test_a_resend_has_a_whole_schedule_before_it() -> None:
    delivery = pending()
    while delivery.next_attempt_at:
        delivery = attempt(delivery, delivery.next_attempt_at)
    again = rules.resent(delivery, NOW)
    assert (again.status, again.step, again.attempts, again.next_attempt_at) == ("pending", 0, 10, NOW)
    assert attempt(again, NOW).attempts == 11


@given(seconds=st.integers(-600, 200_000))
def test_what_is_pending_is_always_on_the_clock_and_in_the_queue_if_it_can_wait_there(seconds: int) -> None:
    wait = timedelta(seconds=seconds)
    delivery = rules.postponed(pending(), NOW + wait, NOW)
    due_at, delay = delivery.due_at, rules.queue_delay(delivery, NOW)
    assert due_at is not None
    assert due_at >= NOW + wait
    if delay is None:
        assert due_at == NOW + wait, "the clock brings it in its time"
    else:
        assert max(seconds, 0) == delay <= 900
        assert due_at == NOW + max(wait, timedelta(0)) + rules.REPAIR_AFTER, "the clock is the second chance"


@given(st.lists(st.sampled_from(["answer", "die", "succeed", "resend", "sweep"]), max_size=30))
def test_every_delivery_is_always_at_its_end_or_due(acts: list[str]) -> None:
    delivery, now = pending(), NOW
    for context in acts:
        now = max(now, delivery.next_attempt_at or now)
        version = delivery.version
        if context == "resend" and not rules.is_leased(delivery, now):
            delivery = rules.resent(delivery, now)
        elif context == "sweep" and delivery.status == "pending":
            now = max(now, delivery.due_at or now)
            delivery = rules.released(delivery, now)
        elif rules.is_ready(delivery, now):
            delivery = rules.begin(delivery, ENDPOINT, MESSAGE, now)
            if context != "die" and rules.is_leased(delivery, now):
                answer = Answer("answered", 200 if context == "succeed" else 500, 5, "")
                delivery = rules.conclude(delivery, answer, now, 0.5)
        else:
            continue
        assert delivery.version > version
        assert (delivery.due_at is None) == (delivery.status != "pending")
        assert not delivery.lease_until or (delivery.due_at and delivery.due_at >= delivery.lease_until)


def leased() -> Delivery:
    return rules.begin(pending(), ENDPOINT, MESSAGE, NOW)


def at_its_last_step(delivery: Delivery) -> Delivery:
    return replace(delivery, step=len(policy.SCHEDULE))


def concluded(delivery: Delivery, status_code: int) -> Delivery:
    return rules.conclude(delivery, Answer("answered", status_code, 5, ""), NOW, 0.5)


CHANGES: dict[str, tuple[Delivery, Callable[[Delivery], Delivery]]] = {
    "begin": (pending(), lambda one: rules.begin(one, ENDPOINT, MESSAGE, NOW)),
    "begin without an endpoint": (pending(), lambda one: rules.begin(one, None, MESSAGE, NOW)),
    "begin without a message": (pending(), lambda one: rules.begin(one, ENDPOINT, None, NOW)),
    "begin at a disabled one": (
        pending(),
        lambda one: rules.begin(one, replace(ENDPOINT, status="disabled"), MESSAGE, NOW),
    ),
    "begin once too often": (at_its_last_step(pending()), lambda one: rules.begin(one, ENDPOINT, MESSAGE, NOW)),
    "conclude delivered": (leased(), lambda one: concluded(one, 200)),
    "conclude gone": (leased(), lambda one: concluded(one, policy.GONE)),
    "conclude to try again": (leased(), lambda one: concluded(one, 500)),
    "conclude for good": (at_its_last_step(leased()), lambda one: concluded(one, 500)),
    "postponed": (pending(), lambda one: rules.postponed(one, NOW + timedelta(hours=1), NOW)),
    "parked": (pending(), lambda one: rules.parked(one, NOW)),
    "resent": (pending(), lambda one: rules.resent(one, NOW)),
    "released": (pending(), lambda one: rules.released(one, NOW)),
    "end": (pending(), lambda one: rules.end(one, "failed", "why")),
}
"""Every change of a delivery, from a state in which it is made."""


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_one_version_so_that_of_two_who_read_the_same_one_writes(name: str) -> None:
    before, change = CHANGES[name]
    assert change(before).version == before.version + 1


def test_no_change_is_forgotten_above() -> None:
    functions = {name: function for name, function in vars(rules).items() if inspect.isfunction(function)}
    changes = {
        name
        for name, function in functions.items()
        if not name.startswith("_")
        and function.__annotations__.get("return") is Delivery
        and function.__annotations__.get("delivery") is Delivery
    }
    assert {name.partition(" ")[0] for name in CHANGES} == changes


def test_the_same_message_to_the_same_endpoint_is_the_same_delivery() -> None:
    assert rules.new_delivery(MESSAGE, ENDPOINT, NOW).id == rules.new_delivery(MESSAGE, ENDPOINT, NOW).id
    other = replace(ENDPOINT, id="whe_2")
    assert rules.new_delivery(MESSAGE, ENDPOINT, NOW).id != rules.new_delivery(MESSAGE, other, NOW).id


def test_delivery_ids_sort_by_when_the_event_happened() -> None:
    later = replace(MESSAGE, id="evt_0", timestamp=NOW + timedelta(milliseconds=1))
    ids = [rules.new_delivery(message, ENDPOINT, NOW).id for message in (MESSAGE, later)]
    assert ids == sorted(ids)
    least, greatest = rules.replay_range(NOW, NOW)
    assert least <= ids[0] <= greatest < ids[1]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (["deal.approved"], True),
        (["deal.*"], True),
        (["*"], True),
        (["deal.won", "deal.approved"], True),
        (["deal.won"], False),
        (["deal"], False),
        (["deal.app*"], False),
        (["parcel.*"], False),
        ([], False),
    ],
)
def test_subscriptions_by_type_family_or_all(patterns: list[str], expected: bool) -> None:
    assert rules.matches(patterns, "deal.approved") is expected


@pytest.mark.parametrize(
    "text", ["", "deal", "deal.", "deal.nothing", "parcel.*", "**", ".*", "deal.noted", "endpoint.test"]
)
def test_a_pattern_that_can_match_nothing_is_none(text: str) -> None:
    assert not rules.is_pattern(text, wiring.event_types())


def test_a_partner_owns_its_endpoints_and_an_admin_the_vendors() -> None:
    assert rules.owner_of(Caller("partner", "part_1", "", frozenset())) == "part_1"
    assert rules.owner_of(Caller("admin", "", "", frozenset())) == VENDOR


def test_a_rotated_key_signs_for_a_day_beside_the_new_one() -> None:
    keys = policy.rotate((SigningKey(1, None),), NOW)
    assert keys == (SigningKey(1, NOW + timedelta(hours=24)), SigningKey(2, None))
    assert policy.live_keys(keys, NOW + timedelta(hours=23)) == keys
    assert policy.live_keys(keys, NOW + timedelta(hours=24)) == (SigningKey(2, None),)


@given(st.lists(st.integers(0, 30), max_size=12))
def test_however_often_a_key_is_rotated_three_are_live_at_most(hours: list[int]) -> None:
    keys, now = (SigningKey(1, None),), NOW
    for pause in hours:
        now += timedelta(hours=pause)
        keys = policy.rotate(keys, now)
        assert 2 <= len(keys) <= 3
        assert [key.generation for key in keys] == sorted({key.generation for key in keys})
        assert [key.expires_at is None for key in keys] == [False] * (len(keys) - 1) + [True]


@pytest.mark.parametrize(("owner", "partner_id"), [("part_1", "part_1"), (VENDOR, "")])
def test_an_endpoints_events_are_counted_and_concern_its_partner(owner: str, partner_id: str) -> None:
    one = replace(ENDPOINT, owner=owner, sequence=4)
    assert rules.event_about(one, "evt_9", "endpoint.failing", {"reason": "gone"}, (owner,), NOW) == Event(
        id="evt_9",
        type="endpoint.failing",
        subject="whe_1",
        sequence=5,
        timestamp=NOW,
        partner_id=partner_id,
        audience=(owner,),
        data={"endpoint_id": "whe_1", "reason": "gone"},
        place=place_of("whe_1"),
    )


def test_a_range_begins_and_ends_with_the_least_and_the_greatest_id_of_its_moments() -> None:
    later = NOW + timedelta(hours=1)
    assert rules.replay_range(NOW, later) == (make_id("dlv", NOW, 0), make_id("dlv", later, 2**80 - 1))


def test_who_waits_for_the_one_before_it_is_looked_at_by_the_clock_if_nobody_calls_it() -> None:
    until = NOW + timedelta(minutes=1)
    assert rules.parked(pending(), until) == replace(pending(), version=2, due_at=until + rules.REPAIR_AFTER)


def test_who_is_put_off_leaves_its_lease_and_keeps_its_turn_only_if_it_has_one() -> None:
    until = NOW + timedelta(minutes=1)
    assert rules.postponed(leased(), until, NOW).lease_until is None
    assert rules.postponed(pending(), until, NOW).has_slot is False
    assert rules.postponed(pending(), until, NOW, has_slot=True).has_slot is True


def test_the_queue_waits_as_long_as_it_can() -> None:
    assert rules.queue_delay(replace(pending(), next_attempt_at=NOW + MAX_DELAY), NOW) == 900
    assert rules.queue_delay(replace(pending(), status="held"), NOW) is None


def test_everything_is_a_pattern_of_anything() -> None:
    assert rules.is_pattern("*", [])
