"""A sale of a deal that is not decided on waits for the approval, and what can never be handled ends."""

import json
import logging
from datetime import datetime, timedelta

import pytest

from dealreg.billing import commands, store
from dealreg.billing.model import LOOK_AGAIN, MAX_TRIES, EventStatus, Reason, Source
from dealreg.deals import rules, sales
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.deals.views import admin_view, view
from dealreg.platform import due
from dealreg.platform.errors import StateConflict, Unavailable
from dealreg.platform.money import Money
from relay import app
from tests.integration.aws_calls import lose_race_to
from tests.integration.billing.conftest import DEAL_ID, NUMBER, Keep, NewDealOf, Post, approve
from tests.integration.billing.sales import EURO, SUCCEEDED, checkout, closed_won, outcome, row, tick, wins_of
from tests.integration.moving import records_of

OTHER_ID = "deal_01JD8V4M2T7QK3N5P97K3M9Q2H"

pytestmark = pytest.mark.usefixtures("state_machine")


def publish_newest(deal: Deal, now: datetime) -> None:
    """The relay gets the record of a deal's newest event, with its own rights and with all that follows."""
    newest = deals.events_of(deal)[-1]
    records = [record for record in records_of("Deals", "EVENT") if newest.id in str(record)]
    assert app.handler({"Records": records}, None) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    "body", [closed_won(), checkout("completed", "paid"), SUCCEEDED], ids=["generic", "paid", "late"]
)
def test_a_sale_of_a_deal_in_review_is_shown_to_the_vendor_and_applied_after_the_approval(
    body: bytes, in_review: Deal, post: Post, context: CommandContext, now: datetime
) -> None:
    event_id = post(body)
    assert outcome(event_id) == (EventStatus.WAITING, Reason.AWAITING_APPROVAL)
    told = deals.locate(DEAL_ID)
    assert told.status == "in_review"
    (sale,) = admin_view(told)["reported_sales"]
    assert (sale["event_id"], sale["amount"]) == (event_id, EURO)
    assert "reported_sales" not in view(told)

    publish_newest(approve(told, context), now)

    assert outcome(event_id) == (EventStatus.APPLIED, None)
    assert (wins_of(in_review), deals.locate(DEAL_ID).won_amount) == (1, Money(9_000_000, "EUR"))


def test_the_partner_learns_nothing_of_a_sale_before_the_decision(in_review: Deal, post: Post) -> None:
    post(closed_won())
    noted = deals.events_of(in_review)[-1]
    assert (noted.type, noted.audience) == (rules.NOTED, ())
    assert "reported" not in json.dumps(noted.data)


def test_of_several_events_of_a_sale_one_wins(
    in_review: Deal, post: Post, context: CommandContext, now: datetime
) -> None:
    events = [post(closed_won(), f"msg_{place}") for place in range(3)]
    publish_newest(approve(deals.locate(DEAL_ID), context), now)
    assert (
        sorted(outcome(event_id) for event_id in events)
        == [
            (EventStatus.APPLIED, None),
            (EventStatus.IGNORED, Reason.DEAL_ALREADY_WON),
            (EventStatus.IGNORED, Reason.DEAL_ALREADY_WON),
        ]
        or wins_of(in_review) == 1
    )


def test_a_deal_does_not_grow_with_every_event_that_waits_for_it(
    in_review: Deal, post: Post, context: CommandContext, now: datetime
) -> None:
    events = [post(closed_won(), f"msg_{place}") for place in range(15)]
    waiting = deals.locate(DEAL_ID)
    assert len(waiting.reported_sales) == 10
    assert {outcome(event_id)[0] for event_id in events} == {EventStatus.WAITING}
    publish_newest(approve(waiting, context), now)
    for event_id in events[10:]:  # the clock has them
        tick(event_id, now + LOOK_AGAIN)
    assert wins_of(in_review) == 1
    assert not [event_id for event_id in events if not store.event(event_id).is_over]


@pytest.mark.parametrize("end", ["reject", "withdraw"])
def test_a_deal_that_ends_otherwise_hands_the_sale_to_a_person(
    end: str, in_review: Deal, post: Post, context: CommandContext, now: datetime
) -> None:
    event_id = post(closed_won())
    deal = deals.locate(DEAL_ID)
    change = (
        rules.withdraw(deal, context, "sold elsewhere")
        if end == "withdraw"
        else rules.reject(deal, context, "not_a_fit", "no", "approver@acme.example")
    )
    publish_newest(deals.commit(deal, change), now)
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.DEAL_NOT_APPROVED)


