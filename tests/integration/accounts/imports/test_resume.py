"""An import that is broken off anywhere: nothing is lost, nothing is done or counted twice."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.accounts.imports import rejects, schedule, store, work
from dealreg.platform import aws as clients
from dealreg.platform import dynamo, times
from tests.integration.accounts.imports.conftest import begin, handle, queued, report, show, work_off
from tests.integration.aws_calls import intercept

LINES = [f"A{n},Company {n},c{n}.example,DE,,customer,," for n in range(12)] + ["B1,?,,,,customer,,"]
WHOLE = {"state": "completed", "rows": 13, "rows_done": 13, "created": 12, "rejected": 1, "unchanged": 0}


class Killed(BaseException):
    """A worker's end: no code of ours sees it coming."""


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK_BYTES", 150)


@pytest.fixture
def kill_after(monkeypatch: pytest.MonkeyPatch, aws: None) -> Callable[[int], None]:
    """Lets a worker die at its n-th call to AWS."""

    left: list[int] = []

    def dying_call(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        if left and operation not in ("ReceiveMessage", "DeleteMessage"):  # they are SQS's own doing
            left[0] -= 1
            if left[0] < 0:
                left.clear()
                raise Killed
        return make()

    intercept(monkeypatch, dying_call)
    return left.append


def work_killed_after(calls: int, kill_after: Callable[[int], None]) -> None:
    """A worker's end at its n-th call, and another worker that is handed what the first did not finish."""
    kill_after(calls)
    interrupted: list[dict[str, Any]] = []
    try:
        while steps := queued():
            for place, step in enumerate(steps):
                interrupted = steps[place:]
                work.run(json.dumps(step), times.now())
            interrupted = []
    except Killed:
        pass
    for step in interrupted:  # SQS hands out what was not confirmed
        assert handle(step)
    work_off()


def outcome(import_id: str) -> dict[str, Any]:
    shown = show(import_id)
    return {name: shown[name] for name in WHOLE}


def stored_accounts() -> int:
    reply = clients.client("dynamodb").scan(TableName="Accounts")
    return sum(item["sk"]["S"] == "ACCOUNT" and item["pk"]["S"].startswith("ACCOUNT#") for item in reply["Items"])


def look(import_id: str, at: datetime) -> None:
    schedule.on_due(dynamo.Key("Accounts", "IMPORTS", f"IMPORT#{import_id}"), at)


@pytest.mark.parametrize("calls", [0, 1, 2, 3, 5, 8, 13, 21, 34])
def test_killed_at_any_call_and_handed_out_again(calls: int, kill_after: Callable[[int], None]) -> None:
    import_id = begin(*LINES)
    work_killed_after(calls, kill_after)
    assert outcome(import_id) == WHOLE
    assert stored_accounts() == 12


@pytest.mark.parametrize("calls", [3, 5, 8, 13, 21])
def test_what_was_deleted_before_the_end_of_a_worker_counts_as_deleted(
    calls: int, kill_after: Callable[[int], None]
) -> None:
    begin(*LINES)
    work_off()
    import_id = begin(*(f"A{n},,,,,,,true" for n in range(14)))
    work_killed_after(calls, kill_after)
    shown = show(import_id)
    assert (shown["deleted"], shown["unchanged"], shown["rows_done"]) == (12, 2, 14)
    assert stored_accounts() == 0


@pytest.mark.parametrize("calls", range(12))
def test_the_report_is_whole_wherever_its_writer_ends(
    calls: int, kill_after: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejects, "_PAGE", 2)
    monkeypatch.setattr(work, "CHUNK_BYTES", 1 << 20)
    import_id = begin(*(f"A{n},?,,,,customer,," for n in range(5)))
    while steps := queued():
        if steps == [{"import_id": import_id, "step": "report"}]:
            break
        assert all(handle(step) for step in steps)
    schedule.send(import_id, [{"step": "report"}])
    work_killed_after(calls, kill_after)
    assert show(import_id)["state"] == "completed"
    assert [row["line"] for row in report(import_id)] == ["2", "3", "4", "5", "6"]


def test_a_chunk_worked_on_twice_counts_once(aws: None) -> None:
    import_id = begin(*LINES)
    for _ in range(4):
        for step in queued():
            assert handle(step)
            assert handle(step)
    assert outcome(import_id) == WHOLE


def test_lost_messages_are_sent_again_by_the_clock(aws: None) -> None:
    import_id = begin(*LINES)
    assert len(queued()) == 1, "lost: the file is not split"
    now = times.now()
    look(import_id, now)
    assert queued() == [], "not yet due"
    look(import_id, now + timedelta(minutes=6))
    (split,) = queued()
    assert handle(split)
    assert handle(queued()[0]), "the first chunk; the others are lost"
    for minutes in (12, 18):
        look(import_id, now + timedelta(minutes=minutes))
    assert len(queued()) == store.load(import_id).chunks - 1
    for minutes in (24, 30):
        look(import_id, now + timedelta(minutes=minutes))
    work_off()
    assert outcome(import_id) == WHOLE
    item = dynamo.get("Accounts", "IMPORTS", f"IMPORT#{import_id}")
    assert item and "due_at" not in item


def test_one_that_makes_progress_is_left_alone(aws: None) -> None:
    import_id = begin(*LINES)
    handle(queued()[0])
    now = times.now()
    for minutes, step in zip((6, 12, 18), queued(), strict=False):
        assert handle(step)
        look(import_id, now + timedelta(minutes=minutes))
        assert [each for each in queued() if each["step"] == "chunk"] == []
