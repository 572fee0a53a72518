"""The approver's page of a longer protection: what is asked and why, and a yes or a no."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from dealreg.approvals import extensions
from dealreg.deals import commands
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.partners import routing_text
from dealreg.partners.program import Program, save_program
from dealreg.partners.routing import Routing, Step
from dealreg.platform import times
from dealreg.platform.text import day
from tests.integration.approvals_page.conftest import path_of, statuses
from tests.integration.forms.test_safety import check_page
from tests.integration.forms.visitor import Visitor
from tests.reviews import question_of

ADA, BO = "ada@acme.example", "bo@acme.example"


@pytest.fixture
def program(program: Program) -> Program:
    routing = Routing((), ADA, 2, groups={"team": (ADA, BO)}, extension_step=Step("extension", (ADA,)))
    return save_program(replace(program, worked=routing_text.to_text(routing)), "test")


@pytest.fixture
def link(deal: Deal, today: datetime) -> str:
    context = commands.context_at(today)
    approved = commands.apply_decision(deal, deal.review_version, "approve", context, "head")
    commands.extend(approved, context, "They sign in <March>.")
    extensions.ask(deals.events_of(deal)[-1], today)
    return path_of(question_of(deal))


def ends(deal: Deal, days: int = 0) -> str:
    protected = times.from_text(deals.locate(deal.id).protected_until or "")
    return day(times.to_text(protected + timedelta(days=days)))


def test_it_shows_what_is_asked_and_offers_no_more_than_yes_no_and_somebody_else(
    visitor: Visitor, deal: Deal, link: str
) -> None:
    page = visitor.get(link)
    assert page.status == 200
    check_page(page)
    for words in ("Nordlicht asks for a longer protection", "They sign in &lt;March&gt;.", f"Until {ends(deal, 30)}"):
        assert words in page.html
    offered = ("approve", "reject", "delegate", "request_info")
    choices = [choice for choice in offered if f'value="{choice}"' in page.html]
    assert choices == ["approve", "reject", "delegate"]
    assert 'name="reason_code"' not in page.html and "No conflict" not in page.html


@pytest.mark.parametrize(("choice", "is_longer"), [("approve", True), ("reject", False)])
def test_it_takes_the_answer_and_says_what_holds(
    visitor: Visitor, deal: Deal, link: str, choice: str, is_longer: bool
) -> None:
    before = ends(deal)
    visitor.get(link)
    assert visitor.submit(link, {"choice": choice, f"{choice}_reason": "Because."}).status == 303
    page = visitor.get(link)
    check_page(page)
    assert f"The deal is protected until {ends(deal)}." in page.html
    assert (ends(deal) != before) is is_longer and statuses(deal) == ["decided"]
    assert "They sign in" not in page.html, "a closed link shows nothing of the deal"


def test_it_is_passed_on(visitor: Visitor, deal: Deal, link: str) -> None:
    visitor.get(link)
    assert visitor.submit(link, {"choice": "delegate", "to": BO}).status == 303
    assert f"You decide as {BO}, for {ADA}." in visitor.get(path_of(question_of(deal))).html


def test_another_choice_is_a_fault_of_the_form(visitor: Visitor, deal: Deal, link: str) -> None:
    visitor.get(link)
    page = visitor.submit(link, {"choice": "request_info", "fields": ["notes"], "request_info_reason": "Why?"})
    check_page(page)
    assert (page.status, "an extension is approved or rejected" in page.html) == (422, True)
    assert statuses(deal) == ["pending"]
