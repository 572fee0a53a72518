"""An event in the stream: reviews begin and end, the next in line moves up, endpoints and people are told."""

from collections.abc import Callable
from datetime import datetime

from dealreg import relay, wiring
from dealreg.approvals import review
from dealreg.deals import commands, rules, store
from dealreg.deals.model import Deal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.platform import due, dynamo
from dealreg.platform.http import Caller
from dealreg.platform.settings import Setting
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.items import to_item
from dealreg.webhooks.model import Endpoint, SigningKey
from tests.integration.moving import executions, notices, records_of, registered, waiting_in
from tests.reviews import questions_of, review_of

NewPartner = Callable[[str], Caller]


def relay_all(now: datetime) -> None:
    records = records_of("Deals", "EVENT#")
    for record in records:
        relay.record_handler(wiring.CAPABILITIES, records, now)(record)


def has_due_events(deal: Deal) -> bool:
    rows = list(dynamo.every("Deals", f"DEAL#{deal.id[-8:]}", "EVENT#"))
    return any("due_at" in row for row in rows)


def subscribe(owner: str, now: datetime) -> None:
    endpoint = Endpoint(
        "whe_1", owner, "https://hooks.example.com", ("deal.*",), "", "enabled", (SigningKey(1, None),), now
    )
    key = endpoints.endpoint_key(owner, endpoint.id)
    dynamo.write(dynamo.put(key.table, {"pk": key.pk, "sk": key.sk, **to_item(endpoint)}))


def test_a_registration_starts_its_review_and_tells_endpoints_and_the_partner(
    new_partner: NewPartner, context: CommandContext, now: datetime
) -> None:
    subscribe("vendor", now)
    deal = registered(new_partner("North"), context)

    relay_all(now)

    assert executions() == [f"{deal.id}-1"]
    assert notices() == ["deal.submitted"]
    assert len(waiting_in("DELIVERY_QUEUE_URL")) == 1


def test_a_published_event_is_off_the_clock(new_partner: NewPartner, context: CommandContext, now: datetime) -> None:
    deal = registered(new_partner("North"), context)
    assert has_due_events(deal)

    relay_all(now)

    assert not has_due_events(deal)


def test_an_event_that_comes_again_starts_and_delivers_nothing_again(
    new_partner: NewPartner, context: CommandContext, now: datetime
) -> None:
    subscribe("vendor", now)
    registered(new_partner("North"), context)

    relay_all(now)
    relay_all(now)

    assert len(executions()) == 1
    assert len(waiting_in("DELIVERY_QUEUE_URL")) == 1


def test_a_queued_registration_has_no_review(new_partner: NewPartner, context: CommandContext, now: datetime) -> None:
    first = registered(new_partner("North"), context)
    second = registered(new_partner("South"), context)

    relay_all(now)

    assert second.status == "queued"
    assert executions() == [f"{first.id}-1"]
    assert notices() == ["deal.submitted", "deal.submitted"]


def test_when_a_deal_is_withdrawn_its_question_ends_and_the_next_in_line_is_reviewed(
    new_partner: NewPartner, context: CommandContext, now: datetime
) -> None:
    first = registered(new_partner("North"), context)
    second = registered(new_partner("South"), context)
    review.ask(first.id, 1, "task", now)
    store.commit(first, rules.withdraw(first, context, "changed plans"))

    relay_all(now)  # the withdrawal promotes the second …
    relay_all(now)  # … and that is an event too

    assert [put.status for put in questions_of(first)] == ["superseded"]
    assert review_of(first).state == "superseded"
    promoted = store.load(second.partner_id, second.id)
    assert promoted.status == "in_review"
    assert f"{second.id}-{promoted.version}" in executions()


def test_an_internal_note_tells_nobody(new_partner: NewPartner, context: CommandContext, now: datetime) -> None:
    partner = new_partner("North")
    subscribe(partner.partner_id, now)
    deal = registered(partner, context)
    relay_all(now)
    waiting_in("DELIVERY_QUEUE_URL")
    notices()

    commands.apply(deal, lambda current: rules.note(current, context, "Do not trust them.", "key_1"))
    relay_all(now)

    assert waiting_in("DELIVERY_QUEUE_URL") == []
    assert notices() == ["deal.submitted"]  # the first event, told of again
    assert not has_due_events(deal)


def test_the_sweep_publishes_what_the_stream_lost_and_only_that(
    new_partner: NewPartner, context: CommandContext, now: datetime
) -> None:
    deal = registered(new_partner("North"), context)

    for _ in range(2):
        publish = wiring.due_handlers(Setting.DEALS_TABLE)["EVENT"]
        publish(place_of(deal.id).key(1), now + due.RELAY_GRACE)

    assert notices() == ["deal.submitted"]
    assert executions() == [f"{deal.id}-1"]
