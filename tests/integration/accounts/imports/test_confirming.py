"""Removals that a person has to confirm: by their number, in time, once."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.accounts import store as accounts
from dealreg.accounts.imports import schedule, store, work
from dealreg.accounts.model import id_of
from dealreg.partners.program import Program, save_program
from dealreg.platform import dynamo, times
from tests.exports import export, lines
from tests.integration.accounts.imports.conftest import begin, call, handle, queued, show, upload, work_off
from tests.integration.accounts.imports.test_exports import known, sent, there
from tests.integration.aws_calls import lose_race_to
from tests.moto_resources import as_left_by
from tests.samples import content

LATER = timedelta(hours=21)


@pytest.fixture
def waiting(program: object) -> str:
    """An import of three of ten accounts."""
    return as_left_by(three_of_ten)


def three_of_ten() -> str:
    known()
    shown = sent("".join(lines()[:4]).encode())
    assert (shown["state"], shown["removals"]) == ("awaiting_confirmation", 7)
    return shown["id"]


def confirm(import_id: str, removals: object) -> dict[str, Any]:
    return call("confirm", import_id, body={"removals": removals})


def look(import_id: str, at: datetime) -> None:
    schedule.on_due(dynamo.Key("Accounts", "IMPORTS", f"IMPORT#{import_id}"), at)


def test_it_says_why_and_what_would_go(waiting: str) -> None:
    shown = show(waiting)
    assert shown["warnings"] == ["The file does not have 7 of the source's 10 accounts."]
    assert shown["confirm_by"] > shown["started_at"]
    first = content(call("list-removals", waiting, query={"limit": "4"}))
    second = content(call("list-removals", waiting, query={"limit": "4", "cursor": first["next_cursor"]}))
    ids = {item["external_id"] for item in (*first["items"], *second["items"])}
    assert ids == {f"C{number}" for number in range(4, 11)}


def test_confirmed_it_goes_on(waiting: str) -> None:
    reply = confirm(waiting, 7)
    assert (reply["statusCode"], content(reply)["state"]) == (202, "removing")
    work_off()
    shown = show(waiting)
    assert (shown["state"], shown["removed"], shown["sync_token"]) == ("completed", 7, waiting)
    assert there() == {"C1", "C2", "C3"}


@pytest.mark.parametrize("number", [0, 6, 8])
def test_another_number_is_refused(waiting: str, number: int) -> None:
    reply = confirm(waiting, number)
    assert (reply["statusCode"], content(reply)["removals"]) == (409, 7)
    work_off()
    assert (show(waiting)["state"], len(there())) == ("awaiting_confirmation", 10)


@pytest.mark.parametrize("number", [-1, "7", None, 7.5])
def test_what_is_no_number_is_a_fault(waiting: str, number: object) -> None:
    assert confirm(waiting, number)["statusCode"] == 422


def test_cancelled_it_removes_nothing_and_frees_its_source(waiting: str) -> None:
    assert content(call("cancel", waiting))["state"] == "cancelled"
    assert confirm(waiting, 7)["statusCode"] == 409
    work_off()
    assert len(there()) == 10
    assert sent(export().encode())["state"] == "completed"


def test_meanwhile_its_source_is_busy_and_in_the_end_it_is_not(waiting: str, caplog: pytest.LogCaptureFixture) -> None:
    other = str(content(call("create", body={"mode": "full"}))["id"])
    upload(other, export().encode())
    assert call("start", other)["statusCode"] == 409
    look(waiting, times.now() + timedelta(hours=19))
    assert show(waiting)["state"] == "awaiting_confirmation"
    look(waiting, times.now() + LATER)
    shown = show(waiting)
    assert (shown["state"], shown["problem"], len(there())) == ("failed", schedule.NOBODY_CONFIRMED, 10)
    assert confirm(waiting, 7)["statusCode"] == 409
    assert call("start", other)["statusCode"] == 202
    assert caplog.messages.count(store.NEEDS_ATTENTION) == 1, "as it failed: the fixture's lines are not counted"


def test_whoever_is_sent_while_it_waits_stays(waiting: str) -> None:
    body = b'{"name": "Plain Copper Ltd", "external_id": "C4", "ownership": "customer"}'
    accounts.create(body, times.now() + timedelta(seconds=5), "test")
    confirm(waiting, 7)
    work_off()
    assert (show(waiting)["removed"], there()) == (6, {"C1", "C2", "C3", "C4"})


def test_of_two_who_confirm_one_is_told(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: work.confirm(waiting, 7, times.now(), "other"), "Accounts")
    reply = confirm(waiting, 7)
    assert (reply["statusCode"], content(reply)["import_state"]) == (409, "removing")
    work_off()
    assert show(waiting)["removed"] == 7


def test_cancelling_while_it_is_confirmed_cancels_it(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: work.confirm(waiting, 7, times.now(), "other"), "Accounts")
    assert content(call("cancel", waiting))["state"] == "cancelled"
    work_off()
    assert len(there()) == 10


def test_confirming_while_it_is_cancelled_is_refused(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: work.cancel(waiting, times.now()), "Accounts")
    assert confirm(waiting, 7)["statusCode"] == 409
    work_off()
    assert (show(waiting)["state"], len(there())) == ("cancelled", 10)


def test_confirmed_as_its_time_ends_it_goes_on(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: work.confirm(waiting, 7, times.now(), "other"), "Accounts")
    look(waiting, times.now() + LATER)
    work_off()
    assert (show(waiting)["state"], show(waiting)["removed"]) == ("completed", 7)


def test_what_ends_while_it_is_cancelled_is_not_called_cancelled(waiting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_race_to(monkeypatch, lambda: look(waiting, times.now() + LATER), "Accounts")
    reply = call("cancel", waiting)
    assert (reply["statusCode"], content(reply)["import_state"]) == (409, "failed")


@pytest.mark.parametrize(
    ("percent", "minimum", "kept", "asks"),
    [(10, 5, 6, False), (10, 5, 5, True), (50, 5, 5, False), (49, 5, 5, True), (10, 6, 5, False), (0, 1, 9, True)],
)
def test_the_limit_is_the_programs(program: Program, percent: int, minimum: int, kept: int, asks: bool) -> None:
    as_left_by(known)
    save_program(replace(program, import_removal_percent=percent, import_removal_minimum=minimum), "test")
    shown = sent("".join(lines()[: kept + 1]).encode())
    assert (shown["state"] == "awaiting_confirmation") is asks
    assert shown["removed"] == (0 if asks else 10 - kept)


def test_accounts_that_seem_to_have_another_id_now_are_asked_about(program: object) -> None:
    as_left_by(known)
    shown = sent(export().replace("\r\nC5,", "\r\n0005,").encode())
    assert (shown["state"], shown["removals"]) == ("awaiting_confirmation", 1)
    assert shown["warnings"] == ["1 of the accounts to be removed seem to be in the file under another id."]
    assert id_of("crm", "C5") in accounts.load_many([id_of("crm", "C5")])


def test_a_check_that_is_done_twice_finds_the_same(program: object) -> None:
    as_left_by(known)
    import_id = begin(*(line.strip() for line in lines()[1:4]), header=lines()[0].strip(), mode="full")
    while steps := queued():
        for step in steps:
            assert handle(step)
            assert handle(step)
    assert show(import_id)["removals"] == 7
    assert len(content(call("list-removals", import_id))["items"]) == 7
