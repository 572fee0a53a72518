"""A sale that names no deal, of a customer nobody has named, is of the one deal that is certain, or a person's."""

import json
from typing import Any

import pytest

from billing import admin_api
from dealreg.billing import recognising
from dealreg.billing.model import EventStatus, Reason
from dealreg.commissions import plan_store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.ledger.names import Name
from tests.integration.billing.conftest import DEAL_ID, NUMBER, NewDealOf, Post, approve
from tests.integration.billing.sales import outcome
from tests.integration.billing.test_money import APPLIED, PLAN, lines_of, payment
from tests.samples import content, sample

ANALYTICS, OTHER = "deal_01JD8V4M2T7QK3N5P97K3M9Q2H", "deal_01JD8V4M2T7QK3N5P97K3M9Q2J"
WHO = {"name": "Müller Maschinenbau GmbH", "domain": "mueller-maschinenbau.de"}
TAX = {"name": "Müller Maschinenbau GmbH", "tax_id": "DE136695976"}
MAIL = {"name": "Müller Maschinenbau", "email": "ada@mueller-maschinenbau.de", "billing_id": "cus_1"}


@pytest.fixture(autouse=True)
def plan(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_store.add("standard", PLAN, "2026-01-01T00:00:00.000Z", "test")
    monkeypatch.setattr(recognising, "_known", set[Name]())


def sold_to(customer: dict[str, Any], invoice: str = "in_1", **sold: Any) -> bytes:
    return payment(invoice, sold={"deal_id": None, "customer": customer} | sold)


def suggestions(event_id: str) -> list[dict[str, Any]]:
    reply = admin_api.handler(sample("billing-admin-api/show-event", params={"id": event_id}), None)
    return content(reply)["suggestions"]


@pytest.mark.parametrize(
    ("registered", "customer"),
    [
        ({"tax_id": "DE136695976"}, TAX),
        ({}, MAIL),
        ({"tax_id": "DE136695976"}, TAX | {"email": "ada@elsewhere.example"}),
    ],
)
def test_a_customer_is_known_by_its_tax_id_or_its_domain(
    registered: dict[str, str], customer: dict[str, str], new_deal: NewDealOf, context: CommandContext, post: Post
) -> None:
    deal = approve(new_deal(DEAL_ID, **(WHO | registered)), context)
    assert outcome(post(sold_to(customer))) == APPLIED
    assert lines_of(deal) == ["1 accrual 20.00", "2 accrual 1.00"]


def test_what_it_is_called_by_its_sender_is_its_deals_from_then_on(approved: Deal, post: Post) -> None:
    post(sold_to(MAIL))
    assert outcome(post(sold_to({"billing_id": "cus_1"}, "in_2"), "msg_2")) == APPLIED


def test_a_won_deal_that_is_reported_without_its_name_is_found_too(approved: Deal, post: Post) -> None:
    told = {"type": "deal.closed_won", "data": {"amount": {"amount": "9.00", "currency": "EUR"}, "customer": MAIL}}
    assert outcome(post(json.dumps(told).encode())) == APPLIED


def test_a_deal_that_is_not_approved_is_no_answer(in_review: Deal, post: Post) -> None:
    event_id = post(sold_to(MAIL))
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.NO_DEAL_REFERENCE)
    assert suggestions(event_id) == []


def test_a_like_name_is_a_suggestion_and_no_more(approved: Deal, post: Post) -> None:
    event_id = post(sold_to({"name": "Müller Maschinenbau GmbH"}))
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.NO_DEAL_REFERENCE)
    (suggested,) = suggestions(event_id)
    assert (suggested["deal_id"], suggested["number"], suggested["certainty"]) == (DEAL_ID, NUMBER, "possible")
    assert suggested["partner_id"] == approved.partner_id
    assert "name alike" in suggested["reasons"][0]


@pytest.fixture
def two(new_deal: NewDealOf, context: CommandContext) -> list[Deal]:
    """Of one customer, in two families of products."""
    pairs = [(ANALYTICS, "analytics"), (OTHER, "payments")]
    return [approve(new_deal(deal_id, products=[product], **WHO), context) for deal_id, product in pairs]


def test_of_several_deals_the_one_of_the_sales_products_counts(two: list[Deal], post: Post) -> None:
    assert outcome(post(sold_to(MAIL, lines=[{"product": "payments", "amount": "100.00"}]))) == APPLIED
    assert lines_of(two[1]) == ["1 accrual 20.00", "2 accrual 1.00"]
    assert lines_of(two[0]) == []


def test_several_deals_are_a_persons_to_choose_from(two: list[Deal], post: Post) -> None:
    event_id = post(sold_to(MAIL, lines=[{"product": "setup", "amount": "100.00"}]))
    assert outcome(event_id) == (EventStatus.UNMATCHED, Reason.SEVERAL_DEALS)
    suggested = suggestions(event_id)
    assert {one["deal_id"] for one in suggested} == {deal.id for deal in two}
    assert {one["certainty"] for one in suggested} == {"exact"}
