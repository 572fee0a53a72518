"""What is said of a subscription is known at its deal, whatever comes in which order, and moves nothing."""

import itertools
import json
from datetime import datetime
from typing import Any

import pytest

from dealreg.billing import commands
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.ledger import subscriptions
from dealreg.ledger.subscriptions import Subscription
from dealreg.platform import times
from tests.integration.billing.conftest import DEAL_ID, NUMBER, NewDealOf, Post, approve
from tests.integration.billing.sales import outcome
from tests.integration.billing.test_money import APPLIED, UNMATCHED, lines_of, payment

pytestmark = pytest.mark.usefixtures("state_machine")
OTHER_ID = "deal_01JD8V4M2T7QK3N5P97K3M9Q2G"
AFTER = "2026-12-31T00:00:00.000Z"


def changed(status: str, at: str, **data: Any) -> bytes:
    told = {"subscription_id": "sub_1", "status": status, "deal_id": NUMBER} | data
    return json.dumps({"type": "subscription.changed", "timestamp": f"2026-11-{at}Z", "data": told}).encode()


WORDS = [
    changed("active", "20T09:00:00"),
    changed("ending", "21T09:00:00", ends_at=AFTER),
    changed("ended", "21T09:00:00"),
]


def known(deal_id: str = DEAL_ID) -> list[tuple[str, str]]:
    return [(one.id, one.status) for one in subscriptions.of_deal(deal_id)]


@pytest.mark.parametrize("order", list(itertools.permutations(WORDS)))
def test_the_latest_word_stays_in_whatever_order_they_come(
    order: tuple[bytes, ...], approved: Deal, post: Post
) -> None:
    for place, word in enumerate([*order, *order]):
        post(word, f"msg_{place}")
    assert known() == [("sub_1", "ended")]
    assert lines_of(approved) == []


def test_one_that_ends_says_when_and_goes_on_if_it_is_renewed(approved: Deal, post: Post) -> None:
    post(WORDS[0], "msg_1")
    post(WORDS[1], "msg_2")
    (one,) = subscriptions.of_deal(DEAL_ID)
    assert one == Subscription("sub_1", "ending", times.from_text("2026-11-21T09:00:00Z"), times.from_text(AFTER))
    post(changed("active", "22T09:00:00"), "msg_3")
    assert known() == [("sub_1", "active")]


def test_it_is_found_by_what_is_known_of_it(approved: Deal, post: Post) -> None:
    unknown = post(changed("active", "20T09:00:00", deal_id=None), "msg_1")
    assert (outcome(unknown), known()) == (UNMATCHED, [])
    post(payment(sold={"subscription_id": "sub_1"}), "msg_2")
    assert outcome(post(changed("ending", "21T09:00:00", deal_id=None), "msg_3")) == APPLIED
    post(changed("active", "20T09:00:00", subscription_id="sub_2"), "msg_4")
    assert known() == [("sub_1", "ending"), ("sub_2", "active")]


def test_one_that_a_person_attaches_to_another_deal_is_that_ones(
    approved: Deal, post: Post, new_deal: NewDealOf, context: CommandContext, now: datetime
) -> None:
    event_id = post(WORDS[0], "msg_1")
    other = approve(new_deal(OTHER_ID, name="Bergmann Logistik GmbH", domain="bergmann.example"), context)
    commands.attach(event_id, other.id, None, "key_1", now)
    assert (known(), known(other.id)) == ([], [("sub_1", "active")])
