"""A run's own row drives its building: by the stream, and by the clock where the stream has lost it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from clock import sweep
from dealreg.ledger import claimed
from dealreg.payouts import building, store
from dealreg.platform import dynamo, times
from dealreg.platform.dynamo_wire import item_to_wire
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting, read
from relay import app as relay
from tests.integration.payouts import runs
from tests.integration.payouts.runs import approve, build, make, owe, partner

Json = dict[str, Any]


def record_of(run_id: str) -> Json:
    """What the stream says of the row as it is now."""
    key = claimed.run_key(run_id)
    row = dynamo.get(key.table, key.pk, key.sk)
    assert row
    assert row["relay"] == "yes"
    return {
        "eventID": f"{run_id} {row['step']}",
        "eventName": "MODIFY",
        "eventSource": "aws:dynamodb",
        "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:123456789012:table/{key.table}/stream/2026",
        "dynamodb": {
            "Keys": key.to_wire(),
            "NewImage": item_to_wire(row),
            "SequenceNumber": "1",
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


@pytest.fixture
def owed(new_partner: Callable[[str], Caller], now: datetime, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(times, "now", lambda: now)
    monkeypatch.setattr(building, "STEPS", 2)
    one = partner("North", now)
    owe(one, now, "60.00")
    return one


def is_done(run_id: str) -> bool:
    run = store.load_run(run_id)
    return run.state != "building" and run.untold is None


def test_the_stream_brings_a_run_to_its_proposal_and_tells_of_its_approval(owed: str, now: datetime) -> None:
    run_id = make(now)
    while not is_done(run_id):
        assert relay.handler({"Records": [record_of(run_id)]}, None) == {"batchItemFailures": []}
    proposed = store.load_run(run_id)
    assert (proposed.state, proposed.totals) == ("proposed", {"EUR": 60_00})
    approve(proposed, now)
    while not is_done(run_id):
        relay.handler({"Records": [record_of(run_id)]}, None)
    assert runs.told(owed) == ["payout.created"]


def test_a_record_that_comes_twice_does_nothing_more(owed: str, now: datetime) -> None:
    run_id = make(now)
    first = record_of(run_id)
    build(run_id, now)
    before = store.load_run(run_id)
    relay.handler({"Records": [first]}, None)
    assert store.load_run(run_id) == before


def test_the_clock_goes_on_where_the_stream_was_lost(owed: str, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    run_id, minutes = make(now), 0
    monkeypatch.setenv("SWEPT_TABLE", Setting.LEDGER_TABLE)
    dynamo.write(dynamo.put(read(Setting.LEDGER_TABLE), _swept_to(now)))
    while not is_done(run_id):
        minutes += 1
        assert minutes < 30
        later = now + timedelta(minutes=minutes)
        monkeypatch.setattr(times, "now", lambda later=later: later)
        sweep.handler({}, _Context())
    assert store.load_run(run_id).totals == {"EUR": 60_00}


def _swept_to(now: datetime) -> dynamo.Item:
    return {
        "pk": "CLOCK",
        "sk": "CLOCK",
        "swept_to": times.to_text(now.replace(second=0, microsecond=0)),
        "unfinished": [],
    }


class _Context:
    def get_remaining_time_in_millis(self) -> int:
        return 50_000
