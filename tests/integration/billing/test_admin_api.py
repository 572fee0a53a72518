"""The vendor sets up a billing system, and finds a deal for an event that named none."""

import json
from typing import Any

import pytest

from billing import admin_api, receive
from dealreg.billing import commands, sources, store
from dealreg.billing.model import MAX_BODY, EventStatus, Source
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform.errors import StateConflict
from tests.integration.aws_calls import lose_race_to
from tests.integration.billing.conftest import (
    DEAL_ID,
    GENERIC_ID,
    NUMBER,
    STRIPE_SECRET,
    Keep,
    NewDealOf,
    approve,
    posted,
)
from tests.samples import PARTNER, content, routes_of, sample

UNKNOWN = b'{"type":"deal.closed_won","data":{"deal_number":"D-0000-0000","amount":{"amount":"9.00","currency":"EUR"}}}'
ADMIN = "key_01JD8V4M2T7QK3N5P9XWZRB6YC"


def call(name: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    reply = admin_api.handler(sample(f"billing-admin-api/{name}", **changes), None)
    return reply["statusCode"], content(reply)


def list_of(status: str, **query: str) -> dict[str, Any]:
    event = sample("billing-admin-api/list-events") | {"queryStringParameters": {"status": status} | query}
    return content(admin_api.handler(event, None))


@pytest.fixture
def unmatched(keep: Keep, now: Any) -> str:
    event_id = keep(UNKNOWN)
    commands.apply(event_id, now)
    return event_id


def test_a_new_source_shows_its_secret_once(aws: None) -> None:
    status, created = call("create-source")
    assert status == 201
    assert created["path"] == f"/webhooks/billing/{created['id']}"
    assert created["secret"].startswith("whsec_")
    listed = call("list-sources")[1]
    assert listed == {
        "items": [{name: shown for name, shown in created.items() if name != "secret"}],
        "next_cursor": None,
    }


def test_a_new_source_takes_what_its_secret_signs(aws: None, now: Any) -> None:
    created = call("create-source")[1]
    event = posted(sample("billing-receive/closed-won"), UNKNOWN, created["secret"], now, "msg_1")
    reply = receive.handler(event | {"rawPath": created["path"]}, None)
    assert reply["statusCode"] == 202


def test_stripes_own_secret_is_taken_as_it_is(aws: None) -> None:
    status, created = call("create-stripe-source")
    assert (status, created["secret"]) == (201, STRIPE_SECRET)


def test_every_fault_of_a_new_source_is_told(aws: None) -> None:
    status, problem = call("create-source", body={"kind": "paypal", "name": "", "colour": "red"})
    assert status == 422
    assert {error["field"] for error in problem["errors"]} == {"kind", "name", "colour"}


def test_a_secret_that_could_never_verify_is_refused(aws: None) -> None:
    for kind, secret in [
        ("stripe", "short"),
        ("stripe", "whsec_with a space in it"),
        ("standard-webhooks", STRIPE_SECRET),
    ]:
        status, problem = call("create-source", body={"kind": kind, "name": "Acme", "secret": secret})
        assert (status, problem["errors"][0]["field"]) == (422, "secret")


KINDS: dict[str, dict[str, Any]] = {
    "standard-webhooks": {"public_key": "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="},
    "stripe": {"mode": "test", "api_key": "rk_test_of_the_tests", "api_base": "https://api.stripe.com"},
    "paddle": {"secret": "pdl_ntfset_of_the_tests", "products": {"pri_1": "analytics"}},
    "recurly": {"api_key": "key of the tests", "api_base": "https://v3.eu.recurly.com"},
    "chargebee": {"username": "hook", "api_key": "live_of_the_tests", "api_base": "https://quarz.chargebee.com"},
    "zuora": {"username": "hook", "client_id": "c-1", "api_key": "s-1", "api_base": "https://rest.eu.zuora.com"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_set_up_with_what_it_needs_and_its_keys_are_not_shown_again(kind: str, aws: None) -> None:
    status, created = call("create-source", body={"kind": kind, "name": "Billing"} | KINDS[kind])
    assert status == 201
    (listed,) = call("list-sources")[1]["items"]
    assert listed["warnings"] == []
    assert listed["has_api_key"] is ("api_key" in KINDS[kind])
    shown: dict[str, Any] = {"mode": "live", "products": {}}
    shown |= KINDS[kind]
    for name in ("mode", "products", "username", "public_key", "api_base", "client_id"):
        assert listed[name] == shown.get(name), name
    assert not {"secret", "api_key"} & set(listed)
    assert sources.load(created["id"]).api_key == KINDS[kind].get("api_key", "")


def test_a_source_without_the_keys_of_its_api_says_so(aws: None) -> None:
    created = call("create-source", body={"kind": "chargebee", "name": "Chargebee", "username": "hook"})[1]
    assert created["warnings"] == ["Its events hold ids only. To fetch what they are about, give api_key and api_base."]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"kind": "chargebee"}, {"username"}),
        ({"kind": "chargebee", "username": "a:b", "secret": "short", "mode": "half"}, {"username", "secret", "mode"}),
        ({"kind": "stripe", "username": "a", "client_id": "c"}, {"username", "client_id"}),
        ({"kind": "standard-webhooks", "public_key": "whpk_AAAA", "api_key": "k"}, {"public_key", "api_key"}),
        ({"kind": "stripe", "api_base": "http://api.stripe.com", "products": {"a": ""}}, {"api_base", "products.a"}),
        ({"kind": "stripe", "api_base": "https://10.0.0.1", "products": ["a"]}, {"api_base", "products"}),
        ({"kind": "stripe", "api_base": "https://metadata.internal/"}, {"api_base"}),
        ({"kind": "stripe", "api_base": "https://user:password@api.stripe.com"}, {"api_base"}),
        ({"kind": "stripe", "api_base": "https://api.stripe.com/?a=b"}, {"api_base"}),
        ({"kind": "stripe", "api_base": "https://api.example.com"}, {"api_base"}),
    ],
)  # fmt: skip
def test_whatever_is_wrong_with_a_source_is_told_at_once(body: dict[str, Any], faults: set[str], aws: None) -> None:
    status, problem = call("create-source", body={"name": "Billing"} | body)
    assert (status, {error["field"] for error in problem["errors"]}) == (422, faults)


