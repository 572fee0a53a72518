"""A registration ends or gets another customer: those that were like it are judged again."""

from collections.abc import Callable

import pytest

from dealreg.deals import acts, edits, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import Act
from tests.integration.rechecks.conftest import Follow, NewPartner, again, given_deal, judge, later, told

ENDS: dict[str, Callable[[Deal, Act], rules.Change]] = {
    "withdrawn": lambda deal, act: rules.withdraw(deal, act, ""),
    "rejected": lambda deal, act: rules.reject(deal, act, "other", "No.", "approver"),
}


@pytest.mark.parametrize("end", ENDS)
def test_who_was_like_a_deal_that_ended_is_clear_and_told_once(
    new_partner: NewPartner, act: Act, follow: Follow, end: str
) -> None:
    first = given_deal(new_partner("North"), act, "Kranz Maschinen", "kranz.de")
    other = given_deal(new_partner("South"), act, "Kranz Machinen GmbH", "kranz.shop")
    assert other.verdict == "possible_duplicate"
    follow()

    store.commit(first, ENDS[end](first, act))
    messages = follow()

    assert (again(other).status, again(other).verdict, again(other).matches) == ("in_review", "clear", [])
    assert told(other) == ["clear"]
    for message in messages:
        assert judge(message) == []
    assert told(other) == ["clear"]


def test_who_moves_up_after_a_released_claim_is_clear(new_partner: NewPartner, act: Act, follow: Follow) -> None:
    holder = given_deal(new_partner("North"), act, "Kranz Maschinen", "kranz.de")
    holder = store.commit(holder, rules.approve(holder, act, 90, "approver"))
    second = given_deal(new_partner("South"), act, "Kranz Maschinen", "kranz.de")
    third = given_deal(new_partner("South 2"), later(act, hours=1), "Kranz Maschinen", "kranz.de")
    assert [second.verdict, third.verdict] == ["claimed_by_partner"] * 2
    follow()

    acts.release_claim(holder, act, "admin")
    follow()

    assert again(second).status == "in_review"
    assert told(second) == ["clear"]
    assert (again(third).status, again(third).verdict, told(third)) == ("queued", "claimed_by_partner", [])


def test_who_was_like_the_former_name_of_a_corrected_deal_is_clear(
    new_partner: NewPartner, act: Act, follow: Follow
) -> None:
    first = given_deal(new_partner("North"), act, "Kranz Maschinen", "kranz.de")
    other = given_deal(new_partner("South"), act, "Kranz Machinen GmbH", "kranz.shop")
    asked = store.commit(first, rules.request_info(first, act, ["customer.name"], "Which one?", "head"))
    follow()
    assert told(other) == []

    edits.resubmit(asked, {"customer": {"name": "Nordlicht Logistik"}}, act)
    follow()

    assert told(other) == ["clear"]


def test_a_deal_of_another_partner_counts_for_that_one(new_partner: NewPartner, act: Act, follow: Follow) -> None:
    south = new_partner("South")
    first = given_deal(new_partner("North"), act, "Kranz Maschinen", "kranz.de")
    waiting = given_deal(south, act, "Kranz Maschinen", "kranz.de")
    assert waiting.verdict == "claimed_by_partner"
    follow()

    acts.reassign(first, south.partner_id, act, "admin")
    follow()

    assert told(waiting) == ["same_partner_repeat"]
