"""Who shares in a deal is said for what is to come; what was counted stays as it was counted."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from commissions.ledger_api import handler
from dealreg.billing.model import EventStatus, Reason
from dealreg.commissions import plan_store
from dealreg.deals import commands as deal_commands
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.ledger import rows
from dealreg.partners import users
from dealreg.platform import dynamo
from dealreg.platform.http import Caller
from tests.integration.billing import test_money as money
from tests.integration.billing.conftest import DEAL_ID, Post, approve
from tests.integration.billing.sales import outcome
from tests.samples import content, sample

NewPartner = Callable[[str], Caller]


@pytest.fixture(autouse=True)
def plan(aws: None) -> None:
    rule = money.PLAN["rules"][:1]
    plan_store.add("standard", money.PLAN | {"rules": rule}, "2026-01-01T00:00:00.000Z", "test")


def save(start: str | None, *shares: tuple[str, str]) -> dict[str, Any]:
    said = {"from": start, "shares": [{"partner_id": partner, "percent": percent} for partner, percent in shares]}
    return handler(sample("commissions-ledger-api/save-splits", body=said), None)


def minors(partner_id: str) -> list[int]:
    return [row["minor"] for row in dynamo.every(rows.table(), f"PARTNER#{partner_id}", rows.LINE)]


def test_from_the_beginning_as_long_as_nothing_is_paid(approved: Deal, new_partner: NewPartner, post: Post) -> None:
    other = new_partner("South").partner_id
    assert save(None, (approved.partner_id, "60"), (other, "40"))["statusCode"] == 200
    post(money.payment())
    assert (minors(approved.partner_id), minors(other)) == ([1200], [800])
    assert save(None, (other, "100"))["statusCode"] == 409


def test_from_now_on_what_was_paid_before_keeps_its_shares(approved: Deal, new_partner: NewPartner, post: Post) -> None:
    other = new_partner("South").partner_id
    post(money.payment())
    reply = save("2026-11-23T10:00:00Z", (other, "100"))
    assert [split["from"] for split in content(reply)["splits"]] == ["2026-11-23T10:00:00.000Z"]
    post(money.refund(), "msg_2")
    post(money.payment("in_2", paid_at="2026-11-23T11:00:00Z"), "msg_3")
    assert (minors(approved.partner_id), minors(other)) == ([2000, -1000], [2000])


def test_a_reassigned_deal_earns_for_its_new_partner_at_the_registration_s_terms(
    in_review: Deal, new_partner: NewPartner, context: CommandContext, post: Post
) -> None:
    new = new_partner("South").partner_id
    moved = deal_commands.reassign(deals.locate(DEAL_ID), new, context, "key_1")
    approve(moved, context)
    post(money.payment(paid_at="2026-11-23T10:00:00Z"))
    post(money.payment("in_2"), "msg_2")  # first paid before it was given away
    assert (minors(in_review.partner_id), minors(new)) == ([2000], [2000])


@pytest.mark.parametrize(
    ("start", "shares", "field"),
    [
        ("2026-11-23T09:59:59Z", [("OWN", "100")], "from"),
        (None, [("OWN", "99.99")], "shares"),
        (None, [("OWN", "50"), ("OWN", "50")], "shares"),
        (None, [("part_1", "100")], "shares.0.partner_id"),
        (None, [("OWN", "100"), ("part_1", "0")], "shares"),
    ],
)
def test_what_is_wrong_with_shares_is_said(
    start: str | None, shares: list[tuple[str, str]], field: str, approved: Deal
) -> None:
    reply = save(start, *((approved.partner_id if one == "OWN" else one, percent) for one, percent in shares))
    assert reply["statusCode"] == 422
    assert [fault["field"] for fault in content(reply)["errors"]] == [field]


def test_a_share_is_credited_to_one_of_the_partners_own_people(
    approved: Deal, new_partner: NewPartner, post: Post, now: datetime
) -> None:
    own, other = approved.partner_id, new_partner("South")
    jana = users.create(own, "Jana", "jana@north.example", now, "test").id

    def of(user_id: str) -> dict[str, Any]:
        share = {"partner_id": own, "percent": "100", "user_id": user_id}
        return handler(sample("commissions-ledger-api/save-splits", body={"from": None, "shares": [share]}), None)

    assert [fault["field"] for fault in content(of(other.user_id))["errors"]] == ["shares.0.user_id"]
    assert of(jana)["statusCode"] == 200
    post(money.payment())
    assert [row["user_id"] for row in dynamo.every(rows.table(), f"PARTNER#{own}", rows.LINE)] == [jana]


def test_a_name_of_a_deal_that_is_not_decided_makes_a_payment_wait(in_review: Deal, post: Post, now: datetime) -> None:
    post(money.subscription())
    event_id = post(money.payment(sold=money.UNNAMED), "msg_2")
    assert outcome(event_id) == (EventStatus.WAITING, Reason.AWAITING_APPROVAL)
