"""A checkout whose payment takes its time waits for it, and is over when its end is told."""

from datetime import datetime, timedelta

import pytest

from dealreg.billing import checkouts, commands, store
from dealreg.billing.model import LOOK_AGAIN, EventStatus, Reason, Source
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.platform import due
from dealreg.platform.money import Money
from tests.integration.aws_calls import lose_race_to
from tests.integration.billing.conftest import DEAL_ID, Keep, Post
from tests.integration.billing.sales import FAILED, SUCCEEDED, UNPAID, checkout, outcome, row, tick, wins_of

pytestmark = pytest.mark.usefixtures("state_machine")


def test_an_order_that_is_not_paid_wins_nothing_and_says_what_it_waits_for(approved: Deal, post: Post) -> None:
    event_id = post(UNPAID)
    assert outcome(event_id) == (EventStatus.WAITING, Reason.AWAITING_PAYMENT)
    assert deals.locate(DEAL_ID) == approved


def test_a_payment_that_fails_ends_the_order(approved: Deal, post: Post) -> None:
    ordered, failed = post(UNPAID, "evt_1"), post(FAILED, "evt_2")
    assert outcome(ordered) == outcome(failed) == (EventStatus.IGNORED, Reason.PAYMENT_FAILED)
    assert deals.locate(DEAL_ID).status == "approved"
    assert not set(due.ATTRIBUTES) & set(row(ordered))


def test_a_payment_that_arrives_wins_the_deal_once(approved: Deal, post: Post) -> None:
    ordered, paid = post(UNPAID, "evt_1"), post(SUCCEEDED, "evt_2")
    assert outcome(paid) == (EventStatus.APPLIED, None)
    assert outcome(ordered) == (EventStatus.IGNORED, Reason.SUPERSEDED)
    assert (wins_of(approved), deals.locate(DEAL_ID).won_amount) == (1, Money(9_000_000, "EUR"))


def test_a_payment_whose_order_never_came_wins_the_deal(approved: Deal, post: Post) -> None:
    post(SUCCEEDED)
    assert wins_of(approved) == 1


@pytest.mark.parametrize(("ending", "reason"), [(SUCCEEDED, Reason.SUPERSEDED), (FAILED, Reason.PAYMENT_FAILED)])
def test_an_order_that_comes_after_its_end_is_over_at_once(
    ending: bytes, reason: Reason, approved: Deal, post: Post
) -> None:
    post(ending, "evt_2")
    assert outcome(post(UNPAID, "evt_1")) == (EventStatus.IGNORED, reason)
    assert wins_of(approved) == (ending == SUCCEEDED)


def test_an_order_that_is_overtaken_by_its_end_is_over(
    approved: Deal, post: Post, keep: Keep, stripe: Source, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordered = keep(UNPAID, "evt_1", stripe)
    lose_race_to(monkeypatch, lambda: post(FAILED, "evt_2"))
    commands.apply(ordered, now)
    assert outcome(ordered) == (EventStatus.IGNORED, Reason.PAYMENT_FAILED)


def test_the_end_of_another_checkout_or_deal_says_nothing_of_this_one(approved: Deal, post: Post) -> None:
    ordered = post(UNPAID, "evt_1")
    post(checkout("async_payment_failed", "unpaid", id="cs_2"), "evt_2")
    post(checkout("async_payment_failed", "unpaid", client_reference_id="D-0000-0000"), "evt_3")
    assert outcome(ordered) == (EventStatus.WAITING, Reason.AWAITING_PAYMENT)


def test_a_payment_of_which_nothing_is_heard_is_a_persons_in_the_end(
    approved: Deal, post: Post, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    patience = timedelta(days=5)
    monkeypatch.setattr(checkouts, "PATIENCE", patience)
    ordered, at = post(UNPAID), now
    while outcome(ordered)[0] is EventStatus.WAITING:
        at = store.event(ordered).due_at or at
        tick(ordered, at)
    assert outcome(ordered) == (EventStatus.UNMATCHED, Reason.PAYMENT_OVERDUE)
    assert now + patience <= at < now + patience + LOOK_AGAIN


def test_a_checkout_that_only_saves_a_card_is_no_noise(post: Post) -> None:
    event_id = post(checkout("completed", "no_payment_required", mode="setup", amount_total=None, currency=None))
    assert outcome(event_id) == (EventStatus.IGNORED, Reason.NOT_A_SALE)
