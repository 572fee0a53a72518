"""A run becomes a file for the ERP: once, whole or not at all, and the same bytes for ever."""

import base64
import csv
import hashlib
import io
import json
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest

from commissions import admin_api, ledger_api
from dealreg.exports import mapping_commands, mapping_store
from dealreg.ledger import rows
from dealreg.partners.program import Program
from dealreg.payouts import commands, export_store, exporting, lists, rules, store
from dealreg.payouts.model import Payout, Run
from dealreg.platform import dynamo, times
from dealreg.platform.errors import ExportRefused, InvalidInput, NotFound, StateConflict, TooLarge
from dealreg.platform.paging import PageRequest
from tests.integration.aws_calls import intercept, lose_race_to
from tests.integration.faults import Crash, Faults, Kind
from tests.integration.payouts import runs
from tests.integration.payouts.runs import BY, approve, build, do, make, owe, partner
from tests.samples import content, sample

DATE = "2026-12-05"
Row = dict[str, str]


@pytest.fixture(autouse=True)
def fixed_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


@pytest.fixture
def approved(program: Program, now: datetime) -> Run:
    """Of two partners; the first owes tax as well."""
    owe(partner("North", now, tax_code="T1", tax_percent="19"), now, "60.00", "-5.00")
    owe(partner("South", now), now, "80.00")
    return approve(build(make(now), now), now)


def export(run: Run, now: datetime, mapping: str = "sage50", date: str = DATE) -> tuple[str, bytes]:
    """Its id, and the file."""
    made = exporting.export(run.id, json.dumps({"mapping": mapping, "date": date}).encode(), BY, now)
    kept, file = export_store.load(run.id, made.id)
    assert kept == made
    assert made.sha256 == hashlib.sha256(file).hexdigest()
    return made.id, file


def read(file: bytes) -> list[Row]:
    return list(csv.DictReader(io.StringIO(file.decode("windows-1252"), newline="")))


def edit(mapping_id: str, now: datetime, **changes: Any) -> None:
    known = mapping_store.current(mapping_id)
    mapping_commands.save(mapping_id, json.dumps({**known.written, **changes}).encode(), None, now, BY)


def files_of(run: Run) -> list[dynamo.Item]:
    return [item for prefix in ("EXPORT#", "FILE#") for item in dynamo.every(rows.table(), f"RUN#{run.id}", prefix)]


def payout_of(run: Run, name: str) -> Payout:
    return next(one for one in runs.payouts_of(run.id) if one.partner_name == name)


def number(payout: Payout, attempt: int = 1) -> str:
    return rules.number_of_payout(payout.id, attempt)


def test_from_lines_to_a_file_of_the_erp(approved: Run, now: datetime) -> None:
    event = sample("commissions-ledger-api/export-run", params={"id": approved.id})
    made = content(ledger_api.handler(event, None))
    assert (made["id"][:4], made["rows"], made["mapping"], made["date"]) == ("exp_", 2, "sage50", DATE)
    assert made["url"] == f"/v1/admin/payout-runs/{approved.id}/exports/{made['id']}"
    event = sample("commissions-ledger-api/show-export", params={"id": approved.id, "export_id": made["id"]})
    reply = ledger_api.handler(event, None)
    file = base64.b64decode(reply["body"])
    assert reply["headers"]["content-type"] == "text/csv"
    assert hashlib.sha256(file).hexdigest() == made["sha256"]
    north, south = read(file)
    assert (north["Account Reference"], north["Net Amount"], north["Tax Amount"]) == ("NORTH", "55.00", "10.45")
    assert (south["Account Reference"], south["Net Amount"], south["Tax Amount"]) == ("SOUTH", "80.00", "0.00")
    assert north["Reference"] == number(payout_of(approved, "North"))
    assert (north["Date"], north["Details"]) == ("05/12/2026", "Commission 2026-11 North")
    run = store.load_run(approved.id)
    assert (run.state, run.version) == ("exported", approved.version + 1)


def test_again_it_is_the_same_file_also_when_the_mapping_has_changed(approved: Run, now: datetime) -> None:
    first = export(approved, now)
    edit("sage50", now, settings={"expense_account": "9999", "department": "7"})
    assert export(approved, now + timedelta(days=1)) == first
    for payout in runs.payouts_of(approved.id):
        do("paid", payout, now)
    assert store.load_run(approved.id).state == "settled"
    assert export(approved, now) == first


@pytest.mark.parametrize("other", [("csv", DATE), ("sage50", "2026-12-06")])
def test_another_export_of_what_was_exported_is_refused(other: tuple[str, str], approved: Run, now: datetime) -> None:
    export(approved, now)
    with pytest.raises(StateConflict, match="it was exported by"):
        export(approved, now, *other)


def test_with_a_wrong_cell_nothing_is_written_and_all_of_them_are_named(approved: Run, now: datetime) -> None:
    edit("sage50", now, columns=[{"name": "Tax", "value": "{partner.name}", "max": 3}])
    with pytest.raises(ExportRefused) as refused:
        export(approved, now)
    assert [(one["column"], one["code"]) for one in refused.value.extra["problems"]] == [("Tax", "too_long")] * 2
    assert (store.load_run(approved.id), files_of(approved)) == (approved, [])


