"""Who may call what: every route is walked by every kind of caller, with a body that nobody could read.

So a refusal is about the caller and never about what was sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

import pytest

from dealreg.pages.sessions import COOKIE
from dealreg.partners import credentials, partners, sessions, staff, users
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.rights import Role
from dealreg.platform.routes import (
    ANY_CALLER,
    ANYONE,
    CHANGE_ENDPOINTS,
    PAGE,
    PARTNER,
    PREVIEW_EARNINGS,
    SEE_ENDPOINTS,
    Who,
)
from local.functions import ServedRoute, served_routes
from tests.integration.forms.conftest import sign_in_token
from tests.samples import content, token_of

ROUTES = served_routes()
UNREADABLE = "{"
WHO: dict[str, list[Who]] = {
    "anyone": [ANYONE],
    "any caller": [ANY_CALLER],
    "partner": [PARTNER],
    "partner or vendor": [PREVIEW_EARNINGS],
    "endpoint owner": [SEE_ENDPOINTS, CHANGE_ENDPOINTS],
    "vendor": [one.route.who for one in ROUTES if set(one.route.who) == {"admin"}],
}
"""Which of the vendor's roles may is walked in test_roles.py; an admin may everything."""
LET_IN = {
    "any caller": {"partner key", "session", "admin key", "staff", "key without scopes"},
    "partner": {"partner key", "session"},
    "partner or vendor": {"partner key", "session", "admin key", "staff"},
    "endpoint owner": {"partner key", "admin key", "staff"},
    "vendor": {"admin key", "staff"},
}


@dataclass(frozen=True)
class Callers:
    tokens: dict[str, str]

    def status(self, one: ServedRoute, kind: str) -> tuple[int, str]:
        """And where it leads, whatever it takes along."""
        reply = self.reply(one, kind)
        return reply["statusCode"], reply["headers"].get("location", "").partition("?")[0]

    def reply(self, one: ServedRoute, kind: str, query: dict[str, str] | None = None) -> dict[str, Any]:
        token, (method, path) = self.tokens[kind], one.key.split()
        event = {
            "rawPath": path.replace("{", "").replace("}", ""),
            "headers": {"authorization": f"Bearer {token}"} if token and one.route.media != PAGE else {},
            "cookies": [f"{COOKIE}={token}"] if token and one.route.media == PAGE else [],
            "requestContext": {"http": {"method": method}},
            "body": UNREADABLE,
            "queryStringParameters": query or {},
        }
        return import_module(one.module).handler(event, None)


@pytest.fixture
def callers(new_partner: Callable[[str], Caller], now: datetime) -> Callers:
    north, suspended = new_partner("North"), new_partner("South")
    _, key = credentials.create_partner_key(north.partner_id, "CRM", now, "test")
    _, useless = credentials.create_partner_key(suspended.partner_id, "CRM", now, "test")
    partners.change(suspended.partner_id, {"status": "suspended"}, "test")
    _, admin = credentials.create_admin_key("operations", now, "test")
    return Callers(
        {
            "nobody": "",
            "garbage": "drk_\udcffnobody's",
            "unknown": "drk_unknown",
            "partner key": key,
            "session": _session(north),
            "admin key": admin,
            "staff": _staff_session(now),
            "suspended": useless,
            "key without scopes": token_of(Caller("partner", north.partner_id, "", frozenset())),
        }
    )


def _staff_session(now: datetime) -> str:
    member = staff.create("Anna Admin", "anna@acme.example", [Role.ADMIN], now, "test")
    sessions.request_sign_in(member.email, now)
    return sessions.use_sign_in(sign_in_token(member), now)


def _session(caller: Caller) -> str:
    user = users.load(caller.partner_id, caller.user_id)
    sessions.request_sign_in(user.email, times.now())
    return sessions.use_sign_in(sign_in_token(user), times.now())


def kind_of(one: ServedRoute) -> str:
    return next(name for name, known in WHO.items() if one.route.who in known)


JSON_ROUTES = [one for one in ROUTES if kind_of(one) in LET_IN and one.route.media != PAGE]
"""Those that ask who calls."""


PAGES = [one for one in ROUTES if kind_of(one) in LET_IN and one.route.media == PAGE]
SIGNED_IN = {"any caller": {"session", "staff"}, "partner": {"session"}, "vendor": {"staff"}}
"""Whom a page lets in."""
FOR_ANYONE = [one for one in ROUTES if kind_of(one) == "anyone"]


def test_the_json_api_lets_in_whom_its_table_says(callers: Callers) -> None:
    statuses = {(one.key, kind): callers.status(one, kind)[0] for one in JSON_ROUTES for kind in callers.tokens}
    without_good_token = {"nobody", "garbage", "unknown", "suspended"}
    for one in JSON_ROUTES:
        refused = {kind: status for kind in callers.tokens if (status := statuses[one.key, kind]) in (401, 403)}
        assert set(callers.tokens) - set(refused) == LET_IN[kind_of(one)], one.key
        assert {kind for kind, status in refused.items() if status == 401} == without_good_token, one.key


def test_a_parameter_that_a_route_does_not_know_is_named(callers: Callers) -> None:
    told: dict[str, tuple[int, list[str]]] = {}
    for one in JSON_ROUTES:
        (kind, *_) = sorted(LET_IN[kind_of(one)] - {"key without scopes"})
        reply = callers.reply(one, kind, {"sort": "name"})
        told[one.key] = reply["statusCode"], [fault["field"] for fault in content(reply)["errors"]]
    assert told == {one.key: (422, ["sort"]) for one in JSON_ROUTES}


def test_an_unknown_token_is_told_from_a_missing_one(callers: Callers) -> None:
    for kind, challenge in {"nobody": "Bearer", "unknown": 'Bearer error="invalid_token"'}.items():
        asked = {one.key: callers.reply(one, kind)["headers"]["www-authenticate"] for one in JSON_ROUTES}
        assert asked == dict.fromkeys(asked, challenge)


def test_a_page_leads_whoever_is_not_signed_in_to_the_sign_in(callers: Callers) -> None:
    for one in PAGES:
        sent_away = {kind for kind in callers.tokens if callers.status(one, kind) == (303, "/sign-in")}
        assert sent_away == set(callers.tokens) - {"session", "staff"}, f"{one.key}: the key of a system opens no page"
        for kind in ("session", "staff"):
            status, _ = callers.status(one, kind)
            let_in = (200, 303, 403, 404, 422)  # 403: the form is not of this session
            assert status in (let_in if kind in SIGNED_IN[kind_of(one)] else (403,)), (one.key, kind)


@pytest.mark.parametrize("one", FOR_ANYONE, ids=lambda one: one.key)
def test_where_anybody_may_nobody_is_told_apart(one: ServedRoute, callers: Callers) -> None:
    assert len({callers.status(one, kind) for kind in callers.tokens}) == 1


def test_every_route_has_one_of_these_rights() -> None:
    assert {kind_of(one) for one in ROUTES} == set(WHO)