def test_a_source_is_renamed_and_its_products_are_named(generic: Source) -> None:
    status, changed = call("change-source")
    assert status == 200
    assert (changed["name"], changed["products"]) == ("Acme Billing of today", {"price_a": "analytics"})
    assert call("list-sources")[1]["items"] == [changed]
    assert sources.load(generic.id).secrets == generic.secrets


def test_keys_are_replaced_and_taken_away_and_what_is_not_sent_stays(aws: None) -> None:
    created = call("create-source", body={"kind": "zuora", "name": "Zuora"} | KINDS["zuora"])[1]
    params = {"id": created["id"]}
    changed = call("change-source", params=params, body={"api_key": "s-2", "client_id": None})[1]
    assert (changed["client_id"], changed["username"], changed["has_api_key"]) == (None, "hook", True)
    assert changed["warnings"] == ["Its events hold ids only. To fetch what they are about, give client_id."]
    assert sources.load(created["id"]).api_key == "s-2"


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({"mode": "test", "kind": "stripe"}, {"mode", "kind"}),
        ({"name": None, "username": "hook", "api_base": "https://localhost"}, {"name", "username", "api_base"}),
    ],
)
def test_what_a_source_is_does_not_change(body: dict[str, Any], faults: set[str], generic: Source) -> None:
    status, problem = call("change-source", body=body)
    assert (status, {error["field"] for error in problem["errors"]}) == (422, faults)


def test_a_source_that_there_is_not_cannot_be_changed(aws: None) -> None:
    assert call("change-source")[0] == 404


def test_a_chargebee_source_keeps_its_user(aws: None) -> None:
    created = call("create-source", body={"kind": "chargebee", "name": "Chargebee", "username": "hook"})[1]
    assert call("change-source", params={"id": created["id"]}, body={"username": None})[0] == 422


def test_a_replaced_secret_is_shown_once(generic: Source) -> None:
    status, renewed = call("rotate-secret")
    assert status == 200
    assert renewed["secret"] == sources.load(generic.id).secrets[0].value != generic.secrets[0].value


def test_a_sources_secret_cannot_be_replaced_when_there_is_no_such_source(aws: None) -> None:
    assert call("rotate-secret")[0] == 404


def test_an_unmatched_event_is_listed_with_its_reason_and_shown_with_its_body(unmatched: str) -> None:
    (item,) = list_of("unmatched")["items"]
    assert item == {
        "id": unmatched,
        "source_id": GENERIC_ID,
        "provider_id": "msg_1",
        "type": "deal.closed_won",
        "status": "unmatched",
        "reason_code": "deal_unknown",
        "reason": "There is no deal with the id or number that the event names.",
        "deal_id": None,
        "attached_by": None,
        "closed_by": None,
        "received_at": "2026-11-23T10:00:00.000Z",
    }
    status, shown = call("show-event", params={"id": unmatched})
    assert (status, shown["body"]) == (200, UNKNOWN.decode())


