"""The vendor's own accounts change: whoever registered such a customer before is judged again."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.accounts import store as accounts
from dealreg.approvals import review
from dealreg.deals import commands, prospects, rules, store
from dealreg.deals.rules import CommandContext
from relay import app
from reviewing import recheck
from tests.integration.moving import sample, waiting_in
from tests.integration.reviewing.conftest import (
    CONTEXT,
    Follow,
    NewPartner,
    again,
    given_account,
    given_deal,
    judge,
    queue_is_gone,
    records_of_accounts,
    told,
)
from tests.reviews import page_of, question_of
from tests.samples import cases
from tests.unit.deals.samples import JANA


def test_an_account_imported_later_is_noticed_once(
    new_partner: NewPartner, context: CommandContext, now: datetime, follow: Follow
) -> None:
    deal = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    given_account(now, domains=["kranz.de"])

    messages = follow()

    assert again(deal).verdict == "existing_customer"
    assert again(deal).status == "in_review"  # the reviewer decides
    assert told(deal) == ["existing_customer"]
    for message in messages:
        assert judge(message) == []
    assert told(deal) == ["existing_customer"]


@pytest.mark.parametrize("case", cases("reviewing-recheck"))
def test_what_is_gone_by_now_is_left_alone(case: str, program: object) -> None:
    event = sample(f"reviewing-recheck/{case}.json")

    assert recheck.handler(event, CONTEXT) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("account", "verdict"),
    [
        ({"name": "Kranz Machinen GmbH"}, "possible_duplicate"),
        ({"name": "KMA Holding", "aliases": ["Kranz Maschinen"]}, "possible_duplicate"),
        ({"name": "Kranz Maschinen", "country": "US"}, "clear"),
        ({"name": "Nordlicht Maschinen"}, "clear"),
        ({"name": "Nordlicht Maschinen", "domains": ["other.example"]}, "clear"),
    ],
)
def test_names_count_as_they_do_at_the_registration(
    new_partner: NewPartner,
    context: CommandContext,
    now: datetime,
    follow: Follow,
    account: dict[str, Any],
    verdict: str,
) -> None:
    deal = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    given_account(now, **account)

    follow()

    assert again(deal).verdict == verdict


def test_a_deleted_account_is_in_nobodys_way_any_more(
    new_partner: NewPartner, context: CommandContext, now: datetime, follow: Follow
) -> None:
    account_id = given_account(now, domains=["kranz.de"])
    deal = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    follow()
    assert again(deal).verdict == "existing_customer"

    accounts.delete(account_id, "test")
    follow()

    assert (again(deal).verdict, again(deal).matches) == ("clear", [])
    assert told(deal) == ["clear"]


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"ownership": "open_opportunity"}, "direct_pipeline"),
        ({"ownership": "former_customer"}, "possible_duplicate"),
        ({"name": "Nordlicht Logistik", "domains": ["nordlicht.example"]}, "clear"),
        ({"domains": []}, "possible_duplicate"),
    ],
)
def test_a_changed_account_is_judged_by_what_it_is_now(
    new_partner: NewPartner,
    context: CommandContext,
    now: datetime,
    follow: Follow,
    change: dict[str, Any],
    verdict: str,
) -> None:
    given_account(now, domains=["kranz.de"])
    deal = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    follow()

    given_account(now, **({"domains": ["kranz.de"]} | change))
    follow()

    assert told(deal) == [verdict]


def test_an_account_that_is_sent_again_sets_nothing_in_motion(now: datetime, follow: Follow) -> None:
    given_account(now, domains=["kranz.de"])
    assert len(follow()) == 1

    given_account(now + timedelta(days=1), domains=["kranz.de"])

    assert follow() == []


def test_a_deal_that_was_decided_stays_as_it_is(
    new_partner: NewPartner, context: CommandContext, now: datetime, follow: Follow
) -> None:
    partner = new_partner("North")
    approved = given_deal(partner, context, "Kranz Maschinen", "kranz.de")
    approved = store.commit(approved, rules.approve(approved, context, 90, "approver"))
    rejected = given_deal(partner, context, "Kranz Maschinen Nord", "kranz.shop")
    rejected = store.commit(rejected, rules.reject(rejected, context, "other", "No.", "approver"))
    follow()
    given_account(now, domains=["kranz.de", "kranz.shop"])

    follow()

    assert [again(approved), again(rejected)] == [approved, rejected]


def test_each_partner_learns_its_own_verdict_and_no_more(
    new_partner: NewPartner, context: CommandContext, now: datetime, follow: Follow
) -> None:
    north, south = new_partner("North"), new_partner("South")
    deals = [given_deal(north, context, "Kranz", "kranz.de"), given_deal(south, context, "Kranz Maschinen", "kranz.de")]
    account_id = given_account(now, domains=["kranz.de"])

    follow()

    for deal, partner in zip(deals, (north, south), strict=True):
        (event,) = [one for one in store.events_of(deal) if one.type == "deal.conflict_changed"]
        assert event.partner_id == partner.partner_id
        assert event.data["conflict"] == {"verdict": "existing_customer", "reason_code": "domain_match"}
        assert account_id not in str(event.data)
        assert "Maschinen AG" not in str(event.data)


def test_the_approver_who_was_asked_before_sees_it(
    new_partner: NewPartner, context: CommandContext, now: datetime, follow: Follow
) -> None:
    deal = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    review.ask(deal.id, 1, "task", now)
    given_account(now, domains=["kranz.de"])

    follow()

    shown = page_of(question_of(deal).link, now)
    assert (shown.deal.verdict, shown.closed) == ("existing_customer", "")
    assert shown.matches == ("Kranz Maschinen AG: our own customer, same domain kranz.de",)


def test_a_deal_of_another_partner_by_now_is_found(
    new_partner: NewPartner, context: CommandContext, now: datetime, follow: Follow
) -> None:
    deal = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    commands.reassign(deal, new_partner("South").partner_id, context, "admin")
    given_account(now)

    follow()

    assert told(deal) == ["possible_duplicate"]


def test_a_deal_that_changes_meanwhile_is_judged_as_it_is_then(
    new_partner: NewPartner, context: CommandContext, now: datetime, follow: Follow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given that the partner writes a comment after the judge read the deal."""
    deal = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    given_account(now, domains=["kranz.de"])
    read = prospects.of_deal
    comments = ["We met them today."]

    def interrupted(one: Any) -> Any:
        if comments:
            commands.apply(deal, lambda current: rules.comment(current, context, comments.pop(), JANA))
        return read(one)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(prospects, "of_deal", interrupted)
        follow()

    types = [event.type for event in store.events_of(deal)]
    assert types == ["deal.submitted", "deal.commented", "deal.conflict_changed"]


