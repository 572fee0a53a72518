"""Plans as sentences, months to close, and forms of files, by the console."""

import json
from datetime import datetime

import pytest

from dealreg.commissions import plan_commands
from dealreg.partners.program import Program
from tests.integration.console.conftest import SignedIn
from tests.integration.payouts import runs

VERSION = {
    "effective_from": "2026-01-01",
    "applies_to": "new_deals",
    "currency": "EUR",
    "hold_days": 30,
    "rules": [{"id": "gold-analytics", "when": {"tier": ["gold"]}, "rate": {"percent": "20"}}],
}


@pytest.fixture
def plan(program: Program, now: datetime) -> str:
    for starts in ("2026-01-01", "2099-01-01"):
        plan_commands.publish("standard", json.dumps(VERSION | {"effective_from": starts}).encode(), now, "test")
    return "standard"


def test_a_plan_is_read_as_sentences(signed_in: SignedIn, plan: str) -> None:
    finance = signed_in("finance")
    assert "/admin/money/plans/standard" in finance.get("/admin/money/plans").html
    page = finance.get("/admin/money/plans/standard")
    assert "For deals registered from 1 Jan 2026 on, in EUR" in page.html
    assert "20 % of each sale, for tier gold." in page.html
    assert "Take back version 1" not in page.html


def test_a_version_that_is_not_in_force_is_taken_back_by_name(signed_in: SignedIn, plan: str) -> None:
    finance = signed_in("finance")
    assert "Take back version 2 of standard" in finance.get("/admin/money/plans/standard").html
    assert finance.submit("/admin/money/plans/standard/versions/2/withdraw", {}).status == 303
    assert "Version 2" not in finance.follow().html
    refused = finance.submit("/admin/money/plans/standard/versions/1/withdraw", {})
    assert (refused.status, "This version is in force." in refused.html) == (409, True)


def test_without_a_plan_the_page_says_how_the_first_is_made(signed_in: SignedIn) -> None:
    assert "No plan yet" in signed_in("finance").get("/admin/money/plans").html


def test_months_are_closed_one_after_another(signed_in: SignedIn) -> None:
    finance = signed_in("finance")
    finance.get("/admin/money/months")
    for typed, told in [("soon", "Write a month"), ("2099-01", "not over yet")]:
        assert told in finance.submit("/admin/money/months", {"period": typed}).html
    assert finance.submit("/admin/money/months", {"period": "2026-10"}).status == 303
    page = finance.follow()
    assert 'Closed up to <strong class="num">2026-10' in page.html
    assert "Close 2026-11" in page.html


def test_a_form_of_files_is_tried_on_a_run(signed_in: SignedIn, program: Program, now: datetime) -> None:
    runs.owe(runs.partner("Rosa", now), now, "120.00")
    run = runs.build(runs.make(now), now)
    finance = signed_in("finance")
    assert "sage50" in finance.get("/admin/money/exports").html
    finance.get("/admin/money/exports/csv")
    tried = finance.submit("/admin/money/exports/csv", {"run": run.id})
    assert (tried.status, tried.headers["content-disposition"]) == (200, 'attachment; filename="preview.csv"')
    finance.get("/admin/money/exports/sage50")
    refused = finance.submit("/admin/money/exports/sage50", {"run": "run_0"})
    assert refused.status == 404


def test_a_form_that_is_not_there_is_not_found(signed_in: SignedIn) -> None:
    assert signed_in("finance").get("/admin/money/exports/none").status == 404


@pytest.mark.parametrize("path", ["plans", "plans/standard", "months", "exports", "exports/csv", "disputes"])
@pytest.mark.parametrize("role", ["viewer", "partner_manager"])
def test_who_does_not_handle_money_sees_none_of_it(signed_in: SignedIn, role: str, path: str) -> None:
    assert signed_in(role).get(f"/admin/money/{path}").status == 403
