"""Payout runs through their routes, with the samples of `events/`."""

from datetime import datetime
from typing import Any

import pytest

from commissions import payout_routes
from commissions.ledger_api import handler
from dealreg.partners.program import Program
from dealreg.payouts import building
from dealreg.platform import times
from dealreg.platform.http import Caller
from tests.integration.payouts.runs import build, owe, partner
from tests.samples import content, sample

FOLDER = "commissions-ledger-api"
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def fixed_clock(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(times, "now", lambda: now)


def call(case: str, status: int = 200, **changes: Any) -> Json:
    reply = handler(sample(f"{FOLDER}/{case}", **changes), None)
    assert reply["statusCode"] == status, reply
    return content(reply)


def caller(partner_id: str) -> Caller:
    return Caller("partner", partner_id, "user_1", frozenset(["deals"]))


@pytest.fixture
def north(program: Program, now: datetime) -> str:
    one = partner("North", now, tax_code="V19", tax_percent="19")
    owe(one, now, "60.00", "-5.00")
    return one


def make(status: int = 202, key: str = "once", **said: Any) -> Json:
    return call("make-run", status, body=said, headers={"idempotency-key": key})


def test_from_a_run_to_a_payout_that_was_paid(north: str, now: datetime) -> None:
    made = make()
    assert (made["state"], made["version"], made["number"][:2]) == ("building", 1, "R-")
    assert make() == made
    assert make(409, "another")["code"] == "state_conflict"
    build(made["id"], now)
    shown = call("show-run", params={"id": made["id"]})
    assert (shown["state"], shown["totals"], shown["progress"]) == (
        "proposed",
        {"EUR": "55.00"},
        {"partners": 1, "lines": 2},
    )
    (payout,) = shown["payouts"]
    assert [payout[name]["amount"] for name in ("amount", "tax", "total")] == ["55.00", "10.45", "65.45"]
    stale = {"version": 2, "totals": {"EUR": "54.00"}}
    assert call("approve-run", 409, params={"id": made["id"]}, body=stale)["code"] == "stale_version"
    seen = {"version": shown["version"], "totals": shown["totals"]}
    assert call("approve-run", params={"id": made["id"]}, body=seen)["state"] == "approved"
    building.go_on(made["id"], now)
    assert [one["id"] for one in call("list-payouts", caller=caller(north))["items"]] == [payout["id"]]
    assert call("show-payout", caller=caller(north), params={"id": payout["id"]})["state"] == "approved"
    refused = call("mark-payout-paid", 409, params={"id": payout["id"]})
    assert refused["detail"] == "This payout is approved: only one that is exported can be paid."


def test_a_run_is_listed_and_cancelled_twice_as_once(north: str, now: datetime) -> None:
    made = make()
    for _ in range(2):
        cancelled = call("cancel-run", params={"id": made["id"]})
        assert (cancelled["state"], cancelled["version"]) == ("cancelled", 2)
    (listed,) = call("list-runs")["items"]
    assert (listed["id"], listed["state"]) == (made["id"], "cancelled")


def test_a_run_has_its_payouts_page_by_page_and_behind_them_who_goes_without(
    north: str, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe(north, now, "10.00", currency="USD")
    south = partner("South", now, block={"reason_code": "review", "text": "A question is open."})
    owe(south, now, "40.00")
    run_id = make()["id"]
    build(run_id, now)
    monkeypatch.setattr(payout_routes, "_SHOWN", 1)
    query: dict[str, str] = {}
    pages: list[Json] = []
    while not pages or pages[-1]["next_cursor"]:
        pages.append(call("show-run", params={"id": run_id}, query=query))
        query = {"cursor": pages[-1]["next_cursor"]}
    assert [payout["currency"] for page in pages for payout in page["payouts"]] == ["EUR", "USD"]
    (without,) = [one for page in pages for one in page["excluded"]]
    assert (without["partner_id"], without["amount"]["amount"]) == (south, "40.00")
    assert (without["reason_code"], without["block_reason_code"]) == ("blocked", "review")


def test_what_is_not_there_is_not_found(north: str) -> None:
    for case in ("show-run", "cancel-run", "approve-run", "mark-payout-paid", "retry-payout", "cancel-payout"):
        call(case, 404)
