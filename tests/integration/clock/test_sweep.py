"""The sweep on real tables: each kind of due row reaches its handler, and what fails stays due."""

import itertools
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from clock import sweep as function
from dealreg import clock
from dealreg.approvals import review
from dealreg.billing import store as inbox
from dealreg.billing.model import InboxEvent, SourceKind
from dealreg.clock import Progress
from dealreg.deals import rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform import due, dynamo, times
from dealreg.platform.http import Caller
from dealreg.reviewing import full_recheck
from dealreg.webhooks.deliveries import rules as webhook_rules
from dealreg.webhooks.deliveries import store as webhooks
from dealreg.webhooks.model import Endpoint, Message, SigningKey
from tests.integration.moving import executions, notices, registered, sample, waiting_in

NewPartner = Callable[[str], Caller]


def plenty_of_time() -> int:
    return 60_000


def begin_at(moment: datetime) -> None:
    for table in ("Deals", "Accounts", "Webhooks", "BillingInbox"):
        clock.save(table, Progress(moment))


def due_rows(table: str, now: datetime) -> list[str]:
    buckets = due.buckets(now - timedelta(minutes=30), now)
    return [row["sk"] for bucket in buckets for row in due.find(table, bucket, now).items]


@pytest.fixture
def lost(new_partner: NewPartner, context: CommandContext, now: datetime) -> Deal:
    """A registration of which the stream told nobody."""
    begin_at(now - clock.LATENESS)
    return registered(new_partner("North"), context)


def test_an_event_that_the_stream_lost_is_published(lost: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    later = now + timedelta(minutes=3)
    monkeypatch.setattr(times, "now", lambda: later)

    function.handler(sample("clock/minute.json"), SimpleNamespace(get_remaining_time_in_millis=plenty_of_time))

    assert executions() == [f"{lost.id}-1"]
    assert notices() == ["deal.submitted"]
    assert due_rows("Deals", later) == []


def test_an_event_gets_the_stream_time_to_tell_of_it(lost: Deal, now: datetime) -> None:
    clock.sweep(now + timedelta(minutes=1), plenty_of_time)

    assert executions() == []


def test_a_row_that_fails_stays_due_and_holds_up_no_other(
    lost: Deal, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    broken = {"pk": "DEAL#BROKEN00", "sk": "EVENT#000001", **due.at(now, "evt_broken")}
    dynamo.write(dynamo.put("Deals", broken))

    for minute in range(3, 12):
        clock.sweep(now + timedelta(minutes=minute), plenty_of_time)

    assert executions() == [f"{lost.id}-1"]
    later = now + timedelta(minutes=11)
    assert clock.load("Deals", later) == Progress(later - clock.LATENESS, (broken["due_bucket"],))
    (error, *_) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error.__dict__["pk"] == "DEAL#BROKEN00"

    dynamo.write(dynamo.delete(dynamo.Key("Deals", broken["pk"], broken["sk"])))
    clock.sweep(later, plenty_of_time)
    assert clock.load("Deals", later).unfinished == ()


def test_a_run_without_time_does_nothing_and_forgets_nothing(lost: Deal, now: datetime) -> None:
    later = now + timedelta(hours=1)
    clock.sweep(later, lambda: clock.RESERVE_MS)
    assert clock.load("Deals", later) == Progress(now - clock.LATENESS)

    clock.sweep(later, plenty_of_time)
    assert executions() == [f"{lost.id}-1"]


def test_a_flood_in_one_table_leaves_the_other_its_time(lost: Deal, now: datetime) -> None:
    """Each look at the clock costs a tenth of a second here; hours are to be made up in each table."""
    begin_at(now - timedelta(hours=3))
    left = itertools.count(60_000, -100)

    clock.sweep(now, lambda: next(left))

    for table in ("Deals", "Accounts", "Webhooks", "BillingInbox"):
        assert now - timedelta(hours=3) < clock.load(table, now).swept_to < now - timedelta(hours=2)


def test_an_approver_is_reminded_and_then_passed_over(lost: Deal, now: datetime) -> None:
    review.ask(lost.id, 1, 1, "task", now)
    (row,) = dynamo.query("Deals", f"DEAL#{lost.id[-8:]}", "APPROVAL#").items
    for wanted in ({"reminders": 1, "status": "pending"}, {"reminders": 1, "status": "escalated"}):
        moment = times.from_text(row["due_at"])
        begin_at(moment - timedelta(minutes=1))

        clock.sweep(moment + timedelta(seconds=1), plenty_of_time)

        (row,) = dynamo.query("Deals", f"DEAL#{lost.id[-8:]}", "APPROVAL#").items
        assert wanted.items() <= row.items()


def test_a_protection_is_warned_of_and_ends(lost: Deal, context: CommandContext) -> None:
    deal = store.commit(lost, rules.approve(lost, context, 90, "approver"))
    told: list[str] = []
    for _ in range(2):
        moment = times.from_text(deal.due_at or "")
        begin_at(moment - timedelta(minutes=1))

        clock.sweep(moment + timedelta(seconds=1), plenty_of_time)

        deal = store.load(deal.partner_id, deal.id)
        told.append(store.events_of(deal)[-1].type)
    assert told == ["deal.expiring", "deal.expired"]


def test_a_delivery_whose_message_was_lost_is_queued_again(aws: None, now: datetime) -> None:
    begin_at(now - clock.LATENESS)
    endpoint = Endpoint(
        "whe_1", "vendor", "https://hooks.example.com", ("*",), "", "enabled", (SigningKey(1, None),), now
    )
    webhooks.send_to([endpoint], Message("evt_1", "deal.won", now, "{}"), now)
    waiting_in("DELIVERY_QUEUE_URL")

    clock.sweep(now + webhook_rules.REPAIR_AFTER + timedelta(minutes=1), plenty_of_time)

    assert len(waiting_in("DELIVERY_QUEUE_URL")) == 1


def test_the_first_run_of_all_begins_where_the_table_did(aws: None) -> None:
    born = times.now()

    clock.sweep(born, plenty_of_time)

    swept_to = clock.load("Deals", born + timedelta(days=1)).swept_to
    assert born - clock.LATENESS - timedelta(minutes=2) < swept_to <= born - clock.LATENESS


def test_a_billing_event_that_the_stream_lost_is_settled(aws: None, now: datetime) -> None:
    begin_at(now - clock.LATENESS)
    body = b'{"type": "deal.closed_won", "timestamp": "2026-11-23T10:00:00Z", "data": {"deal_number": "D-0000-0000"}}'
    event_id = inbox.event_id("src_1", "msg_1")
    inbox.keep(InboxEvent(event_id, "src_1", SourceKind.STANDARD_WEBHOOKS, "msg_1", now, body))

    clock.sweep(now + due.RELAY_GRACE + timedelta(minutes=1), plenty_of_time)

    assert inbox.event(event_id).status == "unmatched"


def test_the_sweep_sees_to_it_that_open_deals_are_judged_again(
    lost: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its first run on: at first it does not know what they were judged by."""
    for moment in (now, now + full_recheck.LOOK_EVERY, now + full_recheck.LOOK_EVERY + full_recheck.PAGE_EVERY):
        monkeypatch.setattr(times, "now", lambda moment=moment: moment)
        function.handler(sample("clock/minute.json"), SimpleNamespace(get_remaining_time_in_millis=plenty_of_time))

    assert waiting_in("RECHECK_QUEUE_URL") == [{"deals": [[lost.partner_id, lost.id]]}]
