"""The log, by the console: who did what, in names and links, and as a file."""

from datetime import datetime
from urllib.parse import urlencode

import pytest

from dealreg.partners import partners, staff
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program
from dealreg.platform import acts, dynamo, times
from dealreg.platform.ids import deal_number
from tests.integration.console.conftest import SignedIn
from tests.integration.console.test_partners import ODD_TEXTS

DEAL = "deal_01JD8V4M2T7QK3N5P9XWZRB6YC"


@pytest.fixture
def nordlicht(program: Program, now: datetime) -> Partner:
    return partners.create("Nordlicht", "registered", [], now, "test")


def test_what_is_done_in_the_console_is_shown_in_names_and_links(signed_in: SignedIn, nordlicht: Partner) -> None:
    ada = signed_in()
    ada.get(f"/admin/partners/{nordlicht.id}/suspend")
    ada.submit(f"/admin/partners/{nordlicht.id}/suspend", {})
    html = ada.get("/admin/log").html
    assert "Suspend partner" in html
    assert ">Admin</a>" in html
    assert f'href="/admin/partners/{nordlicht.id}">Nordlicht</a>' in html
    assert "<del>active</del> → suspended" in html
    assert ">stf_" not in html


def test_a_deal_is_shown_and_found_by_its_number(signed_in: SignedIn, nordlicht: Partner) -> None:
    now, ada = times.now(), signed_in()
    for number, deal_id in enumerate((DEAL, "deal_01JD8V4M2T7QK3N5P9XWZRB6YD")):
        about = {"deal_id": deal_id, "partner_id": nordlicht.id}
        dynamo.transact([acts.Act("key_1", f"act {number}", now, f"r{number}", about).entry()])
    html = ada.get(f"/admin/log?deal_id={deal_number(DEAL)}").html
    assert f'href="/admin/deals/{DEAL}">{deal_number(DEAL)}</a>' in html
    assert "Act 0" in html
    assert "Act 1" not in html
    assert "Nothing of that in the log" in ada.get("/admin/log?partner_id=part_1").html


def test_a_person_is_chosen_by_name(signed_in: SignedIn, nordlicht: Partner) -> None:
    ada = signed_in()
    ada.get("/admin/partners/new")
    ada.submit("/admin/partners/new", {"name": "Westend", "tier": "gold", "plan": "standard"})
    (member,) = staff.names_of(["admin@kontor.example"]).values()
    page = ada.get("/admin/log?who=stf_1")
    assert f">{member}</option>" in page.html
    assert "Westend" not in page.html


def test_it_goes_on_with_what_is_older_and_stays_small(signed_in: SignedIn, nordlicht: Partner) -> None:
    ada, now = signed_in(), times.now()
    for number in range(60):
        changed = {f"a_field_of_it_{one}": ["x " * 40, "y " * 40] for one in range(12)}
        about = {"partner_id": nordlicht.id, "deal_id": DEAL}
        act = acts.Act("key_1", f"act number {number}", now, f"r{number:02}", about, changed=changed)
        dynamo.transact([act.entry()])
    page = ada.get("/admin/log")
    assert len(page.html) < 40_000
    assert "Older" in page.html
    assert "and 9 more" in page.html


def test_the_file_has_the_same(signed_in: SignedIn, nordlicht: Partner) -> None:
    ada = signed_in()
    ada.get(f"/admin/partners/{nordlicht.id}/suspend")
    ada.submit(f"/admin/partners/{nordlicht.id}/suspend", {})
    file = ada.get(f"/admin/log?as=csv&partner_id={nordlicht.id}")
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert len(file.html.splitlines()) == 2
    assert "suspend partner" in file.html


@pytest.mark.parametrize("name", ["who", "partner_id", "deal_id"])
@pytest.mark.parametrize("text", ODD_TEXTS)
def test_whatever_is_looked_for_is_found_or_not(signed_in: SignedIn, program: Program, name: str, text: str) -> None:
    page = signed_in().get(f"/admin/log?{urlencode({name: text})}")
    assert (page.status, "Nothing of that in the log" in page.html) == (200, True)


def test_an_empty_log_says_what_will_be_in_it(signed_in: SignedIn, program: Program) -> None:
    assert "Nothing was done yet" in signed_in().get("/admin/log").html


@pytest.mark.parametrize("role", ["partner_manager", "approver", "finance"])
def test_it_is_not_for(signed_in: SignedIn, program: Program, role: str) -> None:
    assert signed_in(role).get("/admin/log").status == 403
