"""A phone with a browser on it, in front of the deployed local stack."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.stack import Stack

SCREENSHOTS = Path(__file__).parent / "screenshots"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "has_touch": True,
    "is_mobile": True,
    "locale": "en-GB",
}
_PATIENCE_MS = 15_000
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    expect.set_options(timeout=_PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_phone(chromium: Browser, stack: Stack) -> Iterator[Callable[..., Page]]:
    """A phone of its own for each person; its browser must find nothing to complain about, such as blocked styles."""
    complaints: list[str] = []
    contexts: list[Any] = []

    def open_one(**options: Any) -> Page:
        context = chromium.new_context(base_url=stack.base_url, **(PHONE | options))
        context.set_default_timeout(_PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if _is_fault(message) else None)
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def _is_fault(message: Any) -> bool:
    """A reply of 4xx is what some tests ask for, and no fault of the page."""
    return message.type in ("error", "warning") and not message.text.startswith("Failed to load resource")


@pytest.fixture
def keep() -> Callable[[Page, str], None]:
    """Keeps a picture to look at; they stay out of git."""
    SCREENSHOTS.mkdir(exist_ok=True)

    def screenshot(page: Page, name: str) -> None:
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    return screenshot
