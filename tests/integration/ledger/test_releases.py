"""When holds end, each local day of a partner is told once."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.commissions.reading import read
from dealreg.ledger import releases, rows
from dealreg.platform import dynamo, times
from tests.integration.aws_calls import lose_race_to
from tests.integration.ledger.replay import Replay, with_stored_ids
from tests.unit.commissions.samples import history, payment, plan, refund, rule

Json = dict[str, Any]
LATE = {"hold_days": 500}


def told(partner_id: str = "p1") -> list[Json]:
    found = dynamo.every(rows.table(), f"PARTNER#{partner_id}", "EVENT#")
    return [event["data"] for event in found if event["type"] == "commission.released"]


def sequences(partner_id: str = "p1") -> list[int]:
    return [event["sequence"] for event in dynamo.every(rows.table(), f"PARTNER#{partner_id}", "EVENT#")]


def tick(at: datetime) -> None:
    key = rows.head_key("p1")
    releases.on_due(key, at)


def due_at() -> str | None:
    key = rows.head_key("p1")
    return (dynamo.get(key.table, key.pk, key.sk) or {}).get("due_at")


def sold(*events: Json) -> Replay:
    replay = Replay(history(*events, plans=[plan(rule(), **LATE)]))
    replay.run()
    return replay


def test_each_local_day_is_one_event_at_its_first_instant(aws: None) -> None:
    sold(
        payment("in_1", "100.00", "2026-02-02"),
        payment("in_2", "50.00", "2026-02-02"),
        payment("in_3", "10.00", "2026-02-03"),
    )
    first = times.from_text(due_at() or "")
    tick(first - timedelta(seconds=1))
    assert told() == []
    tick(first)
    tick(first)
    assert told() == [{"date": "2027-06-17", "amount": {"amount": "15.00", "currency": "EUR"}, "lines": 2}]
    assert times.from_text(due_at() or "") == first + timedelta(days=1)
    tick(first + timedelta(days=1))
    assert [one["amount"]["amount"] for one in told()] == ["15.00", "1.00"]
    assert due_at() is None
    assert sequences() == [1, 2, 3, 4, 5]


def test_what_was_refunded_within_the_hold_is_taken_off(aws: None) -> None:
    sold(payment("in_1", "100.00", "2026-02-02"), refund("in_1", "40.00", "2026-02-10"))
    tick(times.from_text(due_at() or ""))
    (one,) = told()
    assert (one["amount"]["amount"], one["lines"]) == ("6.00", 2)


def test_what_is_posted_at_the_same_moment_is_not_forgotten(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    replay = sold(payment("in_1", "100.00", "2026-02-02"))
    at = times.from_text(due_at() or "")
    (event,) = read(with_stored_ids(history(payment("in_2", "50.00", "2026-02-03")))).events
    lose_race_to(monkeypatch, lambda: replay.take(event))
    tick(at)
    assert told() == []
    tick(at)
    tick(at + timedelta(days=1))
    assert [one["amount"]["amount"] for one in told()] == ["10.00", "5.00"]
