"""What each role may: every route of the vendor's, by API and in the console, is walked in every role, on rows that are
theirs and on somebody else's.

A right that is missing is 403, a row that is not theirs 404. What a role may on rows that it reaches is answered as an
admin is.
"""

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from importlib import import_module
from typing import Any

import pytest

from dealreg.pages.sessions import COOKIE, form_token
from dealreg.partners import credentials, partners, sessions, staff
from dealreg.partners.staff import Member
from dealreg.platform import times
from dealreg.platform.rights import ROLES, Reach, Right, Role
from dealreg.platform.routes import PAGE
from local.functions import ServedRoute, served_routes
from tests.integration.forms.conftest import sign_in_token
from tests.integration.silo.everything import Everything, put_back
from tests.integration.silo.test_strangers import Asking
from tests.samples import content

ROUTES = [one for one in served_routes() if "admin" in one.route.who]
OF_A_ROW = (
    "/v1/admin/deals/{id}",
    "/v1/admin/partners/{id}",
    "/admin/deals/{id}",
    "/admin/partners/{id}",
    "/admin/money/ledger/{id}",
)
"""What paths of deals and partners begin with: a right may reach some of them alone."""
MANAGER, APPROVER = "manager@acme.example", "approver@acme.example"
NAMES_ANOTHER_ROW = {
    "POST /v1/admin/deals/{id}/reassign": "test_a_manager_gives_deals_to_partners_of_theirs_alone",
    "POST /admin/deals/{id}/reassign": "console/test_deals.py",
}
"""In what is sent, and the test that is about both."""
THEIRS = {Role.PARTNER_MANAGER: MANAGER, Role.APPROVER: APPROVER}
"""Whose the partner and the deal are that the routes name."""


class Desk:
    """Where somebody asks by API and opens pages."""

    def __init__(self, everything: Everything, token: str, user_id: str) -> None:
        self._everything, self._token, self._user_id = everything, token, user_id

    def reply(self, one: ServedRoute, query: dict[str, str] | None = None, body: bytes | None = None) -> dict[str, Any]:
        """To a request that is right but for who sends it; what it does is undone."""
        asking = Asking(one, self._everything)
        event = asking.right()
        if one.route.media == PAGE:
            event["cookies"] = [f"{COOKIE}={self._token}"]
            if asking.method == "POST":
                own = form_token(self._token, self._user_id).encode()
                event |= asking.sent(asking.body().replace(self._everything.csrf(asking.path).encode(), own))
        else:
            event["headers"]["authorization"] = f"Bearer {self._token}"
        if body is not None:
            event |= asking.sent(body)
        event["queryStringParameters"] = query or {}
        with nullcontext() if asking.method == "GET" else put_back():
            return import_module(one.module).handler(event, None)

    def status(self, one: ServedRoute) -> int:
        return self.reply(one)["statusCode"]


@pytest.fixture
def desk(everything: Everything, now: datetime) -> Callable[..., Desk]:
    """Of a person in a role, who manages the partner of `everything` or is asked about its deal if `email` says so."""
    partner_id = everything.things["/v1/admin/partners/"][0]["id"]
    partners.change(partner_id, {"manager": MANAGER}, "test")

    def sit_down(role: Role, email: str = "") -> Desk:
        member = staff.create("Somebody", email or f"{role}@elsewhere.example", [role], now, "test")
        return Desk(everything, _session(member), member.id)

    return sit_down


def _session(member: Member) -> str:
    sessions.request_sign_in(member.email, times.now())
    return sessions.use_sign_in(sign_in_token(member), times.now())


def route(key: str) -> ServedRoute:
    return next(one for one in ROUTES if one.key == key)


def reach_of(role: Role, one: ServedRoute) -> Reach | None:
    scope = one.route.who["admin"]
    if role is Role.ADMIN or not scope:
        return Reach.ALL
    return ROLES[role].get(Right(scope)) if scope in set(Right) else None


def is_of_a_row(one: ServedRoute) -> bool:
    return one.key.partition(" ")[2].startswith(OF_A_ROW)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
