"""Mail scanners open every link, run scripts and submit every form as it is: that must decide nothing."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import ask_for_link, link_in, mail_to, new_user, register, sign_in, status_of
from tests.stack import Stack

pytestmark = pytest.mark.stack
_SUBMIT = "form => { HTMLFormElement.prototype.submit.call(form) }"
_PRESS = "button => button.click()"


def test_a_scanner_decides_nothing(open_phone: Callable[..., Page], stack: Stack) -> None:
    partner, scanner = open_phone(), open_phone()
    sign_in(partner, stack, new_user(stack, "Alpenblick"))
    number = register(partner, "Scanner Optik AG")
    mail = mail_to(stack, stack.demo["approvers"][0], number)

    for link in mail["links"]:
        _visit(scanner, link)

    assert status_of(partner) == "In review"
    scanner.goto(link_in(mail, "#reject"))
    expect(scanner.get_by_role("button", name="Send decision")).to_be_visible()
    expect(scanner.get_by_role("radio", checked=True)).to_have_count(0)


def test_a_scanner_does_not_use_up_a_sign_in_link_by_opening_it(open_phone: Callable[..., Page], stack: Stack) -> None:
    partner, scanner = open_phone(), open_phone()
    link = ask_for_link(partner, stack, new_user(stack, "Alpenblick"))
    for _ in range(3):
        scanner.goto(link)
    partner.goto(link)
    partner.get_by_role("button", name="Sign in").tap()
    partner.wait_for_url("**/register")


def _visit(page: Page, link: str) -> None:
    """Each form twice: submitted without the browser's own checks, and by its button."""
    page.goto(link)
    for number in range(page.locator("form").count()):
        for context, what in ((_SUBMIT, "form"), (_PRESS, "form button")):
            page.goto(link)
            page.locator(what).nth(number).evaluate(context)
            page.wait_for_load_state("networkidle")
