"""What is done to a deal while somebody else changes it or its claims: it is refused, and nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest

from dealreg.deals import commands, edits, prospects, queue, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.platform import dynamo
from dealreg.platform.errors import StaleVersion, StateConflict
from dealreg.platform.http import Caller
from tests.integration.aws_calls import intercept, lose_race_to
from tests.integration.deals.test_register_races import registered
from tests.unit.deals.samples import JANA

NewPartner = Callable[[str], Caller]
PATCH = {"customer": {"domain": "corrected.example.org"}}


@pytest.fixture
def deal(new_partner: NewPartner, context: CommandContext) -> Deal:
    return registered(new_partner("North"), context)


def comment(deal: Deal, context: CommandContext) -> Deal:
    return commands.apply(deal, lambda read: rules.comment(read, context, "Any news?", JANA))


def asked_for_its_domain(deal: Deal, context: CommandContext) -> Deal:
    return store.commit(deal, rules.request_info(deal, context, ["customer.domain"], "Which one?", "user_1"))


def test_a_deal_that_changed_meanwhile_is_not_moved_to_another_partner(
    deal: Deal, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    south = new_partner("South")
    lose_race_to(monkeypatch, lambda: comment(deal, context))
    with pytest.raises(StaleVersion):
        commands.reassign(deal, south.partner_id, context, "user_1")
    assert store.locate(deal.id).partner_id == deal.partner_id


def test_a_deal_that_changed_meanwhile_is_not_resubmitted(
    deal: Deal, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = asked_for_its_domain(deal, context)
    lose_race_to(monkeypatch, lambda: comment(asked, context))
    with pytest.raises(StaleVersion):
        edits.resubmit(asked, PATCH, context)
    assert store.locate(deal.id).status == "action_required"


def test_a_corrected_customer_that_another_just_registered_is_not_taken(
    deal: Deal, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, south = asked_for_its_domain(deal, context), new_partner("South")
    other = {"name": "Corrected", "domain": "corrected.example.org"}
    lose_race_to(monkeypatch, lambda: registered(south, CommandContext(context.now, 1000), customer=other))
    with pytest.raises(StateConflict, match="Another registration has this customer"):
        edits.resubmit(asked, PATCH, context)


def test_a_claim_taken_in_the_moment_of_its_removal_stays_with_who_took_it(
    deal: Deal, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    south, faster = new_partner("South"), list[Deal]()
    gone = commands.apply(deal, lambda read: rules.withdraw(read, context, ""))

    def taken_first(make: Callable[[], Any], _client: Any, operation: str, request: dict[str, Any]) -> Any:
        if operation == "DeleteItem" and request["Key"]["sk"]["S"].startswith("CLAIM#") and not faster:
            faster.append(registered(south, CommandContext(context.now, 1000)))
        return make()

    intercept(monkeypatch, taken_first)
    queue.promote(store.events_of(gone)[-1], context)
    (taker,) = faster
    held = dynamo.batch_get(prospects.of_deal(taker).claim_keys)
    assert taker.status == "in_review"
    assert [row["deal_id"] for row in held.values()] == [taker.id] * len(prospects.of_deal(taker).claim_keys)


CAMPUS = {"domain": "campus.example"}
"""Of two customers whose names differ: the second registration has it as a hint."""


def test_a_domain_that_another_takes_while_its_deal_is_approved_stays_theirs(
    new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = registered(new_partner("North"), context, customer={"name": "Institut Kepler", **CAMPUS})
    second = registered(new_partner("South"), context, customer={"name": "Zwack Brewery", **CAMPUS})
    gone = store.commit(first, rules.withdraw(first, context, ""))
    queue.promote(store.events_of(gone)[-1], context)
    west, faster = new_partner("West"), CommandContext(context.now, 1000)
    lose_race_to(monkeypatch, lambda: registered(west, faster, customer={"name": "Zwack Brewery", **CAMPUS}))
    with pytest.raises(StaleVersion):
        commands.apply_decision(second, second.review_version, "approve", context, "head")
    assert store.locate(second.id).status == "in_review"


def test_a_domain_that_another_takes_while_it_is_learned_stays_theirs(
    deal: Deal, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    west, faster = new_partner("West"), CommandContext(context.now, 1000)
    lose_race_to(monkeypatch, lambda: registered(west, faster, customer={"name": "Lunar Optics", **CAMPUS}))
    with pytest.raises(StaleVersion):
        commands.learn(deal.id, [], ["campus.example"], context)
    learned = commands.learn(deal.id, [], ["campus.example"], context)
    assert (learned.identities, learned.hints) == (deal.identities, ["domain#campus.example"])


def test_a_comment_is_heard_however_often_another_is_faster(
    deal: Deal, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    rivals = [f"rival {number}" for number in range(6)]
    waiting, is_rivals = list(rivals), False

    def rival_first(make: Callable[[], Any], _client: Any, operation: str, _request: dict[str, Any]) -> Any:
        nonlocal is_rivals
        if operation == "TransactWriteItems" and waiting and not is_rivals:
            is_rivals = True
            said(deal, waiting.pop(), context)
            is_rivals = False
        return make()

    intercept(monkeypatch, rival_first)
    said(deal, "mine", context)
    texts = [event.data["text"] for event in store.events_of(store.locate(deal.id)) if event.type == "deal.commented"]
    assert texts == [*reversed(rivals), "mine"]


def said(deal: Deal, text: str, context: CommandContext) -> None:
    own = CommandContext(context.now, int.from_bytes(text.encode()))
    commands.apply(deal, lambda read: rules.comment(read, own, text, JANA))
