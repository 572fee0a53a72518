"""Every list of the API: its pages hold each thing once, and its cursors open no other list."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest

from dealreg.accounts import store as accounts
from dealreg.accounts.imports import rejects, removals
from dealreg.accounts.imports import store as imports
from dealreg.accounts.imports.model import NewImport
from dealreg.accounts.imports.table import Row
from dealreg.accounts.model import DEFAULT_SOURCE, id_of
from dealreg.billing import commands
from dealreg.billing import store as billing
from dealreg.billing.model import InboxEvent, SourceKind
from dealreg.commissions import plan_store
from dealreg.deals import register, rules
from dealreg.deals import store as deals
from dealreg.deals.model import NewDeal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.disputes import commands as disputes
from dealreg.ledger import rates
from dealreg.partners import credentials, staff, users
from dealreg.partners.program import save_program, stored_program
from dealreg.platform import acts, ids
from dealreg.platform.errors import FieldError
from dealreg.platform.http import Caller, read_request
from dealreg.platform.validation import parse
from dealreg.webhooks.deliveries import store as deliveries
from dealreg.webhooks.model import Endpoint, Message
from dealreg.webhooks.replays import runner as replay
from local.functions import served_routes
from tests.integration.conftest import body
from tests.integration.ledger.by_hand import line_by_hand
from tests.integration.payouts.runs import owe, paid_out
from tests.integration.webhooks.stage import endpoint
from tests.samples import ADMIN, token_of
from tests.unit.deals.samples import JANA

SERVED = {one.key: one for one in served_routes()}
LISTS = sorted(key for key, one in SERVED.items() if "cursor" in one.route.query and "limit" in one.route.query)
MANY = 4
"""Things in each list."""
CURRENCIES = ("EUR", "USD", "GBP", "CHF")


class World:
    def __init__(self, caller: Caller, endpoint: Endpoint, import_id: str, deal_id: str) -> None:
        self.caller, self.endpoint, self.import_id, self.deal_id = caller, endpoint, import_id, deal_id

    def get(self, key: str, caller: Caller | None = None, /, **query: str) -> dict[str, Any]:
        path = key.partition(" ")[2]
        subject = {
            "/v1/webhook-endpoints/": self.endpoint.id,
            "/v1/admin/partners/": self.caller.partner_id,
            "/v1/admin/account-imports/": self.import_id,
            "/v1/deals/": self.deal_id,
            "/v1/admin/deals/": self.deal_id,
        }
        for beginning, thing in subject.items():
            path = path.replace(f"{beginning}{{id}}", f"{beginning}{thing}")
        event = {
            "rawPath": path,
            "headers": {"authorization": f"Bearer {token_of(caller or self.caller_of(key))}"},
            "queryStringParameters": query,
            "requestContext": {"http": {"method": "GET"}},
        }
        reply = import_module(SERVED[key].module).handler(event, None)
        return {"status": reply["statusCode"]} | json.loads(reply["body"])

    def caller_of(self, key: str) -> Caller:
        return ADMIN if "admin" in SERVED[key].route.who and "partner" not in SERVED[key].route.who else self.caller


@pytest.fixture
def world(
    new_partner: Callable[[str], Caller], context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> World:
    monkeypatch.setenv("ALLOW_LOOPBACK_WEBHOOKS", "true")
    caller, *_ = [new_partner(f"Partner{number}") for number in range(MANY)]
    hook, _ = endpoint(caller.partner_id, "http://127.0.0.1:9/hook", now)
    made = [imports.create(NewImport(), now + timedelta(seconds=number), "test") for number in range(MANY)]
    rejects.keep(made[0], [Row(n, f"x{n}", None, (FieldError("name", "Missing."),)) for n in range(MANY)])
    for number in range(MANY):
        accounts.create(customer(number), now, "test")
    removals.note(made[0], [id_of(DEFAULT_SOURCE, str(number)) for number in range(MANY)])
    for number in range(MANY):
        staff.create("Somebody", f"staff{number}@acme.example", ["admin"], now + timedelta(seconds=number), "test")
        save_program(replace(stored_program(), digest_from=number + 10), "test")
        plan_store.add(f"plan-{number}", {}, "", "test")
        moment = now + timedelta(seconds=number)
        register.register(caller, new_deal(number), None, context)
        with acts.recorded("key_1", "create_api_key", read_request({"requestContext": {"requestId": f"r{number}"}})):
            credentials.create_partner_key(caller.partner_id, f"CRM {number}", moment, "test")
        if number:
            endpoint(caller.partner_id, f"http://127.0.0.1:9/hook{number}", now)
            users.create(caller.partner_id, "Somebody", f"somebody{number}@partner.example", moment, "test")
        deliveries.send_to([hook], message(number, moment), moment)
        replay.release_held(hook, moment)
        billing.keep(inbox_event(number, moment))
        commands.apply(inbox_event(number, moment).id, moment)
        owe(caller.partner_id, moment, "10.00")
        paid_out(caller.partner_id, moment, f"run {number}")
        day = {"date": f"2026-11-0{number + 1}", "from": "USD", "to": "EUR", "rate": "0.9"}
        rates.save(rates.DayRatesInput.model_validate({"items": [day]}), "test", now)
    (deal,) = deals.newest_of_partner(caller.partner_id, 1)
    for number in range(MANY):
        moment, amount = now + timedelta(seconds=number), {"amount": "25.00", "currency": CURRENCIES[number]}
        line = line_by_hand(caller.partner_id, moment, f"key {number}", amount=amount)
        disputes.make(json.dumps({"line_id": line, "text": "Too little."}).encode(), caller, moment)
        deal = deals.commit(deal, rules.comment(deal, context, f"News {number}", JANA))
    return World(caller, hook, made[0].id, deal.id)


def customer(number: int) -> bytes:
    sent = {"name": f"Account {number}", "ownership": "customer", "external_id": str(number)}
    return json.dumps(sent).encode()


def message(number: int, moment: datetime) -> Message:
    deal_id = f"deal_{number}"
    return Message(f"evt_{number}", "deal.approved", moment, "{}", deal_id, 1, place_of(deal_id))


def new_deal(number: int) -> NewDeal:
    customer = {"name": f"Customer {number} {'abcdefgh'[number] * 9}", "domain": f"customer{number}.example.org"}
    sent = body(customer=customer, partner_reference=str(number))
    return parse(NewDeal, json.dumps(sent).encode(), register.validation_context())


def inbox_event(number: int, moment: datetime) -> InboxEvent:
    raw = {"type": "deal.closed_won", "data": {"amount": {"amount": "9.00", "currency": "EUR"}}}
    return InboxEvent(
        ids.make_id("bev", moment, number),
        "bsrc_1",
        SourceKind.STANDARD_WEBHOOKS,
        f"msg_{number}",
        moment,
        json.dumps(raw).encode(),
    )


def walk(world: World, key: str, **query: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    for _ in range(10 * MANY):
        page = world.get(key, **query, **cursor)
        assert page["status"] == 200
        assert len(page["items"]) <= int(query["limit"])
        seen += page["items"]
        if page["next_cursor"] is None:
            return seen
        cursor = {"cursor": page["next_cursor"]}
    raise AssertionError("a list without an end")


def name_of(item: dict[str, Any]) -> Any:
    return next(item[name] for name in ("id", "account_id", "line", "date", "version", "at") if name in item)


def test_the_pages_of_a_list_hold_each_thing_once(world: World) -> None:
    for key in LISTS:
        whole = [name_of(item) for item in world.get(key, limit="100")["items"]]
        assert len(whole) >= MANY, key
        for size in ("1", "2", "3"):
            assert [name_of(item) for item in walk(world, key, limit=size)] == whole, key


def test_a_cursor_opens_no_other_list(world: World) -> None:
    for key in LISTS:
        cursor = world.get(key, limit="1")["next_cursor"]
        answers = {other: world.get(other, cursor=cursor) for other in LISTS if other != key}
        assert {other: answer["status"] for other, answer in answers.items()} == dict.fromkeys(answers, 422), key
        assert {answer["errors"][0]["field"] for answer in answers.values()} == {"cursor"}, key


def test_a_cursor_of_somebody_else_garbage_and_a_wrong_limit_are_faults_of_their_fields(world: World) -> None:
    for key in LISTS:
        cursor = world.get(key, limit="1")["next_cursor"]
        other = ADMIN if world.caller_of(key) != ADMIN else Caller("admin", "", "key_other", frozenset(["admin"]))
        if "admin" in SERVED[key].route.who and world.caller_of(key) == ADMIN:
            assert world.get(key, other, cursor=cursor)["errors"][0]["field"] == "cursor", key
        for garbage in (cursor[:-1], cursor[:9], "x", "ü", ".", "e30.AAAA"):
            assert world.get(key, cursor=garbage)["errors"][0]["field"] == "cursor", (key, garbage)
        assert world.get(key, limit="0")["errors"][0]["field"] == "limit", key


FILTERED = {
    "GET /v1/deals": ("queued", "approved"),
    "GET /v1/admin/deals": ("queued", "approved"),
    "GET /v1/admin/partners": ("active", "suspended"),
    "GET /v1/admin/billing-events": ("unmatched", "ignored"),
    "GET /v1/commissions": ("payable", "held"),
    "GET /v1/admin/ledger": ("payable", "held"),
}
"""A status that some have, and another."""


def test_every_filter_is_tried() -> None:
    assert set(FILTERED) == {key for key in LISTS if "status" in SERVED[key].route.query}


@pytest.mark.parametrize("key", FILTERED)
def test_a_cursor_holds_for_its_filter_alone(key: str, world: World) -> None:
    status, other = FILTERED[key]
    cursor = world.get(key, limit="1", status=status)["next_cursor"]
    assert world.get(key, cursor=cursor, status=other)["errors"][0]["field"] == "cursor"
    assert world.get(key, cursor=cursor, status=status)["status"] == 200


def test_a_filtered_list_reads_so_much_a_page_and_comes_to_its_end(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page may be short while there are more."""
    monkeypatch.setattr(deals, "_FILTERED", 2)
    first = world.get("GET /v1/deals", status="withdrawn", limit="1")
    assert (first["items"], first["next_cursor"] is None) == ([], False)
    whole = world.get("GET /v1/deals", limit="100")["items"]
    for status in ("withdrawn", *{deal["status"] for deal in whole}):
        wanted = [deal["id"] for deal in whole if deal["status"] == status]
        assert [deal["id"] for deal in walk(world, "GET /v1/deals", status=status, limit="1")] == wanted
