"""From a sign-in link to an approved deal, on phones, with JavaScript switched off."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import fill_in, link_in, mail_to, mails, new_user, register, sign_in, status_of, wait_for
from tests.stack import Stack

pytestmark = pytest.mark.stack
Keep = Callable[[Page, str], None]


def test_a_partner_registers_and_an_approver_approves(
    open_phone: Callable[..., Page], stack: Stack, keep: Keep
) -> None:
    partner, approver = open_phone(java_script_enabled=False), open_phone(java_script_enabled=False)
    email = new_user(stack, "Nordlicht IT")

    sign_in(partner, stack, email)
    fill_in(partner, "Müller Maschinenbau GmbH", "mueller-maschinenbau.de", "48,000")
    keep(partner, "form")
    number = register(partner, "Müller Maschinenbau GmbH")
    assert status_of(partner) == "In review"
    keep(partner, "in-review")

    mail = mail_to(stack, stack.demo["approvers"][0], number)
    approver.goto(link_in(mail, "#approve"))
    expect(approver.get_by_role("heading", level=1)).to_have_text("Müller Maschinenbau GmbH")
    expect(approver.get_by_role("radio", checked=True)).to_have_count(0)
    keep(approver, "approval")
    seen = mails(stack)
    approver.get_by_label("Approve").check()
    approver.get_by_role("button", name="Send decision").tap()
    expect(approver.locator(".note h2").first).to_contain_text("You approved this")
    keep(approver, "approval-decided")

    wait_for(lambda: status_of(partner) == "Approved", "the approval on the partner's page")
    keep(partner, "approved")
    told = mail_to(stack, email, "The deal is yours until", seen)
    assert link_in(told, "/deals/") == partner.url.partition("?")[0]


def test_an_approver_asks_and_the_partner_answers(open_phone: Callable[..., Page], stack: Stack, keep: Keep) -> None:
    partner, approver = open_phone(java_script_enabled=False), open_phone(java_script_enabled=False)
    email = new_user(stack, "Hanse Cloud")

    sign_in(partner, stack, email)
    number = register(partner, "Hargreaves Logistics Ltd", "125,000.00")
    approver.goto(link_in(mail_to(stack, stack.demo["approvers"][0], number), "#request-info"))
    approver.get_by_label("Ask for information").check()
    approver.get_by_label("Value").check()
    keep(approver, "approval-question")
    approver.get_by_role("button", name="Send decision").tap()
    expect(approver.get_by_role("alert")).to_contain_text("What you need to know")
    approver.get_by_label("What do you need to know?").fill("Is this for both sites?")
    approver.get_by_role("button", name="Send decision").tap()
    expect(approver.locator(".note h2").first).to_contain_text("information")

    wait_for(lambda: status_of(partner) == "Needs your answer", "the question on the partner's page")
    keep(partner, "question")
    partner.get_by_label("Deal value").fill("140 000")
    partner.get_by_role("button", name="Send answer").tap()
    expect(partner.get_by_text("EUR 140,000")).to_be_visible()
    assert status_of(partner) == "In review"


def test_a_form_with_faults_comes_back_as_it_was_typed(
    open_phone: Callable[..., Page], stack: Stack, keep: Keep
) -> None:
    partner = open_phone(java_script_enabled=False)
    sign_in(partner, stack, new_user(stack, "Rheinland Digital"))
    fill_in(partner, "Becker", "nowhere", "a lot")
    partner.get_by_role("button", name="Register deal").tap()
    expect(partner.get_by_role("alert").get_by_role("link")).to_have_count(2)
    expect(partner.get_by_label("Customer’s company")).to_have_value("Becker")
    expect(partner.get_by_label("Their website or e-mail")).to_have_attribute("aria-invalid", "true")
    keep(partner, "form-with-faults")
