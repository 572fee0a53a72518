"""Payout runs by the console: begun, approved as they were seen, exported, paid; and what fails on the way."""

from datetime import datetime

import pytest

from dealreg.partners.program import Program
from dealreg.payouts import store
from tests.integration.console.conftest import SignedIn
from tests.integration.forms.visitor import Visitor
from tests.integration.payouts import runs


@pytest.fixture
def finance(signed_in: SignedIn) -> Visitor:
    return signed_in("finance")


@pytest.fixture
def owed(program: Program, now: datetime) -> str:
    """A partner that is owed 120 EUR, beside one that goes without."""
    rosa = runs.partner("Rosa", now)
    runs.owe(rosa, now, "120.00")
    runs.owe(runs.partner("Pia", now, erp_reference=None), now, "30.00")
    return rosa


def begun(finance: Visitor, now: datetime) -> str:
    """A run that is proposed."""
    finance.get("/admin/money")
    run_id = finance.submit("/admin/money/runs", {}).location.rpartition("/")[2]
    runs.build(run_id, now)
    return run_id


def exported(finance: Visitor, now: datetime) -> str:
    run_id = begun(finance, now)
    finance.get(f"/admin/money/runs/{run_id}")
    finance.submit(f"/admin/money/runs/{run_id}/approve", {})
    runs.build(run_id, now)
    finance.get(f"/admin/money/runs/{run_id}")
    finance.submit(f"/admin/money/runs/{run_id}/export", {"mapping": "csv", "date": "2026-11-23"})
    return run_id


def payout_of(run_id: str, finance: Visitor) -> str:
    page = finance.get(f"/admin/money/runs/{run_id}").html
    return page.partition("/admin/money/payouts/")[2].partition('"')[0]


def test_an_empty_list_says_what_to_do(finance: Visitor) -> None:
    page = finance.get("/admin/money")
    assert (page.status, "Begin a run" in page.html, "No run yet." in page.html) == (200, True, True)


def test_a_run_says_while_it_is_built_and_then_who_is_paid_and_who_is_not(
    finance: Visitor, owed: str, now: datetime
) -> None:
    finance.get("/admin/money")
    made = finance.submit("/admin/money/runs", {})
    building = finance.get(made.location)
    assert ("It is being built" in building.html, building.headers["refresh"]) == (True, "5")
    runs.build(made.location.rpartition("/")[2], now)
    proposed = finance.get(made.location)
    assert "refresh" not in proposed.headers
    for told in ("Rosa", "EUR 120", "Pia", "No account in the ERP"):
        assert told in proposed.html


def test_the_same_form_sent_twice_begins_one_run(finance: Visitor, owed: str) -> None:
    finance.get("/admin/money")
    typed = finance.page.hidden
    first = finance.post("/admin/money/runs", typed)
    assert finance.post("/admin/money/runs", typed).location == first.location


def test_a_second_run_is_refused_in_words_while_one_is_under_way(finance: Visitor, owed: str, now: datetime) -> None:
    begun(finance, now)
    finance.get("/admin/money")
    refused = finance.submit("/admin/money/runs", {})
    assert (refused.status, "is under way: export or cancel it first" in refused.html) == (409, True)


def test_it_is_approved_as_it_was_seen_exported_and_paid(finance: Visitor, owed: str, now: datetime) -> None:
    run_id = exported(finance, now)
    page = finance.follow()
    assert "The file is written" in page.html
    file = f"/admin/money/runs/{run_id}/exports/" + page.html.partition(f"runs/{run_id}/exports/")[2].partition('"')[0]
    assert finance.get(file).headers["content-type"] == "text/csv"
    payout = payout_of(run_id, finance)
    finance.get(f"/admin/money/payouts/{payout}")
    paid = finance.submit(f"/admin/money/payouts/{payout}/paid", {"paid_at": "2026-11-01", "reference": "SEPA 17"})
    assert paid.location == f"/admin/money/payouts/{payout}?done=paid"
    assert "SEPA 17" in finance.follow().html
    assert store.load_run(run_id).state == "settled"


def test_sums_that_changed_meanwhile_are_not_approved(finance: Visitor, owed: str, now: datetime) -> None:
    run_id = begun(finance, now)
    finance.get(f"/admin/money/runs/{run_id}")
    other = finance.page.hidden | {"seen": '{"version": 2, "totals": {"EUR": "1.00"}}'}
    refused = finance.post(f"/admin/money/runs/{run_id}/approve", other)
    assert (refused.status, "Look at the run again" in refused.html) == (409, True)


def test_a_run_is_cancelled_by_name(finance: Visitor, owed: str, now: datetime) -> None:
    run_id = begun(finance, now)
    number = finance.get(f"/admin/money/runs/{run_id}").html.partition("Cancel R-")[2][:9]
    assert number
    finance.submit(f"/admin/money/runs/{run_id}/cancel", {})
    assert "Cancelled. Its lines are free" in finance.follow().html


def test_a_file_can_be_tried_before_it_is_written(finance: Visitor, owed: str, now: datetime) -> None:
    run_id = begun(finance, now)
    finance.get(f"/admin/money/runs/{run_id}")
    tried = finance.submit(f"/admin/money/runs/{run_id}/preview", {"mapping": "csv", "date": "2026-11-23"})
    assert (tried.status, tried.headers["content-type"]) == (200, "text/csv")
    finance.get(f"/admin/money/runs/{run_id}")
    unknown = finance.submit(f"/admin/money/runs/{run_id}/preview", {"mapping": "none", "date": "2026-11-23"})
    assert (unknown.status, "There is no such mapping." in unknown.html) == (422, True)


def test_one_that_fails_is_tried_again_or_cancelled(finance: Visitor, owed: str, now: datetime) -> None:
    run_id = exported(finance, now)
    payout = payout_of(run_id, finance)
    finance.get(f"/admin/money/payouts/{payout}")
    finance.submit(f"/admin/money/payouts/{payout}/failed", {"reason_code": "account_closed", "text": "No account"})
    failed = finance.follow()
    assert "No account" in failed.html
    finance.submit(f"/admin/money/payouts/{payout}/retry", {})
    assert "exported anew" in finance.follow().html


def test_a_day_that_is_none_is_told_beside_it(finance: Visitor, owed: str, now: datetime) -> None:
    payout = payout_of(exported(finance, now), finance)
    finance.get(f"/admin/money/payouts/{payout}")
    again = finance.submit(f"/admin/money/payouts/{payout}/paid", {"paid_at": "soon", "reference": "SEPA 17"})
    assert (again.status, 'id="paid_at-error"' in again.html, 'value="SEPA 17"' in again.html) == (422, True, True)


@pytest.mark.parametrize("path", ["", "/runs/run_0", "/payouts/pay_0"])
def test_who_does_not_handle_money_sees_none_of_it(signed_in: SignedIn, path: str) -> None:
    assert signed_in("viewer").get(f"/admin/money{path}").status == 403


@pytest.mark.parametrize("path", ["/runs/run_0", "/payouts/pay_0", "/runs/run_0/exports/exp_0"])
def test_what_is_not_there_is_not_found(finance: Visitor, path: str) -> None:
    assert finance.get(f"/admin/money{path}").status == 404
