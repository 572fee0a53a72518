"""Events are read again: when an admin asks, and when a release handles types that an earlier one did not."""

import json
from datetime import datetime
from typing import Any

import pytest

from billing import admin_api
from clock import sweep
from dealreg.billing import commands, rereading, sources, store
from dealreg.billing.model import EventStatus, Reason, Source
from dealreg.commissions import plan_store
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting
from tests.integration.billing.conftest import DEAL_ID, GENERIC_ID, NUMBER, STRIPE_ID, Keep, Post, approve
from tests.integration.billing.sales import closed_won, outcome, tick
from tests.integration.billing.test_money import PLAN, lines_of, payment, refund
from tests.samples import content, sample

PLAN_OF_ANALYTICS = PLAN | {
    "rules": [{"id": "analytics", "when": {"product": ["analytics"]}, "rate": {"percent": "20"}}]
}
QUOTE = json.dumps(
    {
        "id": "evt_1",
        "type": "quote.accepted",
        "data": {"object": {"metadata": {"deal_id": NUMBER}, "amount_total": 500, "currency": "eur"}},
    }
).encode()


def call(name: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    reply = admin_api.handler(sample(f"billing-admin-api/{name}", **changes), None)
    return reply["statusCode"], content(reply)


def again(event_id: str) -> tuple[int, dict[str, Any]]:
    return call("apply-event", params={"id": event_id})


def test_an_event_whose_deal_was_approved_later_is_applied_when_asked(
    in_review: Deal, post: Post, context: CommandContext
) -> None:
    event_id = post(closed_won())
    approve(deals.locate(DEAL_ID), context)
    status, shown = again(event_id)
    assert (status, shown["status"]) == (200, "applied")
    assert again(event_id) == (200, shown), "what was applied stays so"


def test_what_was_closed_is_not_applied_again(approved: Deal, keep: Keep, now: datetime) -> None:
    event_id = keep(closed_won())
    commands.close(event_id, "a test order", "key_1", now)
    assert again(event_id)[0] == 409
    assert deals.locate(DEAL_ID).status == "approved"


def test_a_source_of_the_other_mode_is_corrected(approved: Deal, stripe: Source, keep: Keep, now: datetime) -> None:
    event_id = keep(json.dumps(json.loads(QUOTE) | {"livemode": False}).encode(), "evt_1", stripe)
    commands.apply(event_id, now)
    assert outcome(event_id) == (EventStatus.IGNORED, Reason.OTHER_MODE)
    sources.change(stripe, {"mode": "test"}, "key_1")
    assert again(event_id)[1]["status"] == "applied"


def test_what_was_applied_and_is_outdated_by_now_stays_applied(approved: Deal, post: Post) -> None:
    first = post(payment())
    newer = json.loads(payment()) | {"timestamp": "2026-11-20T11:00:00Z"}
    post(json.dumps(newer).encode(), "msg_2")
    before = lines_of(approved)
    status, shown = again(first)
    assert (status, shown["status"], shown["reason_code"], shown["deal_id"]) == (200, "applied", None, DEAL_ID)
    assert lines_of(approved) == before


@pytest.fixture
def ignored(approved: Deal, stripe: Source, keep: Keep, now: datetime) -> str:
    """By an earlier release."""
    event_id = keep(QUOTE, "evt_1", stripe)
    store.set_aside(store.event(event_id), "quote.accepted", Reason.TYPE_NOT_HANDLED)
    return event_id


def test_an_ignored_event_is_applied_when_asked(ignored: str) -> None:
    assert again(ignored)[1]["status"] == "applied"
    assert deals.locate(DEAL_ID).won_amount == Money(500, "EUR")


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 50_000


def test_the_clock_reads_again_what_an_earlier_release_ignored(
    ignored: str, keep: Keep, stripe: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = keep(b'{"id": "evt_2", "type": "price.created"}', "evt_2", stripe)
    commands.apply(unknown, now)
    monkeypatch.setattr(rereading, "_PAGE", 1)
    monkeypatch.setenv("SWEPT_TABLE", Setting.BILLING_INBOX_TABLE)
    for _ in range(4):
        sweep.handler({}, Context())
    assert outcome(ignored) == (EventStatus.APPLIED, None)
    assert outcome(unknown) == (EventStatus.IGNORED, Reason.TYPE_NOT_HANDLED)


def test_what_was_read_again_once_is_left_alone(ignored: str, now: datetime) -> None:
    rereading.each_minute(now)
    tick(ignored, now)
    row = store.event(ignored)
    for _ in range(2):
        rereading.each_minute(now)
    assert store.event(ignored) == row


def test_a_list_is_of_one_source_if_that_is_asked(post: Post, keep: Keep, stripe: Source, now: datetime) -> None:
    of_stripe = keep(b'{"id": "evt_9", "type": "price.created"}', "evt_9", stripe)
    commands.apply(of_stripe, now)
    generic = {post(b'{"type": "price.created"}', f"msg_{place}") for place in range(3)}
    for source_id, expected in [(STRIPE_ID, {of_stripe}), (GENERIC_ID, generic), ("bsrc_of_nobody", set[str]())]:
        query = {"status": "ignored", "source_id": source_id, "limit": "3"}
        event = sample("billing-admin-api/list-events") | {"queryStringParameters": query}
        listed = content(admin_api.handler(event, None))
        assert {item["id"] for item in listed["items"]} == expected


def test_a_sale_whose_product_was_not_mapped_is_priced_again(approved: Deal, generic: Source, post: Post) -> None:
    plan_store.add("standard", PLAN_OF_ANALYTICS, "2026-01-01T00:00:00.000Z", "test")
    event_id = post(payment(sold={"lines": [{"product": "price_a", "amount": "100.00"}]}))
    assert lines_of(approved) == ["1 accrual 0.00"]
    sources.change(generic, {"products": {"price_a": "analytics"}}, "key_1")
    for _ in range(2):
        assert again(event_id)[1]["status"] == "applied"
    assert lines_of(approved) == ["1 accrual 0.00", "2 adjustment 20.00"]
    assert outcome(post(refund(), "msg_2")) == (EventStatus.APPLIED, None)
    assert lines_of(approved)[2:] == ["3 clawback -10.00"]


def test_facts_are_shown_as_they_are_read(post: Post) -> None:
    event_id = post(closed_won(deal_number="D-0000-0000"))
    (fact,) = call("show-event", params={"id": event_id})[1]["facts"]
    assert (fact["type"], fact["data"]["deal_id"]) == ("deal.closed_won", "D-0000-0000")
