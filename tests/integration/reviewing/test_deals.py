"""A registration ends or gets another customer: those that were like it are judged again."""

from collections.abc import Callable

import pytest

from dealreg.deals import commands, edits, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from tests.integration.reviewing.conftest import Follow, NewPartner, again, given_deal, judge, later, told

ENDS: dict[str, Callable[[Deal, CommandContext], rules.Change]] = {
    "withdrawn": lambda deal, context: rules.withdraw(deal, context, ""),
    "rejected": lambda deal, context: rules.reject(deal, context, "other", "No.", "approver"),
}


@pytest.mark.parametrize("end", ENDS)
def test_who_was_like_a_deal_that_ended_is_clear_and_told_once(
    new_partner: NewPartner, context: CommandContext, follow: Follow, end: str
) -> None:
    first = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    other = given_deal(new_partner("South"), context, "Kranz Machinen GmbH", "kranz.shop")
    assert other.verdict == "possible_duplicate"
    follow()

    store.commit(first, ENDS[end](first, context))
    messages = follow()

    assert (again(other).status, again(other).verdict, again(other).matches) == ("in_review", "clear", [])
    assert told(other) == ["clear"]
    for message in messages:
        assert judge(message) == []
    assert told(other) == ["clear"]


def test_who_moves_up_after_a_released_claim_is_clear(
    new_partner: NewPartner, context: CommandContext, follow: Follow
) -> None:
    holder = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    holder = store.commit(holder, rules.approve(holder, context, 90, "approver"))
    second = given_deal(new_partner("South"), context, "Kranz Maschinen", "kranz.de")
    third = given_deal(new_partner("South 2"), later(context, hours=1), "Kranz Maschinen", "kranz.de")
    assert [second.verdict, third.verdict] == ["claimed_by_partner"] * 2
    follow()

    commands.release_claim(holder, context, "admin")
    follow()

    assert again(second).status == "in_review"
    assert told(second) == ["clear"]
    assert (again(third).status, again(third).verdict, told(third)) == ("queued", "claimed_by_partner", [])


def test_who_was_like_the_former_name_of_a_corrected_deal_is_clear(
    new_partner: NewPartner, context: CommandContext, follow: Follow
) -> None:
    first = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    other = given_deal(new_partner("South"), context, "Kranz Machinen GmbH", "kranz.shop")
    asked = store.commit(first, rules.request_info(first, context, ["customer.name"], "Which one?", "head"))
    follow()
    assert told(other) == []

    edits.resubmit(asked, {"customer": {"name": "Nordlicht Logistik"}}, context)
    follow()

    assert told(other) == ["clear"]


def test_a_deal_of_another_partner_counts_for_that_one(
    new_partner: NewPartner, context: CommandContext, follow: Follow
) -> None:
    south = new_partner("South")
    first = given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    waiting = given_deal(south, context, "Kranz Maschinen", "kranz.de")
    assert waiting.verdict == "claimed_by_partner"
    follow()

    commands.reassign(first, south.partner_id, context, "admin")
    follow()

    assert told(waiting) == ["same_partner_repeat"]
