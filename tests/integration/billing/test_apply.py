"""What was received becomes a won deal, or waits for a person with a reason."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from billing import apply, receive
from dealreg.billing import commands, store
from dealreg.billing.model import EventStatus, Reason, Source
from dealreg.deals import rules, statuses
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform import due, dynamo
from dealreg.platform.errors import StateConflict
from dealreg.platform.money import Money
from tests.integration.aws_calls import lose_race_to
from tests.integration.billing.conftest import (
    DEAL_ID,
    GENERIC_SECRET,
    NUMBER,
    Keep,
    NewDealOf,
    approve,
    posted,
    stream_records,
)
from tests.samples import read_sample, sample
from tests.stand_ins import returning

EURO = {"amount": "47500.00", "currency": "EUR"}


def closed_won(**data: Any) -> bytes:
    return json.dumps({"type": "deal.closed_won", "data": {"amount": EURO} | data}).encode()


def run(*event_ids: str) -> dict[str, Any]:
    return dict(apply.handler(stream_records(*event_ids), None))


def types_of(deal: Deal) -> list[str]:
    return [event.type for event in deals.events_of(deal)]


def outcome(event_id: str) -> tuple[EventStatus, str | None]:
    event = store.event(event_id)
    return event.status, event.reason_code


@pytest.mark.parametrize("name", ["closed-won", "checkout-completed", "checkout-completed-base64"])
def test_a_posted_sale_wins_the_approved_deal(name: str, approved: Deal, generic: Source, stripe: Source) -> None:
    receive.handler(sample(f"billing-receive/{name}"), None)
    (row,) = dynamo.index_page(store.table(), "by_status", ("status", "received"), limit=100).items

    assert run(row["id"]) == {"batchItemFailures": []}

    won = deals.locate(DEAL_ID)
    assert (won.status, won.won_amount) == ("won", Money(4_750_000, "EUR"))
    told = deals.events_of(won)[-1]
    assert told.type == "deal.won"
    assert told.data["won_amount"] == EURO
    assert told.internal == {"by": f"billing {row['source_id']}"}
    event = store.event(row["id"])
    assert (event.status, event.deal_id, event.reason_code) == (EventStatus.APPLIED, DEAL_ID, None)


def test_the_sample_stream_event_is_that_of_the_sample_request(approved: Deal, generic: Source) -> None:
    receive.handler(sample("billing-receive/closed-won"), None)
    assert apply.handler(read_sample("billing-apply/received"), None) == {"batchItemFailures": []}
    assert deals.locate(NUMBER).status == "won"


def test_a_message_that_comes_twice_wins_once(approved: Deal, keep: Keep) -> None:
    event_id = keep(closed_won(deal_id=DEAL_ID))
    run(event_id)
    run(event_id, event_id)
    assert types_of(approved).count("deal.won") == 1
    assert outcome(event_id) == (EventStatus.APPLIED, None)


def test_a_run_that_was_overtaken_by_another_of_the_same_event_is_quiet(
    approved: Deal, keep: Keep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = keep(closed_won(deal_id=DEAL_ID))
    seen = store.event(event_id)
    run(event_id)
    with monkeypatch.context() as patch:
        patch.setattr(store, "event", returning(seen))
        commands.apply(event_id, now)
    assert outcome(event_id)[0] is EventStatus.APPLIED


def test_of_two_runs_at_once_one_wins_the_deal(
    approved: Deal, keep: Keep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = keep(closed_won(deal_id=DEAL_ID))
    lose_race_to(monkeypatch, lambda: commands.apply(event_id, now))
    commands.apply(event_id, now)
    assert types_of(approved).count("deal.won") == 1
    assert outcome(event_id) == (EventStatus.APPLIED, None)


def test_a_person_who_is_overtaken_by_the_event_itself_is_told(
    in_review: Deal, context: CommandContext, keep: Keep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: it came before its deal was approved, and now it is attached by hand and handed out again at once
    event_id = keep(closed_won(deal_id=DEAL_ID))
    approved = approve(in_review, context)
    lose_race_to(monkeypatch, lambda: commands.apply(event_id, now))
    with pytest.raises(StateConflict, match="concluded this event meanwhile"):
        commands.attach(event_id, DEAL_ID, None, "key_1", now)
    assert types_of(approved).count("deal.won") == 1


def test_an_unknown_deal_is_kept_for_a_person(approved: Deal, keep: Keep) -> None:
    for place, reference in enumerate(["deal_01JD8V4M2T7QK3N5P97K3M9Q2G", "D-0000-0000", "SO-1044", "é" * 9000]):
        event_id = keep(closed_won(deal_id=reference), f"msg_{place}")
        run(event_id)
        assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.DEAL_UNKNOWN)


def test_a_sale_without_a_deal_is_kept_for_a_person(keep: Keep) -> None:
    event_id = keep(closed_won())
    run(event_id)
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.NO_DEAL_REFERENCE)


def test_a_second_event_of_a_sale_that_was_applied_is_ignored(approved: Deal, keep: Keep) -> None:
    run(keep(closed_won(deal_id=DEAL_ID), "msg_1"))
    again = keep(closed_won(deal_id=DEAL_ID), "msg_2")
    run(again)
    assert outcome(again) == (EventStatus.IGNORED, Reason.DEAL_ALREADY_WON)
    assert types_of(approved).count("deal.won") == 1


def test_a_type_of_a_later_day_is_kept_and_ignored(keep: Keep) -> None:
    event_id = keep(b'{"type":"refund.created"}')
    run(event_id)
    assert outcome(event_id) == (EventStatus.IGNORED, Reason.TYPE_NOT_HANDLED)
    assert store.event(event_id).type == "refund.created"


def test_a_body_that_nobody_can_read_is_kept_for_a_person(keep: Keep) -> None:
    event_id = keep(b"\xff")
    run(event_id)
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.UNREADABLE)


def test_the_amount_may_be_in_another_currency_than_the_registration(approved: Deal, keep: Keep) -> None:
    run(keep(closed_won(deal_id=DEAL_ID, amount={"amount": "7000000", "currency": "JPY"})))
    assert deals.locate(DEAL_ID).won_amount == Money(7_000_000, "JPY")


def test_one_event_that_fails_does_not_hold_up_the_others(approved: Deal, keep: Keep, generic: Source) -> None:
    good = keep(closed_won(deal_id=DEAL_ID))
    lost = store.event_id(generic.id, "never received")
    assert run(lost, good) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert deals.locate(DEAL_ID).status == "won"


def test_an_edit_between_reading_and_winning_is_kept(
    approved: Deal, context: CommandContext, keep: Keep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = keep(closed_won(deal_id=DEAL_ID))
    deals.commit(approved, rules.set_stage(approved, context, statuses.Stage.VERBAL))
    with monkeypatch.context() as patch:
        patch.setattr("dealreg.billing.won.locate", returning(approved))
        commands.apply(event_id, now)
    won = deals.locate(DEAL_ID)
    assert (won.status, won.stage) == ("won", "verbal")


def test_a_withdrawal_between_reading_and_winning_is_a_reason(
    approved: Deal, context: CommandContext, keep: Keep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    event_id = keep(closed_won(deal_id=DEAL_ID))
    lose_race_to(monkeypatch, lambda: deals.commit(approved, rules.withdraw(approved, context, "sold elsewhere")))
    commands.apply(event_id, now)
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.DEAL_NOT_APPROVED)


def test_an_event_is_on_the_clock_until_it_is_concluded(approved: Deal, keep: Keep, now: datetime) -> None:
    event_id = keep(closed_won(deal_id=DEAL_ID))
    key = store.event_key(event_id)
    waiting = dynamo.get(key.table, key.pk, key.sk) or {}
    assert waiting["due_at"] == "2026-11-23T10:02:00.000Z"

    commands.on_due(key, now + timedelta(minutes=3))

    concluded = dynamo.get(key.table, key.pk, key.sk) or {}
    assert concluded["status"] == "applied"
    assert not set(due.ATTRIBUTES) & set(concluded)


def test_two_deals_are_told_apart_by_their_numbers(
    approved: Deal, context: CommandContext, keep: Keep, new_deal: NewDealOf
) -> None:
    other = approve(new_deal("deal_01JD8V4M2T7QK3N5P97K3M9Q2H", name="Other", domain="other.example"), context)
    run(keep(closed_won(deal_number=" d-7k3m 9q2h ")))
    assert deals.locate(other.id).status == "won"
    assert deals.locate(DEAL_ID).status == "approved"


def test_a_posted_body_in_the_inbox_is_that_of_the_request(generic: Source, now: datetime) -> None:
    body = closed_won(deal_id="ü")
    receive.handler(posted(sample("billing-receive/closed-won"), body, GENERIC_SECRET, now, "msg_7"), None)
    assert store.event(store.event_id(generic.id, "msg_7")).body == body
