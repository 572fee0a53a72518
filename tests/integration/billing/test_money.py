"""What billing systems say of money becomes lines, or waits with a reason; however often and in whatever order."""

import itertools
import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg import wiring
from dealreg.billing import commands, store
from dealreg.billing.model import EventStatus, Reason
from dealreg.commissions import plan_commands, plan_store
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.ledger import booking, rows, terms
from dealreg.ledger.lines import words_of
from dealreg.platform import aws, due, dynamo, errors, times
from dealreg.platform.money import Money
from dealreg.platform.settings import Setting, read
from tests.integration.aws_calls import intercept, lose_race_to
from tests.integration.billing.conftest import DEAL_ID, NUMBER, Keep, NewDealOf, Post, approve
from tests.integration.billing.sales import outcome, wins_of
from tests.integration.faults import Crash, Faults, Kind

PLAN: dict[str, Any] = {
    "effective_from": "2026-01-01",
    "applies_to": "new_deals",
    "currency": "EUR",
    "hold_days": 30,
    "rules": [
        {"id": "base", "rate": {"percent": "20"}},
        {"id": "year", "per": "year", "adds": True, "rate": {"percent": "1"}},
    ],
}
APPLIED = (EventStatus.APPLIED, None)
UNMATCHED = (EventStatus.UNMATCHED, Reason.NO_DEAL_REFERENCE)


@pytest.fixture(autouse=True)
def plan(aws: None) -> None:
    plan_store.add("standard", PLAN, "2026-01-01T00:00:00.000Z", "test")


def payment(invoice: str = "in_1", **changes: Any) -> bytes:
    sold: dict[str, Any] = {"id": invoice, "deal_id": NUMBER, "kind": "new", "total": "119.00", "tax": "19.00"}
    sold |= {"lines": [{"product": "analytics", "amount": "100.00"}]} | changes.pop("sold", {})
    told = {
        "payment_id": f"pay_{invoice}",
        "also": [f"pi_{invoice}"],
        "amount": {"amount": "119.00", "currency": "EUR"},
    }
    told |= {"paid_at": "2026-11-20T10:00:00Z", "sale": sold} | changes
    return json.dumps({"type": "payment.succeeded", "timestamp": "2026-11-20T10:00:05Z", "data": told}).encode()


def refund(**changes: Any) -> bytes:
    told: dict[str, Any] = {"refund_id": "re_1", "payment_id": "pi_in_1", "status": "succeeded"}
    told |= {"amount": {"amount": "59.50", "currency": "EUR"}, "refunded_at": "2026-11-21T10:00:00Z"} | changes
    return json.dumps({"type": "payment.refunded", "timestamp": "2026-11-21T10:00:05Z", "data": told}).encode()


def chargeback(status: str, at: str) -> bytes:
    closed = None if status == "open" else at
    told: dict[str, Any] = {"chargeback_id": "du_1", "payment_id": "pay_in_1", "status": status, "closed_at": closed}
    told |= {"amount": {"amount": "59.50", "currency": "EUR"}, "opened_at": "2026-11-21T12:00:00Z"}
    return json.dumps({"type": "payment.chargeback", "timestamp": at, "data": told}).encode()


def subscription(**data: Any) -> bytes:
    told = {"subscription_id": "sub_1", "status": "active", "deal_id": NUMBER} | data
    return json.dumps({"type": "subscription.changed", "timestamp": "2026-11-20T09:00:00Z", "data": told}).encode()


UNNAMED = {"deal_id": None, "subscription_id": "sub_1"}


def lines_of(deal: Deal) -> list[str]:
    rows_of = dynamo.every(rows.table(), f"PARTNER#{deal.partner_id}", rows.LINE)
    return [f"{row['number']} {row['kind']} {Money(row['minor'], row['currency']).amount}" for row in rows_of]


def earned(deal: Deal) -> int:
    return sum(row["minor"] for row in dynamo.every(rows.table(), f"PARTNER#{deal.partner_id}", rows.LINE))


