"""Everything that a partner or a stranger can make grow is counted by the hour, or says why it need not be."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.deals import commands, register, store
from dealreg.deals.model import NewDeal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.ledger import preview
from dealreg.partners.program import Program, save_program
from dealreg.platform import aws as aws_module
from dealreg.platform import times
from dealreg.platform.http import Caller
from dealreg.platform.routes import PAGE
from dealreg.platform.validation import parse
from dealreg.webhooks.deliveries import store as deliveries
from dealreg.webhooks.endpoints import lifecycle
from dealreg.webhooks.model import Message
from tests.integration.conftest import body
from tests.integration.silo.test_every_route import CHECK, MAKES, ROUTES, URL, call
from tests.integration.webhooks.stage import endpoint

Asked = tuple[str, str, dict[str, Any]]
"""A route, the thing that its path takes, a body."""
SINCE = {"since": "2026-11-01T00:00:00Z"}
PREVIEW = MAKES["POST /v1/commissions/preview"]
NEW_ENDPOINT = {"url": URL, "event_types": ["deal.*"]}
THE_ONE: dict[str, Asked] = {
    "registrations": ("POST /v1/deals", "", body(partner_reference=None)),
    "checks": ("POST /v1/deals/check", "", CHECK),
    "changes": ("PATCH /v1/deals/{id}", "in_review", {"notes": "first"}),
    "comments": ("POST /v1/deals/{id}/comments", "in_review", {"text": "first"}),
    "endpoints": ("PATCH /v1/webhook-endpoints/{id}", "enabled", {"description": "first"}),
    "replays": ("POST /v1/webhook-endpoints/{id}/replay", "enabled", SINCE),
    "resends": ("POST /v1/deliveries/{id}/resend", "delivery", {}),
    "previews": ("POST /v1/commissions/preview", "", PREVIEW),
}
"""By limit: what uses it up."""
ONE_MORE: list[Asked] = [
    ("POST /v1/deals", "", body(customer={"name": "Kranz", "domain": "kranz.example"}, partner_reference=None)),
    ("POST /v1/deals/check", "", CHECK),
    ("PATCH /v1/deals/{id}", "in_review", {"notes": "second"}),
    ("POST /v1/deals/{id}/stage", "in_review", {"stage": "proposal"}),
    ("POST /v1/deals/{id}/withdraw", "in_review", {}),
    ("POST /v1/deals/{id}/resubmit", "action_required", {}),
    ("POST /v1/deals/{id}/extend", "approved", {}),
    ("POST /v1/deals/{id}/confirm", "approved", {}),
    ("POST /v1/deals/{id}/appeal", "rejected", {"reason": "second"}),
    ("POST /v1/deals/{id}/lost", "approved", {"reason_code": "price"}),
    ("POST /v1/deals/{id}/comments", "in_review", {"text": "second"}),
    ("POST /v1/webhook-endpoints", "", NEW_ENDPOINT),
    ("PATCH /v1/webhook-endpoints/{id}", "enabled", {"description": "second"}),
    ("POST /v1/webhook-endpoints/{id}/enable", "disabled", {}),
    ("POST /v1/webhook-endpoints/{id}/rotate-secret", "enabled", {}),
    ("POST /v1/webhook-endpoints/{id}/replay", "enabled", SINCE),
    ("POST /v1/deliveries/{id}/resend", "delivery", {}),
    ("POST /v1/commissions/preview", "", PREVIEW),
]
"""Each would be done but for its limit."""
NOT_COUNTED = {
    "DELETE /v1/webhook-endpoints/{id}": "making it was",
    "POST /v1/webhook-endpoints/{id}/confirm": "ten a minute of one endpoint",
    "POST /v1/webhook-endpoints/{id}/test": "ten a minute of one endpoint",
    "POST /v1/webhook-endpoints/{id}/verify": "ten a minute of one endpoint",
    "POST /deals/earnings/dispute": "one of a line, until somebody answers it",
    "POST /v1/disputes": "one of a line or deal, until somebody answers it",
    "POST /v1/replays/{id}/pause": "changes one row",
    "POST /v1/replays/{id}/resume": "changes one row",
    "POST /sign-in/{token}": "uses up one link",
    "POST /sign-out": "ends one session",
    "POST /approvals/digest/{token}": "changes one row",
    "POST /approvals/payout-runs/{token}": "decides on one run",
    "POST /approvals/{token}": "answers one question",
    "POST /webhooks/billing/{source_id}": "only the vendor's own systems can sign",
}


@pytest.fixture
def things(
    new_partner: Callable[[str], Caller],
    program: Program,
    context: CommandContext,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> tuple[Caller, dict[str, str]]:
    """A partner with deals and endpoints in each status that the routes need, who may do each act once more."""
    monkeypatch.setenv("ALLOW_LOOPBACK_WEBHOOKS", "true")
    monkeypatch.setattr(times, "now", lambda: now)
    one = dict.fromkeys([f"{act}_per_hour" for act in THE_ONE if act != preview.LIMIT], 1)
    monkeypatch.setattr(preview, "PER_HOUR", 1)  # the product's own, not the program's
    save_program(replace(program, **one | {"registrations_per_hour": 5}), by="test")
    owner = new_partner("North")
    decisions = {"action_required": "request_info", "approved": "approve", "rejected": "reject"}
    made = {status: _registered(owner, status, context) for status in ("in_review", *decisions)}
    for status, decision in decisions.items():
        deal = store.load(owner.partner_id, made[status])
        said: dict[str, Any] = {"fields": ["notes"]} if status == "action_required" else {}
        commands.apply_decision(deal, deal.review_version, decision, context, "test", reason="More, please", **said)
    for status in ("enabled", "disabled"):
        made[status] = endpoint(owner.partner_id, URL, now)[0].id
    lifecycle.change(owner.partner_id, made["disabled"], {"status": "disabled"}, now)
    hook = lifecycle.endpoints.load(owner.partner_id, made["enabled"])
    told = Message("evt_1", "deal.approved", now, "{}", made["in_review"], 1, place_of(made["in_review"]))
    (delivery,) = deliveries.send_to([hook], told, now)
    return owner, made | {"": "", "delivery": delivery.id}


def _registered(owner: Caller, name: str, context: CommandContext) -> str:
    sent = body(customer={"name": name, "domain": f"{name.replace('_', '-')}.example.org"}, partner_reference=None)
    new = parse(NewDeal, json.dumps(sent).encode(), register.validation_context())
    return json.loads(register.register(owner, new, None, context).body)["id"]


def ask(asked: Asked, owner: Caller, made: dict[str, str]) -> dict[str, Any]:
    key, thing, content = asked
    return call(key, made[thing], json.dumps(content), owner)


def all_rows() -> list[str]:
    """But for the tokens, which `call` writes."""
    client = aws_module.client("dynamodb")
    found = [item for name in client.list_tables()["TableNames"] for item in client.scan(TableName=name)["Items"]]
    return sorted(repr(item) for item in found if "of_a_test" not in item)


def told(reply: dict[str, Any]) -> tuple[str, str]:
    return reply["headers"].get("ratelimit-policy", ""), reply["headers"].get("ratelimit", "")


def test_one_more_than_the_limit_is_refused_by_every_route_and_changes_nothing(
    things: tuple[Caller, dict[str, str]], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for act, asked in THE_ONE.items():
        reply = ask(asked, *things)
        most = 5 if act == "registrations" else 1
        assert reply["statusCode"] in (200, 201, 202), (asked, reply["body"])
        assert told(reply) == (f'"{act}";q={most};w=3600', f'"{act}";r=0;t=3600'), asked
    before = all_rows()
    refusals = {asked[0]: ask(asked, *things) for asked in ONE_MORE}
    assert {key: reply["statusCode"] for key, reply in refusals.items()} == dict.fromkeys(refusals, 429)
    for key, reply in refusals.items():
        assert told(reply)[1] == f'"{ROUTES[key].route.limit}";r=0;t=3600', key
        assert reply["headers"]["retry-after"] == "3600"
        assert json.loads(reply["body"])["code"] == "rate_limited"
    assert all_rows() == before

    monkeypatch.setattr(times, "now", lambda: now + timedelta(hours=1))
    again = {asked[0]: ask(asked, *things)["statusCode"] for asked in THE_ONE.values()}
    assert max(again.values()) < 300, again


def test_every_route_that_is_counted_is_walked() -> None:
    counted = [key for key, one in ROUTES.items() if one.route.limit and one.route.media != PAGE]
    assert sorted(key for key, _, _ in ONE_MORE) == sorted(counted)


def test_what_others_than_admins_can_write_is_counted_or_need_not_be() -> None:
    writing = [
        key for key, one in ROUTES.items() if not key.startswith("GET") and "/admin/" not in key and not one.route.limit
    ]
    assert sorted(writing) == sorted(NOT_COUNTED)
