"""Whoever is sent to sign in comes back: to the page they asked for, with what they had typed; and nobody else does."""

import json
from datetime import datetime, timedelta

import pytest

from dealreg.pages import drafts
from dealreg.pages.form_data import Form
from dealreg.pages.sessions import COOKIE, place
from dealreg.partners import sessions
from dealreg.partners.users import User
from dealreg.platform import times, tokens
from dealreg.platform.routes import PARTNER
from forms.pages import ROUTES
from tests.integration.forms.conftest import sign_in_token, signed_in
from tests.integration.forms.test_register import FOUR_FIELDS, deals, register
from tests.integration.forms.test_safety import check_page
from tests.integration.forms.visitor import Page, Visitor
from tests.integration.partners.rows import rows_of_kind
from tests.template import ROOT

CASES = ROOT.parent / "shared/cases/pages.json"
SIGNS = ["/sign-in/{token}.", "/sign-in/{token})", "/sign-in/{token}%3E", "/sign-in/{token}>", "/sign-in/{token}”,"]
ANOTHER = {"user-agent": "Another browser"}


@pytest.fixture
def path(visitor: Visitor) -> str:
    return register(visitor).location.partition("?")[0]


def sign_in_from(visitor: Visitor, user: User) -> Page:
    """From the page that is open: asks for a link, opens it, presses its button."""
    visitor.follow()
    visitor.submit("/sign-in", {"email": user.email})
    link = f"/sign-in/{sign_in_token(user)}"
    visitor.get(link)
    return visitor.submit(link, {})


class TestToThePage:
    def test_a_deals_link_leads_there_after_signing_in(self, stranger: Visitor, path: str, user: User) -> None:
        stranger.get(path)
        assert sign_in_from(stranger, user).location == path
        assert "Müller Maschinenbau GmbH" in stranger.follow().html

    def test_so_does_a_fault_in_the_address(self, stranger: Visitor, path: str, user: User) -> None:
        stranger.get(path)
        stranger.follow()
        assert stranger.submit("/sign-in", {"email": "jana"}).status == 422
        stranger.submit("/sign-in", {"email": user.email})
        assert stranger.post(f"/sign-in/{sign_in_token(user)}", {}).location == path

    def test_who_signed_in_meanwhile_goes_on_at_once(self, stranger: Visitor, path: str, visitor: Visitor) -> None:
        stranger.get(path)
        stranger.cookies = visitor.cookies
        assert stranger.follow().location == path

    def test_every_page_of_a_partner_is_one_to_come_back_to(self) -> None:
        pages = [key for key, route in ROUTES.items() if key.startswith("GET ") and route.who == PARTNER]
        led = [key.removeprefix("GET ").replace("{id}", "deal_1") for key in pages if key != "GET /"]
        assert [place(page) for page in led] == led

    @pytest.mark.parametrize(
        "to",
        [
            "https://evil.example/deals",
            "//evil.example",
            "/\\evil.example",
            "/deals/..//evil.example",
            "/deals\r\nset-cookie: a=b",
            "/sign-out",
            "/register?typed=1&to=//evil.example",
            "javascript:alert(1)",
        ],
    )
    def test_nowhere_else(self, stranger: Visitor, user: User, to: str) -> None:
        stranger.post("/sign-in", {"email": user.email, "to": to})
        page = stranger.post(f"/sign-in/{sign_in_token(user)}", {})
        assert page.location == "/register"