def test_the_list_holds_the_unmatched_ones_unless_told_otherwise(unmatched: str) -> None:
    event = sample("billing-admin-api/list-events")
    event.pop("queryStringParameters")
    assert [item["id"] for item in content(admin_api.handler(event, None))["items"]] == [unmatched]
    assert list_of("applied")["items"] == []


def test_a_list_of_no_known_status_is_refused(aws: None) -> None:
    assert list_of("lost")["errors"][0]["field"] == "status"


def test_the_pages_of_a_list_hold_each_event_once(keep: Keep, now: Any) -> None:
    ids = {keep(UNKNOWN, f"msg_{place}") for place in range(5)}
    for event_id in ids:
        commands.apply(event_id, now)
    seen: list[str] = []
    page = list_of("unmatched", limit="2")
    while page["next_cursor"]:
        seen += [item["id"] for item in page["items"]]
        page = list_of("unmatched", limit="2", cursor=page["next_cursor"])
    seen += [item["id"] for item in page["items"]]
    assert len(seen) == 5
    assert set(seen) == ids


def test_a_cursor_is_good_for_its_own_list_only(keep: Keep, now: Any) -> None:
    for place in range(3):
        commands.apply(keep(UNKNOWN, f"msg_{place}"), now)
    cursor = list_of("unmatched", limit="1")["next_cursor"]
    assert list_of("ignored", cursor=cursor)["errors"][0]["field"] == "cursor"


def test_a_person_attaches_an_event_to_its_deal(unmatched: str, approved: Deal) -> None:
    status, event = call("attach-event", params={"id": unmatched})
    assert status == 200
    assert (event["status"], event["deal_id"], event["attached_by"]) == ("applied", DEAL_ID, ADMIN)
    won = deals.locate(NUMBER)
    assert won.status == "won"
    assert won.won_amount and won.won_amount.amount == "9.00"
    assert deals.events_of(won)[-1].internal == {"by": ADMIN}
    assert list_of("unmatched")["items"] == []


def test_attaching_twice_to_the_same_deal_is_once(unmatched: str, approved: Deal) -> None:
    assert call("attach-event", params={"id": unmatched}) == call("attach-event", params={"id": unmatched})
    assert [event.type for event in deals.events_of(approved)].count("deal.won") == 1


def test_an_applied_event_cannot_be_attached_to_another_deal(
    unmatched: str, approved: Deal, context: CommandContext, new_deal: NewDealOf
) -> None:
    other = approve(new_deal("deal_01JD8V4M2T7QK3N5P97K3M9Q2H", name="Other", domain="other.example"), context)
    call("attach-event", params={"id": unmatched})
    status, problem = call("attach-event", params={"id": unmatched}, body={"deal_id": other.id})
    assert (status, problem["code"], problem["deal_id"]) == (409, "state_conflict", DEAL_ID)
    assert deals.locate(other.id).status == "approved"


def test_a_deal_that_is_not_approved_cannot_be_attached_yet_and_the_event_stays(
    unmatched: str, in_review: Deal
) -> None:
    status, problem = call("attach-event", params={"id": unmatched})
    assert (status, problem["code"]) == (409, "state_conflict")
    assert store.event(unmatched).status is EventStatus.UNMATCHED


def test_an_event_cannot_be_attached_to_a_deal_that_there_is_not(unmatched: str) -> None:
    status, problem = call("attach-event", params={"id": unmatched}, body={"deal_id": "D-1111-1111"})
    assert (status, problem["errors"][0]["field"]) == (422, "deal_id")


def test_an_event_that_tells_of_no_sale_cannot_be_attached(keep: Keep, approved: Deal) -> None:
    status, problem = call("attach-event", params={"id": keep(b'{"type":"refund.created"}')})
    assert (status, problem["reason_code"]) == (409, "type_not_handled")


AS_NUMBER = (
    b'{"type":"deal.closed_won","data":{"deal_number":"D-7K3M-9Q2F","amount":{"amount":"much","currency":"EUR"}}}'
)
NAMED = {"deal_id": NUMBER, "amount": {"amount": "9000.00", "currency": "EUR"}}