def test_a_right_that_is_missing_is_403_and_one_of_all_rows_is_an_admins(role: Role, desk: Callable[..., Desk]) -> None:
    own, admin = desk(role), desk(Role.ADMIN)
    for one in ROUTES:
        match reach_of(role, one):
            case None:
                assert own.status(one) == 403, one.key
            case Reach.ALL:
                assert own.status(one) == admin.status(one), one.key
            case _ if is_of_a_row(one):
                assert own.status(one) == 404, f"{one.key}: a row of somebody else"
            case _:
                assert one.key in OF_SOME_ROWS, f"{one.key}: say what it shows to who reaches some rows alone"


@pytest.mark.parametrize("role", THEIRS)
def test_a_row_of_theirs_is_there(role: Role, desk: Callable[..., Desk]) -> None:
    own = desk(role, THEIRS[role])
    for one in ROUTES:
        if one.key in NAMES_ANOTHER_ROW:
            continue
        if is_of_a_row(one) and reach_of(role, one) in (Reach.OWN, Reach.ASKED):
            assert own.status(one) not in (401, 403, 404, 500), one.key


def test_a_key_with_roles_may_what_they_may_and_has_no_rows_of_its_own(
    everything: Everything, desk: Callable[..., Desk], now: datetime
) -> None:
    admin = desk(Role.ADMIN)
    for role in Role:
        _, token = credentials.create_admin_key(f"a key for {role}", now, "test", [role])
        key = Desk(everything, token, "")
        for one in ROUTES:
            if one.route.media == PAGE:
                continue
            found = reach_of(role, one)
            if found is None:
                assert key.status(one) == 403, (role, one.key)
            elif is_of_a_row(one) and one.key.startswith("GET"):
                expected = admin.status(one) if found is Reach.ALL else 404
                assert key.status(one) == expected, (role, one.key)


# Routes that name no row


def nothing(reply: dict[str, Any]) -> bool:
    return reply["statusCode"] == 200 and content(reply)["items"] == []


def test_lists_hold_what_a_role_reaches(everything: Everything, desk: Callable[..., Desk]) -> None:
    manager, approver = desk(Role.PARTNER_MANAGER, MANAGER), desk(Role.APPROVER, APPROVER)
    other_manager, other_approver = desk(Role.PARTNER_MANAGER), desk(Role.APPROVER)
    partner_id = everything.things["/v1/admin/partners/"][0]["id"]

    assert [one["id"] for one in content(manager.reply(route("GET /v1/admin/partners")))["items"]] == [partner_id]
    assert nothing(other_manager.reply(route("GET /v1/admin/partners")))

    assert not nothing(approver.reply(route("GET /v1/admin/deals")))
    assert nothing(other_approver.reply(route("GET /v1/admin/deals")))
    assert content(other_approver.reply(route("GET /v1/admin/deals"), {"approver": APPROVER}))["errors"]
    assert len(other_approver.reply(route("GET /v1/admin/deals.csv"))["body"].splitlines()) == 1
    assert other_approver.reply(route("GET /v1/admin/match-verdicts"))["statusCode"] == 403

    ledger = route("GET /v1/admin/ledger")
    assert content(manager.reply(ledger, {"partner_id": partner_id}))["items"]
    assert manager.reply(ledger)["statusCode"] == 422, "all partners' at once are not a manager's"
    assert other_manager.reply(ledger, {"partner_id": partner_id})["statusCode"] == 404


def test_a_preview_is_of_a_partner_of_theirs(everything: Everything, desk: Callable[..., Desk]) -> None:
    partner_id = everything.things["/v1/admin/partners/"][0]["id"]
    sent = {"partner_id": partner_id, "products": ["analytics"], "amount": {"amount": "1.00", "currency": "EUR"}}
    preview, body = route("POST /v1/commissions/preview"), json.dumps(sent).encode()
    assert desk(Role.PARTNER_MANAGER, MANAGER).reply(preview, body=body)["statusCode"] == 200
    assert desk(Role.PARTNER_MANAGER).reply(preview, body=body)["statusCode"] == 404


