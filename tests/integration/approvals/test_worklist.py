"""What an admin sees: deals by promise, by person, by what else they have, with the review of each."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.approvals import deciding, review, worklist
from dealreg.approvals.answering import Said
from dealreg.approvals.worklist import Filters, Sort
from dealreg.deals import register
from dealreg.deals import store as deals
from dealreg.deals.model import Deal, NewDeal
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import Program, save_program
from dealreg.platform import times
from dealreg.platform.errors import InvalidInput
from dealreg.platform.http import Caller
from dealreg.platform.paging import PageRequest
from dealreg.platform.validation import parse_values
from deals import admin_api
from tests.integration.approvals.conftest import run
from tests.integration.aws_calls import intercept
from tests.integration.conftest import body
from tests.reviews import decide, page_of, question_of, strike
from tests.samples import content, sample

MORNING = timedelta(days=1)


@pytest.fixture
def made(
    new_partner: Callable[[str], Caller], context: CommandContext, now: datetime, program: Program
) -> dict[str, Deal]:
    """Three in review, of two partners, the second with a later promise; the third is asked of somebody else by now."""
    north, south = new_partner("North"), new_partner("South")
    made = {
        "first": registered(north, context, "one"),
        "second": registered(south, replace(context, now=now + MORNING), "two"),
        "third": registered(north, replace(context, now=now + timedelta(hours=1)), "three"),
    }
    for number, deal in enumerate(made.values()):
        review.ask(deal.id, 1, "token", now + timedelta(minutes=number))
    third = question_of(made["third"])
    deciding.delegate(third.link, "head@acme.example", page_of(third.link, now).seen, now)
    return made


def registered(caller: Caller, context: CommandContext, name: str) -> Deal:
    customer = {"name": f"Customer {name}", "domain": f"{name}-customer.example", "country": "DE"}
    new = parse_values(NewDeal, body(customer=customer, partner_reference=name), register.validation_context())
    return deals.locate(json.loads(register.register(caller, new, None, context).body)["id"])


def found(filters: Filters, now: datetime, size: int = 25) -> list[str]:
    """Names of customers, over all pages."""
    names: list[str] = []
    page: PageRequest | None = PageRequest(size, purpose="test")
    while page:
        listing = worklist.listing(filters, page, now)
        names += [item["customer"]["name"].removeprefix("Customer ") for item in listing["items"]]
        cursor = listing["next_cursor"]
        page = replace(page, start=worklist_start(cursor)) if cursor else None
    return names


def worklist_start(cursor: str) -> Any:
    from dealreg.platform import tokens  # where a test opens what only a caller's own request does

    return tokens.open_cursor("test", cursor)


@pytest.mark.parametrize("size", [1, 2, 25])
@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), ["second", "third", "first"]),
        (Filters(sort=Sort.DECIDE_BY), ["first", "third", "second"]),
        (Filters(approver="approver@acme.example"), ["first", "second"]),
        (Filters(approver="head@acme.example"), ["third"]),
        (Filters(tier="gold"), []),
        (Filters(rule="everything-else", tier="registered"), ["second", "third", "first"]),
        (Filters(rule="auto-gold"), []),
        (Filters(status="approved"), []),
        (Filters(late=True), []),
    ],
    ids=str,
)
def test_each_is_found_once_in_its_order(
    made: dict[str, Deal], now: datetime, filters: Filters, expected: list[str], size: int
) -> None:
    names = {"first": "one", "second": "two", "third": "three"}
    assert found(filters, now, size) == [names[one] for one in expected]


def test_those_of_a_partner(made: dict[str, Deal], now: datetime) -> None:
    assert found(Filters(partner_id=made["first"].partner_id), now, 1) == ["three", "one"]
    assert found(Filters(partner_id=made["first"].partner_id, status="won"), now) == []


def test_the_late_ones_are_those_whose_promise_has_passed(made: dict[str, Deal], now: datetime) -> None:
    thursday = datetime.fromisoformat("2026-11-26T08:00:00+00:00")
    assert found(Filters(late=True), thursday) == ["one", "three"]
    assert found(Filters(late=False), thursday) == ["two"]


def test_one_that_is_decided_waits_no_more(made: dict[str, Deal], now: datetime) -> None:
    put = decide(question_of(made["first"]), "approve", now=now)
    run("approvals-apply/decided", deal_id=made["first"].id)
    strike(put, now)
    assert found(Filters(sort=Sort.DECIDE_BY), now) == ["three", "two"]
    assert found(Filters(approver="approver@acme.example"), now) == ["two"]


def test_of_a_review_that_is_decided_no_time_is_left(made: dict[str, Deal], now: datetime) -> None:
    deal = made["first"]
    (before,) = (
        one["review"] for one in worklist.listing(Filters(), PageRequest(5), now)["items"] if one["id"] == deal.id
    )
    assert before and before["working_minutes_left"]
    decide(question_of(deal), "approve", now=now)
    for _ in range(2):
        shown = content(admin_api.handler(sample("deals-admin-api/read", params={"id": deal.id}), None))["review"]
        assert (shown["state"], shown["working_minutes_left"]) == ("decided", None)
        run("approvals-apply/decided", deal_id=deal.id)


def test_what_an_item_says_of_its_review(made: dict[str, Deal], now: datetime) -> None:
    (item, *_) = worklist.listing(Filters(approver="head@acme.example"), PageRequest(5), now)["items"]
    shown = item["review"]
    assert shown
    assert (shown["rule"], shown["late"], shown["working_minutes_left"]) == ("everything-else", False, 23 * 60)
    (step,) = shown["steps"]
    passed_on, question = step["questions"]
    assert (passed_on["approver"], passed_on["status"]) == ("approver@acme.example", "delegated")
    assert (step["id"], step["status"]) == ("review", "asked")
    assert (question["approver"], question["instead_of"], question["status"]) == (
        "head@acme.example",
        "approver@acme.example",
        "pending",
    )


@pytest.mark.parametrize("filters", [Filters(sort=Sort.DECIDE_BY), Filters(approver="approver@acme.example")], ids=str)
def test_a_page_is_two_round_trips_whatever_it_is_sorted_by(
    made: dict[str, Deal], now: datetime, monkeypatch: pytest.MonkeyPatch, filters: Filters
) -> None:
    calls: list[str] = []

    def noted(make: Callable[[], Any], _client: Any, call: str, _request: Any) -> Any:
        calls.append(call)
        return make()

    worklist.listing(Filters(), PageRequest(50), now)  # the program is known by now
    intercept(monkeypatch, noted)
    worklist.listing(filters, PageRequest(50), now)
    assert calls == ["Query", "BatchGetItem"]


class TestByApi:
    @pytest.mark.parametrize(
        "query", [{"late": "perhaps"}, {"sort": "size"}, {"approver": "nobody"}, {"verdict": "odd"}, {"colour": "x"}]
    )
    def test_what_is_no_filter_is_refused(self, made: dict[str, Deal], query: dict[str, str]) -> None:
        reply = admin_api.handler(sample("deals-admin-api/list", query=query), None)
        assert (reply["statusCode"], content(reply)["code"]) == (422, "invalid_input")

    @pytest.mark.parametrize(("query", "names"), [({"q": "customer two"}, ["Customer two"]), ({"q": "nobody"}, [])])
    def test_is_searched(self, made: dict[str, Deal], query: dict[str, str], names: list[str]) -> None:
        listed = content(admin_api.handler(sample("deals-admin-api/list", query=query), None))
        assert [item["customer"]["name"] for item in listed["items"]] == names
        assert listed["next_cursor"] is None

    def test_a_deal_has_its_review_too(self, made: dict[str, Deal], now: datetime) -> None:
        made_by_admin = deciding.decide_as_admin(made["first"], Said("approve"), now, "admin_1")
        assert made_by_admin.decision
        reply = admin_api.handler(sample("deals-admin-api/read", params={"id": made["first"].id}), None)
        assert content(reply)["review"]["state"] == "decided"


def test_an_unknown_status_is_refused(made: dict[str, Deal], now: datetime) -> None:
    with pytest.raises(InvalidInput):
        worklist.listing(Filters(status="pending"), PageRequest(5), now)


def test_settings_of_another_day_do_not_change_the_promise(
    made: dict[str, Deal], program: Program, now: datetime
) -> None:
    save_program(replace(program, decide_within_days=20), "test")
    assert times.from_text(deals.locate(made["first"].id).decide_by or "").day == 25


class TestAsCsv:
    def test_the_same_deals_in_the_same_order(self, made: dict[str, Deal], now: datetime) -> None:
        reply = admin_api.handler(sample("deals-admin-api/export", query={"sort": "decide_by"}), None)
        assert (reply["statusCode"], reply["headers"]["content-type"]) == (200, "text/csv; charset=utf-8")
        rows = list(csv.DictReader(io.StringIO(reply["body"])))
        assert [row["customer"] for row in rows] == ["Customer one", "Customer three", "Customer two"]
        assert (rows[1]["waits_for"], rows[1]["rule"], rows[1]["amount"]) == (
            "head@acme.example",
            "everything-else",
            "48000.00",
        )
        assert "x-next-cursor" not in reply["headers"]

    def test_what_a_spreadsheet_would_run_is_text(
        self, made: dict[str, Deal], now: datetime, context: CommandContext, new_partner: Callable[[str], Caller]
    ) -> None:
        customer = {"name": "=HYPERLINK(1)", "domain": "formula.example", "country": "DE"}
        new = parse_values(NewDeal, body(customer=customer, partner_reference="f"), register.validation_context())
        register.register(new_partner("East"), new, None, context)
        text, _ = worklist.export(Filters(), PageRequest(worklist.EXPORT_PAGE), now)
        assert "'=HYPERLINK(1)" in text

    def test_a_page_leads_to_the_next(self, made: dict[str, Deal], now: datetime) -> None:
        text, cursor = worklist.export(Filters(sort=Sort.DECIDE_BY), PageRequest(2, purpose="test"), now)
        assert cursor
        rest, end = worklist.export(Filters(sort=Sort.DECIDE_BY), PageRequest(2, worklist_start(cursor), "test"), now)
        assert end is None
        assert [len(part.splitlines()) for part in (text, rest)] == [3, 2]
