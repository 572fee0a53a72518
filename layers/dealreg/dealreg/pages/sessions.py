"""Who looks at a page: the session cookie, and the proof that a form comes from our own page."""

import hmac
from dataclasses import dataclass
from urllib.parse import urlsplit

from dealreg.pages.form_data import read_form
from dealreg.partners import credentials, partners
from dealreg.platform import times, tokens
from dealreg.platform.errors import Forbidden
from dealreg.platform.http import Caller, Request
from dealreg.platform.settings import Setting, read

COOKIE = "dealreg_session"
_MONTH = 30 * 24 * 3600
_FOREIGN = frozenset(["cross-site", "same-site"])


@dataclass(frozen=True, slots=True)
class Session:
    caller: Caller
    csrf: str
    """Derived from the session's token, so that no other session's form can hold it."""
    partner_name: str


def recognise(request: Request) -> Caller | None:
    """Who is signed in, read anew for each request, so that signing out is at once."""
    token = request.cookies.get(COOKIE, "")
    return credentials.authenticate(token, times.now()) if credentials.is_session(token) else None


def session_of(request: Request) -> Session:
    csrf = tokens.derive("csrf", tokens.hash_token(request.cookies[COOKIE]))
    return Session(request.caller, csrf, partners.load(request.caller.partner_id).name)


def posting_session(request: Request) -> Session:
    """As `session_of`, for a POST: raises Forbidden unless the form came from a page of this session."""
    check_site(request)
    session = session_of(request)
    check_csrf(request, session.csrf)
    return session


def check_site(request: Request) -> None:
    """Refuses what a browser says another site's page has sent; a program says nothing.

    Browsers of before 2023 know no Fetch Metadata, but the origin; our own pages, which send no referrer, have "null".
    """
    origin = request.headers.get("origin", "null").partition("://")[2]
    ours = (request.headers.get("host", ""), urlsplit(read(Setting.PUBLIC_URL)).netloc)
    if request.headers.get("sec-fetch-site") in _FOREIGN or (origin and origin not in ours):
        raise Forbidden("This form was sent from another site.")


def check_csrf(request: Request, expected: str) -> None:
    given = read_form(request.body).text("csrf")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden("This form is not of your present session. Open the page again.")


def cookie(request: Request, name: str, value: str, seconds: int = _MONTH) -> str:
    """Secure everywhere but on a plain http stack, which API Gateway never is."""
    secure = "" if request.headers.get("x-forwarded-proto") == "http" else "; Secure"
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
