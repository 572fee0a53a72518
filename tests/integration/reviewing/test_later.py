"""Who registers a customer first learns nothing of who does it later: the later one is looked at, and waits."""

from dealreg.accounts import store as accounts
from dealreg.deals import edits, judging, rules, store
from dealreg.deals.rules import CommandContext
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


def test_of_two_at_once_each_sees_the_other(new_partner: NewPartner, context: CommandContext) -> None:
    """Neither is sure that the other was there to be seen when it looked."""
    first = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    second = given_deal(new_partner("South"), later(context, seconds=20), "Kranz Machinen GmbH", "kranz.shop")

    judged = [judging.recheck(deal, later(context, minutes=1)) for deal in (first, second)]

    assert [deal.verdict for deal in judged] == ["possible_duplicate"] * 2


def test_who_corrects_its_customer_comes_after_those_who_had_that_one_before(
    new_partner: NewPartner, context: CommandContext
) -> None:
    first = given_deal(new_partner("North"), context, "Nordlicht Logistik", "nordlicht.example")
    given_deal(new_partner("South"), later(context, hours=1), "Kranz Machinen GmbH", "kranz.shop")
    asked = store.commit(first, rules.request_info(first, context, ["customer.name", "notes"], "Which one?", "head"))

    corrected = edits.edit(asked, {"customer": {"name": "Kranz Maschinen"}}, later(context, hours=2))
    resubmitted = edits.resubmit(corrected, {"notes": "A slip."}, later(context, hours=3))

    assert judging.recheck(resubmitted, later(context, hours=4)).verdict == "possible_duplicate"
