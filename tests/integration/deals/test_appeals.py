"""A rejected registration is looked at once more: once, in time, and with its customer only if nobody else has it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from dealreg.deals import commands, prospects, queue, rules, store
from dealreg.deals.model import Appeal, Deal
from dealreg.deals.rules import CommandContext
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, times
from dealreg.platform.errors import StateConflict
from dealreg.platform.http import Caller
from deals import admin_api, api
from relay import app
from tests.integration.aws_calls import lose_race_to
from tests.integration.moving import create_state_machine, executions, registered, stream
from tests.samples import ADMIN, content, sample
from tests.stand_ins import returning

NewPartner = Callable[[str], Caller]
WHY = "It is another company of that name."


@pytest.fixture
def north(new_partner: NewPartner) -> Caller:
    return new_partner("North")


@pytest.fixture
def deal(north: Caller, context: CommandContext) -> Deal:
    return registered(north, context)


def at(context: CommandContext, **later: int) -> CommandContext:
    moment = context.now + timedelta(**later)
    return CommandContext(moment, int(moment.timestamp()))


def rejected(deal: Deal, context: CommandContext) -> Deal:
    said: dict[str, Any] = {"reason": "Known to us.", "reason_code": "duplicate"}
    return commands.apply_decision(deal, deal.review_version, "reject", context, "ada@acme.example", **said)


def relayed(deal: Deal, context: CommandContext) -> None:
    """What follows from its end, followed."""
    queue.promote(store.events_of(store.locate(deal.id))[-1], context)


def appealed(deal: Deal, context: CommandContext) -> Deal:
    return commands.appeal(store.locate(deal.id), context, WHY)


def holders(deal: Deal) -> list[str]:
    rows = dynamo.batch_get(prospects.of_deal(deal).claim_keys).values()
    return [row["deal_id"] for row in rows if not row.get("freed")]


def is_listed(deal: Deal) -> bool:
    """In each row of the conflict index that is to have it."""
    rows = dynamo.batch_get(prospects.of_deal(deal).entries)
    return all(deal.id in rows.get(row, {}) for row in prospects.of_deal(deal).entries)


@pytest.mark.parametrize("is_relayed", [True, False])
def test_another_review_begins_and_the_customer_is_held_again(
    deal: Deal, context: CommandContext, is_relayed: bool
) -> None:
    rejected(deal, context)
    if is_relayed:
        relayed(deal, context)
        assert holders(deal) == []
    again = appealed(deal, at(context, days=1))
    assert (again.status, again.reason, again.reason_code, again.appeal_by) == ("in_review", None, None, None)
    assert again.appeal == Appeal(times.to_text(at(context, days=1).now), WHY, "ada@acme.example")
    assert again.review_version == again.version > deal.review_version
    assert (again.program_version, again.decide_by) == (current_program().version, "2026-11-26T17:00:00.000Z")
    assert set(holders(again)) == {deal.id} and is_listed(again)
    (*_, told) = store.events_of(again)
    assert (told.type, told.data["reason"], told.data["status"]) == ("deal.appealed", WHY, "in_review")
    assert again == store.locate(deal.id)


def test_who_registers_the_customer_afterwards_waits(
    deal: Deal, new_partner: NewPartner, context: CommandContext
) -> None:
    rejected(deal, context)
    relayed(deal, context)
    appealed(deal, at(context, days=1))
    assert registered(new_partner("South"), at(context, days=2)).status == "queued"


def test_it_waits_behind_who_has_the_customer_by_then_and_comes_first(
    deal: Deal, new_partner: NewPartner, context: CommandContext
) -> None:
    rejected(deal, context)
    relayed(deal, context)
    holder = registered(new_partner("South"), at(context, hours=1))
    behind = registered(new_partner("West"), at(context, hours=2))
    again = appealed(deal, at(context, days=1))
    assert (holder.status, again.status, again.verdict) == ("in_review", "queued", "claimed_by_partner")
    assert [event.type for event in store.events_of(again)][-2:] == ["deal.appealed", "deal.queued"]
    gone = store.commit(holder, rules.withdraw(holder, at(context, days=2), ""))
    relayed(gone, at(context, days=2))
    assert [store.locate(one.id).status for one in (deal, behind)] == ["in_review", "queued"]
    assert store.locate(deal.id).appeal, "which its review goes by"


def test_it_does_not_pass_by_who_waits_for_what_it_has_just_let_go(
    deal: Deal, new_partner: NewPartner, context: CommandContext
) -> None:
    """Before the relay has moved anybody up: in the order of registration, it is the first then."""
    behind = registered(new_partner("South"), at(context, hours=1))
    rejected(deal, context)
    again = appealed(deal, at(context, days=1))
    assert again.status == "queued"
    for event in store.events_of(again)[1:]:
        queue.promote(event, at(context, days=1))
    assert [store.locate(one.id).status for one in (deal, behind)] == ["in_review", "queued"]
    assert set(holders(again)) == {deal.id} and is_listed(again)


def test_who_was_faster_has_the_customer(
    deal: Deal, new_partner: NewPartner, context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    rejected(deal, context)
    relayed(deal, context)
    south = new_partner("South")
    lose_race_to(monkeypatch, lambda: registered(south, at(context, hours=1)))
    assert appealed(deal, at(context, hours=2)).status == "queued"


class TestOnce:
    def test_and_rejected_again_it_is_final(self, deal: Deal, context: CommandContext) -> None:
        first = rejected(deal, context)
        assert first.appeal_by == "2026-12-07T10:00:00.000Z"
        again = appealed(deal, at(context, days=1))
        final = rejected(again, at(context, days=2))
        assert (final.status, final.appeal_by) == ("rejected", None)
        assert store.events_of(final)[-1].data["appeal_by"] is None

    @pytest.mark.parametrize("is_rejected_again", [True, False])
    def test_a_second_is_refused(self, deal: Deal, context: CommandContext, is_rejected_again: bool) -> None:
        rejected(deal, context)
        again = appealed(deal, at(context, days=1))
        if is_rejected_again:
            rejected(again, at(context, days=2))
        with pytest.raises(StateConflict) as refused:
            appealed(deal, at(context, days=3))
        assert refused.value.extra["cause"] == "appealed_already"

    def test_within_the_time_that_the_program_gives(self, deal: Deal, context: CommandContext) -> None:
        rejected(deal, context)
        with pytest.raises(StateConflict) as refused:
            appealed(deal, at(context, days=14, seconds=1))
        assert refused.value.extra["cause"] == "appeal_closed"
        assert appealed(deal, at(context, days=14)).status == "in_review"

    def test_and_only_against_a_rejection(self, deal: Deal, context: CommandContext) -> None:
        with pytest.raises(StateConflict) as refused:
            appealed(deal, context)
        assert refused.value.extra == {"deal_status": "in_review"}


def test_the_api_takes_a_reason_and_answers_with_the_deal(
    north: Caller, deal: Deal, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(times, "now", lambda: now)
    rejected(deal, context)

    def call(case: str, **changes: Any) -> dict[str, Any]:
        return api.handler(sample(f"deals-api/{case}", caller=north, params={"id": deal.id}, **changes), None)

    assert "you may appeal until 7 Dec 2026" in content(call("read"))["next"]
    refused = call("appeal", body={"reason": " "})
    assert (refused["statusCode"], content(refused)["errors"][0]["field"]) == (422, "reason")
    reply = call("appeal")
    assert (reply["statusCode"], content(reply)["status"], content(reply)["appeal_by"]) == (200, "in_review", None)
    assert (call("appeal")["statusCode"], content(call("appeal"))["cause"]) == (409, "appealed_already")
    shown = content(admin_api.handler(sample("deals-admin-api/read", caller=ADMIN, params={"id": deal.id}), None))
    assert shown["appeal"]["rejected_by"] == "ada@acme.example"


def test_its_review_is_started_and_what_its_end_took_out_of_the_index_is_put_back(
    deal: Deal, context: CommandContext, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when the appeal came between the two halves of what follows from the rejection."""
    monkeypatch.setattr(times, "now", lambda: now)
    monkeypatch.setattr("tests.integration.roles.running_function", returning(None))  # a rival acts within the relay
    create_state_machine(monkeypatch)
    rejected(deal, context)
    lose_race_to(monkeypatch, lambda: appealed(deal, context), "Matching")
    for _ in range(2):
        assert app.handler({"Records": stream("Deals")}, None) == {"batchItemFailures": []}
    again = store.locate(deal.id)
    assert again.status == "in_review" and f"{deal.id}-{again.review_version}" in executions()
    assert set(holders(again)) == {deal.id} and is_listed(again)
