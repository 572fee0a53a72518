"""Ledgers, statements and disputes by the console, for who handles money and for a partner's manager."""

import json
from datetime import datetime

import pytest

from dealreg.disputes import commands
from dealreg.ledger import lists
from dealreg.ledger.inputs import LineFilter
from dealreg.partners import partners
from dealreg.partners.program import Program
from dealreg.platform.http import Caller
from dealreg.platform.paging import PageRequest
from tests.integration.console.conftest import SignedIn
from tests.integration.payouts import runs

MANAGER = "manager@kontor.example"


@pytest.fixture
def rosa(program: Program, now: datetime) -> str:
    partner_id = runs.partner("Rosa", now)
    runs.owe(partner_id, now, "120.00", "-20.00")
    return partner_id


@pytest.fixture
def dispute(rosa: str, now: datetime) -> str:
    line = lists.listing(rosa, LineFilter(), PageRequest(10), now)["items"][0]
    said = {"line_id": line["id"], "text": "It was 30, not 20."}
    caller = Caller("partner", rosa, "usr_1", frozenset(["deals"]))
    return commands.make(json.dumps(said).encode(), caller, now)["id"]


def test_a_ledger_has_its_balance_and_each_line_with_its_sum(signed_in: SignedIn, rosa: str) -> None:
    finance = signed_in("finance")
    assert f"/admin/money/ledger/{rosa}" in finance.get("/admin/money/ledger").html
    page = finance.get(f"/admin/money/ledger/{rosa}")
    for told in ("EUR 100 earned", "EUR 120", "EUR -20", "Clawback: refund"):
        assert told in page.html
    assert "EUR 120" not in finance.get(f"/admin/money/ledger/{rosa}?kind=clawback&status=").html.partition("<table")[2]
    assert "No line like that" in finance.get(f"/admin/money/ledger/{rosa}?period=2020-01").html


def test_a_line_is_posted_by_hand_once(signed_in: SignedIn, rosa: str) -> None:
    finance = signed_in("finance")
    finance.get(f"/admin/money/ledger/{rosa}")
    typed = finance.page.hidden | {
        "amount.amount": "-1.200,50",
        "amount.currency": "EUR",
        "reason_code": "correction",
        "text": "Paid twice in spring",
    }
    for _ in range(2):
        assert finance.post(f"/admin/money/ledger/{rosa}", typed).location == f"/admin/money/ledger/{rosa}?done=1"
    assert finance.follow().html.count("EUR -1,200.50</td>") == 1


def test_what_is_wrong_with_a_line_is_told_beside_what_was_typed(signed_in: SignedIn, rosa: str) -> None:
    finance = signed_in("finance")
    finance.get(f"/admin/money/ledger/{rosa}")
    again = finance.submit(f"/admin/money/ledger/{rosa}", {"amount.amount": "much", "amount.currency": "EUR"})
    assert (again.status, 'value="much"' in again.html, 'id="text-error"' in again.html) == (422, True, True)


def test_statements_lead_to_their_files(signed_in: SignedIn, rosa: str) -> None:
    page = signed_in("finance").get(f"/admin/money/ledger/{rosa}/statements")
    assert f"/v1/admin/partners/{rosa}/statements/2026-11.pdf?currency=EUR" in page.html


def test_a_manager_sees_the_ledgers_of_their_own_partners_alone(
    signed_in: SignedIn, rosa: str, program: Program, now: datetime
) -> None:
    own = runs.partner("Pia", now)
    partners.change(own, {"manager": MANAGER}, "test")
    manager = signed_in("partner_manager", email=MANAGER)
    page = manager.get("/admin/money/ledger")
    assert (own in page.html, rosa in page.html) == (True, False)
    own_ledger = manager.get(f"/admin/money/ledger/{own}")
    assert (own_ledger.status, "Post a line by hand" in own_ledger.html) == (200, False)
    for path in (f"/admin/money/ledger/{rosa}", f"/admin/money/ledger/{rosa}/statements"):
        assert manager.get(path).status == 404
    assert manager.get("/admin/money").status == 403
    assert manager.post(f"/admin/money/ledger/{own}", {}).status == 403


def test_a_dispute_is_answered_once_with_what_is_granted(signed_in: SignedIn, dispute: str) -> None:
    finance = signed_in("finance")
    assert "It was 30, not 20." in finance.get("/admin/money/disputes").html
    finance.get(f"/admin/money/disputes/{dispute}")
    empty = finance.submit(f"/admin/money/disputes/{dispute}/answer", {"text": "You are right", "outcome": ""})
    assert (empty.status, "You are right</textarea>" in empty.html) == (422, True)
    granted = {"outcome": "accepted", "text": "You are right", "amount.amount": "10", "amount.currency": "EUR"}
    assert finance.submit(f"/admin/money/disputes/{dispute}/answer", granted).status == 303
    answered = finance.follow()
    assert ("with <span" in answered.html, "EUR 10" in answered.html) == (True, True)
    twice = finance.submit(f"/admin/money/disputes/{dispute}/answer", granted)
    assert (twice.status, "This dispute is accepted." in twice.html) == (409, True)


def test_without_disputes_the_page_says_where_they_come_from(signed_in: SignedIn) -> None:
    assert "No partner has disputed" in signed_in("finance").get("/admin/money/disputes").html
