"""What each command tells: the event's type, what it says beside the deal's summary, and what only the vendor sees."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from dealreg.deals import appeals, deadlines, extensions, reassignment, rules
from dealreg.deals.model import Deal, place_of
from dealreg.deals.rules import Author, Change, CommandContext, Side, summary
from dealreg.deals.statuses import TERMINAL, LostReason, Stage, Status
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.errors import StateConflict
from dealreg.platform.events import VENDOR, Event
from dealreg.platform.ids import make_id
from dealreg.platform.money import Money
from tests.unit.deals.samples import DEAL, JANA, NOW

REVIEWER = Author("reviewer", "The reviewer", Side.VENDOR)
LATER = NOW + timedelta(hours=1)
ACT = CommandContext(LATER, 2**80 - 1)
"""Entropy at its upper end, past which it begins again."""
UNTIL = NOW + timedelta(days=30)
PROTECTED = replace(DEAL, protected_until=times.to_text(UNTIL))
MOVED = replace(DEAL, partner_id="part_2")

Told = tuple[Status, Callable[[Deal], Change], str, dict[str, Any], dict[str, Any]]
TOLD: dict[str, Told] = {
    "request_info": (
        Status.IN_REVIEW,
        lambda deal: rules.request_info(deal, ACT, ["notes"], "more", "user_1"),
        "deal.action_required",
        {"fields": ["notes"], "reason": "more", "answer_by": "2026-12-07T17:00:00.000Z"},
        {"by": "user_1"},
    ),
    "reject": (
        Status.IN_REVIEW,
        lambda deal: rules.reject(deal, ACT, "other", "no", "user_1"),
        "deal.rejected",
        {"reason_code": "other", "reason": "no", "appeal_by": times.to_text(LATER + timedelta(days=14))},
        {"by": "user_1"},
    ),
    "approve": (
        Status.IN_REVIEW,
        lambda deal: rules.approve(deal, ACT, 90, "user_1"),
        "deal.approved",
        {"protected_until": times.to_text(LATER + timedelta(days=90)), "reason": None},
        {"by": "user_1"},
    ),
    "approve with a reason": (
        Status.IN_REVIEW,
        lambda deal: rules.approve(deal, ACT, 90, "user_1", "Well prepared."),
        "deal.approved",
        {"protected_until": times.to_text(LATER + timedelta(days=90)), "reason": "Well prepared."},
        {"by": "user_1"},
    ),
    "withdraw": (
        Status.IN_REVIEW,
        lambda deal: rules.withdraw(deal, ACT, ""),
        "deal.withdrawn",
        {"reason_code": "withdrawn_by_partner", "reason": None},
        {},
    ),
    "resubmit": (Status.ACTION_REQUIRED, lambda deal: rules.resubmit(deal, ACT, UNTIL), "deal.resubmitted", {}, {}),
    "resubmit as somebody else": (
        Status.ACTION_REQUIRED,
        lambda deal: rules.resubmit(deal, ACT, UNTIL, ("ID#x|CLAIM#data",)),
        "deal.resubmitted",
        {},
        {"let_go": ["ID#x|CLAIM#data"]},
    ),
    "promote": (Status.QUEUED, lambda deal: rules.promote(deal, ACT, Program()), "deal.in_review", {}, {}),
    "win": (
        Status.APPROVED,
        lambda deal: rules.win(deal, ACT, Money(100, "USD"), "src_1"),
        "deal.won",
        {"won_amount": {"amount": "1.00", "currency": "USD"}},
        {"by": "src_1"},
    ),
    "win as registered": (
        Status.APPROVED,
        lambda deal: rules.win(deal, ACT, None, "src_1"),
        "deal.won",
        {"won_amount": {"amount": "48000.00", "currency": "EUR"}},
        {"by": "src_1"},
    ),
    "lose": (
        Status.APPROVED,
        lambda deal: rules.lose(deal, ACT, LostReason.PRICE, "too dear"),
        "deal.lost",
        {"reason_code": "price", "reason": "too dear"},
        {},
    ),
    "expire": (
        Status.APPROVED,
        lambda deal: rules.expire(deal, ACT, "protection_ended", "clock"),
        "deal.expired",
        {"reason_code": "protection_ended"},
        {"by": "clock"},
    ),
    "warn": (
        Status.APPROVED,
        lambda deal: deadlines.warn_of_expiry(deal, ACT),
        "deal.expiring",
        {"protected_until": times.to_text(UNTIL), "extension_decide_by": None},
        {},
    ),
    "remind": (
        Status.ACTION_REQUIRED,
        lambda deal: deadlines.remind(
            replace(deal, editable=["notes"], reason="more", answer_by=times.to_text(UNTIL)), ACT
        ),
        "deal.reminded",
        {"fields": ["notes"], "reason": "more", "answer_by": times.to_text(UNTIL)},
        {},
    ),
    "ask for a sign of life": (
        Status.APPROVED,
        lambda deal: deadlines.ask_for_sign_of_life(deal, ACT),
        "deal.sign_of_life_asked",
        {"answer_by": times.to_text(LATER + timedelta(days=14))},
        {},
    ),
    "extend": (
        Status.APPROVED,
        lambda deal: extensions.extend(deal, ACT, 30, "once"),
        "deal.extended",
        {"protected_until": times.to_text(UNTIL + timedelta(days=30)), "reason": None},
        {},
    ),
    "set_stage": (
        Status.APPROVED,
        lambda deal: rules.set_stage(replace(deal, stage="prospect"), ACT, Stage.VERBAL),
        "deal.stage_changed",
        {"from": "prospect"},
        {},
    ),
    "comment": (
        Status.APPROVED,
        lambda deal: rules.comment(deal, ACT, "hello", JANA),
        "deal.commented",
        {"text": "hello", "author": "user_1", "author_name": "Jana Weiß", "side": "partner"},
        {},
    ),
    "comment of an approver": (
        Status.APPROVED,
        lambda deal: rules.comment(deal, ACT, "hello", REVIEWER, "ada@acme.example"),
        "deal.commented",
        {"text": "hello", "author": "reviewer", "author_name": "The reviewer", "side": "vendor"},
        {"by": "ada@acme.example"},
    ),
    "note": (
        Status.APPROVED,
        lambda deal: rules.note(deal, ACT, "doubtful", "user_1"),
        "deal.noted",
        {},
        {"text": "doubtful", "by": "user_1"},
    ),
    "rejudge": (
        Status.IN_REVIEW,
        lambda deal: rules.rejudge(replace(deal, verdict="claimed", conflict_reason="taken"), ACT),
        "deal.conflict_changed",
        {"conflict": {"verdict": "claimed", "reason_code": "taken"}},
        {},
    ),
    "appeal": (
        Status.REJECTED,
        lambda deal: appeals.appeal(
            replace(deal, appeal_by=times.to_text(LATER)), ACT, "Another company", Program(), is_held=False
        ),
        "deal.appealed",
        {"reason": "Another company"},
        {},
    ),
    "confirm": (Status.APPROVED, lambda deal: rules.confirm(deal, ACT), "deal.confirmed", {}, {}),
}

REFUSED_AT_THE_END: dict[str, Callable[[Deal], Change]] = {
    "set_stage": lambda deal: rules.set_stage(deal, ACT, Stage.VERBAL),
    "reassign": lambda deal: reassignment.reassign(deal, MOVED, ACT, "user_1"),
    "extend": lambda deal: extensions.extend(deal, ACT, 30, "unlimited"),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_is_told(name: str) -> None:
    status, command, event_type, said, internal = TOLD[name]
    after, events = (change := command(replace(PROTECTED, status=status))).deal, change.events
    assert events == (
        Event(
            id=make_id("evt", LATER, (2**80 - 1 + after.sequence) % 2**80),
            type=event_type,
            subject=DEAL.id,
            sequence=2,
            timestamp=LATER,
            partner_id=after.partner_id,
            audience=() if event_type == "deal.noted" else (VENDOR, after.partner_id),
            data=summary(after) | said,
            place=place_of(DEAL.id),
            internal=internal,
        ),
    )
    assert after.updated_at == times.to_text(LATER)


def test_who_had_a_deal_and_who_gets_it_are_told_each_for_itself() -> None:
    change = reassignment.reassign(replace(PROTECTED, user_id="user_7"), MOVED, ACT, "user_1")
    left, came = change.events
    assert (left.type, left.sequence, left.partner_id, left.audience) == (
        "deal.reassigned_away",
        2,
        "part_1",
        ("part_1",),
    )
    assert left.internal == {"by": "user_1", "user_id": "user_7"}
    assert (came.type, came.sequence, came.partner_id, came.audience) == (
        "deal.reassigned",
        3,
        "part_2",
        (VENDOR, "part_2"),
    )
    assert came.internal == {"from": "part_1", "by": "user_1"}
    assert left.data["version"] == came.data["version"] == change.deal.version == 2
    assert (change.deal.sequence, change.deal.review_sequence, change.deal.review_version) == (3, 3, 2)


@pytest.mark.parametrize(
    ("status", "types", "review_version"),
    [
        (Status.IN_REVIEW, ["deal.submitted"], 1),
        (Status.QUEUED, ["deal.submitted", "deal.queued"], 0),
    ],
)
def test_a_registration_tells_that_it_came_and_that_it_waits(
    status: Status, types: list[str], review_version: int
) -> None:
    change = rules.submit(replace(DEAL, status=status, sequence=0, version=1), ACT)
    assert [event.type for event in change.events] == types
    assert [event.sequence for event in change.events] == list(range(1, len(types) + 1))
    assert (change.deal.sequence, change.deal.review_version) == (len(types), review_version)


@pytest.mark.parametrize("status", sorted(TERMINAL))
@pytest.mark.parametrize("name", REFUSED_AT_THE_END)
def test_who_is_refused_is_told_how_the_deal_stands(status: Status, name: str) -> None:
    with pytest.raises(StateConflict, match="deal") as refused:
        REFUSED_AT_THE_END[name](replace(DEAL, status=status))
    assert refused.value.extra == {"deal_status": status}


def test_what_a_command_sets_besides_the_status() -> None:
    in_review, asked = replace(PROTECTED, status=Status.IN_REVIEW), replace(PROTECTED, status=Status.ACTION_REQUIRED)
    sent_back = rules.request_info(in_review, ACT, ["notes"], "more", "user_1").deal
    assert (sent_back.editable, sent_back.reason) == (["notes"], "more")
    again = rules.resubmit(replace(asked, editable=["notes"], reason="more"), ACT, UNTIL).deal
    assert (again.editable, again.reason, again.decide_by) == ([], None, times.to_text(UNTIL))
    assert again.review_version == again.version, "another review begins"
    assert rules.set_stage(in_review, ACT, Stage.VERBAL).deal.stage == "verbal"


def test_a_protection_that_has_ended_is_not_extended() -> None:
    ended = replace(DEAL, status=Status.APPROVED, protected_until=times.to_text(LATER))
    with pytest.raises(StateConflict, match="has ended"):
        extensions.extend(ended, ACT, 30, "unlimited")
