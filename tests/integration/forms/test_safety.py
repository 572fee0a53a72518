"""What holds for every page: no scripts, small, not stored, and no form from elsewhere is obeyed."""

import re
from datetime import datetime
from typing import Any

import pytest

from dealreg.partners.users import User
from forms.pages import ROUTES
from tests.integration.forms.conftest import signed_in
from tests.integration.forms.test_register import FOUR_FIELDS, deals, register
from tests.integration.forms.visitor import Page, Visitor
from tests.samples import routes_of

POSTS = sorted(route.removeprefix("POST ") for route in ROUTES if route.startswith("POST "))
SIGNED_IN_POSTS = [path for path in POSTS if not path.startswith("/sign-in")]


@pytest.fixture
def deal_id(visitor: Visitor) -> str:
    return register(visitor).location.partition("?")[0].removeprefix("/deals/")


def check_page(page: Page) -> None:
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert re.fullmatch(r"'sha256-[\w+/]{43}='", policy["style-src"])
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["x-frame-options"] == "DENY"
    assert "noindex" in page.headers["x-robots-tag"]
    assert "<script" not in page.html and "style=" not in page.html and not re.search(r"\son\w+=", page.html)
    assert len(page.html.encode()) < 30_000


def test_every_route_has_a_sample_event() -> None:
    assert routes_of("forms-pages") == set(ROUTES)


def test_every_page_is_closed_and_small(visitor: Visitor, stranger: Visitor, deal_id: str) -> None:
    for path in ("/", "/register", "/deals", f"/deals/{deal_id}", "/deals/none"):
        check_page(visitor.get(path))
    for path in ("/sign-in", "/sign-in?sent=1", "/sign-in/none"):
        check_page(stranger.get(path))


def test_the_style_sheet_is_the_one_that_the_policy_names(visitor: Visitor) -> None:
    import base64
    import hashlib

    page = visitor.get("/register")
    style = page.html.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]


def test_redirects_are_not_stored_either(stranger: Visitor) -> None:
    assert stranger.get("/register").headers["cache-control"] == "no-store"


def test_a_post_needs_the_token_of_its_own_session(visitor: Visitor, user: User, today: datetime, deal_id: str) -> None:
    other = signed_in(user, today)
    other.get("/deals")
    for path in SIGNED_IN_POSTS:
        for token in ("", "guessed", other.page.hidden["csrf"], "ü"):
            page = visitor.post(path.replace("{id}", deal_id), typed(csrf=token))
            assert page.status == 403, path
            check_page(page)
    assert [(deal["status"], deal["version"]) for deal in deals()] == [("in_review", 1)]


def test_a_post_from_another_site_is_refused(visitor: Visitor, deal_id: str) -> None:
    visitor.get("/deals")
    token = visitor.page.hidden["csrf"]
    for path in POSTS:
        address = path.replace("{id}", deal_id).replace("{token}", "any")
        for site in ("cross-site", "same-site"):
            assert visitor.post(address, typed(csrf=token), headers={"sec-fetch-site": site}).status == 403, path
        for origin in ("https://evil.example", "evil", "file://", ""):
            before_2023 = {"sec-fetch-site": "none", "origin": origin}
            assert visitor.post(address, typed(csrf=token), headers=before_2023).status == 403, (path, origin)
    assert [deal["version"] for deal in deals()] == [1]


def test_another_partners_deal_is_not_there(visitor: Visitor, competitor: Visitor, deal_id: str) -> None:
    for path in SIGNED_IN_POSTS:
        if "{id}" in path:
            address = path.replace("{id}", deal_id)
            for wrong in ({}, {"csrf": "of before"}, {"text": ""}):
                competitor.get("/deals")
                assert competitor.submit(address, typed(**wrong)).status == 404, path
    assert [deal["version"] for deal in deals()] == [1]


def test_the_address_of_a_form_that_was_sent_is_no_dead_end(visitor: Visitor, deal_id: str) -> None:
    """Whoever reloads a refused form, or types its address, is led back."""
    for path in [path for path in SIGNED_IN_POSTS if path != "/register"]:
        page = visitor.get(path.replace("{id}", deal_id))
        assert page.status == 405, path
        check_page(page)
        assert "OPTIONS" not in page.html
        assert f'href="{f"/deals/{deal_id}" if "{id}" in path else "/"}"' in page.html


def typed(**fields: str) -> dict[str, Any]:
    """What every form could ask for."""
    return {**FOUR_FIELDS, "text": "A comment", "reason": "", "email": "jana@partner.example", **fields}


def test_a_fault_of_ours_is_a_page_too(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEALS_TABLE", "gone")
    page = visitor.get("/deals")
    assert page.status == 500
    check_page(page)
    assert "JKJaXmPLvHcESHA=" in page.html
