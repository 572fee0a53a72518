"""The console's imports: a file goes from the browser to S3, is begun by a button, and says what came of it."""

import html as entities
import re

import pytest
import requests

from console import import_pages
from tests.integration.accounts.imports.conftest import HEADER, work_off
from tests.integration.console.conftest import SignedIn
from tests.integration.forms.visitor import Page, Visitor

GOOD = "A-1,Müller Maschinenbau GmbH,mueller-maschinenbau.de,DE,,customer,,"
BAD = "A-2,,nowhere,DE,,customer,,"


def created(visitor: Visitor, mode: str = "changes") -> str:
    visitor.get("/admin/accounts/imports")
    reply = visitor.submit("/admin/accounts/imports", {"source": "crm", "mode": mode})
    assert reply.status == 303
    return reply.location


def uploaded(page: Page, content: bytes) -> requests.Response:
    """As a browser sends the form that the page shows."""
    (form,) = re.findall(r'<form method="post" action="([^"]+)" enctype="multipart/form-data">', page.html)
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page.html.partition(form)[2]))
    fields = {name: entities.unescape(value) for name, value in fields.items() if name not in ("csrf", "removals")}
    reply = requests.post(entities.unescape(form), data=fields, files={"file": content}, allow_redirects=False)
    assert reply.status_code == 303, reply.text
    return reply


def begun(visitor: Visitor, *rows: str, header: str = HEADER, mode: str = "changes") -> str:
    place = created(visitor, mode)
    uploaded(visitor.get(place), "\n".join([header, *rows, ""]).encode())
    visitor.get(place)
    assert visitor.submit(f"{place}/start", {}).location == f"{place}?done=started"
    return place


def test_a_file_goes_straight_to_s3_and_comes_back_to_its_import(signed_in: SignedIn) -> None:
    ada = signed_in()
    place = created(ada)
    page = ada.get(place)
    back = uploaded(page, f"{HEADER}\n{GOOD}\n".encode()).headers["location"]
    assert back.startswith(f"https://deals.example.com{place}")
    assert "has arrived" in ada.get(place).html


def test_only_the_page_with_the_upload_may_send_a_form_elsewhere(signed_in: SignedIn) -> None:
    ada = signed_in()
    place = created(ada)
    policy = ada.get(place).headers["content-security-policy"]
    assert re.search(r"form-action 'self' https://[a-z0-9.-]*amazonaws\.com;", policy)
    assert "form-action 'self';" in ada.get("/admin/accounts/imports").headers["content-security-policy"]


def test_an_import_looks_again_by_itself_and_shows_the_rows_that_were_not_accepted(signed_in: SignedIn) -> None:
    ada = signed_in()
    place = begun(ada, GOOD, BAD)
    assert ada.get(place).headers["refresh"] == "3"
    work_off()
    done = ada.get(place)
    assert "refresh" not in done.headers
    assert "Completed" in done.html
    assert '<td class="num">3</td>' in done.html
    assert "name: " in done.html
    assert "/rejects/" in ada.get(f"{place}/rejects.csv").location


@pytest.mark.parametrize(
    ("content", "header"), [("\x00\x00", "\x89PNG\r\n\x1a\n\x00"), ("just, some, words", "colour,shape")]
)
def test_what_is_no_export_is_refused_in_words(signed_in: SignedIn, content: str, header: str) -> None:
    ada = signed_in()
    place = begun(ada, content, header=header)
    work_off()
    page = ada.get(place)
    assert "Failed" in page.html
    assert 'class="error"' in page.html


def test_a_file_that_is_too_large_is_said_so_and_nothing_is_imported(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_pages, "MAX_BYTES", 20)
    ada = signed_in()
    place = created(ada)
    uploaded(ada.get(place), f"{HEADER}\n{GOOD}\n".encode())
    page = ada.get(place)
    assert "Nothing was imported" in page.html
    assert "Import it" not in page.html
    assert ada.submit(f"{place}/start", {}).status == 409


def test_a_start_without_a_file_is_refused(signed_in: SignedIn) -> None:
    ada = signed_in()
    place = created(ada)
    ada.get(place)
    refused = ada.submit(f"{place}/start", {})
    assert (refused.status, "Upload the file first." in refused.html) == (409, True)


def test_removals_are_confirmed_by_the_number_that_was_shown(
    signed_in: SignedIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = signed_in()
    rows = [f"B-{number},Bakery {number} Ltd,bakery{number}.example,GB,,customer,," for number in range(30)]
    begun(ada, *rows, mode="full")
    work_off()
    place = begun(ada, rows[0], mode="full")
    work_off()
    page = ada.get(place)
    assert "Remove 29 accounts?" in page.html
    assert "Bakery 29 Ltd" in page.html
    other = ada.submit(f"{place}/confirm", {"removals": "3"})
    assert (other.status, "confirm that number" in other.html) == (409, True)
    assert ada.submit(f"{place}/confirm", {}).location == f"{place}?done=confirmed"
    work_off()
    assert "<dt>Removed</dt><dd>29</dd>" in ada.get(place).html


def test_an_import_is_cancelled_once(signed_in: SignedIn) -> None:
    ada = signed_in()
    place = created(ada)
    ada.get(place)
    assert ada.submit(f"{place}/cancel", {}).location == f"{place}?done=cancelled"
    assert "What was taken over stays." in ada.follow().html
    assert ada.submit(f"{place}/cancel", {"csrf": ada.page.hidden["csrf"]}).status == 409


def test_what_was_typed_stays_when_it_is_refused(signed_in: SignedIn) -> None:
    ada = signed_in()
    ada.get("/admin/accounts/imports")
    again = ada.submit("/admin/accounts/imports", {"source": "No Slug!", "mode": "full"})
    assert (again.status, 'value="No Slug!"' in again.html) == (422, True)


def test_who_may_only_see_is_shown_no_upload(signed_in: SignedIn) -> None:
    place = created(signed_in())
    viewer = signed_in("viewer")
    assert "multipart/form-data" not in viewer.get(place).html
    assert "Nothing was imported yet." not in viewer.get("/admin/accounts/imports").html
    assert viewer.submit(f"{place}/cancel", {}).status == 403
