"""The vendor's console as its people open it: each page on a phone and on a screen, by day and by night."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.people import ask_for_link, link_in, mail_to, new_user, register, sign_in
from tests.stack import Stack

pytestmark = pytest.mark.stack
_SIZES = {"phone": (390, 844), "screen": (1280, 800)}
_PARTS = (
    "deals",
    "approvals",
    "partners",
    "money",
    "billing",
    "webhooks",
    "accounts",
    "program",
    "program/rules",
    "staff",
    "log",
)


@pytest.fixture
def admin(open_phone: Callable[..., Page], stack: Stack) -> Page:
    page = open_phone()
    (email,) = [one["email"] for one in stack.demo["staff"] if one["roles"] == ["admin"]]
    page.goto(ask_for_link(page, stack, email))
    page.get_by_role("button", name="Sign in").tap()
    page.wait_for_url("**/admin")
    return page


def test_no_page_has_a_fault_that_axe_finds_or_is_wider_than_its_screen(
    admin: Page, open_phone: Callable[..., Page], stack: Stack, keep: Callable[[Page, str], None]
) -> None:
    jana = open_phone()
    sign_in(jana, stack, new_user(stack, "Nordlicht Konsole"))
    number = register(jana, "Gesellschaft für angewandte Donaudampfschifffahrt", "880000")
    mail_to(stack, stack.demo["approvers"][0], number)
    deal = jana.url.rpartition("/")[2].partition("?")[0]
    partner = stack.demo["partners"][0]["id"]
    addresses = {"today": "", **{part.replace("/", "-"): f"/{part}" for part in _PARTS}}
    addresses |= {"deal": f"/deals/{deal}", "partner": f"/partners/{partner}"}
    faults: dict[str, list[str]] = {}
    for size, (width, height) in _SIZES.items():
        admin.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            admin.emulate_media(color_scheme=scheme)
            for name, address in addresses.items():
                admin.goto(f"/admin{address}")
                picture = f"console-{name}-{size}-{scheme}"
                keep(admin, picture)
                if found := [*_violations(admin), *_too_wide(admin)]:
                    faults[picture] = found
    assert faults == {}


def test_a_deal_is_decided_and_the_log_says_by_whom(admin: Page, open_phone: Callable[..., Page], stack: Stack) -> None:
    jana = open_phone()
    sign_in(jana, stack, new_user(stack, "Südlicht Konsole"))
    number = register(jana, "Rheintaler Waagenbau", "770000")
    assert link_in(mail_to(stack, stack.demo["approvers"][0], number), "#approve")
    admin.goto("/admin/deals")
    admin.get_by_role("link", name="Rheintaler Waagenbau").first.tap()
    admin.locator("input[name=choice][value=approve]").check()
    admin.locator("form:has(input[name=choice]) button").last.tap()
    admin.wait_for_url("**done=*")
    admin.goto("/admin/log")
    assert "approve" in admin.locator("main").inner_text()


def _violations(page: Page) -> list[str]:
    found: Any = cast("Any", Axe()).run(page)  # its types are half written
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]]


def _too_wide(page: Page) -> list[str]:
    width = int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
    return [f"{width} px too wide"] if width > 0 else []
