"""The reviewer says that a registration's customer is somebody's already: both are one from then on."""

from collections.abc import Callable
from datetime import datetime

import pytest

from dealreg.accounts import store as accounts
from dealreg.approvals import review
from dealreg.approvals.model import Turn
from dealreg.deals import store
from dealreg.deals.model import Deal
from dealreg.deals.statuses import RejectReason
from dealreg.deals.words import REJECTED_BECAUSE
from tests.integration.deals.reviewing import Registered, call, given_account
from tests.integration.deals.test_verdicts import row_of, told_the_relay
from tests.reviews import page_of, questions_of, review_of
from tests.samples import content

Ask = Callable[[Deal], Deal]


@pytest.fixture
def asked(now: datetime) -> Ask:
    """Puts a deal to its approver."""

    def put(deal: Deal) -> Deal:
        review.ask(deal.id, deal.version, "task token", now)
        return deal

    return put


@pytest.fixture
def account(program: object) -> Callable[[str], str]:
    def make(ownership: str) -> str:
        return given_account(ownership=ownership)

    return make


def after_decision(deal: Deal, now: datetime) -> Deal:
    """By the workflow, from the answered question."""
    review.apply_decision(Turn(deal_id=deal.id, version=deal.review_version, next_step="apply", step=1), now)
    return store.locate(deal.id)


def test_the_second_registration_of_a_customer_ends(registered: Registered, asked: Ask, now: datetime) -> None:
    first = registered("North")
    name, domain = "Mueller Maschinenbau Nord", "mueller-nord.example"
    second = asked(store.locate(registered("South", name=name, domain=domain, tax_id=None)["id"]))

    reply = call("merge-match", second.id, first["id"])

    assert (reply["statusCode"], content(reply)["merged"]) == (202, True)
    ended = after_decision(second, now)
    assert (ended.status, ended.reason_code) == ("rejected", "duplicate")
    assert ended.reason == REJECTED_BECAUSE[RejectReason.DUPLICATE]
    told_the_relay()
    assert store.locate(first["id"]).aliases == [name]
    third = registered("West", name=f"{name} AG", domain=domain, tax_id=None, country=None)
    matched = {match["id"]: match["reason"] for match in store.locate(third["id"]).matches}
    assert f"same domain {domain}" in matched[first["id"]]


def test_a_registration_of_our_own_customer_ends(
    registered: Registered, account: Callable[[str], str], asked: Ask, now: datetime
) -> None:
    known = account("customer")
    domain = "mueller-nord.example"
    deal = asked(store.locate(registered("North", domain=domain, tax_id=None)["id"]))

    assert content(call("merge-match", deal.id, known))["closes_as"] == "existing_customer"

    assert after_decision(deal, now).reason_code == "existing_customer"
    told_the_relay()
    assert accounts.load(known).learned_domains == (domain,)
    later = registered("South", name="Something Else", domain=domain, tax_id=None)
    assert later["conflict"]["verdict"] == "existing_customer"


def test_beside_a_former_customer_the_deal_goes_on(
    registered: Registered, account: Callable[[str], str], asked: Ask
) -> None:
    known = account("former_customer")
    deal = asked(store.locate(registered("North", domain="mueller-nord.example", tax_id=None)["id"]))

    assert call("merge-match", deal.id, known)["statusCode"] == 202

    assert [put.status for put in questions_of(deal)] == ["pending"]
    told_the_relay()
    assert accounts.load(known).learned_domains == ("mueller-nord.example",)


def test_saying_it_again_changes_nothing(
    registered: Registered, account: Callable[[str], str], asked: Ask, now: datetime
) -> None:
    known = account("customer")
    deal = asked(store.locate(registered("North", tax_id=None)["id"]))
    first = call("merge-match", deal.id, known)
    row, decided = row_of(deal.id, known), review_of(deal)
    for _ in range(2):
        assert call("merge-match", deal.id, known)["body"] == first["body"]
    assert (row_of(deal.id, known), review_of(deal)) == (row, decided)
    after_decision(deal, now)
    assert call("merge-match", deal.id, known)["statusCode"] == 202


def test_before_anybody_is_asked_it_decides_the_deal_too(
    registered: Registered, account: Callable[[str], str], now: datetime
) -> None:
    known = account("customer")
    deal = store.locate(registered("North", tax_id=None)["id"])
    assert call("merge-match", deal.id, known)["statusCode"] == 202
    assert row_of(deal.id, known)["merged"]
    ended = after_decision(deal, now)
    assert (ended.status, ended.reason_code) == ("rejected", "existing_customer")


def test_who_waits_in_the_queue_stays_there(registered: Registered) -> None:
    first, second = registered("North"), registered("South")
    assert second["status"] == "queued"
    assert call("merge-match", second["id"], first["id"])["statusCode"] == 202
    assert store.locate(second["id"]).status == "queued"
    assert row_of(second["id"], first["id"])["merged"]


def test_nobody_can_be_merged_with_who_is_gone_or_no_match(
    registered: Registered, account: Callable[[str], str]
) -> None:
    known = account("customer")
    deal = registered("North")
    accounts.delete(known, "test")
    for match_id in (known, "acc_1"):
        assert call("merge-match", deal["id"], match_id)["statusCode"] == 404


def test_what_the_reviewer_decided_is_told_to_who_opens_the_link(
    registered: Registered, account: Callable[[str], str], asked: Ask, now: datetime
) -> None:
    known = account("open_opportunity")
    deal = asked(store.locate(registered("North", tax_id=None)["id"]))
    call("merge-match", deal.id, known)
    (question,) = questions_of(deal)
    assert "An administrator rejected this" in page_of(question.link, now).closed
