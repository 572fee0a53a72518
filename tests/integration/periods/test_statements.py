"""A partner's statement of a month, open and closed, in three forms."""

import base64
import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pypdf import PdfReader

from commissions.ledger_api import handler as ledger_handler
from commissions.statements_api import ROUTES, handler
from dealreg.partners import partners
from dealreg.periods import closing, files, reading
from dealreg.platform import times
from dealreg.platform.http import Caller
from partners.admin_api import handler as partners_handler
from tests.integration.periods.posting import earn
from tests.samples import ADMIN, content, routes_of, sample

FOLDER = "commissions-statements-api"
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def fixed_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


@pytest.fixture
def north(new_partner: Callable[[str], Caller]) -> Caller:
    """It has earned 20.00 in September, 30.00 and −5.00 in October and 7.00 in November, which is held."""
    caller = new_partner("North")
    earn(caller.partner_id, "2026-09-10", 2000)
    earn(caller.partner_id, "2026-10-05", 3000)
    earn(caller.partner_id, "2026-11-20", 700, held_days=30)
    earn(caller.partner_id, "2026-10-31", -500, kind="clawback", reason_code="refund")
    return caller


def asked(caller: Caller, name: str, query: Json | None = None, **headers: str) -> dict[str, Any]:
    event = sample(f"{FOLDER}/show-statement", caller=caller, params={"period": name}, query=query or {})
    event["headers"] |= headers
    return handler(event, None)


def statement(caller: Caller, period: str, currency: str | None = None) -> Json:
    reply = asked(caller, period, {"currency": currency} if currency else {})
    assert reply["statusCode"] == 200, reply
    return content(reply)


def listed(caller: Caller, **query: str) -> Json:
    return content(handler(sample(f"{FOLDER}/list-statements", caller=caller, query=query), None))


def close(period: str) -> Json:
    event = sample("commissions-ledger-api/close-period", params={"period": period})
    reply = ledger_handler(event, None)
    assert reply["statusCode"] == 200, reply
    return content(reply)


def test_every_route_has_a_sample() -> None:
    assert routes_of(FOLDER) == set(ROUTES)


def test_opening_and_lines_make_the_closing(north: Caller) -> None:
    shown = statement(north, "2026-10")
    assert (shown["opening"], shown["closing"], shown["state"]) == ("20.00", "45.00", "open")
    assert [(line["number"], line["amount"]["amount"]) for line in shown["lines"]] == [(2, "30.00"), (4, "-5.00")]
    assert shown["by_kind"] == {"accrual": "30.00", "clawback": "-5.00"}
    assert shown["partner"] == {"id": north.partner_id, "name": "North"}
    assert (shown["held_until"], shown["payouts"]) == ([], [])


def test_what_is_held_is_said_by_day(north: Caller) -> None:
    shown = statement(north, "2026-11")
    assert (shown["opening"], shown["closing"]) == ("45.00", "52.00")
    assert shown["held_until"] == [{"date": "2026-12-20", "amount": "7.00"}]
    assert shown["lines"][0]["status"] == "held"


def test_months_are_listed_newest_first_open_and_closed(north: Caller) -> None:
    close("2026-09")
    shown = listed(north)["items"]
    assert [(one["period"], one["state"], one["opening"], one["closing"]) for one in shown] == [
        ("2026-11", "open", "45.00", "52.00"),
        ("2026-10", "open", "20.00", "45.00"),
        ("2026-09", "closed", "0.00", "20.00"),
    ]
    seen, query = list[str](), {"limit": "1"}
    while True:
        page = listed(north, **query)
        seen += [one["number"] for one in page["items"]]
        if page["next_cursor"] is None:
            break
        query = {"limit": "1", "cursor": page["next_cursor"]}
    assert seen == [one["number"] for one in shown]


@pytest.mark.parametrize("ending", [".json", ".csv", ".pdf"])
def test_a_closed_statement_is_the_same_bytes_for_ever(ending: str, north: Caller) -> None:
    close("2026-09")
    close("2026-10")
    before = asked(north, f"2026-10{ending}")
    earn(north.partner_id, "2026-10-20", 900)
    partners.change(north.partner_id, {"name": "Northern Lights"}, "test")
    after = asked(north, f"2026-10{ending}")
    assert after["body"] == before["body"]
    assert before["statusCode"] == 200


def test_what_comes_after_the_closing_is_in_the_next_open_month(north: Caller) -> None:
    close("2026-09")
    close("2026-10")
    earn(north.partner_id, "2026-10-20", 900)
    assert statement(north, "2026-10")["closing"] == "45.00"
    shown = statement(north, "2026-11")
    assert (shown["opening"], shown["closing"]) == ("45.00", "61.00")
    assert [line["number"] for line in shown["lines"]] == [3, 5]