def test_a_person_names_the_amount_that_an_event_does_not_say(keep: Keep, approved: Deal, now: Any) -> None:
    event_id = keep(AS_NUMBER)
    commands.apply(event_id, now)
    shown = call("show-event", params={"id": event_id})[1]
    assert (shown["status"], shown["reason_code"]) == ("unmatched", "unreadable")
    assert shown["reason"].startswith("data.amount.amount: ")
    status, problem = call("attach-event", params={"id": event_id})
    assert (status, problem["errors"][0]["field"]) == (422, "amount")

    status, event = call("attach-event", params={"id": event_id}, body=NAMED)

    assert (status, event["status"], event["reason"]) == (200, "applied", None)
    assert str(deals.locate(NUMBER).won_amount) == "9000.00 EUR"


@pytest.mark.parametrize("body", [b"\xff", b"{}", b'{"type":"invoice.made"}', b'{"type":"deal.closed_won"}'])
def test_an_event_that_says_nothing_at_all_can_be_attached_with_its_amount(
    body: bytes, keep: Keep, approved: Deal, now: Any
) -> None:
    event_id = keep(body)
    commands.apply(event_id, now)
    assert call("attach-event", params={"id": event_id}, body=NAMED)[0] == 200
    assert deals.locate(NUMBER).status == "won"


def test_an_amount_beside_another_of_the_event_is_refused(unmatched: str, approved: Deal) -> None:
    status, problem = call("attach-event", params={"id": unmatched}, body=NAMED)
    assert (status, problem["errors"]) == (
        422,
        [{"field": "amount", "message": "The event says 9.00 EUR: leave the amount out."}],
    )
    assert deals.locate(NUMBER).status == "approved"


def test_a_person_closes_an_event_with_a_reason(unmatched: str) -> None:
    status, closed = call("close-event", params={"id": unmatched})
    assert status == 200
    assert (closed["status"], closed["reason_code"], closed["closed_by"]) == ("ignored", "closed", ADMIN)
    assert closed["reason"] == "An order of our own, without a partner."
    assert call("close-event", params={"id": unmatched}, body={"reason": "another"}) == (200, closed)
    assert list_of("unmatched")["items"] == []


def test_closing_needs_a_reason(unmatched: str) -> None:
    for body in ({}, {"reason": ""}, {"reason": " "}, {"reason": "x" * 2001}):
        status, problem = call("close-event", params={"id": unmatched}, body=body)
        assert (status, problem["errors"][0]["field"]) == (422, "reason")


def test_the_longest_reason_fits_beside_the_largest_body(keep: Keep, now: Any) -> None:
    event_id = keep(b"x" * MAX_BODY)
    reason = "\U0001d11e" * 2000
    assert call("close-event", params={"id": event_id}, body={"reason": reason})[1]["reason"] == reason


def test_an_event_that_is_over_cannot_be_closed(unmatched: str, keep: Keep, approved: Deal, now: Any) -> None:
    call("attach-event", params={"id": unmatched})
    ignored = keep(b'{"type":"invoice.made"}', "msg_2")
    commands.apply(ignored, now)
    for event_id in (unmatched, ignored):
        status, problem = call("close-event", params={"id": event_id})
        assert (status, problem["code"]) == (409, "state_conflict")


def test_of_two_who_say_what_an_event_is_one_is_told(
    unmatched: str, approved: Deal, now: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: commands.attach(unmatched, NUMBER, None, "key_1", now), "BillingInbox")
    with pytest.raises(StateConflict):
        commands.close(unmatched, "nobody's", "key_2", now)
    assert store.event(unmatched).status is EventStatus.APPLIED


def test_an_unknown_event_is_a_404(aws: None) -> None:
    for event_id in ("bev_" + "0" * 26, "bev_1", "", "é" * 3000):
        assert call("show-event", params={"id": event_id})[0] == 404
        assert call("attach-event", params={"id": event_id})[0] == 404


ROUTES = [
    "create-source",
    "list-sources",
    "rotate-secret",
    "list-events",
    "show-event",
    "apply-event",
    "attach-event",
    "close-event",
]


@pytest.mark.parametrize("name", ROUTES)
def test_a_partner_may_do_none_of_this(aws: None, name: str) -> None:
    reply = admin_api.handler(sample(f"billing-admin-api/{name}", caller=PARTNER), None)
    assert reply["statusCode"] == 403


def test_every_route_has_a_sample_event() -> None:
    assert routes_of("billing-admin-api") == set(admin_api.ROUTES)


def test_no_reply_but_the_two_holds_a_secret(generic: Source, unmatched: str) -> None:
    replies = [call("list-sources"), call("list-events"), call("show-event", params={"id": unmatched})]
    assert generic.secrets[0].value not in json.dumps(replies)
