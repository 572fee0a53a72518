"""A due row whose handler fails or hangs: it costs the others nothing, is tried later and later, and ends parked."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from clock import sweep as function
from dealreg import clock
from dealreg.approvals import review
from dealreg.clock import Progress
from dealreg.deals.model import Deal
from dealreg.platform import due, dynamo, outbox, times
from dealreg.platform.settings import Setting
from tests.integration.aws_calls import intercept, lose_race_to
from tests.integration.clock.stage import Invocation, Sweep, begin_at, plenty_of_time
from tests.integration.moving import executions

BROKEN = dynamo.Key("Deals", "DEAL#BROKEN00", "EVENT#000001")
"""A row that no handler can read."""


def break_down(now: datetime) -> None:
    dynamo.write(dynamo.put("Deals", {"pk": BROKEN.pk, "sk": BROKEN.sk, **outbox.MARK, **due.at(now, "evt_broken")}))


def broken() -> dict[str, Any]:
    row = dynamo.get("Deals", BROKEN.pk, BROKEN.sk)
    assert row
    return row


def failures(caplog: pytest.LogCaptureFixture, message: str = clock.FAILED) -> list[int]:
    """The tries that the log tells of."""
    return [record.__dict__["tries"] for record in caplog.records if record.message == message]


def test_a_row_that_fails_holds_up_no_other_and_is_tried_later_and_later(
    lost: Deal, now: datetime, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    review.ask(lost.id, 1, "task", now)
    break_down(now)

    for minute in range(3, 40):
        sweep(now + timedelta(minutes=minute))

    assert executions() == [f"{lost.id}-1"]
    assert failures(caplog) == [1, 2, 3, 4, 5, 6], "at minutes 3, 4, 6, 10, 18 and 34"
    assert broken()["due_at"] == times.to_text(now + timedelta(minutes=34 + 32))
    assert "relay" not in broken(), "the stream does not try it too"
    assert clock.load("Deals", now + timedelta(minutes=40)).unfinished == ()

    dynamo.write(dynamo.delete(BROKEN))
    sweep(now + timedelta(minutes=70))
    assert len(failures(caplog)) == 6


def fail_for_ever(now: datetime, sweep: Sweep) -> datetime:
    """Until it is given up: when that was."""
    break_down(now)
    while (row := broken())["due_bucket"] != clock.PARKED:
        now = times.from_text(row["due_at"])
        begin_at(now - clock.LATENESS)
        sweep(now)
    return now


def test_after_all_its_tries_it_is_parked_where_it_can_be_seen(
    aws: None, now: datetime, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    given_up_at = fail_for_ever(now, sweep)

    assert failures(caplog) == list(range(1, clock.MAX_TRIES + 1))
    assert failures(caplog, due.GIVEN_UP) == [clock.MAX_TRIES]
    parked = due.find("Deals", clock.PARKED, given_up_at + clock.LONGEST_WAIT).items
    assert [row["sk"] for row in parked] == [BROKEN.sk]
    for minutes in (1, 60, 600):
        sweep(given_up_at + timedelta(minutes=minutes))
    assert len(failures(caplog)) == clock.MAX_TRIES, "it is left in peace"


def test_what_is_parked_is_tried_again_when_somebody_says_so(
    aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    later = fail_for_ever(now, sweep) + timedelta(days=3)
    begin_at(later - clock.LATENESS)
    monkeypatch.setattr(times, "now", lambda: later)

    function.handler({"retry_parked": True}, Invocation(plenty_of_time))

    assert failures(caplog)[-1] == 1, "with all its tries before it"
    assert broken()["due_at"] == times.to_text(later + clock.FIRST_WAIT)


def test_who_moves_a_row_on_by_itself_begins_anew(
    aws: None, now: datetime, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    begin_at(now - clock.LATENESS)
    break_down(now)
    sweep(now)
    dynamo.write(dynamo.update(BROKEN, change=due.at(now + timedelta(minutes=1, seconds=1), "evt_broken")))

    sweep(now + timedelta(minutes=2))

    assert failures(caplog) == [1, 1]


def test_a_row_that_moves_on_while_it_fails_is_left_to_who_moved_it(
    aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    begin_at(now - clock.LATENESS)
    break_down(now)
    done = dynamo.update(BROKEN, remove=outbox.ATTRIBUTES)
    lose_race_to(monkeypatch, lambda: dynamo.write(done))

    clock.sweep(Setting.DEALS_TABLE, {}, now, plenty_of_time)

    assert failures(caplog) == [1]
    assert "due_at" not in broken()


def test_a_row_that_was_moved_on_before_its_handler_failed_is_left_alone(
    aws: None, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    begin_at(now - clock.LATENESS)
    break_down(now)
    later = due.at(now + timedelta(hours=3), "evt_broken")

    def move_on_and_fail(key: dynamo.Key, _: datetime) -> None:
        dynamo.write(dynamo.update(key, change=later))
        raise RuntimeError

    clock.sweep(Setting.DEALS_TABLE, {"EVENT": move_on_and_fail}, now, plenty_of_time)

    assert failures(caplog) == [1]
    assert (broken()["due_at"], "due_failed" in broken()) == (later["due_at"], False)


def test_the_clocks_own_row_is_handled_by_each_run_and_its_failure_raises_the_alarm(
    aws: None, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    begin_at(now - clock.LATENESS)

    def fail(*_: object) -> None:
        raise RuntimeError

    for minute in range(3):
        clock.sweep(Setting.DEALS_TABLE, {"CLOCK": fail}, now + timedelta(minutes=minute), plenty_of_time)

    assert failures(caplog) == [clock.ALARMING_TRIES] * 3


def test_a_row_that_cannot_be_put_off_is_met_again(
    aws: None, now: datetime, monkeypatch: pytest.MonkeyPatch, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    begin_at(now - clock.LATENESS)
    break_down(now)

    def refuse(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        if operation == "UpdateItem":
            raise ReadTimeoutError(endpoint_url="https://dynamodb")
        return make()

    with monkeypatch.context() as patch:
        intercept(patch, refuse)
        sweep(now)
    sweep(now + timedelta(minutes=1))

    assert failures(caplog) == [1, 1]


def test_rows_that_hang_hold_up_neither_the_others_nor_the_end_of_the_run(
    aws: None, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    begin_at(now - clock.LATENESS)
    hanging = [f"ROW#{number}" for number in range(clock.WORKERS - 1)]
    quick = [f"ROW#{number}" for number in range(100, 200)]
    for row in [*hanging, *quick]:
        dynamo.write(dynamo.put("Deals", {"pk": row, "sk": row, **due.at(now, row)}))
    handled: list[str] = []
    end = Event()

    def handle(key: dynamo.Key, _: datetime) -> None:
        if key.sk in hanging:
            end.wait()
        handled.append(key.sk)

    started = time.monotonic()
    try:
        clock.sweep(
            Setting.DEALS_TABLE, {"ROW": handle}, now, lambda: int(11_000 - (time.monotonic() - started) * 1000)
        )
        assert set(handled) == set(quick)
    finally:
        end.set()
    assert time.monotonic() - started < 11
    assert clock.load("Deals", now) == Progress(now - clock.LATENESS)
    assert {record.__dict__["row"] for record in caplog.records if record.message == clock.FAILED} == {
        f"{row} {row}" for row in hanging
    }
    assert set(failures(caplog)) == {1}
    for row in hanging:
        item = dynamo.get("Deals", row, row)
        assert item
        assert item["due_at"] == times.to_text(now + clock.FIRST_WAIT), "one that hangs is a failure like another"
