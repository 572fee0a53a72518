"""What a partner's and a vendor's people do on their phones."""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

import httpx
from playwright.sync_api import Page

from tests.stack import Stack

_PATIENCE_SECONDS = 60
Mail = dict[str, Any]


def new_user(stack: Stack, partner: str) -> str:
    """The address of somebody of a new partner, so that no other test's deals or sign-ins are in the way."""
    email = f"user-{secrets.token_hex(4)}@partner.example"
    made = _as_admin(stack, "/v1/admin/partners", {"name": partner, "tier": "registered"})
    _as_admin(stack, f"/v1/admin/partners/{made['id']}/users", {"name": "Jana Weiß", "email": email})
    return email


def api_key(stack: Stack, deal_id: str) -> str:
    """Of the partner whose deal it is."""
    headers = {"authorization": f"Bearer {stack.demo['admin_key']}"}
    deal = (
        httpx.get(f"{stack.base_url}/v1/admin/deals/{deal_id}", headers=headers, timeout=30).raise_for_status().json()
    )
    made = _as_admin(stack, f"/v1/admin/partners/{deal['partner_id']}/api-keys", {"name": "Sync"})
    return made["api_key"]


def _as_admin(stack: Stack, path: str, body: dict[str, str]) -> dict[str, Any]:
    headers = {"authorization": f"Bearer {stack.demo['admin_key']}"}
    made: dict[str, Any] = (
        httpx.post(stack.base_url + path, json=body, headers=headers, timeout=30).raise_for_status().json()
    )
    return made


def mails(stack: Stack) -> list[Mail]:
    """Newest first."""
    shown: list[Mail] = httpx.get(f"{stack.base_url}/_local/mail.json", timeout=30).json()
    return shown


def mail_to(stack: Stack, address: str, about: str, seen: Sequence[Mail] = ()) -> Mail:
    """The newest e-mail to `address` that is not among `seen` and has `about` in it; waits until it is there."""

    def find() -> Mail | None:
        new = [mail for mail in mails(stack) if mail not in seen and address in mail["to"]]
        return next((mail for mail in new if about in mail["subject"] + mail["text"]), None)

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


def ask_for_link(page: Page, stack: Stack, email: str) -> str:
    """The sign-in link that is mailed."""
    seen = mails(stack)
    page.goto("/sign-in")
    page.get_by_label("Your work e-mail").fill(email)
    page.get_by_role("button", name="Mail me a link").tap()
    page.wait_for_url("**/sign-in?sent=1")
    return link_in(mail_to(stack, email, "/sign-in/", seen), "/sign-in/")


def sign_in(page: Page, stack: Stack, email: str) -> None:
    page.goto(ask_for_link(page, stack, email))
    page.get_by_role("button", name="Sign in").tap()
    page.wait_for_url("**/register")


def fill_in(page: Page, customer: str, website: str, amount: str) -> None:
    page.get_by_label("Customer’s company").fill(customer)
    page.get_by_label("Their website or e-mail").fill(website)
    page.get_by_label("Deal value").fill(amount)
    page.get_by_label("Analytics").check()


def register(page: Page, customer: str, amount: str = "48.000") -> str:
    """With a website that nobody has had before; the deal's number."""
    page.goto("/register")
    fill_in(page, customer, f"customer-{secrets.token_hex(4)}.example", amount)
    page.get_by_role("button", name="Register deal").tap()
    page.wait_for_url("**/deals/deal_*")
    return page.get_by_text("D-").first.inner_text()


def status_of(page: Page) -> str:
    page.reload()
    return page.locator(".note h2").first.inner_text()
