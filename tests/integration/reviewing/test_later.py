"""Who registers a customer first learns nothing of who does it later: the later one is looked at, and waits."""

import pytest

from dealreg.accounts import store as accounts
from dealreg.approvals.plan import outcome
from dealreg.deals import edits, judging, rules, store
from dealreg.deals.facts import facts_of
from dealreg.deals.rules import CommandContext
from dealreg.deals.words import verdict_words
from dealreg.partners.program import Program, Tier
from dealreg.partners.rules import route, routing_of
from dealreg.platform.errors import StateConflict
from dealreg.platform.money import Money
from dealreg.reviewing import matches
from tests.integration.moving import registered
from tests.integration.reviewing.conftest import Follow, NewPartner, again, given_account, given_deal, later, told


def test_the_holder_of_a_claim_stays_clear_whoever_waits_behind_it(
    new_partner: NewPartner, context: CommandContext
) -> None:
    holder = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    waiting = given_deal(new_partner("South"), later(context, hours=1), "Kranz Maschinen GmbH", "kranz.de")

    judged = [judging.recheck(deal, later(context, days=1)) for deal in (holder, waiting)]

    assert [deal.verdict for deal in judged] == ["clear", "claimed_by_partner"]
    assert judged[0].matches == []
    assert told(holder) == []


def test_of_two_that_are_alike_the_later_one_is_looked_at(
    new_partner: NewPartner, context: CommandContext, follow: Follow
) -> None:
    account_id = given_account(context.now)
    first = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    second = given_deal(new_partner("South"), later(context, hours=1), "Kranz Machinen GmbH", "kranz.shop")
    follow()

    accounts.delete(account_id, "test")
    follow()

    assert (again(first).verdict, told(first)) == ("clear", ["clear"])
    assert (again(second).verdict, [match["id"] for match in again(second).matches]) == (
        "possible_duplicate",
        [first.id],
    )


def test_of_two_at_once_a_person_sees_each_beside_the_other_and_the_first_partner_nothing(
    new_partner: NewPartner, context: CommandContext
) -> None:
    """Neither is sure that the other was there to be seen when it looked."""
    first = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    second = given_deal(new_partner("South"), later(context, seconds=20), "Kranz Machinen GmbH", "kranz.shop")

    judged = [judging.recheck(deal, later(context, minutes=1)) for deal in (first, second)]

    assert [deal.verdict for deal in judged] == ["clear", "possible_duplicate"]
    assert [deal.matches[0]["id"] for deal in judged] == [second.id, first.id]
    assert "registered later" in judged[0].matches[0]["reason"]
    assert "registered before" in judged[1].matches[0]["reason"]
    assert [match["later"] for deal in judged for match in matches.matches_of(deal)["items"]] == [True, False]
    assert verdict_words(judged[0].verdict, judged[0].matches).title == "Registered first"
    generous = routing_of(Program(tiers=(Tier("registered", "Registered", 1, Money(10**9, "EUR")),)))
    assert [outcome(route(facts_of(deal, generous), generous).rule) for deal in judged] == ["ask", "ask"]
    assert told(first) == []


def test_who_corrects_its_customer_comes_after_those_who_had_that_one_before(
    new_partner: NewPartner, context: CommandContext
) -> None:
    first = given_deal(new_partner("North"), context, "Nordlicht Logistik", "nordlicht.example")
    given_deal(new_partner("South"), later(context, hours=1), "Kranz Machinen GmbH", "kranz.shop")
    asked = store.commit(first, rules.request_info(first, context, ["customer.name", "notes"], "Which one?", "head"))

    corrected = edits.edit(asked, {"customer": {"name": "Kranz Maschinen"}}, later(context, hours=2))
    resubmitted = edits.resubmit(corrected, {"notes": "A slip."}, later(context, hours=3))

    assert judging.recheck(resubmitted, later(context, hours=4)).verdict == "possible_duplicate"


def test_who_had_a_customer_first_learns_nothing_of_who_corrects_theirs_to_it(
    new_partner: NewPartner, context: CommandContext, follow: Follow
) -> None:
    """Though the other's deal is the older one."""
    other = given_deal(new_partner("North"), context, "Nordlicht Logistik", "nordlicht.example")
    first = given_deal(new_partner("South"), later(context, hours=1), "Kranz Machinen GmbH", "kranz.shop")
    asked = store.commit(other, rules.request_info(other, context, ["customer.name"], "Which one?", "head"))

    edits.resubmit(asked, {"customer": {"name": "Kranz Maschinen"}}, later(context, hours=2))
    follow()

    judged = [judging.recheck(again(deal), later(context, hours=3)) for deal in (first, other)]
    assert [deal.verdict for deal in judged] == ["clear", "possible_duplicate"]
    assert told(first) == []
    assert "registered before" in judged[1].matches[0]["reason"]
    assert matches.candidates_of(judged[1])[0].closes_as == "duplicate"


def test_a_number_that_is_added_makes_nobody_later(
    new_partner: NewPartner, context: CommandContext, follow: Follow
) -> None:
    first = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    second = given_deal(new_partner("South"), later(context, hours=1), "Kranz Machinen GmbH", "kranz.shop")
    asked = store.commit(first, rules.request_info(first, context, ["customer.tax_id"], "Which?", "head"))

    said = {"customer": {"tax_id": "DE136695976"}}
    answered = edits.resubmit(asked, said, later(context, hours=2))
    follow()

    judged = judging.recheck(again(answered), later(context, hours=3))
    assert (judged.verdict, told(first)) == ("clear", [])
    assert judged.matches[0]["reason"].startswith("Kranz Machinen GmbH: registered later")
    assert matches.candidates_of(again(second))[0].closes_as == "duplicate"


def test_an_answer_does_not_tell_that_a_later_one_has_the_domain_that_it_adds(
    new_partner: NewPartner, context: CommandContext, follow: Follow
) -> None:
    by_mail = {"name": "Kranz Maschinen", "contact": {"email": "kranz@gmail.com"}}
    first = registered(new_partner("North"), context, customer=by_mail)
    second = given_deal(new_partner("South"), later(context, hours=1), "Kranz Maschinen", "kranz.de")
    asked = store.commit(first, rules.request_info(first, context, ["customer.domain"], "Which?", "head"))

    answered = edits.resubmit(asked, {"customer": {"domain": "kranz.de"}}, later(context, hours=2))
    follow()

    judged = judging.recheck(again(answered), later(context, hours=3))
    assert (judged.status, judged.verdict, judged.identities) == ("in_review", "clear", [])
    assert [match["id"] for match in judged.matches] == [second.id]


def test_an_answer_tells_that_another_had_the_number_before(new_partner: NewPartner, context: CommandContext) -> None:
    """By its name that was no rival."""
    first = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    taken = {"name": "Zwack Unicum", "tax_id": "DE136695976", "domain": "zwack.example"}
    registered(new_partner("South"), later(context, hours=1), customer=taken)
    asked = store.commit(first, rules.request_info(first, context, ["customer.tax_id"], "Which?", "head"))

    with pytest.raises(StateConflict, match="Another registration has this customer"):
        edits.resubmit(asked, {"customer": {"tax_id": "DE136695976"}}, later(context, hours=2))