def test_a_payment_wins_an_approved_deal_and_counts(approved: Deal, post: Post) -> None:
    event_id = post(payment())
    won = deals.locate(DEAL_ID)
    assert (won.status, won.won_amount) == ("won", Money(11_900, "EUR"))
    assert outcome(event_id) == APPLIED
    assert store.event(event_id).deal_id == DEAL_ID
    assert lines_of(approved) == ["1 accrual 20.00", "2 accrual 1.00"]


def test_a_line_says_how_it_came_about_and_names_no_other_things_than_the_sender_does(
    approved: Deal, post: Post
) -> None:
    event_id = post(payment())
    line, _ = dynamo.every(rows.table(), f"PARTNER#{approved.partner_id}", rows.LINE)
    assert (line["sale_id"], line["bucket"], line["event_id"]) == ("in_1", "sale:in_1", event_id)
    assert (line["deal_id"], line["deal_number"], line["share"]) == (DEAL_ID, NUMBER, "100")
    assert line["customer_name"] == "Müller Maschinenbau GmbH"
    text, steps = words_of(line)
    assert steps[0].startswith("Sale in_1: 119.00 EUR paid")
    assert line["available_at"] == "2026-12-20T00:00:00.000Z"
    assert "\x1f" not in json.dumps([text, steps, line["bucket"]])


def test_it_is_told_to_the_partner_and_the_vendor(approved: Deal, post: Post) -> None:
    post(payment())
    (event,) = dynamo.every(rows.table(), f"PARTNER#{approved.partner_id}", "EVENT#")
    assert (event["type"], event["sequence"]) == ("commission.accrued", 1)
    assert event["audience"] == ["vendor", approved.partner_id]
    assert event["data"]["amount"] == {"amount": "21.00", "currency": "EUR"}
    assert [line["number"] for line in event["data"]["lines"]] == [1, 2]


def test_what_is_paid_back_is_taken_back(approved: Deal, post: Post) -> None:
    post(payment())
    assert outcome(post(refund(), "msg_2")) == APPLIED
    assert lines_of(approved)[2:] == ["3 clawback -10.00", "4 clawback -0.50"]


STORY = {
    "paid": payment(),
    "refunded": refund(),
    "disputed": chargeback("open", "2026-11-21T12:00:00Z"),
    "lost": chargeback("lost", "2026-11-22T12:00:00Z"),
}


@pytest.mark.parametrize("order", list(itertools.permutations(STORY)), ids="-".join)
def test_the_order_of_events_and_their_repetitions_come_to_the_same(
    order: tuple[str, ...], approved: Deal, post: Post
) -> None:
    events = [post(STORY[name], f"msg_{name}") for name in order]
    for name in order:
        post(STORY[name], f"again_{name}")
    assert earned(approved) == 0
    assert all(store.event(event).is_over for event in events)


def test_a_refund_of_an_unknown_payment_waits_for_it(approved: Deal, post: Post) -> None:
    early = post(refund())
    assert outcome(early) == (EventStatus.WAITING, Reason.PAYMENT_UNKNOWN)
    post(payment(), "msg_2")
    assert outcome(early) == APPLIED
    assert lines_of(approved) == ["1 accrual 10.00", "2 accrual 0.50"]


def test_a_payment_of_an_unknown_sale_waits_for_it(approved: Deal, post: Post) -> None:
    early = post(payment(payment_id="pay_0", also=[], sale=None, sale_id="in_1", amount=refunded_amount("19.00")))
    assert outcome(early) == (EventStatus.WAITING, Reason.SALE_UNKNOWN)
    post(payment(amount=refunded_amount("100.00")), "msg_2")
    assert outcome(early) == APPLIED
    assert earned(approved) == 2100