def test_a_manager_gives_deals_to_partners_of_theirs_alone(desk: Callable[..., Desk], now: datetime) -> None:
    theirs = partners.create("East", "registered", [], now, "test", MANAGER)
    others = partners.create("West", "registered", [], now, "test")
    manager, reassign = desk(Role.PARTNER_MANAGER, MANAGER), route("POST /v1/admin/deals/{id}/reassign")
    bodies = [json.dumps({"partner_id": one.id}).encode() for one in (theirs, others)]
    assert [manager.reply(reassign, body=body)["statusCode"] for body in bodies] == [200, 404]


def test_a_decision_in_bulk_reaches_as_far_as_a_single_one(everything: Everything, desk: Callable[..., Desk]) -> None:
    deal_id = everything.things["/v1/admin/deals/"][0]["id"]
    body = json.dumps({"decisions": [{"deal_id": deal_id, "choice": "approve"}]}).encode()
    decide = route("POST /v1/admin/decisions")
    theirs = [desk(role, email).reply(decide, body=body) for role, email in THEIRS.items()]
    others = [desk(role).reply(decide, body=body) for role in THEIRS]
    assert [content(reply)["results"][0]["status"] for reply in theirs] == [202, 202]
    assert [content(reply)["results"][0]["status"] for reply in others] == [404, 404]


def test_a_manager_makes_no_partner_for_another(desk: Callable[..., Desk]) -> None:
    made = desk(Role.PARTNER_MANAGER, MANAGER).reply
    create, sent = route("POST /v1/admin/partners"), b'{"name": "East", "tier": "registered"}'
    assert content(made(create, body=sent))["manager"] == MANAGER
    for_another = sent[:-1] + b', "manager": "else@acme.example"}'
    assert content(made(create, body=for_another))["errors"][0]["field"] == "manager"


def test_who_decides_some_deals_records_their_own_absence_alone(desk: Callable[..., Desk]) -> None:
    away = route("DELETE /v1/admin/approvers/{email}/away")
    assert [desk(role).status(away) for role in THEIRS] == [404, 404]


def test_a_viewer_reads_no_secret(everything: Everything, desk: Callable[..., Desk]) -> None:
    viewer = desk(Role.VIEWER)
    secrets = [everything.billing_secret, *everything.tokens.values()]
    for one in ROUTES:
        if one.key.startswith("GET"):
            body = viewer.reply(one)["body"]
            assert not [secret for secret in secrets if secret in body], one.key


OF_SOME_ROWS = {
    "GET /v1/admin/approvers": "whom a question can be passed on to",
    "GET /v1/admin/decision-times": "sums",
    "GET /v1/admin/deals": "test_lists_hold_what_a_role_reaches",
    "GET /v1/admin/deals.csv": "test_lists_hold_what_a_role_reaches",
    "GET /v1/admin/match-verdicts": "test_lists_hold_what_a_role_reaches",
    "GET /v1/admin/partners": "test_lists_hold_what_a_role_reaches",
    "GET /v1/admin/ledger": "test_lists_hold_what_a_role_reaches",
    "POST /v1/admin/partners": "test_a_manager_makes_no_partner_for_another",
    "POST /v1/admin/decisions": "test_a_decision_in_bulk_reaches_as_far_as_a_single_one",
    "PUT /v1/admin/approvers/{email}/away": "test_who_decides_some_deals_records_their_own_absence_alone",
    "DELETE /v1/admin/approvers/{email}/away": "test_who_decides_some_deals_records_their_own_absence_alone",
    "POST /v1/commissions/preview": "test_a_preview_is_of_a_partner_of_theirs",
    "GET /admin/approvals": "whom a question can be passed on to",
    "GET /admin/deals": "console/test_deals.py",
    "GET /admin/money/ledger": "console/money/test_ledger.py",
    "GET /admin/partners": "console/test_partners.py",
    "GET /admin/partners/new": "an empty form",
    "POST /admin/approvals/away": "one's own absence: console/test_approvals.py",
    "POST /admin/approvals/back": "one's own absence: console/test_approvals.py",
    "POST /admin/deals/several": "console/test_deals.py",
    "POST /admin/deals/several/decide": "test_a_decision_in_bulk_reaches_as_far_as_a_single_one: the same command",
    "POST /admin/partners/new": "console/test_partners.py",
}
"""What is shown to who reaches some rows alone, or the test that says so."""