def test_an_approval_that_nobody_told_of_is_found_by_the_clock(
    in_review: Deal, post: Post, context: CommandContext, now: datetime
) -> None:
    event_id = post(closed_won())
    approve(deals.locate(DEAL_ID), context)
    tick(event_id, now + LOOK_AGAIN - timedelta(seconds=1))
    assert outcome(event_id)[0] is EventStatus.WAITING
    tick(event_id, now + LOOK_AGAIN)
    assert outcome(event_id)[0] is EventStatus.APPLIED


def test_what_waits_is_noted_on_its_deal_once_however_often_it_is_looked_at(
    in_review: Deal, post: Post, now: datetime
) -> None:
    event_id = post(closed_won())
    noted = deals.locate(DEAL_ID)
    for hours in (6, 12, 18):
        tick(event_id, now + timedelta(hours=hours))
    assert deals.locate(DEAL_ID) == noted
    assert store.event(event_id).tries == 0


def test_an_approval_between_reading_and_waiting_is_met(
    in_review: Deal, post: Post, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_race_to(monkeypatch, lambda: approve(in_review, context), "Deals")
    event_id = post(closed_won())
    assert outcome(event_id)[0] is EventStatus.APPLIED
    assert wins_of(in_review) == 1


def test_the_same_event_sent_again_is_looked_at_again(
    in_review: Deal, post: Post, keep: Keep, generic: Source, context: CommandContext, now: datetime
) -> None:
    # given: it was set aside for a deal that was there only later
    event_id = keep(closed_won(), "msg_1")
    store.set_aside(store.event(event_id), "deal.closed_won", Reason.DEAL_UNKNOWN)
    approve(deals.locate(DEAL_ID), context)
    later = now + timedelta(hours=1)
    again = store.InboxEvent(event_id, generic.id, generic.kind, "msg_1", later, closed_won())

    assert not store.keep(again)
    tick(event_id, later)

    assert outcome(event_id)[0] is EventStatus.APPLIED
    assert not store.keep(again)
    assert not set(due.ATTRIBUTES) & set(row(event_id)), "what is over stays as it is"


def test_a_sale_that_was_another_deals_leaves_the_deal_that_it_waited_for(
    in_review: Deal, post: Post, new_deal: NewDealOf, context: CommandContext, now: datetime
) -> None:
    event_id = post(closed_won())
    other = approve(new_deal(OTHER_ID, name="Other", domain="other.example"), context)
    commands.attach(event_id, other.id, None, "key_1", now)
    assert deals.locate(other.id).status == "won"
    assert deals.locate(DEAL_ID).reported_sales == []


def test_a_sale_that_is_closed_leaves_the_deal_that_it_waited_for(
    in_review: Deal, post: Post, context: CommandContext, now: datetime
) -> None:
    event_id = post(closed_won())
    commands.close(event_id, "a test order", "key_1", now)
    waiting = deals.locate(DEAL_ID)
    assert waiting.reported_sales == []
    publish_newest(approve(waiting, context), now)
    assert deals.locate(DEAL_ID).status == "approved"


def test_a_sale_can_only_be_reported_of_a_deal_that_is_not_decided_on(approved: Deal, context: CommandContext) -> None:
    sale = {"event_id": "bev_1", "amount": EURO, "reported_at": "2026-11-23T10:00:00.000Z"}
    with pytest.raises(StateConflict):
        sales.report_sale(approved, context, sale, "billing bsrc_1")


# ---- tries ----------------------------------------------------------------------------------------------------------


def test_an_event_that_can_never_be_handled_ends_with_a_reason_and_an_alarm(
    keep: Keep, approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_event_id: str, _now: datetime) -> None:
        raise Unavailable

    event_id, at, failures = keep(closed_won()), now, 0
    with monkeypatch.context() as patch:
        patch.setattr(commands, "apply", fail)
        while outcome(event_id)[0] is EventStatus.RECEIVED:
            at = store.event(event_id).due_at or at
            try:
                tick(event_id, at)
            except Unavailable:
                failures += 1

    assert failures == MAX_TRIES
    assert timedelta(hours=24) < at - now < timedelta(hours=48), "longer than a bad day of the database"
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.APPLY_FAILED)
    assert not set(due.ATTRIBUTES) & set(row(event_id))
    (told,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (told.message, told.__dict__["event_id"]) == (due.GIVEN_UP, event_id)

    commands.attach(event_id, NUMBER, None, "key_1", at)
    assert deals.locate(DEAL_ID).status == "won"


def test_of_two_sweeps_at_once_one_tries(
    keep: Keep, approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id, later = keep(closed_won()), now + timedelta(minutes=3)
    lose_race_to(monkeypatch, lambda: tick(event_id, later))
    tick(event_id, later)
    assert wins_of(approved) == 1
