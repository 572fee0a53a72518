"""Whatever two do to an endpoint at once, it ends as if one had come after the other; limits hold however many come."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from dealreg.platform import dynamo
from dealreg.platform.errors import Conflict, NotFound, StaleVersion, StateConflict, Unavailable
from dealreg.platform.validation import parse_values
from dealreg.webhooks.deliveries import policy, rules
from dealreg.webhooks.endpoints import health, lifecycle
from dealreg.webhooks.endpoints import rules as endpoint_rules
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.inputs import NewEndpoint
from dealreg.webhooks.model import Answer, Endpoint, Health
from tests.integration.aws_calls import lose_every_race_to, lose_race_to
from tests.integration.webhooks.receivers import Receiver
from tests.integration.webhooks.stage import NORTH, endpoint, input_context, rows

pytestmark = pytest.mark.usefixtures("local", "no_pauses")
Act = Callable[[Endpoint, datetime], object]
"""On an endpoint as it was read before."""
GONE = Answer("answered", 410, 5, "")


ACTS: dict[str, Act] = {
    "another URL": lambda one, now: lifecycle.change(NORTH, one.id, {"url": one.url + "2"}, now),
    "another description": lambda one, now: lifecycle.change(NORTH, one.id, {"description": "CRM"}, now),
    "disabled": lambda one, now: lifecycle.change(NORTH, one.id, {"status": "disabled"}, now),
    "enabled": lambda one, now: lifecycle.change(NORTH, one.id, {"status": "enabled"}, now),
    "gone": lambda one, now: health.record(one, GONE, now),
    "slow": lambda one, _: health.suspect(one),
    "probed": lambda one, now: health.claim_probe(one, now),
    "proved": lambda one, _: endpoints.verify(one),
    "another secret": lambda one, now: endpoints.rotate_secret(NORTH, one.id, now),
    "tested": lambda one, now: endpoints.append_event(one, rules.TEST_TYPE, {}, now),
    "deleted": lambda one, now: endpoints.delete(NORTH, one.id, now),
}
"""All that writes an endpoint's row."""
TOLD = (StaleVersion, NotFound, StateConflict)


def state(one: Endpoint) -> tuple[object, ...] | None:
    """What an owner would see, and what counts in it."""
    try:
        seen = endpoints.load(NORTH, one.id)
    except NotFound:
        return None
    h = seen.health
    return (
        seen.url.rpartition("/")[2],
        seen.description,
        seen.status,
        seen.disabled_reason,
        len(seen.keys),
        seen.sequence,
        h.slow,
    )


def act(name: str, one: Endpoint, now: datetime) -> bool:
    """False when it was refused."""
    try:
        ACTS[name](one, now)
    except TOLD:
        return False
    return True


def in_turn(receiver: Receiver, now: datetime, *names: str) -> tuple[object, ...] | None:
    """One after the other, each on the endpoint as the one before left it; played once."""
    if names not in _played:
        _played[names] = _play(receiver, now, names)
    return _played[names]


_played: dict[tuple[str, ...], tuple[object, ...] | None] = {}


def _play(receiver: Receiver, now: datetime, names: tuple[str, ...]) -> tuple[object, ...] | None:
    one, _ = endpoint(NORTH, receiver.url, now)
    for name in names:
        try:
            act(name, endpoints.load(NORTH, one.id), now)
        except NotFound:
            break
    return state(one)