def test_an_account_like_nobody_costs_two_reads(
    new_partner: NewPartner, context: CommandContext, now: datetime, calls: list[tuple[str, dict[str, Any]]]
) -> None:
    """Though a deal stands in a block of it: they have common words in common."""
    given_deal(new_partner("North"), context, "Deutsche Maschinen Handel", "dmh.example")
    given_account(now, name="Deutsche Maschinen Verleih", domains=["dmv.example"])
    app.handler({"Records": records_of_accounts()}, CONTEXT)
    (message,) = waiting_in("RECHECK_QUEUE_URL")
    calls.clear()

    judge(message)

    of_deals = [operation for operation, request in calls if request.get("TableName") != "Partners"]
    assert of_deals == ["Query", "BatchGetItem"]  # the program's settings are kept for a minute


def test_many_accounts_leave_the_relay_in_tens(calls: list[tuple[str, dict[str, Any]]], program: object) -> None:
    event = imported(25)
    calls.clear()

    assert app.handler(event, CONTEXT) == {"batchItemFailures": []}

    assert [operation for operation, _ in calls] == ["SendMessageBatch"] * 3
    assert len(waiting_in("RECHECK_QUEUE_URL")) == 25


def test_without_the_queue_accounts_come_again_and_hold_up_nothing_else(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = imported(2)
    event["Records"].append(sample("relay/sign-in-requested.json")["Records"][0])
    queue_is_gone(monkeypatch)

    failed = app.handler(event, CONTEXT)["batchItemFailures"]

    assert [failure["itemIdentifier"] for failure in failed] == ["0", "1"]
    assert len(waiting_in("NOTIFICATION_QUEUE_URL")) == 1


def imported(count: int) -> dict[str, Any]:
    """A batch of the stream with so many new accounts."""
    records = [sample("relay/account-imported.json")["Records"][0] for _ in range(count)]
    for number, record in enumerate(records):
        record["dynamodb"]["SequenceNumber"] = str(number)
        record["dynamodb"]["Keys"]["pk"]["S"] = f"ACCOUNT#acc_{number}"
    return {"Records": records}
