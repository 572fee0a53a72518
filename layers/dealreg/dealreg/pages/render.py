"""HTML pages: jinja2 templates with one inline style sheet, no scripts, and headers that keep it so."""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from dealreg.pages import words
from dealreg.platform import text
from dealreg.platform.countries import countries
from dealreg.platform.errors import DealregError
from dealreg.platform.http import Reply, Request

_TEMPLATES = Path(__file__).parent / "templates"
_CLOSED = {
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
_SENT_ALONE = ("There is no page at this address", "It takes what a form sends. Go back to the page with the form.")
"""For whoever reloads or types the address that a form was sent to."""
_TEXTS = {
    403: "Open the page again and try once more.",
    404: "The address may be incomplete: open the link as it was sent.",
    410: "It was used, or its time is over.",
    500: "We have noted it. Try again in a moment.",
    503: "Nothing was saved. Try again in a moment.",
}


@cache
def _style() -> Markup:
    return Markup((_TEMPLATES / "style.css").read_text())  # noqa: S704  # our own file


@cache
def _headers(posts_to: str = "") -> dict[str, str]:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        f"form-action 'self'{' ' + posts_to if posts_to else ''}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    return {**_CLOSED, "content-type": "text/html; charset=utf-8", "content-security-policy": policy}


@cache
def _templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for word in (text.day, text.moment, text.money, words.next_step, words.status, words.tone, words.type_name):
        environment.filters[word.__name__] = word
    return environment


def page(status: int, template: str, *, cookies: tuple[str, ...] = (), posts_to: str = "", **context: Any) -> Reply:
    """`brand`, the program's name, stands at the top of every page. `posts_to` is where else its forms may go."""
    common = {"style": _style(), "countries": countries, "currencies": words.currencies}
    body = _templates().get_template(template).render(common | {"errors": {}, "brand": "Partner deals"} | context)
    return Reply(status, body, _headers(posts_to), cookies)


def message(status: int, error: DealregError, request: Request, *, href: str = "", link: str = "") -> Reply:
    """A page that says what went wrong and, where there is one, the way on; a fault of ours is named for our log."""
    request_id = request.request_id if status >= 500 else ""
    title, explained = _SENT_ALONE if status == 405 else (error.title, error.detail or _TEXTS.get(status, ""))
    return page(status, "message.html", title=title, text=explained, href=href, link=link, request_id=request_id)


def redirect(location: str, cookies: tuple[str, ...] = ()) -> Reply:
    """303: whatever the method was, the browser goes on with a GET, so that a reload posts nothing twice."""
    return Reply(303, "", {**_CLOSED, "location": location}, cookies)
