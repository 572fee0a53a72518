"""All open deals are judged again: after what verdicts go by has changed, page by page, whatever breaks off."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from dealreg.deals import rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.matching.names import score
from dealreg.partners.program import Program, save_program, stored_program
from dealreg.platform import dynamo, times
from dealreg.reviewing import full_recheck
from tests.integration.moving import waiting_in
from tests.integration.reviewing.conftest import NewPartner, again, given_deal, judge, queue_is_gone, told

NAMES = ("Kranz Maschinen", "Nordlicht Logistik", "Zwack Unicum", "Tessaro Vetri", "Hollberg Optik")
Looks = Callable[[int], list[dict[str, Any]]]


@pytest.fixture
def look(program: Program, moment: None, now: datetime) -> Looks:
    """Runs the sweep that many times; gives the messages, each of which was handed to the judge.

    A first pass, over nothing, is behind us.
    """

    def strike(times_: int) -> list[dict[str, Any]]:
        every: list[dict[str, Any]] = []
        for _ in range(times_):
            full_recheck.on_due("PASS", "PASS", next_look())
            messages = waiting_in("RECHECK_QUEUE_URL")
            assert [judge(message) for message in messages] == [[]] * len(messages)
            every += messages
        return every

    full_recheck.set_up(now)
    strike(5)
    return strike


@pytest.fixture
def deals(look: Looks, new_partner: NewPartner, context: CommandContext) -> list[Deal]:
    """Five open ones."""
    north = new_partner("North")
    return [given_deal(north, context, name, f"{name.split()[0].lower()}.example") for name in NAMES]


def the_pass() -> dynamo.Item:
    row = dynamo.get("Deals", "PASS", "PASS")
    assert row
    return row


def next_look() -> datetime:
    return times.from_text(the_pass()["due_at"])


def as_others_judged(deal: Deal) -> None:
    """What the weights of before made of it."""
    key = store.deal_key(deal.partner_id, deal.id)
    dynamo.write(dynamo.update(key, change={"verdict": "possible_duplicate", "conflict_reason": "name_match"}))


def with_other_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next deployment's."""
    deployed = replace(score.weights(), version="the next")
    monkeypatch.setattr(full_recheck, "weights", lambda: deployed)


def test_other_weights_judge_every_open_deal_once(
    look: Looks, deals: list[Deal], context: CommandContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    approved = store.commit(deals[0], rules.approve(deals[0], context, 90, "approver"))
    for deal in deals:
        as_others_judged(deal)
    with_other_weights(monkeypatch)

    look(6)

    assert again(approved).verdict == "possible_duplicate"  # it is decided
    assert [(again(deal).verdict, told(deal)) for deal in deals[1:]] == [("clear", ["clear"])] * 4
    assert look(10) == []


def test_what_changed_gets_the_time_to_reach_every_environment(
    look: Looks, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    noticed = next_look()
    with_other_weights(monkeypatch)

    assert look(1) == []

    assert next_look() == noticed + full_recheck.LOOK_EVERY


def test_another_threshold_judges_every_open_deal(
    look: Looks, program: Program, new_partner: NewPartner, context: CommandContext
) -> None:
    given_deal(new_partner("North"), context, "Kranz Maschinen", "kranz.de")
    other = given_deal(new_partner("South"), context, "Kranz", "kranz.shop")
    assert other.verdict == "clear"

    save_program(replace(program, possible_match_percent=50), by="admin")
    look(6)

    assert told(other) == ["possible_duplicate"]


def test_other_settings_set_nothing_in_motion(look: Looks, deals: list[Deal], program: Program) -> None:
    save_program(replace(program, name="Another", decide_within_days=5), by="admin")

    assert look(6) == []


@pytest.mark.parametrize("good_looks", [1, 2, 3, 5])
def test_a_pass_that_is_broken_off_goes_on_where_it_was(
    look: Looks, deals: list[Deal], monkeypatch: pytest.MonkeyPatch, good_looks: int
) -> None:
    """Given that the queue is gone for a time, wherever the pass is."""
    monkeypatch.setattr(full_recheck, "PAGE", 2)
    for deal in deals:
        as_others_judged(deal)
    with_other_weights(monkeypatch)
    look(good_looks)
    with monkeypatch.context() as broken:
        queue_is_gone(broken)
        for _ in range(2):
            with suppress(ClientError):
                look(1)

    look(10)

    assert [told(deal) for deal in deals] == [["clear"]] * 5


def test_a_page_that_was_sent_but_not_noted_is_sent_again_and_does_no_harm(
    look: Looks, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    for deal in deals:
        as_others_judged(deal)
    with_other_weights(monkeypatch)
    look(1)
    before = the_pass()
    messages = look(5)
    dynamo.write(dynamo.put("Deals", before))  # as if the sweep had died before it could write

    assert look(5) == messages != []

    assert [told(deal) for deal in deals] == [["clear"]] * 5


def test_of_two_sweeps_at_once_the_slower_moves_nothing_back(
    look: Looks, deals: list[Deal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given that one is overtaken between its read and its write."""
    with_other_weights(monkeypatch)
    moment = next_look()
    read_settings = stored_program
    overtaking = [True]

    def overtaken() -> Program:
        if overtaking and overtaking.pop():
            look(3)
        return read_settings()

    monkeypatch.setattr("dealreg.reviewing.full_recheck.stored_program", overtaken)
    full_recheck.on_due("PASS", "PASS", moment)
    monkeypatch.undo()

    assert next_look() == moment + full_recheck.LOOK_EVERY + 2 * full_recheck.PAGE_EVERY


def test_a_row_that_is_not_due_yet_is_left_alone(look: Looks, now: datetime) -> None:
    before = the_pass()

    full_recheck.on_due("PASS", "PASS", next_look() - timedelta(milliseconds=1))
    full_recheck.set_up(now)

    assert the_pass() == before


def test_once_a_day_what_lost_messages_left_behind_is_found(look: Looks, deals: list[Deal]) -> None:
    as_others_judged(deals[2])
    begun_at = times.to_text(next_look() - full_recheck.PASS_EVERY)
    dynamo.write(dynamo.update(dynamo.Key("Deals", "PASS", "PASS"), change={"begun_at": begun_at}))

    look(6)

    assert told(deals[2]) == ["clear"]
