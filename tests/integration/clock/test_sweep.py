"""The sweep on real tables: each kind of due row reaches its handler, and what fails stays due."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from dealreg import clock
from dealreg.approvals import review
from dealreg.billing import store as inbox
from dealreg.billing.model import InboxEvent, SourceKind
from dealreg.clock import Progress
from dealreg.deals import rules, store
from dealreg.deals.model import Deal, place_of
from dealreg.deals.rules import CommandContext
from dealreg.platform import aws as aws_module
from dealreg.platform import due, dynamo, times
from dealreg.reviewing import full_recheck
from dealreg.webhooks.deliveries import rules as webhook_rules
from dealreg.webhooks.deliveries import store as webhooks
from dealreg.webhooks.model import Endpoint, Message, SigningKey
from tests.integration.clock.stage import Sweep, begin_at, due_rows
from tests.integration.moving import executions, notices, waiting_in
from tests.reviews import questions_of, review_of


def test_an_event_that_the_stream_lost_is_published(lost: Deal, now: datetime, sweep: Sweep) -> None:
    later = now + timedelta(minutes=3)

    sweep(later)

    assert executions() == [f"{lost.id}-1"]
    assert notices() == ["deal.submitted"]
    assert due_rows("Deals", later) == []


def test_an_event_gets_the_stream_time_to_tell_of_it(lost: Deal, now: datetime, sweep: Sweep) -> None:
    sweep(now + timedelta(minutes=1))

    assert executions() == []


def test_a_row_of_a_kind_that_nobody_handles_fails(
    aws: None, now: datetime, sweep: Sweep, caplog: pytest.LogCaptureFixture
) -> None:
    begin_at(now - clock.LATENESS)
    dynamo.write(dynamo.put("Deals", {"pk": "1", "sk": "RIDDLE#1", **due.at(now, "1")}))

    sweep(now)

    assert [(record.message, record.__dict__["kind"]) for record in caplog.records if record.exc_info] == [
        (clock.FAILED, "RIDDLE")
    ]


def test_a_run_without_time_does_nothing_and_forgets_nothing(lost: Deal, now: datetime, sweep: Sweep) -> None:
    later = now + timedelta(hours=1)
    sweep(later, time_left=lambda: clock.RESERVE_MS)
    assert clock.load("Deals", later) == Progress(now - clock.LATENESS)

    sweep(later)
    assert executions() == [f"{lost.id}-1"]


@pytest.mark.parametrize(("table", "place"), [("Deals", "DEALS_TABLE"), ("Webhooks", "WEBHOOKS_TABLE")])
def test_a_table_that_is_hours_behind_goes_on_as_far_as_its_time_reaches(
    aws: None, now: datetime, sweep: Sweep, table: str, place: str
) -> None:
    """Each look at the clock costs a tenth of a second here. No table takes it from another."""
    begin_at(now - timedelta(hours=3))
    left = itertools.count(60_000, -100)

    sweep(now, place, lambda: next(left))

    assert now - timedelta(hours=2) < clock.load(table, now).swept_to < now - timedelta(minutes=30)
    assert clock.load("BillingInbox", now).swept_to == now - timedelta(hours=3)


def test_a_bucket_that_cannot_be_read_is_read_again(lost: Deal, now: datetime, sweep: Sweep) -> None:
    later = now + timedelta(minutes=10)
    (bucket,) = {due.at(now + due.RELAY_GRACE, store.events_of(lost)[0].id)["due_bucket"]}

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if params.get("ExpressionAttributeValues", {}).get(":k") == {"S": bucket}:
            raise ReadTimeoutError(endpoint_url="https://dynamodb")

    events = aws_module.client("dynamodb").meta.events
    events.register("provide-client-params.dynamodb.Query", refuse)
    sweep(later)
    assert clock.load("Deals", later).unfinished == (bucket,)
    events.unregister("provide-client-params.dynamodb.Query", refuse)

    sweep(later)
    assert executions() == [f"{lost.id}-1"]


def test_an_approver_is_reminded_and_then_others_are_asked(lost: Deal, now: datetime, sweep: Sweep) -> None:
    review.ask(lost.id, 1, "task", now)
    for reminders, statuses in ((1, ["pending"]), (1, ["escalated", "pending"])):
        moment = review_of(lost).due_at
        assert moment is not None
        begin_at(moment - timedelta(minutes=1))

        sweep(moment + timedelta(seconds=1))

        (step,) = review_of(lost).steps
        assert (step.reminders, [put.status for put in questions_of(lost)]) == (reminders, statuses)


def test_a_protection_is_warned_of_and_ends(lost: Deal, context: CommandContext, sweep: Sweep) -> None:
    deal = store.commit(lost, rules.approve(lost, context, 90, "approver"))
    told: list[str] = []
    for _ in range(2):
        moment = times.from_text(deal.due_at or "")
        begin_at(moment - timedelta(minutes=1))

        sweep(moment + timedelta(seconds=1))

        deal = store.load(deal.partner_id, deal.id)
        told.append(store.events_of(deal)[-1].type)
    assert told == ["deal.expiring", "deal.expired"]


def test_a_delivery_whose_message_was_lost_is_queued_again(aws: None, now: datetime, sweep: Sweep) -> None:
    begin_at(now - clock.LATENESS)
    endpoint = Endpoint(
        "whe_1", "vendor", "https://hooks.example.com", ("*",), "", "enabled", (SigningKey(1, None),), now
    )
    message = Message("evt_1", "deal.won", now, "{}", "deal_1", 1, place_of("deal_1"))
    webhooks.send_to([endpoint], message, now)
    waiting_in("DELIVERY_QUEUE_URL")

    sweep(now + webhook_rules.REPAIR_AFTER + timedelta(minutes=1), "WEBHOOKS_TABLE")

    assert len(waiting_in("DELIVERY_QUEUE_URL")) == 1


def test_the_first_run_of_all_begins_where_the_table_did(aws: None, sweep: Sweep) -> None:
    born = times.now()

    sweep(born)

    swept_to = clock.load("Deals", born + timedelta(days=1)).swept_to
    assert born - clock.LATENESS - timedelta(minutes=2) < swept_to <= born - clock.LATENESS


def test_a_billing_event_that_the_stream_lost_is_settled(aws: None, now: datetime, sweep: Sweep) -> None:
    begin_at(now - clock.LATENESS)
    body = b'{"type": "deal.closed_won", "timestamp": "2026-11-23T10:00:00Z", "data": {"deal_number": "D-0000-0000"}}'
    event_id = inbox.event_id("src_1", "msg_1")
    inbox.keep(InboxEvent(event_id, "src_1", SourceKind.STANDARD_WEBHOOKS, "msg_1", now, body))

    sweep(now + due.RELAY_GRACE + timedelta(minutes=1), "BILLING_INBOX_TABLE")

    assert inbox.event(event_id).status == "unmatched"


def test_the_sweep_sees_to_it_that_open_deals_are_judged_again(lost: Deal, now: datetime, sweep: Sweep) -> None:
    """From its first run on: at first it does not know what they were judged by."""
    for moment in (now, now + full_recheck.LOOK_EVERY, now + full_recheck.LOOK_EVERY + full_recheck.PAGE_EVERY):
        sweep(moment)

    assert waiting_in("RECHECK_QUEUE_URL") == [{"deals": [[lost.partner_id, lost.id]]}]
