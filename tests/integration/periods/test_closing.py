"""Months are closed in their order, once, by hand or by the clock; partners are told."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from commissions.ledger_api import handler
from dealreg import wiring
from dealreg.capability import Change
from dealreg.ledger import heads, rows
from dealreg.notifications.model import Notice
from dealreg.partners.program import MoneySettings, Program, save_program
from dealreg.periods import closing, letters, lists, reading, sealing
from dealreg.periods import rows as period_rows
from dealreg.platform import dynamo, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.http import Caller
from dealreg.platform.money import Money
from dealreg.platform.paging import PageRequest
from dealreg.platform.settings import Setting
from tests.integration.periods.posting import earn
from tests.samples import content, sample

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def fixed_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


@pytest.fixture
def north(new_partner: Callable[[str], Caller]) -> Caller:
    return new_partner("North")


def closed(period: str) -> tuple[int, Json]:
    reply = handler(sample("commissions-ledger-api/close-period", params={"period": period}), None)
    return reply["statusCode"], content(reply)


def told_of(caller: Caller) -> list[Json]:
    events = dynamo.every(rows.table(), f"PARTNER#{caller.partner_id}", "EVENT#")
    return [one for one in events if one["type"] == "statement.closed"]


def test_only_the_oldest_open_month_is_closed(north: Caller) -> None:
    earn(north.partner_id, "2026-10-20", 900)
    earn(north.partner_id, "2026-09-20", 900)
    for wrong in ("2026-10", "2026-08", "2026-11", "2026-12"):
        status, told = closed(wrong)
        assert (status, told["code"]) == (409, "state_conflict"), wrong
    status, told = closed("2026-09")
    assert (status, told["state"], told["statements"]) == (200, "closed", 1)
    assert closed("2026-09")[0] == 409
    assert closed("2026-10")[0] == 200
    assert closed("2026-11")[0] == 409
    assert closed("2026-1")[0] == 404


def test_a_month_without_any_line_can_be_closed(north: Caller) -> None:
    assert closed("2026-10")[1]["statements"] == 0
    earn(north.partner_id, "2026-10-20", 900)
    (line,) = dynamo.every(rows.table(), f"PARTNER#{north.partner_id}", rows.LINE)
    assert line["period"] == "2026-11"


def test_months_without_lines_are_closed_with_the_next_that_has_some(north: Caller) -> None:
    """A payment of ten years ago is no reason for a hundred closings."""
    earn(north.partner_id, "2016-03-20", 900)
    earn(north.partner_id, "2026-10-20", 700)
    assert closed("2016-03")[1]["statements"] == 1
    status, told = closed("2026-09")
    assert (status, told["detail"]) == (409, "Months are closed in their order, and 2026-10 is open.")
    assert closed("2026-10")[1]["statements"] == 1
    sheets = [reading.load(north.partner_id, period, None, times.now()) for period in ("2016-03", "2026-10")]
    assert [(sheet.state, sheet.opening, len(sheet.lines)) for sheet in sheets] == [
        ("closed", 0, 1),
        ("closed", 900, 1),
    ]


def test_by_the_clock_too(north: Caller, program: Program, now: datetime) -> None:
    earn(north.partner_id, "2016-03-20", 900)
    earn(north.partner_id, "2026-10-20", 700)
    save_program(replace(program, money=MoneySettings(close_after_days=5)), by="test")
    for minute in range(3):
        closing.each_minute(now.replace(minute=minute))
    assert period_rows.closed_until(dynamo.get(rows.table(), "PERIODS", "PERIODS")) == "2026-10"


def test_a_line_that_came_into_an_earlier_month_at_that_moment_is_in_its_statement(
    north: Caller, now: datetime
) -> None:
    earn(north.partner_id, "2026-08-20", 900)
    closed("2026-08")
    earn(north.partner_id, "2026-09-20", 100)
    earn(north.partner_id, "2026-10-20", 700)
    assert sealing.seal(north.partner_id, "2026-10", now, now) == 2
    september = reading.load(north.partner_id, "2026-09", None, now)
    assert (september.state, september.opening, len(september.lines)) == ("closed", 900, 1)
    assert [one["data"]["period"] for one in told_of(north)] == ["2026-08", "2026-09", "2026-10"]


def test_no_month_is_closed_while_the_one_before_is_under_way(
    north: Caller, new_partner: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    monkeypatch.setattr(closing, "PARTNERS", 1)
    new_partner("South")
    earn(north.partner_id, "2026-09-20", 900)
    assert closed("2026-09")[1]["state"] == "closing"
    assert closed("2026-10")[0] == 409
    key = period_rows.closing_key("2026-09")
    for _ in range(3):
        closing.on_due(key, now)
    assert closed("2026-10")[0] == 200


def test_a_line_that_was_worked_out_before_the_closing_is_worked_out_again(north: Caller, now: datetime) -> None:
    """Its transaction fails: its partner's part of the month is over."""
    earn(north.partner_id, "2026-10-20", 900)
    head = dynamo.get(rows.table(), f"PARTNER#{north.partner_id}", "LEDGER")
    assert head
    sealing.seal(north.partner_id, "2026-10", now, now)
    with pytest.raises(ConditionFailed):
        dynamo.transact(heads.post(north.partner_id, head, [], now, also=[("commission.adjusted", {})]))
    with pytest.raises(ConditionFailed):
        earn(north.partner_id, "2026-10-21", 100)


