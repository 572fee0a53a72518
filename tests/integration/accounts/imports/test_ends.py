"""Every import comes to an end that says why, and lets its source go; who is too late changes nothing."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.accounts.imports import rejects, schedule, store, taking_over, work
from dealreg.accounts.imports.model import State
from dealreg.accounts.model import id_of
from dealreg.matching import identities
from dealreg.platform import dynamo, times
from dealreg.platform.errors import Unavailable
from dealreg.platform.text import spreadsheet_text
from tests.integration.accounts.imports.conftest import begin, call, handle, queued, report, show, work_off
from tests.integration.aws_calls import lose_race_to
from tests.samples import content

KRANZ = "A1,Kranz AG,kranz.example,AT,,customer,,"
BAD = "A2,?,,,,customer,,"


def look(import_id: str, at: datetime) -> None:
    schedule.on_due(dynamo.Key("Accounts", "IMPORTS", f"IMPORT#{import_id}"), at)


def looks(import_id: str, number: int, *, working: bool) -> None:
    """The clock's, while workers fail at what they are sent, or get nothing."""
    for minutes in range(number):
        look(import_id, times.now() + timedelta(minutes=3 * minutes + 3))
        for step in queued():
            if working:
                with pytest.raises(Unavailable):
                    work.run(json.dumps(step), times.now())


def frees_its_source(import_id: str) -> None:
    assert "due_at" not in (dynamo.get("Accounts", "IMPORTS", f"IMPORT#{import_id}") or {})
    assert begin(KRANZ), "its source is free again"


