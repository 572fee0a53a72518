"""No partner reaches another's things: every route of template.yaml is walked as somebody else.

A new route fails `test_no_route_is_forgotten` until it has its place in one of the tables here.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import pytest

from dealreg.deals import register
from dealreg.deals.model import NewDeal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.disputes import commands as disputes
from dealreg.pages.sessions import COOKIE, form_token
from dealreg.partners import sessions, users
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.validation import parse
from dealreg.webhooks.deliveries import store as deliveries
from dealreg.webhooks.model import Message
from dealreg.webhooks.replays import runner as replay
from local.functions import served_routes
from tests.integration.conftest import body
from tests.integration.forms.conftest import sign_in_token
from tests.integration.ledger.by_hand import LINE_TEXT, line_by_hand
from tests.integration.payouts.runs import paid_out
from tests.integration.webhooks.stage import endpoint
from tests.samples import token_of

NewPartner = Callable[[str], Caller]
ROUTES = {one.key: one for one in served_routes()}

OF_A_THING = {
    "GET /v1/deals/{id}": {},
    "GET /v1/deals/{id}/timeline": {},
    "PATCH /v1/deals/{id}": {"notes": "mine now"},
    "POST /v1/deals/{id}/comments": {"text": "hello"},
    "POST /v1/deals/{id}/appeal": {"reason": "mine now"},
    "POST /v1/deals/{id}/confirm": {},
    "POST /v1/deals/{id}/extend": {"reason": "mine now"},
    "POST /v1/deals/{id}/lost": {"reason_code": "price"},
    "POST /v1/deals/{id}/resubmit": {"notes": "mine now"},
    "POST /v1/deals/{id}/stage": {"stage": "proposal"},
    "POST /v1/deals/{id}/withdraw": {"reason": "mine now"},
    "GET /v1/webhook-endpoints/{id}": {},
    "PATCH /v1/webhook-endpoints/{id}": {"description": "mine now"},
    "DELETE /v1/webhook-endpoints/{id}": {},
    "GET /v1/webhook-endpoints/{id}/deliveries": {},
    "POST /v1/webhook-endpoints/{id}/confirm": {"challenge": "not-the-one"},
    "POST /v1/webhook-endpoints/{id}/enable": {},
    "POST /v1/webhook-endpoints/{id}/replay": {"since": "2026-11-01T00:00:00Z"},
    "POST /v1/webhook-endpoints/{id}/rotate-secret": {},
    "POST /v1/webhook-endpoints/{id}/test": {},
    "POST /v1/webhook-endpoints/{id}/verify": {},
    "GET /v1/webhook-endpoints/{id}/stats": {},
    "GET /v1/webhook-endpoints/{id}/replays": {},
    "GET /v1/replays/{id}": {},
    "POST /v1/replays/{id}/pause": {},
    "POST /v1/replays/{id}/resume": {},
    "GET /v1/deliveries/{id}": {},
    "POST /v1/deliveries/{id}/resend": {},
    "GET /v1/commissions/{id}": {},
    "GET /v1/payouts/{id}": {},
    "GET /v1/disputes/{id}": {},
    "GET /v1/statements/{period}": {},
}
"""Routes of one thing, with a body that its owner may send: 404 for another partner."""
PAGES_OF_A_THING = {
    "GET /deals/{id}": {},
    "GET /deals/{id}/timeline": {},
    "POST /deals/{id}/appeal": {"reason": "mine now"},
    "POST /deals/{id}/confirm": {},
    "POST /deals/{id}/comments": {"text": "hello"},
    "POST /deals/{id}/extend": {"extend_reason": "mine now"},
    "POST /deals/{id}/resubmit": {"notes": "mine now"},
    "POST /deals/{id}/withdraw": {"reason": "mine now"},
}
"""As above, for a signed-in person of another partner."""
LISTS = (
    "GET /v1/deals",
    "GET /v1/webhook-endpoints",
    "GET /v1/commissions",
    "GET /v1/balance",
    "GET /v1/statements",
    "GET /v1/disputes",
    "GET /v1/payouts",
)
PAGES_WITH_LISTS = ("GET /", "GET /deals", "GET /deals/earnings", "GET /register")
"""Show the caller's own and nothing of anybody else."""
CHECK = {"customer": body()["customer"], "products": ["analytics"]}
URL = "http://127.0.0.1:9/hook"
MAKES = {
    "POST /v1/deals": body(),
    "POST /v1/deals/check": CHECK,
    "POST /v1/webhook-endpoints": {"url": URL, "event_types": ["deal.*"]},
    "POST /register": {},
    "POST /deals/earnings/dispute": {},
    "POST /v1/disputes": {"line_id": "com_1", "text": "mine now"},
    "POST /v1/commissions/preview": {"products": ["analytics"], "amount": {"amount": "1.00", "currency": "EUR"}},
}
"""What they make is the caller's: see `test_a_body_cannot_name_a_partner`."""
OPEN = {
    "GET /healthz": "says nothing",
    "GET /.well-known/webhook-keys/{owner}": "public keys",
    "GET /openapi.json": "the same for all",
    "GET /v1/event-types": "the same for all",
    "GET /sign-in": "an empty form",
    "POST /sign-in": "answers the same for every address",
    "POST /sign-out": "ends the caller's own session",
    "GET /sign-in/{token}": "an unguessable token is the right",
    "POST /sign-in/{token}": "an unguessable token is the right",
    "GET /approvals/{token}": "an unguessable token is the right",
    "POST /approvals/{token}": "an unguessable token is the right",
    "GET /approvals/{token}/comments": "an unguessable token is the right",
    "POST /approvals/{token}/comments": "an unguessable token is the right",
    "GET /approvals/digest/{token}": "an unguessable token is the right",
    "POST /approvals/digest/{token}": "an unguessable token is the right",
    "GET /approvals/payout-runs/{token}": "an unguessable token is the right",
    "POST /approvals/payout-runs/{token}": "an unguessable token is the right",
    "POST /webhooks/billing/{source_id}": "a signature is the right",
}
ADMINS = {key: {} for key in ROUTES if key.partition(" ")[2].startswith("/v1/admin/")} | {
    "POST /v1/admin/deals/{id}/comments": {"text": "hello"},
    "POST /v1/admin/deals/{id}/delegate": {"from": "approver@acme.example", "to": "head@acme.example"},
    "POST /v1/admin/deals/{id}/reassign": {"partner_id": "part_1"},
    "POST /v1/admin/deals/{id}/reject": {"reason": "no"},
    "POST /v1/admin/deals/{id}/request-info": {"reason": "more", "fields": ["notes"]},
}
"""With a body that an admin may send, where that is looked at first: 403 for a partner."""
CONSOLE = [key for key in ROUTES if key.partition(" ")[2].partition("/{")[0].startswith("/admin")]
"""The vendor's pages: no partner's person opens them. Which of the vendor's do is walked in test_roles.py."""