def test_a_mapping_is_tried_on_a_run_before_and_nothing_is_kept(approved: Run, now: datetime) -> None:
    event = sample("commissions-admin-api/preview-export", body={"mapping": "sage50", "run": approved.id, "date": DATE})
    seen = admin_api.handler(event, None)
    assert (store.load_run(approved.id), files_of(approved)) == (approved, [])
    assert export(approved, now)[1] == base64.b64decode(seen["body"])
    edit("sage50", now, columns=[{"name": "Tax", "value": "{partner.tax_code}", "required": True}])
    refused = admin_api.handler(event, None)
    assert (refused["statusCode"], content(refused)["code"]) == (422, "export_refused")


def test_what_was_tried_again_is_exported_alone_under_another_number(approved: Run, now: datetime) -> None:
    first = export(approved, now)
    north = payout_of(approved, "North")
    do("failed", north, now)
    do("retry", north, now)
    second = export(approved, now)
    assert [row["Reference"] for row in read(second[1])] == [number(north, 2)]
    assert export(approved, now) == second
    assert export_store.load(approved.id, first[0])[1] == first[1]
    run = store.load_run(approved.id)
    assert (run.state, dict(run.again)) == ("exported", {})


def test_what_failed_once_more_before_it_was_exported_is_in_no_file(approved: Run, now: datetime) -> None:
    first = export(approved, now)
    north = payout_of(approved, "North")
    for act in ("failed", "retry", "failed"):
        do(act, north, now)
    assert export(approved, now) == first
    do("retry", north, now)
    assert [row["Reference"] for row in read(export(approved, now)[1])] == [number(north, 3)]


def test_what_fails_while_it_is_exported_is_in_no_file(
    approved: Run, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = export(approved, now)
    north = payout_of(approved, "North")
    do("failed", north, now)
    do("retry", north, now)
    lose_race_to(monkeypatch, lambda: do("failed", north, now))
    assert export(approved, now) == first


def test_a_run_is_exported_or_cancelled(approved: Run, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: commands.cancel(approved.id, BY, now))
    with pytest.raises(StateConflict, match="it was cancelled by"):
        export(approved, now)
    assert files_of(approved) == []


def test_of_two_exports_at_once_there_is_one(approved: Run, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    faster: list[tuple[str, bytes]] = []
    lose_race_to(monkeypatch, lambda: faster.append(export(approved, now)))
    assert [export(approved, now)] == faster
    assert len(files_of(approved)) == 2


@pytest.mark.parametrize("kind", [Kind.ENDS_BEFORE, Kind.ENDS_AFTER])
@pytest.mark.parametrize("call", range(1, 9))
def test_who_ends_anywhere_leaves_one_file_or_none(
    kind: Kind, call: int, approved: Run, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = Faults()
    intercept(monkeypatch, faults.around)
    faults.arm(call, kind)
    with suppress(Crash):
        export(approved, now)
    faults.disarm()
    is_kept = bool(files_of(approved))
    assert (store.load_run(approved.id).state == "exported") == is_kept
    assert len(read(export(approved, now)[1])) == 2
    assert len(files_of(approved)) == 2


def test_a_large_file_is_kept_in_parts_and_one_that_is_too_large_is_refused(
    approved: Run, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export_store, "_PART", 100)
    _, file = export(approved, now)
    assert len(files_of(approved)) == 1 + -(-len(file) // 100) > 3
    monkeypatch.setattr(export_store, "MAX_FILE", len(file) - 1)
    owe(partner("West", now), now, "70.00")
    west = approve(build(make(now, "next"), now), now)
    edit("sage50", now, settings={"expense_account": "6101", "department": "0" * 90}, columns=LONG)
    with pytest.raises(TooLarge):
        export(west, now)


LONG = [{"name": f"Column {place}", "value": "{settings.department}"} for place in range(9)]


@pytest.mark.parametrize("state", ["building", "proposed", "cancelled"])
def test_only_an_approved_run_is_exported(state: str, program: Program, now: datetime) -> None:
    owe(partner("North", now), now, "60.00")
    run = store.load_run(make(now))
    if state != "building":
        run = build(run.id, now)
    if state == "cancelled":
        run = commands.cancel(run.id, BY, now)
    with pytest.raises(StateConflict):
        export(run, now)
    said = json.dumps({"mapping": "sage50", "run": run.id}).encode()
    if state == "building":
        with pytest.raises(StateConflict):
            exporting.preview(said, now)
    else:
        assert len(read(exporting.preview(said, now))) == 1


def test_what_is_not_there_is_not_exported(approved: Run, now: datetime) -> None:
    with pytest.raises(InvalidInput):
        export(approved, now, "nothing")
    with pytest.raises(NotFound):
        exporting.export("run_1", json.dumps({"mapping": "csv", "date": DATE}).encode(), BY, now)
    for export_id in ("exp_1", "exp_01JD8V4M2T7QK3N5P9XWZRB6YC", "1"):
        with pytest.raises(NotFound):
            export_store.load(approved.id, export_id)


def test_a_run_lists_its_exports_newest_first(approved: Run, now: datetime) -> None:
    first, _ = export(approved, now)
    failed = payout_of(approved, "North")
    do("failed", failed, now)
    do("retry", failed, now)
    second, _ = export(approved, now + timedelta(days=1), date="2026-12-06")
    shown = lists.run(approved.id, PageRequest(10))
    assert [one["id"] for one in shown["exports"]] == [second, first]