def refunded_amount(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def test_an_invoice_that_comes_before_what_names_its_deal_is_found_when_that_comes(approved: Deal, post: Post) -> None:
    early, claim = post(payment(sold=UNNAMED)), post(refund(), "msg_2")
    assert outcome(early) == outcome(claim) == UNMATCHED
    told = post(subscription(), "msg_3")
    assert outcome(told) == outcome(early) == outcome(claim) == APPLIED
    assert lines_of(approved) == ["1 accrual 10.00", "2 accrual 0.50"]


def test_a_won_deal_teaches_its_customer_too(approved: Deal, post: Post) -> None:
    early = post(payment(sold={"deal_id": None, "customer": {"billing_id": "cus_1"}}))
    told = {"deal_id": DEAL_ID, "amount": {"amount": "500.00", "currency": "EUR"}, "customer": {"billing_id": "cus_1"}}
    post(json.dumps({"type": "deal.closed_won", "data": told}).encode(), "msg_2")
    assert outcome(early) == APPLIED
    assert deals.locate(DEAL_ID).won_amount == Money(50_000, "EUR")


def test_a_payment_of_a_deal_that_is_not_decided_waits_until_it_is(
    in_review: Deal, context: CommandContext, post: Post, now: datetime
) -> None:
    early, claim = post(payment()), post(refund(), "msg_2")
    assert outcome(early) == outcome(claim) == (EventStatus.WAITING, Reason.AWAITING_APPROVAL)
    decided = approve(deals.locate(DEAL_ID), context)
    commands.on_decision(deals.events_of(decided)[-1], now)
    assert outcome(early) == outcome(claim) == APPLIED
    assert wins_of(decided) == 1
    assert earned(in_review) == 1050


def test_a_deal_that_nobody_knows_is_named_later(approved: Deal, post: Post) -> None:
    early = post(payment(sold={"deal_id": "D-0000-0000"}))
    assert outcome(early) == (EventStatus.UNMATCHED, Reason.DEAL_UNKNOWN)
    corrected = json.loads(payment()) | {"timestamp": "2026-11-20T11:00:00Z"}
    assert outcome(post(json.dumps(corrected).encode(), "msg_2")) == APPLIED
    assert earned(approved) == 2100


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (payment(sold={"tax": "18.99"}), "Lines and tax do not come to the total."),
        (payment(paid_at="2026-11-24T10:00:01Z"), "more than a day ahead"),
        (payment(amount={"amount": "-1.00", "currency": "EUR"}), "data.amount.amount"),
        (payment(amount={"amount": "0.00", "currency": "EUR"}), "A payment of nothing is none."),
        (payment(amount={"amount": "1.001", "currency": "EUR"}), "EUR has 2 digits"),
        (payment(sale=None), "Name the sale"),
        (refund(payment_id=None), "Name the payment"),
        (b'{"type": "payment.succeeded", "timestamp": "2026-11-20T10:00:05Z", "data": []}', "data"),
    ],
)
def test_what_cannot_be_meant_is_kept_for_a_person(body: bytes, problem: str, approved: Deal, post: Post) -> None:
    event_id = post(body)
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.UNREADABLE)
    assert problem in (store.event(event_id).reason or "")
    assert lines_of(approved) == []


def test_an_older_word_on_the_same_object_changes_nothing(approved: Deal, post: Post) -> None:
    post(payment())
    post(refund(), "msg_2")
    older = json.loads(refund(status="pending")) | {"timestamp": "2026-11-21T10:00:00Z"}
    assert outcome(post(json.dumps(older).encode(), "msg_3")) == (EventStatus.IGNORED, Reason.OUTDATED)


def test_what_an_admin_closed_does_not_count_when_its_sale_finds_its_deal(
    approved: Deal, post: Post, now: datetime
) -> None:
    half = refunded_amount("59.50")
    closed = post(payment(sold=UNNAMED, payment_id="pay_0", also=[], amount=half))
    other = post(payment(sold=UNNAMED, amount=half), "msg_2")
    commands.close(closed, "paid for a test", "key_1", now)
    post(subscription(), "msg_3")
    assert outcome(other) == APPLIED
    assert outcome(closed) == (EventStatus.IGNORED, Reason.CLOSED)
    assert earned(approved) == 1050


def test_an_only_payment_that_was_closed_leaves_nothing_behind(approved: Deal, post: Post, now: datetime) -> None:
    closed = post(payment(sold=UNNAMED))
    commands.close(closed, "not ours", "key_1", now)
    post(subscription(), "msg_3")
    assert outcome(closed) == (EventStatus.IGNORED, Reason.CLOSED)
    early = post(refund(), "msg_4")
    assert outcome(early) == (EventStatus.WAITING, Reason.PAYMENT_UNKNOWN)
    assert lines_of(approved) == []


