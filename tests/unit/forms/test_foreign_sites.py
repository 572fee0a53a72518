"""A form that another site's page sent is refused, whatever the browser says of it."""

import pytest

from dealreg.pages.sessions import check_site
from dealreg.platform.errors import Forbidden
from dealreg.platform.http import read_request


@pytest.fixture(autouse=True)
def address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUBLIC_URL", "https://deals.example.com")


HOST = {"host": "abc.execute-api.eu-central-1.amazonaws.com"}


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "https://evil.example", "sec-fetch-site": "same-origin"},
        {"origin": "https://deals.example.com.evil.example"},
        {"origin": "https://["},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "null"},
    ],
)
def test_another_sites_page_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        check_site(read_request({"headers": HOST | headers}))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": f"https://{HOST['host']}", "sec-fetch-site": "same-origin"},
        {"origin": "https://deals.example.com", "sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
def test_our_own_pages_and_programs_are_let_through(headers: dict[str, str]) -> None:
    check_site(read_request({"headers": HOST | headers}))
