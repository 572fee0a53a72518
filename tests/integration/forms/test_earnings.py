"""The partner's earnings on a phone: what there is, how each line came about, and what is said against one."""

import json
from datetime import datetime

import pytest

from commissions.statements_api import handler as statements
from dealreg.disputes import commands, store
from dealreg.pages.sessions import COOKIE
from dealreg.partners.users import User
from tests.integration.forms.visitor import Visitor
from tests.integration.periods.posting import earn

PATH = "/deals/earnings"


@pytest.fixture
def line(user: User) -> str:
    earn(user.partner_id, "2026-09-10", 2000)
    return earn(user.partner_id, "2026-09-12", 350)


def disputes_of(user: User) -> list[str]:
    return [one.text for one in store.page_of_partner(user.partner_id, None, 10)[0]]


def test_nothing_is_said_to_be_nothing(visitor: Visitor) -> None:
    page = visitor.get(PATH)
    assert page.status == 200
    assert "Nothing yet" in page.html
    assert 'href="/deals/earnings" aria-current="page"' in page.html


def test_what_there_is_stands_above_its_lines(visitor: Visitor, line: str) -> None:
    html = visitor.get(PATH).html
    assert "EUR 23.50 earned" in html
    assert "Line 2." in html
    assert html.index("Line 2.") < html.index("Line 1.")
    assert "<script" not in html


def test_a_statement_is_a_file_behind_a_link_for_who_is_signed_in(visitor: Visitor, line: str) -> None:
    assert "/v1/statements/2026-09.pdf?currency=EUR" in visitor.get(PATH).html
    files = Visitor(statements, {COOKIE: visitor.cookies[COOKIE]})
    assert files.get("/v1/statements/2026-09.pdf?currency=EUR").headers["content-type"] == "application/pdf"
    assert Visitor(statements).get("/v1/statements/2026-09.pdf").status == 401


def test_a_line_is_disputed_by_a_form(visitor: Visitor, user: User, line: str) -> None:
    csrf = visitor.get(PATH).hidden["csrf"]
    page = visitor.post(f"{PATH}/dispute", {"csrf": csrf, "line_id": line, "text": "Two seats are missing."})
    assert (page.status, page.location) == (303, f"{PATH}?done=1")
    assert "We have your message" in visitor.follow().html
    assert disputes_of(user) == ["Two seats are missing."]
    again = visitor.post(f"{PATH}/dispute", {"csrf": csrf, "line_id": line, "text": "Once more."})
    assert again.status == 409
    assert "There is an open dispute about this already." in again.html
    assert "Once more." in again.html


def test_what_was_disputed_stays_there_with_its_answer(
    visitor: Visitor, user: User, line: str, today: datetime
) -> None:
    csrf = visitor.get(PATH).hidden["csrf"]
    visitor.post(f"{PATH}/dispute", {"csrf": csrf, "line_id": line, "text": "Two seats are missing."})
    html = visitor.get(PATH).html
    assert "Line no. 2" in html and "Not answered yet" in html
    assert html.count("You disputed this line") == 1
    assert html.count("What is wrong with it?") == 1

    (dispute,), _ = store.page_of_partner(user.partner_id, None, 1)
    commands.answer(dispute.id, b'{"outcome": "rejected", "text": "They were refunded."}', "key_1", today)
    html = visitor.get(PATH).html
    assert "They were refunded." in html and "Rejected" in html
    assert html.count("What is wrong with it?") == 2


def test_what_is_wrong_is_shown_with_what_was_typed(visitor: Visitor, user: User, line: str) -> None:
    csrf = visitor.get(PATH).hidden["csrf"]
    page = visitor.post(f"{PATH}/dispute", {"csrf": csrf, "line_id": line, "text": ""})
    assert page.status == 422
    assert 'role="alert"' in page.html
    assert disputes_of(user) == []


def test_no_form_of_another_session_and_no_line_of_another_partner(
    visitor: Visitor, competitor: Visitor, user: User, line: str
) -> None:
    said = {"line_id": line, "text": "Mine."}
    assert visitor.post(f"{PATH}/dispute", said | {"csrf": "x"}).status == 403
    csrf = competitor.get(PATH).html.split('name="csrf" value="')[1].split('"')[0]
    assert competitor.post(f"{PATH}/dispute", said | {"csrf": csrf}).status == 404
    assert line not in competitor.get(PATH).html
    assert json.dumps(disputes_of(user)) == "[]"
