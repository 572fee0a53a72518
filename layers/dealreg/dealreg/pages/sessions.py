"""Who looks at a page: the session cookie, the proof that a form comes from our own page, the page to go on to."""

import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from dealreg.pages.form_data import Form, read_form
from dealreg.partners import credentials, partners
from dealreg.platform import times, tokens
from dealreg.platform.errors import Forbidden, StaleForm
from dealreg.platform.http import Caller, Request
from dealreg.platform.settings import Setting, read

COOKIE = "dealreg_session"
_MONTH = 30 * 24 * 3600
_FOREIGN = frozenset(["cross-site", "same-site"])
_PLACE = re.compile(
    r"(/(?:deals(?:/[A-Za-z0-9_-]{1,64}(?:/timeline)?)?|register|admin(?:/[a-z-]{1,20}(?:/[A-Za-z0-9_-]{1,64})?)?)"
    r"(?:\?typed=1)?)(?:[.,;:!)\]>]|%3E)*",
    re.ASCII,
)
"""Signs behind it are what a mail program took for part of the link."""


@dataclass(frozen=True, slots=True)
class Session:
    caller: Caller
    csrf: str
    """Derived from the session's token, so that no other session's form can hold it; and whose form it is."""
    partner_name: str
    """Of one of the vendor's people, their own."""


def recognise(request: Request) -> Caller | None:
    """Who is signed in, read anew for each request, so that signing out is at once."""
    token = request.cookies.get(COOKIE, "")
    return credentials.authenticate(token, times.now()) if credentials.is_session(token) else None


def session_of(request: Request) -> Session:
    csrf = form_token(request.cookies[COOKIE], request.caller.user_id)
    caller = request.caller
    return Session(caller, csrf, partners.load(caller.partner_id).name if caller.partner_id else caller.name)


def form_token(session: str, user_id: str) -> str:
    return f"{tokens.derive('csrf', tokens.hash_token(session))}.{user_id}.{tokens.derive('writer', user_id)}"


def writer_of(form: Form) -> str:
    """The id of the user for whom we made the form, whatever became of the session; empty if we did not."""
    _, _, written = form.text("csrf").partition(".")
    user_id, _, proof = written.partition(".")
    return user_id if tokens.matches(proof, "writer", user_id) else ""


def place(text: str) -> str:
    """Where to go on after signing in: a page of ours, and nothing else that a link may name."""
    found = _PLACE.fullmatch(text)
    return found[1] if found else ""


def posting_session(request: Request) -> Session:
    """As `session_of`, for a POST: raises Forbidden unless the form came from a page of this session."""
    check_site(request)
    session = session_of(request)
    check_csrf(request, session.csrf)
    return session


def browser_of(request: Request) -> str:
    """A hash of what is known of it before it has a cookie of ours."""
    return tokens.hash_token(f"{request.source_ip} {request.headers.get('user-agent', '')}")


def check_site(request: Request) -> None:
    """Refuses what a browser says another site's page has sent; a program says nothing.

    Browsers of before 2023 know no Fetch Metadata, but the origin; our own pages, which send no referrer, have "null".
    """
    origin = request.headers.get("origin", "null")
    ours = (request.headers.get("host", ""), urlsplit(read(Setting.PUBLIC_URL)).netloc)
    is_foreign = origin != "null" and origin.partition("://")[2] not in ours
    if is_foreign or request.headers.get("sec-fetch-site") in _FOREIGN:
        raise Forbidden("This form was sent from another site.")


def check_csrf(request: Request, expected: str) -> None:
    given = read_form(request.body).text("csrf")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise StaleForm("This form is not of your present session. Open the page again.")


def cookie(request: Request, name: str, value: str, seconds: int = _MONTH) -> str:
    """Secure everywhere but on a plain http stack, which API Gateway never is."""
    secure = "" if request.headers.get("x-forwarded-proto") == "http" else "; Secure"
    return f"{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"
