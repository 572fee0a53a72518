from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

from dealreg.pages.sessions import COOKIE
from dealreg.partners import sessions, staff
from dealreg.partners.program import Program
from dealreg.partners.staff import Member
from dealreg.platform import times
from local.functions import gateway_routes, handlers
from tests.integration.forms.visitor import Visitor
from tests.integration.partners.rows import rows_of_kind

SignedIn = Callable[..., Visitor]


@pytest.fixture
def signed_in(program: Program) -> SignedIn:
    """One of the vendor's people in some roles, by default an admin, in front of the whole console."""

    def sign_in(*roles: str, email: str = "") -> Visitor:
        named = "-".join(roles) or "admin"
        return visitor_of(new_member(*(roles or ("admin",)), email=email or f"{named}@kontor.example"))

    return sign_in


def new_member(*roles: str, email: str) -> Member:
    return staff.create(email.partition("@")[0].capitalize(), email, roles, times.now(), "test")


def visitor_of(member: Member) -> Visitor:
    now = times.now()
    sessions.request_sign_in(member.email, now)
    rows = [row for row in rows_of_kind("sign_in") if row["user_id"] == member.id and "used_at" not in row]
    token = sessions.link_token(max(row["sign_in_id"] for row in rows))
    return Visitor(console, {COOKIE: sessions.use_sign_in(token, now)})


def console(event: dict[str, Any], context: object) -> dict[str, Any]:
    """As API Gateway does: the function whose path fits best."""
    path: str = event["rawPath"]
    fitting = [given for given in gateway_routes() if path == given or path.startswith(given.partition("{")[0])]
    function = gateway_routes()[max(fitting, key=lambda given: (given == path, len(given)))]
    return import_module(handlers()[function].rpartition(".")[0]).handler(event, context)