@dataclass(frozen=True)
class World:
    """What one partner has, and who else there is."""

    owner: Caller
    other: Caller
    session: str
    """Of a person of the other partner."""
    things: dict[str, str]
    """Ids by the beginning of the paths that take them."""
    private: tuple[str, ...]
    """What the other partner must never read."""


@pytest.fixture
def world(new_partner: NewPartner, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("ALLOW_LOOPBACK_WEBHOOKS", "true")
    owner, other = new_partner("North"), new_partner("South")
    new = parse(NewDeal, json.dumps(body()).encode(), register.validation_context())
    deal = json.loads(register.register(owner, new, None, context).body)
    hook, _ = endpoint(owner.partner_id, URL, now)
    (delivery,) = deliveries.send_to(
        [hook], Message("evt_1", "deal.approved", now, "{}", deal["id"], 1, place_of(deal["id"])), now
    )
    line = line_by_hand(owner.partner_id, now)
    things = {
        "/v1/deals": deal["id"],
        "/deals": deal["id"],
        "/v1/webhook-endpoints": hook.id,
        "/v1/deliveries": delivery.id,
        "/v1/replays": replay.release_held(hook, now).id,
        "/v1/payouts": paid_out(owner.partner_id, now).id,
        "/v1/commissions": line,
        "/v1/disputes": str(
            disputes.make(json.dumps({"line_id": line, "text": "Too little."}).encode(), owner, now)["id"]
        ),
        "/v1/statements": f"{now:%Y-%m}",
    }
    private = (LINE_TEXT, *things.values(), deal["number"], owner.partner_id, "Müller", "mueller-maschinenbau")
    return World(owner, other, _signed_in(other), things, private)


def _signed_in(caller: Caller) -> str:
    """The cookie of a session."""
    now, user = times.now(), users.load(caller.partner_id, caller.user_id)
    sessions.request_sign_in(user.email, now)
    return sessions.use_sign_in(sign_in_token(user), now)


def call(key: str, subject: str, content: str, caller: Caller | None = None, session: str = "") -> dict[str, Any]:
    """The route's function, called as API Gateway does."""
    method, _, path = key.partition(" ")
    event = {
        "rawPath": re.sub(r"{\w+}", subject, path),
        "headers": {"authorization": f"Bearer {token_of(caller)}"} if caller else {},
        "cookies": [f"{COOKIE}={session}"] if session else [],
        "requestContext": {"http": {"method": method}},
        "body": content,
    }
    return import_module(ROUTES[key].module).handler(event, None)


def thing_of(world: World, key: str) -> str:
    """The id that the route's path takes."""
    return world.things[key.partition(" ")[2].partition("/{")[0]]


def as_form(session: str, who: Caller, content: dict[str, str]) -> str:
    return urlencode(content | {"csrf": form_token(session, who.user_id)})


def statuses(replies: dict[str, dict[str, Any]]) -> dict[str, int]:
    return {key: reply["statusCode"] for key, reply in replies.items()}


def leaks(replies: dict[str, dict[str, Any]], world: World) -> list[tuple[str, str]]:
    return [(key, secret) for key, reply in replies.items() for secret in world.private if secret in reply["body"]]


def test_no_route_is_forgotten() -> None:
    known = [*OF_A_THING, *PAGES_OF_A_THING, *LISTS, *PAGES_WITH_LISTS, *MAKES, *OPEN, *ADMINS, *CONSOLE]
    assert sorted(known) == sorted(ROUTES)


def test_another_partners_thing_is_not_there(world: World) -> None:
    replies = {key: call(key, thing_of(world, key), json.dumps(said), world.other) for key, said in OF_A_THING.items()}
    assert statuses(replies) == dict.fromkeys(OF_A_THING, 404)
    assert not leaks(replies, world)


@pytest.mark.parametrize("key", OF_A_THING)
def test_its_owner_is_understood(key: str, world: World) -> None:
    """So that the 404 above is about whose it is, and not about what was sent."""
    reply = call(key, thing_of(world, key), json.dumps(OF_A_THING[key]), world.owner)
    assert reply["statusCode"] in (200, 201, 202, 204, 409)


def test_another_partners_page_is_not_there(world: World) -> None:
    replies = {
        key: call(key, thing_of(world, key), as_form(world.session, world.other, said), session=world.session)
        for key, said in PAGES_OF_A_THING.items()
    }
    assert statuses(replies) == dict.fromkeys(PAGES_OF_A_THING, 404)
    assert not leaks(replies, world)


@pytest.mark.parametrize("key", LISTS)
def test_a_list_has_only_the_callers_own(key: str, world: World) -> None:
    assert json.loads(call(key, "", "", world.other)["body"])["items"] == []
    assert json.loads(call(key, "", "", world.owner)["body"])["items"]


def test_a_page_has_only_the_callers_own(world: World) -> None:
    replies = {key: call(key, "", "", session=world.session) for key in PAGES_WITH_LISTS}
    assert statuses(replies) == dict.fromkeys(PAGES_WITH_LISTS, 200)
    assert not leaks(replies, world)


def test_a_partner_is_no_admin(world: World) -> None:
    replies = {key: call(key, world.things["/v1/deals"], json.dumps(said), world.other) for key, said in ADMINS.items()}
    assert statuses(replies) == dict.fromkeys(ADMINS, 403)
    assert not leaks(replies, world)


def test_a_partners_person_opens_no_page_of_the_console(world: World) -> None:
    replies = {
        key: call(key, "thing_1", as_form(world.session, world.other, {}), session=world.session) for key in CONSOLE
    }
    assert statuses(replies) == dict.fromkeys(CONSOLE, 403)
    assert not leaks(replies, world)


def test_nobody_gets_in_without_a_token(world: World) -> None:
    contents = OF_A_THING | ADMINS | MAKES
    closed = [key for key in ROUTES if key.partition(" ")[2].startswith("/v1/")]
    replies = {key: call(key, "deal_1", json.dumps(contents.get(key, {}))) for key in closed}
    assert statuses(replies) == dict.fromkeys(closed, 401)


def test_a_page_without_a_session_leads_to_the_sign_in(world: World) -> None:
    keys = [*PAGES_OF_A_THING, *PAGES_WITH_LISTS, "POST /register", *CONSOLE]
    replies = {key: call(key, "thing_1", "") for key in keys}
    assert {reply["headers"]["location"].partition("?")[0] for reply in replies.values()} == {"/sign-in"}
    assert statuses(replies) == dict.fromkeys(keys, 303)


@pytest.mark.parametrize("key", ["POST /v1/deals", "POST /v1/webhook-endpoints", "POST /v1/commissions/preview"])
@pytest.mark.parametrize("field", ["partner_id", "owner"])
def test_a_body_cannot_name_a_partner(key: str, field: str, world: World) -> None:
    reply = call(key, "", json.dumps(MAKES[key] | {field: world.owner.partner_id}), world.other)
    assert reply["statusCode"] == 422
    assert field in reply["body"]


def test_a_registration_through_the_form_is_the_sessions_own(world: World) -> None:
    typed = {"customer.name": "Other", "customer.domain": "other.example.org", "amount.amount": "1", "form": "f1"}
    typed |= {"amount.currency": "EUR", "products": "analytics", "partner_id": world.owner.partner_id}
    reply = call("POST /register", "", as_form(world.session, world.other, typed), session=world.session)
    deals = json.loads(call("GET /v1/deals", "", "", world.owner)["body"])["items"]
    assert reply["statusCode"] in (303, 422)
    assert [deal["id"] for deal in deals] == [world.things["/v1/deals"]]