@pytest.mark.parametrize("rival", sorted(ACTS))
@pytest.mark.parametrize("mine", sorted(ACTS))
def test_two_at_once_are_one_after_the_other(
    mine: str, rival: str, receiver: Receiver, one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rival comes between what was read and what is written of it. Who is refused has done nothing."""
    alone = in_turn(receiver, now, mine)
    ordered = [in_turn(receiver, now, *names) for names in ((rival,), (rival, mine), (mine, rival))]
    came: list[bool] = []
    lose_race_to(monkeypatch, lambda: came.append(act(rival, one, now)))
    act(mine, one, now)
    assert state(one) in (ordered if came else [alone])
    if found := [row for row in rows("ENDPOINT#") if row["id"] == one.id]:
        assert (found[0]["status"] == "enabled") <= (found[0]["verified_url"] == found[0]["url"])


def test_an_enabling_does_not_undo_a_disabling_that_it_did_not_see(
    one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: health.record(one, GONE, now))
    with pytest.raises(StaleVersion):
        lifecycle.change(NORTH, one.id, {"status": "enabled", "description": "CRM"}, now)
    after = endpoints.load(NORTH, one.id)
    assert (after.status, after.disabled_reason, after.description) == ("disabled", "gone", "")


def test_what_the_old_url_answers_does_not_count_for_the_new(one: Endpoint, now: datetime) -> None:
    for _ in range(9):
        health.record(endpoints.load(NORTH, one.id), Answer("answered", 500, 5, ""), now)
    lifecycle.change(NORTH, one.id, {"url": one.url + "2"}, now)
    assert endpoints.load(NORTH, one.id).health == Health()
    health.record(one, GONE, now)
    after = endpoints.load(NORTH, one.id)
    assert (after.status, after.health) == ("unverified", Health())


def test_what_changes_nothing_writes_nothing(one: Endpoint, now: datetime) -> None:
    before = rows("ENDPOINT#")
    lifecycle.change(NORTH, one.id, {}, now)
    lifecycle.change(NORTH, one.id, {"url": one.url, "event_types": ["deal.*"], "status": "enabled"}, now)
    assert rows("ENDPOINT#") == before


def test_a_change_that_always_comes_second_is_told_to_come_again(
    one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_every_race_to(monkeypatch, lambda: endpoints.append_event(one, rules.TEST_TYPE, {}, now))
    with pytest.raises(Unavailable):
        lifecycle.change(NORTH, one.id, {"description": "CRM"}, now)
    with pytest.raises(Unavailable):
        endpoints.delete(NORTH, one.id, now)


class TestHowMany:
    @pytest.fixture
    def make(self, receiver: Receiver, now: datetime) -> Callable[[], Endpoint]:
        new = parse_values(NewEndpoint, {"url": receiver.url, "event_types": ["*"]}, input_context())
        return lambda: endpoints.create(NORTH, new, now)[0]

    def test_the_last_place_is_given_once(self, make: Callable[[], Endpoint], monkeypatch: pytest.MonkeyPatch) -> None:
        for _ in range(endpoint_rules.MAX_ENDPOINTS - 1):
            make()
        lose_race_to(monkeypatch, make)
        with pytest.raises(Conflict):
            make()
        assert len(endpoints.of_owner(NORTH)) == endpoint_rules.MAX_ENDPOINTS

    def test_two_at_once_that_have_room_are_both_made(
        self, make: Callable[[], Endpoint], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_race_to(monkeypatch, make)
        make()
        assert len(endpoints.of_owner(NORTH)) == 2

    def test_who_is_always_second_is_told_to_come_again(
        self, make: Callable[[], Endpoint], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lose_every_race_to(monkeypatch, make)
        with pytest.raises(Unavailable):
            make()

    def test_one_that_never_proved_itself_leaves_no_trace(self, make: Callable[[], Endpoint], now: datetime) -> None:
        for _ in range(3):
            endpoints.delete(NORTH, make().id, now)
        assert endpoints.ids_of_owner(NORTH) == []

    def test_the_traces_of_others_are_bounded_and_end(
        self, make: Callable[[], Endpoint], now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(endpoint_rules, "MAX_DELETED", 3)
        for _ in range(3):
            one = make()
            endpoints.verify(one)
            endpoints.delete(NORTH, one.id, now)
        assert len(endpoints.ids_of_owner(NORTH)) == 3
        with pytest.raises(Conflict, match="deleted"):
            make()
        for row in rows("DELETED#"):
            assert row["ttl"] == int((now + endpoints.KEPT).timestamp())
            past = {"ttl": int((now - timedelta(seconds=1)).timestamp())}
            dynamo.write(dynamo.update(dynamo.Key("Webhooks", row["pk"], row["sk"]), change=past))
        assert make(), "also before they are swept"


def test_it_is_rotated_beside_an_attempt_that_counts(
    one: Endpoint, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: health.record(one, Answer("answered", 500, 5, ""), now))
    endpoints.rotate_secret(NORTH, one.id, now)
    after = endpoints.load(NORTH, one.id)
    assert (len(policy.live_keys(after.keys, now)), after.health.failed_attempts) == (2, 1)
