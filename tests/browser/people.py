"""What a partner's and a vendor's people do on their phones."""

import time
from collections.abc import Callable
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.stack import Stack

_PATIENCE_SECONDS = 30
Mail = dict[str, Any]


def mail_to(stack: Stack, address: str, about: str) -> Mail:
    """The newest e-mail to `address` whose subject or text has `about` in it; waits until it is there."""

    def find() -> Mail | None:
        mails: list[Mail] = httpx.get(f"{stack.base_url}/_local/mail.json").json()
        return next((mail for mail in mails if address in mail["to"] and about in mail["subject"] + mail["text"]), None)

    return wait_for(find, f"an e-mail to {address} about {about}")


def wait_for(look: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited in vain for {what}")


def link_in(mail: Mail, part: str) -> str:
    return next(link for link in mail["links"] if part in link)


def sign_in(page: Page, stack: Stack, email: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("Your work e-mail").fill(email)
    page.get_by_role("button", name="Mail me a link").tap()
    page.goto(link_in(mail_to(stack, email, "/sign-in/"), "/sign-in/"))
    page.get_by_role("button", name="Sign in").tap()
    page.wait_for_url("**/register")


def register(page: Page, customer: str, website: str, amount: str = "48.000") -> str:
    """Fills in the four fields; the deal's number."""
    page.goto("/register")
    page.get_by_label("Customer’s company").fill(customer)
    page.get_by_label("Their website or e-mail").fill(website)
    page.get_by_label("Deal value").fill(amount)
    page.get_by_label("Analytics").check()
    page.get_by_role("button", name="Register deal").tap()
    page.wait_for_url("**/deals/deal_*")
    return page.get_by_text("D-").first.inner_text()


def status_of(page: Page) -> str:
    page.reload()
    return page.locator(".note h2").first.inner_text()
