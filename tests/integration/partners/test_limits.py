"""What is done is counted in its own transaction."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dealreg.partners.rows import table
from dealreg.platform import dynamo, limits
from dealreg.platform.errors import ConditionFailed, RateLimited
from dealreg.platform.limits import Limit


@pytest.fixture
def limit(aws: None, now: datetime) -> Limit:
    """In two rows."""
    return Limit(table(), "registrations", "part_1", 250, now)


def use(limit: Limit, count: int) -> None:
    """So many of each row."""
    for key in limit.keys:
        dynamo.write(dynamo.update(key, add={"count": count}))


def thing(name: str) -> dynamo.Action:
    return dynamo.put(table(), {"pk": name, "sk": "THING"}, dynamo.ABSENT)


def test_rows_that_fill_up_meanwhile_send_on_to_each_other_until_all_are_full(limit: Limit) -> None:
    use(limit, 124)
    blind = limit.allowance({})
    for name in ("first", "second"):
        limits.transact([thing(name)], blind)
    with pytest.raises(RateLimited):
        limits.transact([thing("third")], blind)
    assert not limit.read().rooms
    assert dynamo.get(table(), "second", "THING")
    assert not dynamo.get(table(), "third", "THING")


def test_what_is_known_to_be_full_is_not_tried(limit: Limit, monkeypatch: pytest.MonkeyPatch) -> None:
    use(limit, 125)
    spent = limit.read()
    monkeypatch.setattr(dynamo, "transact", None)
    with pytest.raises(RateLimited):
        limits.transact([thing("one")], spent)


def test_what_fails_counts_nothing_and_says_what_stood_in_the_way(limit: Limit) -> None:
    limits.transact([thing("one")], limit.read())
    with pytest.raises(ConditionFailed) as lost:
        limits.transact([thing("two"), thing("one")], limit.read())
    assert list(lost.value.failures) == [1]
    assert sum(limit.read().rooms.values()) == 249


def test_every_owner_act_and_hour_has_its_own(limit: Limit) -> None:
    use(limit, 125)
    others = (
        replace(limit, owner="part_2"),
        replace(limit, name="comments"),
        replace(limit, now=limit.now + timedelta(hours=1)),
    )
    assert [sum(other.read().rooms.values()) for other in others] == [250, 250, 250]


def test_a_row_ends_by_itself(limit: Limit) -> None:
    limits.transact([], limit.read())
    (row,) = dynamo.batch_get(limit.keys).values()
    assert row["ttl"] == (limit.now + timedelta(hours=2)).timestamp()
