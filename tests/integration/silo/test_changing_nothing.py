"""What changes nothing writes nothing, whatever it is sent to."""

import json
from typing import Any

import pytest

from dealreg.deals import commands, rules, store
from dealreg.deals.rules import CommandContext
from tests.integration.aws_calls import WRITES, intercept
from tests.integration.conftest import body
from tests.integration.roles import running_function
from tests.integration.silo.test_every_route import World, call
from tests.integration.silo.test_every_route import world as world
from tests.samples import ADMIN

DEAL, ENDPOINT, PARTNER = "/v1/deals", "/v1/webhook-endpoints", "partner"
PROGRAM = {
    "name": "Acme",
    "products": [{"id": "analytics", "name": "Analytics", "family": "data"}],
    "tiers": [{"id": "registered", "name": "Registered", "rank": 1}],
    "approvers": {"first": "a@acme.example"},
}
TWICE: list[tuple[str, str, dict[str, Any]]] = [
    ("PATCH /v1/deals/{id}", DEAL, {}),
    ("PATCH /v1/deals/{id}", DEAL, {"customer": {}}),
    ("PATCH /v1/deals/{id}", DEAL, {"notes": "as before"}),
    ("PATCH /v1/deals/{id}", DEAL, {"notes": None}),
    ("PATCH /v1/deals/{id}", DEAL, {"customer": {"contact": {"name": " Jana  Weiß "}}}),
    ("POST /v1/deals/{id}/stage", DEAL, {"stage": "proposal"}),
    ("PATCH /v1/webhook-endpoints/{id}", ENDPOINT, {}),
    ("PATCH /v1/webhook-endpoints/{id}", ENDPOINT, {"description": "as before", "rate_limit": 60}),
    ("PATCH /v1/webhook-endpoints/{id}", ENDPOINT, {"status": "disabled"}),
    ("POST /v1/webhook-endpoints/{id}/enable", ENDPOINT, {}),
    ("PATCH /v1/admin/partners/{id}", PARTNER, {}),
    ("PATCH /v1/admin/partners/{id}", PARTNER, {"name": "North Ltd", "own_domains": ["north.example"]}),
    ("PUT /v1/admin/program", "", PROGRAM),
]


def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What functions write from now on."""
    seen: list[str] = []

    def note(make: Any, _client: Any, operation: str, request: dict[str, Any]) -> Any:
        if operation in WRITES and running_function():
            seen.append(f"{operation} {request}")
        return make()

    intercept(monkeypatch, note)
    return seen


def test_a_second_time_writes_nothing_and_is_answered_as_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = written(monkeypatch)
    for key, kind, content in TWICE:
        caller = ADMIN if "/admin/" in key else world.owner
        thing = world.owner.partner_id if kind == PARTNER else world.things.get(kind, "")
        first = call(key, thing, json.dumps(content), caller)
        seen.clear()
        second = call(key, thing, json.dumps(content), caller)
        assert (second["statusCode"], second["body"]) == (200, first["body"]), (key, content)
        assert seen == [], (key, content)


@pytest.mark.parametrize("sent", [{}, {"customer": {}}])
def test_an_empty_patch_of_a_deal_that_has_ended_is_answered_by_what_it_is(
    world: World, context: CommandContext, monkeypatch: pytest.MonkeyPatch, sent: dict[str, Any]
) -> None:
    deal = store.load(world.owner.partner_id, world.things[DEAL])
    gone = commands.apply(deal, lambda there: rules.withdraw(there, context, ""))
    seen = written(monkeypatch)
    reply = call("PATCH /v1/deals/{id}", gone.id, json.dumps(sent), world.owner)
    assert (reply["statusCode"], json.loads(reply["body"])["status"]) == (200, "withdrawn")
    closed = call("PATCH /v1/deals/{id}", gone.id, json.dumps({"notes": body()["notes"]}), world.owner)
    assert closed["statusCode"] == 409
    assert seen == []
