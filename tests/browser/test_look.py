"""Every page by day and by night, on a phone and on a screen: pictures to look at, and no fault that axe finds."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.people import link_in, mail_to, new_user, register, sign_in
from tests.stack import Stack

pytestmark = pytest.mark.stack
_SIZES = {"phone": (390, 844), "screen": (1280, 800)}
_SCHEMES = ("light", "dark")


@pytest.fixture
def pages(open_phone: Callable[..., Page], stack: Stack) -> tuple[Page, dict[str, str]]:
    """Somebody signed in, and the address of every kind of page by its name."""
    page = open_phone()
    sign_in(page, stack, new_user(stack, "Nordlicht IT"))
    number = register(page, "Société Générale de Travaux Hydrauliques de l’Ouest", "990000")
    approval = link_in(mail_to(stack, stack.demo["approvers"][0], number), "#approve")
    return page, {
        "register": "/register",
        "deals": "/deals",
        "deal": page.url,
        "timeline": f"{page.url}/timeline",
        "earnings": "/deals/earnings",
        "sign-in": "/sign-in",
        "sign-in-sent": "/sign-in?sent=1",
        "sign-in-unknown": "/sign-in/none",
        "approval": approval,
        "approval-unknown": "/approvals/none",
        "not-found": "/deals/none",
    }


def test_no_page_has_a_fault_that_axe_finds(
    pages: tuple[Page, dict[str, str]], keep: Callable[[Page, str], None]
) -> None:
    page, addresses = pages
    faults: dict[str, list[str]] = {}
    for size, (width, height) in _SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for scheme in _SCHEMES:
            page.emulate_media(color_scheme=scheme)
            for name, address in addresses.items():
                page.goto(address)
                keep(page, f"{name}-{size}-{scheme}")
                if found := _violations(page):
                    faults[f"{name}-{size}-{scheme}"] = found
    assert faults == {}


def _violations(page: Page) -> list[str]:
    found: Any = cast("Any", Axe()).run(page)  # its types are half written
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found.response["violations"]]