def test_one_whose_steps_always_fail_has_failed(
    program: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import_id = begin(KRANZ)
    assert handle(queued()[0])

    def broken(*_: Any) -> None:
        raise Unavailable("the database is busy")

    with monkeypatch.context() as breaking:
        breaking.setattr(taking_over, "_apply", broken)
        looks(import_id, schedule.MAX_FAILURES + 3, working=True)
    shown = show(import_id)
    assert (shown["state"], shown["rows_done"]) == ("failed", 0)
    assert "10 tries, while taking over its rows (0 of 1 pieces were done)" in shown["problem"]
    assert store.NEEDS_ATTENTION in caplog.messages
    frees_its_source(import_id)


@pytest.mark.parametrize("state", [State.SPLITTING, State.RUNNING, State.CHECKING, State.REMOVING, State.REPORTING])
def test_one_whose_messages_are_lost_for_hours_has_failed(program: object, state: State) -> None:
    import_id = begin(KRANZ, BAD, mode="full")
    store.move(store.load(import_id), state)
    looks(import_id, schedule.MAX_LOOKS + 2, working=False)
    shown = show(import_id)
    assert (shown["state"], "two hours without progress" in shown["problem"]) == ("failed", True)
    frees_its_source(import_id)


def test_one_that_goes_on_slowly_does_not_fail(program: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK_ROWS", 1)
    monkeypatch.setattr(schedule, "MAX_LOOKS", 4)
    import_id = begin(*(KRANZ.replace("A1", f"A{n}") for n in range(4)))
    assert handle(queued()[0])
    at = times.now()
    for number in range(4):
        for _ in range(schedule.MAX_LOOKS - 2):
            at += timedelta(minutes=3)
            look(import_id, at)
        chunk = next(step for step in queued() if step.get("number") == number)
        assert handle(chunk)
    work_off()
    assert show(import_id)["state"] == "completed"


def test_a_row_that_breaks_our_code_is_rejected_and_the_rest_go_on(
    program: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = identities.identify

    def breaks_at_a_name(domains: Any, company: Any) -> Any:
        if company.get("tax_id") == "DE1234":
            raise RecursionError
        return known(domains, company)

    monkeypatch.setattr(identities, "identify", breaks_at_a_name)
    import_id = begin(KRANZ, "A2,Bolt Ltd,,GB,DE1234,customer,,", "A3,Orka AG,,,,customer,,")
    work_off()
    shown = show(import_id)
    assert (shown["state"], shown["created"], shown["rejected"]) == ("completed", 2, 1)
    (row,) = content(call("list-rejects", import_id))["items"]
    assert (row["line"], row["external_id"]) == (3, "A2")
    assert "by a fault of ours" in row["errors"][0]["message"]


class TestTooLate:
    """Each `ConditionFailed` of a worker that another was faster than."""

    def test_who_writes_a_part_of_the_report_second_goes_on_from_the_first(
        self, program: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_id = begin(*(BAD.replace("A2", f"A{n}") for n in range(3)))
        while (steps := queued()) and steps[0]["step"] != "report":
            assert all(map(handle, steps))
        lose_race_to(monkeypatch, lambda: rejects.write_part(store.load(import_id)), "Accounts")
        assert handle(steps[0])
        work_off()
        assert (show(import_id)["state"], len(report(import_id))) == ("completed", 3)

    def test_who_begins_the_report_second_takes_the_first_ones_file(
        self, program: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_id = begin(BAD)
        one = store.load(import_id)
        store.move(one, State.REPORTING)
        rejects.write_part(store.load(import_id))
        begun = dynamo.get("Accounts", f"IMPORT#{import_id}", "REPORT")
        lose_race_to(monkeypatch, lambda: None, "Accounts")
        rejects.write_part(store.load(import_id))
        assert dynamo.get("Accounts", f"IMPORT#{import_id}", "REPORT") == begun

    def test_a_chunk_that_two_finish_counts_once(self, program: object, monkeypatch: pytest.MonkeyPatch) -> None:
        import_id = begin(KRANZ, BAD)
        assert handle(queued()[0])
        (chunk,) = queued()
        one = store.load(import_id)
        store_finish = store.finish_chunk

        def after_another(one_: Any, number: int, counts: Any) -> Any:
            store_finish(one, number, counts)
            return store_finish(one_, number, counts)

        monkeypatch.setattr(store, "finish_chunk", after_another)
        work.run(json.dumps(chunk), times.now())
        work_off()
        shown = show(import_id)
        assert (shown["created"], shown["rejected"], shown["rows_done"]) == (1, 1, 2)

    def test_what_was_cancelled_is_not_ended_again(self, program: object, monkeypatch: pytest.MonkeyPatch) -> None:
        import_id = begin(KRANZ)
        stale = store.load(import_id)
        lose_race_to(monkeypatch, lambda: work.cancel(import_id, times.now()), "Accounts")
        assert store.end(stale, State.COMPLETED, times.now()).state == State.CANCELLED
        assert show(import_id)["sync_token"] is None

    def test_who_splits_what_was_cancelled_starts_nothing(
        self, program: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import_id = begin(KRANZ)
        (split,) = queued()
        lose_race_to(monkeypatch, lambda: work.cancel(import_id, times.now()), "Accounts")
        assert handle(split)
        work_off()
        assert show(import_id)["state"] == "cancelled"
        assert dynamo.get("Accounts", f"ACCOUNT#{id_of('crm', 'A1')}", "ACCOUNT") is None

    def test_of_two_starts_one_begins(self, program: object, monkeypatch: pytest.MonkeyPatch) -> None:
        import_id = begin(KRANZ)
        one = store.load(import_id)
        again = store.start(one, one.size, one.etag, times.now())
        assert (again.state, again.started_at) == (one.state, one.started_at)


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t'=1"),
        ("\rx", "'\rx"),
        (" =1", "' =1"),
        ("x;=1+1", "x;'=1+1"),
        ("x\n=1", "x\n'=1"),
        ("＝1", "'＝1"),
        ("A-1", "A-1"),
        ("a=b", "a=b"),
        ("", ""),
    ],
)
def test_a_spreadsheet_sees_text_in_the_report(cell: str, shown: str) -> None:
    assert spreadsheet_text(cell) == shown


def test_formulas_of_a_file_are_text_in_its_report(program: object) -> None:
    import_id = begin('"=HYPERLINK(""http://x.example"",""A"")",?,,,,customer,,', "+49,?,,,,customer,,")
    work_off()
    ids = [row["external_id"] for row in report(import_id)]
    assert ids == ['\'=HYPERLINK("http://x.example","A")', "'+49"]