# ---- bad luck -------------------------------------------------------------------------------------------------------

BROKEN = (Crash, errors.Unavailable)
WHOLE = {
    "claim first": [refund(), payment()],
    "taught later": [payment(sold=UNNAMED), refund(), subscription()],
    "in order": [payment(), payment("in_2"), refund()],
}


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("story", WHOLE)
@pytest.mark.parametrize("place", range(12))
def test_a_run_that_ends_at_any_write_loses_nothing_and_doubles_nothing(
    place: int, story: str, kind: Kind, approved: Deal, keep: Keep, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given: events that were received
    events = [keep(body, f"msg_{number}") for number, body in enumerate(WHOLE[story])]
    faults = Faults()
    intercept(monkeypatch, faults.around)
    faults.arm(place, kind)

    # when: each is applied, one write breaks off, and what was not heard to its end comes again
    for event in events:
        for _ in range(2):
            try:
                commands.apply(event, now)
                break
            except BROKEN:
                continue
    swept(now + timedelta(hours=7))

    # then
    sales = len([body for body in WHOLE[story] if b"payment.succeeded" in body])
    assert earned(approved) == 2100 * sales - 1050
    assert [outcome(event) for event in events] == [APPLIED] * len(events)
    assert [int(line.split()[0]) for line in lines_of(approved)] == list(range(1, len(lines_of(approved)) + 1))


def swept(at: datetime) -> None:
    """What the clock would find."""
    for table in (Setting.LEDGER_TABLE, Setting.BILLING_INBOX_TABLE):
        kinds = {
            kind: handle
            for one in wiring.CAPABILITIES
            for (of, kind), handle in one.due_handlers.items()
            if of == table
        }
        for row in aws.client("dynamodb").scan(TableName=read(table))["Items"]:
            item = dynamo.item_from_wire(row)
            if item.get("due_at", "~") <= times.to_text(at) and item["sk"].partition("#")[0] in kinds:
                kinds[item["sk"].partition("#")[0]](dynamo.Key(read(table), item["pk"], item["sk"]), at)


# ---- by hand --------------------------------------------------------------------------------------------------------


def test_a_payment_of_no_deal_is_attached_by_hand_and_what_else_is_of_its_customer_with_it(
    approved: Deal, post: Post, now: datetime
) -> None:
    of_nobody = {"deal_id": None, "customer": {"billing_id": "cus_1"}}
    first, claim = post(payment(sold=of_nobody)), post(refund(), "msg_2")
    second = post(payment("in_2", sold=of_nobody), "msg_3")
    commands.attach(first, NUMBER, None, "key_1", now, remember=True)
    assert outcome(first) == outcome(claim) == outcome(second) == APPLIED
    assert store.event(first).attached_by == "key_1"
    assert earned(approved) == 2100 + 1050


def test_attached_to_the_wrong_deal_it_moves_by_adjustment(
    approved: Deal, new_deal: NewDealOf, context: CommandContext, post: Post, now: datetime
) -> None:
    other = approve(new_deal("deal_01JD8V4M2T7QK3N5P97K3M9Q2H", name="Nordwind", domain="nordwind.example"), context)
    first = post(payment(sold={"deal_id": None}))
    commands.attach(first, other.id, None, "key_1", now)
    commands.attach(first, DEAL_ID, None, "key_1", now)
    commands.attach(first, DEAL_ID, None, "key_1", now)
    assert lines_of(other) == ["1 accrual 20.00", "2 accrual 1.00", "3 adjustment -20.00", "4 adjustment -1.00"]
    assert lines_of(approved) == ["1 adjustment 20.00", "2 adjustment 1.00"]
    (taken,) = (
        row for row in dynamo.every(rows.table(), f"PARTNER#{other.partner_id}", rows.LINE) if row["number"] == 3
    )
    told = "The sale counts for another deal now."
    assert words_of(taken) == (told, [told, "0.00 EUR owed − 20.00 EUR posted before = -20.00 EUR."])
    # then: a newer word of the sale does not undo it
    post(payment(payment_id="pay_2", also=[], sold={"deal_id": None}, amount=refunded_amount("1.00")), "msg_2")
    assert earned(approved) == 2100


def test_who_attaches_it_later_to_another_deal_is_told(
    approved: Deal,
    new_deal: NewDealOf,
    context: CommandContext,
    post: Post,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = approve(new_deal("deal_01JD8V4M2T7QK3N5P97K3M9Q2H", name="Nordwind", domain="nordwind.example"), context)
    first = post(payment(sold={"deal_id": None}))
    with monkeypatch.context() as patch:
        lose_race_to(patch, lambda: commands.attach(first, other.id, None, "key_1", now))
        with pytest.raises(errors.StateConflict):
            commands.attach(first, DEAL_ID, None, "key_2", now)
    assert store.event(first).deal_id == other.id
    assert lines_of(approved) == []


def test_what_is_attached_is_refused_for_a_deal_that_is_not_open(in_review: Deal, post: Post, now: datetime) -> None:
    first = post(payment(sold={"deal_id": None}))
    for named, error in [(DEAL_ID, errors.StateConflict), ("D-0000-0000", errors.InvalidInput)]:
        with pytest.raises(error):
            commands.attach(first, named, None, "key_1", now)
    assert outcome(first) == UNMATCHED


def test_a_version_that_is_withdrawn_after_a_sale_of_tomorrow_was_priced_by_it_goes_on_pricing_it(
    approved: Deal, post: Post, now: datetime
) -> None:
    tomorrow = PLAN | {"effective_from": "2026-11-24", "applies_to": "new_payments"}
    plan_store.add("standard", tomorrow | {"rules": [{"id": "new", "rate": {"percent": "50"}}]}, "", "test")
    ahead = {"paid_at": "2026-11-24T09:00:00Z"}
    post(payment(**ahead))
    assert lines_of(approved) == ["1 accrual 50.00"]
    plan_commands.withdraw("standard", "2", now)
    terms._plan_at.cache_clear()  # pyright: ignore[reportPrivateUsage]  # as after a minute
    assert outcome(post(refund(), "msg_2")) == outcome(post(payment("in_2", **ahead), "msg_3")) == APPLIED
    assert lines_of(approved)[1:] == ["2 clawback -25.00", "3 accrual 20.00", "4 accrual 1.00"]


def test_what_moves_more_than_one_transaction_holds_is_a_persons_and_rings(
    approved: Deal, post: Post, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(booking, "MAX_ACTIONS", 5)
        event_id = post(payment())
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.TOO_MANY_CHANGES)
    assert [record.__dict__["event_id"] for record in caplog.records if record.message == due.GIVEN_UP] == [event_id]
    assert (lines_of(approved), "post by hand" in Reason.TOO_MANY_CHANGES.text) == ([], True)
    commands.read_again(event_id, times.now())
    assert outcome(event_id) == APPLIED


@pytest.mark.parametrize("claim_first", [True, False])
def test_a_refund_that_names_what_two_payments_share_is_of_the_first_of_them_whoever_comes_first(
    claim_first: bool,
    approved: Deal,
    keep: Keep,
    post: Post,
    new_deal: NewDealOf,
    context: CommandContext,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The payment of the lesser id has it, also if the two come at one moment, and are of two partners."""
    other = approve(new_deal("deal_01JD8V4M2T7QK3N5P97K3M9Q2H", name="Nordwind", domain="nordwind.example"), context)
    post(payment(also=["ch_1"], payment_id="pay_2"))
    post(payment("in_3", sold={"deal_id": other.id}), "msg_2")  # the deal is won
    back = keep(refund(payment_id="ch_1"), "msg_3")
    second = keep(payment("in_2", also=["ch_1"], payment_id="pay_1", sold={"deal_id": other.id}), "msg_4")
    first, last = (back, second) if claim_first else (second, back)
    with monkeypatch.context() as patch:
        lose_race_to(patch, lambda: commands.apply(first, now), rows.table())
        commands.apply(last, now)
    assert outcome(back) == outcome(second) == APPLIED
    assert (earned(approved), earned(other)) == (2100, 2100 + 1050)