def test_a_first_line_cannot_slip_into_a_closed_month_either(north: Caller, now: datetime) -> None:
    sealing.seal(north.partner_id, "2026-10", now, now)
    with pytest.raises(ConditionFailed):
        dynamo.transact(heads.post(north.partner_id, None, [], now, also=[("commission.adjusted", {})]))


def test_a_partner_is_told_once_of_all_its_statements(north: Caller, now: datetime) -> None:
    earn(north.partner_id, "2026-10-20", 900)
    earn(north.partner_id, "2026-10-21", 300, "USD")
    closed("2026-10")
    sealing.seal(north.partner_id, "2026-10", now, now)
    (event,) = told_of(north)
    assert event["sequence"] == 3
    assert event["data"]["period"] == "2026-10"
    assert [(one["currency"], one["closing"], one["lines"]) for one in event["data"]["statements"]] == [
        ("EUR", "9.00", 1),
        ("USD", "3.00", 1),
    ]


def test_the_letter_says_what_it_came_to(north: Caller, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://deals.example.com")
    earn(north.partner_id, "2026-10-20", 900)
    closed("2026-10")
    (item,) = told_of(north)
    notice = Notice("statement.closed", item["id"], Setting.LEDGER_TABLE, item["pk"], item["sk"])
    mailing = letters.write(notice, item, now)
    assert mailing
    assert mailing.addresses == ("north@partner.example",)
    assert "9.00 EUR" in mailing.letter.facts.values()
    assert "2026-10" in mailing.letter.subject


def test_the_clock_closes_what_is_over_for_long_enough(north: Caller, program: Program) -> None:
    save_program(replace(program, money=MoneySettings(close_after_days=5)), by="test")
    earn(north.partner_id, "2026-09-20", 900)
    earn(north.partner_id, "2026-10-20", 900)

    def until(*moment: int) -> str:
        closing.each_minute(datetime(*moment, tzinfo=UTC))
        return period_rows.closed_until(dynamo.get(rows.table(), "PERIODS", "PERIODS"))

    assert until(2026, 10, 5, 12) == ""
    assert until(2026, 10, 6, 0) == "2026-09"
    assert until(2026, 11, 5, 12) == "2026-09"
    assert until(2026, 11, 6, 12) == "2026-10"
    assert until(2026, 11, 6, 13) == "2026-10"


def test_no_clock_where_the_program_has_none(north: Caller, now: datetime) -> None:
    earn(north.partner_id, "2026-09-20", 900)
    closing.each_minute(now.replace(minute=0))
    assert dynamo.get(rows.table(), "PERIODS", "PERIODS") is None


def test_a_closing_that_was_cut_short_goes_on_and_nothing_is_twice(
    north: Caller, new_partner: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    owners = [north, *(new_partner(name) for name in ("South", "West"))]
    for owner in owners:
        earn(owner.partner_id, "2026-10-20", 900)
    ends = iter([False, True, True, False])
    write = dynamo.transact

    def cut_short(actions: Sequence[dynamo.Action]) -> None:
        write(actions)
        if next(ends, False):
            raise TimeoutError

    monkeypatch.setattr(dynamo, "transact", cut_short)
    assert (
        handler(sample("commissions-ledger-api/close-period", params={"period": "2026-10"}), None)["statusCode"] == 500
    )
    handle = wiring.due_handlers(Setting.LEDGER_TABLE)["CLOSING"]
    with pytest.raises(TimeoutError):
        handle(period_rows.closing_key("2026-10"), now)
    handle(period_rows.closing_key("2026-10"), now)
    assert [len(told_of(owner)) for owner in owners] == [1, 1, 1]
    closed_row = dynamo.get(rows.table(), "PERIODS", "CLOSING#2026-10")
    assert closed_row
    assert (closed_row["state"], "due_at" in closed_row, "relay" in closed_row) == ("closed", False, False)


def test_a_change_that_was_overtaken_does_nothing(north: Caller, now: datetime) -> None:
    earn(north.partner_id, "2026-10-20", 900)
    closed("2026-10")
    seen = {"period": "2026-10", "step": 0}
    closing.on_change(Change({}, seen), now)
    closing.on_change(Change(seen, {}), now)
    assert len(told_of(north)) == 1


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_posted_and_closed_statements_hang_together(seed: int, north: Caller, now: datetime) -> None:
    """Each opens with what the one before it closed with; together they have each line once."""
    chance, months = random.Random(seed), ["2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]
    earn(north.partner_id, "2026-06-01", 100)
    to_close = list(months)
    for _ in range(30):
        if to_close and chance.random() < 0.15:
            assert closed(to_close.pop(0))[0] == 200
        currency = chance.choice(["EUR", "EUR", "JPY"])
        earn(north.partner_id, f"{chance.choice(months)}-{chance.randint(10, 28)}", chance.randint(-500, 900), currency)
    kept = list(dynamo.every(rows.table(), f"PARTNER#{north.partner_id}", rows.LINE))
    listed = lists.listing(north.partner_id, PageRequest(100), now)["items"]
    for currency in ("EUR", "JPY"):
        balance, numbers = 0, list[int]()
        for one in reversed([one for one in listed if one["currency"] == currency]):
            sheet = reading.load(north.partner_id, one["period"], currency, now)
            assert (sheet.opening, sheet.state) == (balance, one["state"])
            balance = sheet.closing
            numbers += [line.item["number"] for line in sheet.lines]
            assert Money(sheet.closing, currency).amount == one["closing"]
        own = [item for item in kept if item["currency"] == currency]
        assert sorted(numbers) == [item["number"] for item in own]
        assert balance == sum(item["minor"] for item in own)
