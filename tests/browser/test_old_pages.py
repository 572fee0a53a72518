"""A page that was left open decides nothing any more, and says what holds."""

import secrets
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import api_key, link_in, mail_to, new_user, register, sign_in, status_of, wait_for
from tests.stack import Stack

pytestmark = pytest.mark.stack
Phones = Callable[..., Page]


@pytest.fixture
def partner(open_phone: Phones, stack: Stack) -> Page:
    page = open_phone()
    sign_in(page, stack, new_user(stack, "Alpenblick"))
    return page


@pytest.fixture
def number(partner: Page) -> str:
    return register(partner, f"{secrets.token_hex(8)} GmbH")  # like no other's


@pytest.fixture
def approver(open_phone: Phones, stack: Stack, number: str) -> Page:
    """With the page open, and a choice made that is not sent yet."""
    page = open_phone()
    page.goto(link_in(mail_to(stack, stack.demo["approvers"][0], number), "#approve"))
    page.get_by_label("Approve").check()
    return page


def send(page: Page) -> None:
    page.get_by_role("button", name="Send decision").tap()


def test_a_second_answer_is_none(open_phone: Phones, approver: Page, partner: Page) -> None:
    other = open_phone()
    other.goto(approver.url)
    other.get_by_label("Reject").check()
    other.get_by_label("Reason", exact=True).fill("I thought again.")
    send(approver)
    expect(approver.locator(".note h2").first).to_contain_text("You approved this")
    send(other)
    expect(other.get_by_role("main")).to_contain_text("You approved this")
    wait_for(lambda: status_of(partner) == "Approved", "the approval on the partner's page")


def test_what_the_partner_withdrew_meanwhile_stays_withdrawn(approver: Page, partner: Page) -> None:
    partner.get_by_text("Withdraw this deal").tap()
    partner.get_by_role("button", name="Withdraw deal").tap()
    expect(partner.locator(".note h2").first).to_have_text("Withdrawn")
    send(approver)
    expect(approver.get_by_role("main")).to_contain_text("The partner withdrew this")
    assert status_of(partner) == "Withdrawn"


def test_what_changed_meanwhile_is_looked_at_again(
    open_phone: Phones, stack: Stack, approver: Page, partner: Page
) -> None:
    deal_id = partner.url.partition("?")[0].rpartition("/")[2]
    changed = httpx.patch(
        f"{stack.base_url}/v1/deals/{deal_id}",
        json={"notes": "It is three sites now."},
        headers={"authorization": f"Bearer {api_key(stack, deal_id)}"},
        timeout=30,
    )
    assert changed.status_code == 200, changed.text
    send(approver)
    expect(approver.get_by_text("The deal changed since you opened this page: the notes.")).to_be_visible()
    assert status_of(partner) == "In review"
