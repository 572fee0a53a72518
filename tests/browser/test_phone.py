"""How the pages sit on a phone of 390 × 844: nothing to scroll sideways, big enough to tap, labelled, light."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.people import link_in, mail_to, new_user, register, sign_in
from tests.stack import Stack

pytestmark = pytest.mark.stack
_TARGETS = (
    "a, button, select, summary, textarea, label:has(input), input:not([type=hidden], [type=radio], [type=checkbox])"
)
_SMALL = f"""() => [...document.querySelectorAll('{_TARGETS}')]
  .filter(each => each.checkVisibility() && !each.closest('p') && each.getBoundingClientRect().height < 43.5)
  .map(each => each.outerHTML.slice(0, 80))"""
"""A link within a sentence may be as small as its line (WCAG 2.2, 2.5.8)."""
_UNLABELLED = """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter(each => !each.labels.length && !each.ariaLabel).map(each => each.name)"""
_SHIFTS = """() => new Promise(done => {
  new PerformanceObserver(list => done(list.getEntries().reduce((sum, each) => sum + each.value, 0)))
    .observe({type: 'layout-shift', buffered: true});
  setTimeout(() => done(0), 300);
})"""


@pytest.fixture
def addresses(open_phone: Callable[..., Page], stack: Stack) -> tuple[Page, list[str]]:
    """Somebody signed in, and every kind of page there is."""
    page = open_phone()
    sign_in(page, stack, new_user(stack, "Nordlicht IT"))
    number = register(page, "Société Générale de Travaux Hydrauliques de l’Ouest", "990000")
    approval = link_in(mail_to(stack, stack.demo["approvers"][0], number), "#approve")
    return page, [
        "/",
        "/register",
        "/deals",
        "/deals/earnings",
        page.url,
        "/sign-in",
        "/sign-in?sent=1",
        "/sign-in/none",
        approval,
    ]


def test_every_page_fits_a_phone(addresses: tuple[Page, list[str]]) -> None:
    page, paths = addresses
    for path in paths:
        page.goto("about:blank")
        reply = page.goto(path)
        assert reply is not None
        assert len(reply.body()) < 30_000, path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert page.locator("h1").count() == 1, path
        assert page.evaluate(_UNLABELLED) == [], path
        assert page.evaluate(_SMALL) == [], path
        assert page.evaluate(_SHIFTS) == 0, path


def test_the_whole_form_is_seen_without_scrolling(open_phone: Callable[..., Page], stack: Stack) -> None:
    page = open_phone()
    sign_in(page, stack, new_user(stack, "Nordlicht IT"))
    button = page.get_by_role("button", name="Register deal").bounding_box()
    assert button is not None
    assert button["y"] + button["height"] <= 844


def test_the_pages_follow_the_phones_dark_mode(
    open_phone: Callable[..., Page], keep: Callable[[Page, str], None]
) -> None:
    grounds = set[str]()
    for scheme in ("light", "dark"):
        page = open_phone(color_scheme=scheme)
        page.goto("/sign-in")
        keep(page, f"sign-in-{scheme}")
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2
