"""The program's settings, by the console: shown, changed part by part, restored."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dealreg.partners.checklist import checklist
from dealreg.partners.program import Program, save_program, stored_program
from dealreg.platform import acts, dynamo, times
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting, read
from tests.integration.console.conftest import SignedIn
from tests.integration.console.forms import untouched
from tests.integration.forms.visitor import Visitor

DEADLINES = {
    "decide_within_days": "3",
    "remind_after_hours": "24",
    "escalate_after_hours": "48",
    "answer_within_days": "10",
    "appeal_within_days": "14",
    "extensions": "once",
    "extension_days": "30",
    "expiring_notice_days": "14, 7",
    "stale_after_days": "",
}


def newest_act() -> dict[str, Any]:
    rows = dynamo.every(read(Setting.LOG_TABLE), acts.partition(times.now()))
    return list(rows)[-1]


def change(visitor: Visitor, part: str, typed: dict[str, Any]) -> None:
    """The whole way: the form, what changes, and saved."""
    visitor.get(f"/admin/program/{part}")
    review = visitor.submit(f"/admin/program/{part}", typed)
    assert review.status == 200, review.html
    saved = visitor.submit(f"/admin/program/{part}", {**typed, "act": "save"})
    assert (saved.status, saved.location) == (303, "/admin/program?done=saved"), saved.html


def test_each_part_has_a_card_that_says_what_holds(signed_in: SignedIn) -> None:
    page = signed_in().get("/admin/program")
    assert page.status == 200
    for told in ("Acme partners", "approver@acme.example", "Analytics", "Gold", "EUR 10,000", "Version 1"):
        assert told in page.html
    assert len(page.html.encode()) < 40_000


def test_what_a_fresh_deployment_lacks_is_a_checklist_until_somebody_is_invited(
    signed_in: SignedIn, new_partner: Callable[[str], Caller]
) -> None:
    fresh = {step.name: step.is_done for step in checklist(Program())}
    assert [name for name, is_done in fresh.items() if not is_done] == [
        "Products",
        "An approver",
        "A first partner",
        "A first invitation",
    ]
    ada = signed_in()
    assert 'To do</span> <a href="/admin/partners">A first partner' in ada.get("/admin/program").html
    new_partner("Lotus")
    assert "Before the first deal" not in ada.get("/admin/program").html


def test_a_change_is_shown_old_and_new_before_it_is_saved(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/program/deadlines")
    review = ada.submit("/admin/program/deadlines", DEADLINES)
    assert (review.status, stored_program().version) == (200, 1)
    for told in ("Decide within days", "<del>2</del>", "<ins>3</ins>", "<ins>14, 7</ins>"):
        assert told in review.html
    saved = ada.submit("/admin/program/deadlines", {"act": "save"})
    assert saved.location == "/admin/program?done=saved"
    now = stored_program()
    assert (now.version, now.decide_within_days, now.expiring_notice_days) == (2, 3, (14, 7))
    assert "Saved." in ada.follow().html


def test_what_it_changed_is_in_the_log_under_a_name(signed_in: SignedIn) -> None:
    change(signed_in(), "deadlines", DEADLINES)
    act = newest_act()
    assert act["what"] == "change program"
    assert act["changed"] == {"decide_within_days": ["2", "3"], "expiring_notice_days": ["14", "14, 7"]}


def test_the_confirmation_leads_back_to_the_form_with_what_was_typed(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/program/deadlines")
    ada.submit("/admin/program/deadlines", DEADLINES)
    form = ada.submit("/admin/program/deadlines", {"act": "again"})
    assert (form.status, form.value("decide_within_days")) == (200, "3")


def test_who_saves_after_somebody_else_is_told_and_keeps_what_they_typed(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/program/deadlines")
    ada.submit("/admin/program/deadlines", DEADLINES)
    save_program(replace(stored_program(), name="Elsewhere"), by="bo@kontor.example")
    late = ada.submit("/admin/program/deadlines", {"act": "save"})
    assert (late.status, stored_program().decide_within_days) == (409, 2)
    assert "Somebody saved the program meanwhile" in late.html
    assert (late.value("decide_within_days"), late.value("seen")) == ("3", "2")


def test_what_is_wrong_is_told_where_it_was_typed(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/program/deadlines")
    refused = ada.submit("/admin/program/deadlines", {**DEADLINES, "decide_within_days": "soon"})
    assert (refused.status, refused.value("decide_within_days")) == (422, "soon")
    assert 'id="decide_within_days-error"' in refused.html


def test_rows_are_added_changed_and_emptied(signed_in: SignedIn) -> None:
    ada = signed_in()
    typed = {
        "products.0.id": "analytics",
        "products.0.name": "Analytics 2",
        "products.0.family": "data",
        **dict.fromkeys(("products.1.id", "products.1.name", "products.1.family"), ""),
        "products.2.id": "vault",
        "products.2.name": "Vault",
        "products.2.family": "data",
    }
    change(ada, "products", typed)
    assert [(one.id, one.name) for one in stored_program().products] == [
        ("analytics", "Analytics 2"),
        ("vault", "Vault"),
    ]


def test_a_tier_keeps_its_limit_as_people_write_amounts(signed_in: SignedIn) -> None:
    ada = signed_in()
    form = ada.get("/admin/program/tiers")
    typed = {field["name"]: field["value"] for field in form.inputs if field["name"].startswith("tiers.")}
    change(ada, "tiers", typed | {"tiers.1.auto_approve_limit.amount": "12.500,00", "tiers.1.protection_days": "90"})
    gold = stored_program().tier("gold")
    assert gold.auto_approve_limit is not None
    assert (gold.auto_approve_limit.minor, gold.protection_days) == (1_250_000, 90)


def test_every_part_saved_as_it_is_shown_changes_nothing(signed_in: SignedIn) -> None:
    ada = signed_in()
    for part in ("brand", "products", "tiers", "approvers", "words", "deadlines", "conflicts", "limits", "money"):
        page = ada.get(f"/admin/program/{part}")
        again = ada.submit(f"/admin/program/{part}", untouched(page.html))
        assert (part, again.status, again.location) == (part, 303, "/admin/program?done=same")


def test_groups_types_and_rates_are_written_a_line_each(signed_in: SignedIn) -> None:
    typed = {
        "groups": "sales: ada@acme.example, bo@acme.example",
        "deal_types": "new_business\nrenewal",
        "currency": "",
        "rates": "USD 0.92 2026-01-01",
    }
    change(signed_in(), "words", typed)
    routing = stored_program().routing
    assert routing is not None
    assert routing.groups == {"sales": ("ada@acme.example", "bo@acme.example")}
    assert (routing.deal_types, routing.rates[0].currency) == (("new_business", "renewal"), "USD")


def test_every_version_is_listed_with_who_saved_it_and_restored_as_a_new_one(signed_in: SignedIn) -> None:
    ada = signed_in()
    change(ada, "deadlines", DEADLINES)
    listed = ada.get("/admin/program/versions")
    assert "Version 2" in listed.html
    assert ">Admin<" in listed.html
    asked = ada.get("/admin/program/versions/1")
    assert ("<del>3</del>" in asked.html, "<ins>2</ins>" in asked.html) == (True, True)
    restored = ada.submit("/admin/program/versions/1", {})
    assert restored.location == "/admin/program?done=saved"
    assert (stored_program().version, stored_program().decide_within_days) == (3, 2)


def test_a_version_is_not_restored_over_what_was_not_seen(signed_in: SignedIn) -> None:
    ada = signed_in()
    change(ada, "deadlines", DEADLINES)
    ada.get("/admin/program/versions/1")
    save_program(replace(stored_program(), name="Elsewhere"), by="bo@kontor.example")
    refused = ada.submit("/admin/program/versions/1", {})
    assert (refused.status, stored_program().version) == (409, 3)
    assert "Elsewhere" in refused.html


def test_who_may_only_look_finds_no_form(signed_in: SignedIn) -> None:
    vera = signed_in("viewer")
    page = vera.get("/admin/program")
    assert (page.status, "/admin/program/brand" in page.html) == (200, False)
    assert vera.get("/admin/program/brand").status == 403
    assert vera.post("/admin/program/brand", {}).status == 403


def test_nothing_is_at_an_odd_address(signed_in: SignedIn) -> None:
    ada = signed_in()
    for path in ("nothing", "versions/99", "versions/x", "versions/١"):
        assert ada.get(f"/admin/program/{path}").status == 404