def test_a_closed_statement_says_the_states_of_its_closing(north: Caller, now: datetime) -> None:
    earn(north.partner_id, "2026-10-30", 1000, held_days=60)
    close("2026-09")
    close("2026-10")
    shown = statement(north, "2026-10")
    assert [line["status"] for line in shown["lines"]] == ["payable", "payable", "held"]
    assert shown["held_until"] == [{"date": "2026-12-29", "amount": "10.00"}]
    assert statement(north, "2026-11")["held_until"] == [
        {"date": "2026-12-20", "amount": "7.00"},
        {"date": "2026-12-29", "amount": "10.00"},
    ]


def test_a_month_of_two_currencies_asks_which(north: Caller) -> None:
    earn(north.partner_id, "2026-10-06", 100, "USD")
    assert asked(north, "2026-10")["statusCode"] == 422
    assert statement(north, "2026-10", "USD")["opening"] == "0.00"
    close("2026-09")
    close("2026-10")
    assert asked(north, "2026-10")["statusCode"] == 422
    assert statement(north, "2026-10", "EUR")["closing"] == "45.00"


@pytest.mark.parametrize("accept", ["text/csv", "text/csv;q=0.9, */*"])
def test_csv_by_its_header(accept: str, north: Caller) -> None:
    reply = asked(north, "2026-10", accept=accept)
    assert reply["headers"]["content-type"] == "text/csv; charset=utf-8"
    text = base64.b64decode(reply["body"]).decode()
    assert [row["amount"] for row in csv.DictReader(io.StringIO(text))] == ["30.00", "-5.00"]


def test_pdf_by_its_ending_whatever_the_header(north: Caller) -> None:
    reply = asked(north, "2026-10.pdf", accept="application/json")
    assert (reply["headers"]["content-type"], reply["isBase64Encoded"]) == ("application/pdf", True)
    assert reply["headers"]["content-disposition"].endswith('.pdf"')
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(base64.b64decode(reply["body"]))).pages)
    assert "30.00" in text
    assert "This is not a tax invoice." in text


def test_a_month_too_long_for_a_reply_is_refused_with_the_way_to_its_lines(
    north: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MAX_LINES", 1)
    for _ in range(2):
        reply = asked(north, "2026-10")
        assert reply["statusCode"] == 413
        assert "GET /v1/commissions?period=" in content(reply)["detail"]
        monkeypatch.setattr(reading, "MAX_LINES", 100)
        monkeypatch.setattr(files, "MAX_BYTES", 10)


@pytest.mark.parametrize("name", ["2026-08", "2026-12", "2026-13", "2026-10.xls", "2026-10.", "x", "2026-10.pdf.csv"])
def test_what_is_no_statement_is_not_there(name: str, north: Caller) -> None:
    assert asked(north, name)["statusCode"] == 404
    assert asked(north, "2026-10", {"currency": "XXX"})["statusCode"] == 404


def test_an_admin_reads_any_partners(north: Caller) -> None:
    params = {"id": north.partner_id, "period": "2026-10"}
    reply = handler(sample(f"{FOLDER}/show-statement-of-partner", caller=ADMIN, params=params, query={}), None)
    assert content(reply) == statement(north, "2026-10")
    params = {"id": north.partner_id}
    reply = partners_handler(sample("partners-admin-api/list-statements", caller=ADMIN, params=params, query={}), None)
    assert content(reply) == listed(north)


def test_a_partner_that_is_not_there_has_none(aws: None) -> None:
    params = {"id": "part_01JD8V4M2T7QK3N5P9XWZRB6YC", "period": "2026-10"}
    reply = handler(sample(f"{FOLDER}/show-statement-of-partner", caller=ADMIN, params=params, query={}), None)
    assert (reply["statusCode"], content(reply)["detail"]) == (404, "There is no such partner.")


def test_no_other_partners_statement_is_there(north: Caller, new_partner: Callable[[str], Caller]) -> None:
    south = new_partner("South")
    assert asked(south, "2026-10")["statusCode"] == 404
    assert listed(south)["items"] == []
    params = {"id": north.partner_id, "period": "2026-10"}
    reply = handler(sample(f"{FOLDER}/show-statement-of-partner", caller=south, params=params, query={}), None)
    assert reply["statusCode"] == 403


def test_pages_of_partners_are_closed_one_after_another(
    north: Caller, new_partner: Callable[[str], Caller], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(closing, "PARTNERS", 1)
    south = new_partner("South")
    earn(south.partner_id, "2026-09-11", 100)
    first = close("2026-09")
    assert (first["state"], first["partners"]) == ("closing", 1)
    last = closing.step("2026-09", 1, now)
    while last["state"] != "closed":
        last = closing.step("2026-09", last["step"], now)
    assert last["statements"] == 2
    assert statement(south, "2026-09")["state"] == statement(north, "2026-09")["state"] == "closed"
