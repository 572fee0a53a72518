"""Signing in by a mailed link: opening it changes nothing, its button works once."""

from datetime import datetime, timedelta

import pytest

from dealreg.pages.sessions import COOKIE
from dealreg.partners import credentials, partners, sessions
from dealreg.partners.users import User
from tests.integration.forms.conftest import sign_in_token
from tests.integration.forms.visitor import Visitor
from tests.integration.partners.rows import rows_of_kind


@pytest.fixture
def link(user: User, today: datetime) -> str:
    sessions.request_sign_in(user.email, today)
    return f"/sign-in/{sign_in_token(user)}"


def test_who_is_not_signed_in_is_sent_to_sign_in(stranger: Visitor) -> None:
    for path in ("/", "/register", "/deals", "/deals/deal_00000000000000000000000000"):
        page = stranger.get(path)
        assert (page.status, page.location.partition("?")[0]) == (303, "/sign-in")


def test_a_made_up_cookie_signs_nobody_in(stranger: Visitor) -> None:
    for value in ("", "drs_x", "dra_x", "x" * 4000, "drs_ü"):
        stranger.cookies[COOKIE] = value
        assert stranger.get("/").location == "/sign-in"


def test_a_known_and_an_unknown_address_get_the_same_answer(stranger: Visitor, user: User) -> None:
    known = stranger.post("/sign-in", {"email": "Nordlicht@Partner.example "})
    unknown = stranger.post("/sign-in", {"email": "nobody@partner.example"})
    assert known == unknown
    assert "Look in your mail" in stranger.follow().html
    assert len(rows_of_kind("sign_in")) == 1


def test_what_is_no_address_is_said_at_the_field(stranger: Visitor) -> None:
    page = stranger.post("/sign-in", {"email": "jana"})
    assert page.status == 422
    assert 'id="email-error"' in page.html
    assert page.value("email") == "jana"


def test_a_scanner_that_opens_the_link_uses_nothing_up(stranger: Visitor, link: str) -> None:
    assert [stranger.get(link).status for _ in range(3)] == [200, 200, 200]
    assert stranger.cookies == {}
    assert "Nordlicht user" in stranger.page.html
    assert stranger.submit(link, {}).status == 303


def test_the_button_signs_in_and_leads_to_the_form(stranger: Visitor, link: str) -> None:
    page = stranger.submit(link, {})
    (cookie,) = page.cookies
    assert page.location == "/register"
    for attribute in ("HttpOnly", "Secure", "SameSite=Lax", "Path=/", "Max-Age=2592000"):
        assert attribute in cookie.split("; ")
    assert stranger.follow().status == 200


def test_the_key_of_a_system_signs_nobody_in(stranger: Visitor, user: User, today: datetime) -> None:
    _, stranger.cookies[COOKIE] = credentials.create_partner_key(user.partner_id, "CRM", today, "test")
    assert stranger.get("/").location == "/sign-in"


def test_on_a_stack_without_tls_the_cookie_comes_back_too(stranger: Visitor, link: str) -> None:
    page = stranger.post(link, {}, headers={"x-forwarded-proto": "http"})
    assert "Secure" not in page.cookies[0]


def test_the_link_works_once(stranger: Visitor, visitor: Visitor, link: str) -> None:
    """In any other browser than the one that it signed in: see `test_way_back`."""
    stranger.submit(link, {})
    stranger.cookies = {}
    elsewhere = {"user-agent": "Another browser"}
    for page in (stranger.send("GET", link, None, elsewhere), stranger.post(link, {}, headers=elsewhere)):
        assert page.status == 410
        assert "used already" in page.html
        assert 'href="/sign-in"' in page.html


def test_an_expired_and_a_forged_link_say_so(stranger: Visitor, user: User, today: datetime) -> None:
    sessions.request_sign_in(user.email, today - timedelta(minutes=16))
    expired = stranger.get(f"/sign-in/{sign_in_token(user)}")
    assert (expired.status, "expired" in expired.html) == (410, True)
    assert stranger.get("/sign-in/forged").status == 404
    assert stranger.post("/sign-in/forged", {}).status == 404


def test_a_suspended_partner_cannot_sign_in(stranger: Visitor, user: User, link: str) -> None:
    partners.change(user.partner_id, {"status": "suspended"}, "test")
    page = stranger.submit(link, {})
    assert (page.status, page.cookies) == (403, [])


def test_signing_out_ends_the_session(visitor: Visitor) -> None:
    before = dict(visitor.cookies)
    visitor.get("/deals")
    page = visitor.submit("/sign-out", {})
    assert (page.location, visitor.cookies[COOKIE]) == ("/sign-in", "")
    visitor.cookies = before
    assert visitor.get("/").location == "/sign-in"