class TestToTheForm:
    def test_what_was_typed_is_there_again_ready_to_send(self, visitor: Visitor, user: User) -> None:
        visitor.get("/register")
        opened, more = visitor.page, {"notes": "Met at <the> fair\nin May", "customer.country": "DE"}
        visitor.cookies.pop(COOKIE)
        visitor.submit("/register", FOUR_FIELDS | more)
        assert "What you typed is kept" in visitor.follow().html
        visitor.submit("/sign-in", {"email": user.email})
        visitor.post(f"/sign-in/{sign_in_token(user)}", {})
        page = visitor.follow()
        check_page(page)
        assert "signed out while you typed" in page.html
        assert [page.value(name) for name in ("customer.name", "amount.amount")] == [
            "Müller Maschinenbau GmbH",
            "48.000",
        ]
        assert "Met at &lt;the&gt; fair\nin May" in page.html
        assert page.hidden["form"] == opened.hidden["form"]  # so that it registers once, however often it is sent
        assert visitor.submit("/register", FOUR_FIELDS | more).status == 303
        assert [deal["notes"] for deal in deals()] == ["Met at <the> fair\nin May"]

    def test_a_comment_too(self, visitor: Visitor, user: User, path: str) -> None:
        visitor.get(path)
        visitor.cookies.pop(COOKIE)
        visitor.submit(f"{path}/comments", {"text": "We meet on Monday."})
        assert sign_in_from(visitor, user).location == f"{path}?typed=1"
        page = visitor.follow()
        assert "We meet on Monday." in page.html
        assert visitor.submit(f"{path}/comments", {"text": "We meet on Monday."}).status == 303

    def test_after_signing_in_again_in_another_tab(self, visitor: Visitor, user: User, today: datetime) -> None:
        visitor.get("/register")
        typed = FOUR_FIELDS | {"csrf": visitor.page.hidden["csrf"], "form": visitor.page.hidden["form"]}
        visitor.cookies = signed_in(user, today).cookies
        page = visitor.post("/register", typed)
        assert (page.status, page.value("customer.name"), deals()) == (403, "Müller Maschinenbau GmbH", [])
        assert "signed in anew" in page.html
        assert visitor.submit("/register", FOUR_FIELDS).status == 303

    def test_a_comment_after_signing_in_again_in_another_tab(
        self, visitor: Visitor, user: User, today: datetime, path: str
    ) -> None:
        visitor.get(path)
        csrf = visitor.page.hidden["csrf"]
        visitor.cookies = signed_in(user, today).cookies
        page = visitor.post(f"{path}/comments", {"csrf": csrf, "text": "We meet on Monday."})
        assert (page.status, "We meet on Monday." in page.html) == (403, True)
        assert visitor.submit(f"{path}/comments", {"text": "We meet on Monday."}).status == 303

    def test_nobody_else_is_shown_it(self, visitor: Visitor, competitor: Visitor, user: User) -> None:
        visitor.get("/register")
        competitor.get("/register")
        theirs = dict(competitor.cookies)
        visitor.cookies.pop(COOKIE)
        visitor.submit("/register", FOUR_FIELDS)
        competitor.cookies = theirs
        assert competitor.get("/register?typed=1").value("customer.name") == ""

    @pytest.mark.parametrize("csrf", ["", "x", "x.user_1.y", ".."])
    def test_only_a_form_that_we_made_is_kept(self, stranger: Visitor, user: User, csrf: str) -> None:
        for made_up in (csrf, csrf.replace("user_1", user.id)):
            page = stranger.post("/register", FOUR_FIELDS | {"csrf": made_up})
            assert page.location == "/sign-in?to=%2Fregister"
        assert drafts.read(user.id, "/register", times.now()) is None

    def test_it_is_kept_for_a_day_and_the_last_one_of_each_person(self, user: User, today: datetime) -> None:
        for name in ("First", "Second"):
            drafts.keep(user.id, "/register", Form({"customer.name": [name], "csrf": ["secret"]}), today)
        kept = drafts.read(user.id, "/register", today + timedelta(hours=23))
        assert kept == Form({"customer.name": ["Second"]})
        assert drafts.read(user.id, "/deals/deal_1", today) is None
        assert drafts.read(user.id, "/register", today + timedelta(hours=24)) is None


class TestTheLinkAgain:
    @pytest.fixture
    def link(self, user: User, today: datetime) -> str:
        sessions.request_sign_in(user.email, today)
        return f"/sign-in/{sign_in_token(user)}"

    def test_who_is_in_by_it_is_let_in(self, stranger: Visitor, link: str) -> None:
        stranger.get(link)
        stranger.submit(link, {})
        for page in (stranger.get(link), stranger.submit(link, {})):
            assert (page.status, page.location) == (303, "/register")
        assert len(rows_of_kind("session")) == 1

    def test_a_second_press_within_seconds_is_let_in(self, stranger: Visitor, link: str) -> None:
        stranger.get(link)
        stranger.submit(link, {})
        stranger.cookies = {}
        assert stranger.submit(link, {}).location == "/register"
        assert "Register a deal" in stranger.follow().html

    def test_two_presses_at_the_same_instant_are(self, stranger: Visitor, link: str) -> None:
        token, browser, now = link.rpartition("/")[2], "one browser", times.now()
        assert len({sessions.use_sign_in(token, now, browser) for _ in range(2)}) == 2

    def test_another_browser_or_a_later_one_is_not(
        self, stranger: Visitor, link: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stranger.submit(link, {})
        stranger.cookies = {}
        assert stranger.post(link, {}, headers=ANOTHER).status == 410
        later = times.now() + timedelta(seconds=11)
        monkeypatch.setattr(times, "now", lambda: later)
        for page in (stranger.get(link), stranger.post(link, {})):
            assert (page.status, page.cookies) == (410, [])

    def test_somebody_else_who_is_signed_in_is_not(self, stranger: Visitor, competitor: Visitor, link: str) -> None:
        stranger.submit(link, {})
        assert competitor.send("GET", link, None, ANOTHER).status == 410
        assert competitor.post(link, {}, headers=ANOTHER).status == 410

    @pytest.mark.parametrize("sign", SIGNS)
    def test_what_a_mail_program_put_behind_it_does_no_harm(self, stranger: Visitor, link: str, sign: str) -> None:
        address = sign.replace("/sign-in/{token}", link)
        assert stranger.get(address).status == 200
        assert stranger.submit(address, {}).location == "/register"

    def test_with_more_than_that_behind_it_it_is_not_known(self, stranger: Visitor, link: str) -> None:
        for junk in ("x", ".html", "A", ").7", "%41"):
            assert stranger.get(link + junk).status == 404, junk

    def test_a_token_is_as_long_as_is_read_of_it(self, aws: None) -> None:
        token = tokens.derive("sign-in", "sgn_1")
        assert tokens.of_link(f"{token}.") == tokens.of_link(token) == token
        assert tokens.of_link(token[:-1]) == token[:-1]


@pytest.mark.skipif(not CASES.exists(), reason="../shared/cases is not here")
def test_every_link_of_the_cases_is_tried() -> None:
    links = [link for case in json.loads(CASES.read_text()) for link in case.get("links", ())]
    assert {link for link in links if link.startswith("/sign-in/")} <= set(SIGNS)
