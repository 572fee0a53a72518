"""The life of a deal: every act, from every status, does what the table of transitions allows and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.deals import appeals, extensions, rules, terms
from dealreg.deals.model import Deal, from_item, to_item
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.statuses import TERMINAL, TRANSITIONS, LostReason, Stage, Status
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.errors import InvalidInput, StateConflict
from dealreg.platform.money import Money
from tests.unit.deals.samples import DEAL, JANA, NOW

ACT = CommandContext(NOW, 7)
EUROS = Money(100, "EUR")
MOVES: dict[str, tuple[Status, Callable[[Deal], Change]]] = {
    "approve": (Status.APPROVED, lambda deal: rules.approve(deal, ACT, 90, "user_1")),
    "reject": (Status.REJECTED, lambda deal: rules.reject(deal, ACT, "other", "no", "user_1")),
    "request_info": (Status.ACTION_REQUIRED, lambda deal: rules.request_info(deal, ACT, ["notes"], "more", "user_1")),
    "withdraw": (Status.WITHDRAWN, lambda deal: rules.withdraw(deal, ACT, "moved on")),
    "win": (Status.WON, lambda deal: rules.win(deal, ACT, EUROS, "src_1")),
    "lose": (Status.LOST, lambda deal: rules.lose(deal, ACT, LostReason.PRICE, "too dear")),
    "expire": (Status.EXPIRED, lambda deal: rules.expire(deal, ACT, "protection_ended", "clock")),
}
OTHER_ACTS: dict[str, Callable[[Deal], Change]] = {
    "resubmit": lambda deal: rules.resubmit(deal, ACT, NOW),
    "promote": lambda deal: rules.promote(deal, ACT, Program()),
    "extend": lambda deal: extensions.extend(deal, ACT, 30, "unlimited"),
    "set_stage": lambda deal: rules.set_stage(deal, ACT, Stage.VERBAL),
    "confirm": lambda deal: rules.confirm(deal, ACT),
    "appeal": lambda deal: appeals.appeal(deal, ACT, "Another company", Program(), is_held=False),
    "comment": lambda deal: rules.comment(deal, ACT, "hello", JANA),
}
ACTS = {name: move for name, (_, move) in MOVES.items()} | OTHER_ACTS
statuses = st.sampled_from(list(Status))


def deal_in(status: Status) -> Deal:
    return replace(DEAL, status=status, protected_until=times.to_text(NOW + timedelta(days=10)))


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("command", MOVES)
def test_a_deal_moves_where_the_table_says(command: str, status: Status) -> None:
    following, move = MOVES[command]
    if following in TRANSITIONS[status]:
        assert move(deal_in(status)).deal.status == following
    else:
        with pytest.raises(StateConflict) as refused:
            move(deal_in(status))
        assert refused.value.extra == {"deal_status": status}


@pytest.mark.parametrize("status", [status for status in Status if status != Status.ACTION_REQUIRED])
def test_only_who_was_asked_can_resubmit_so_nobody_jumps_the_queue(status: Status) -> None:
    with pytest.raises(StateConflict) as refused:
        rules.resubmit(deal_in(status), ACT, NOW)
    assert refused.value.extra == {"deal_status": status}


@pytest.mark.parametrize("status", [status for status in Status if status != Status.QUEUED])
def test_only_who_waits_can_move_up(status: Status) -> None:
    with pytest.raises(StateConflict):
        rules.promote(deal_in(status), ACT, Program())


def test_the_table_is_closed_and_its_ends_are_reachable() -> None:
    reached, ahead = set[Status](), [Status.SUBMITTED]
    while ahead:
        status = ahead.pop()
        if status not in reached:
            reached.add(status)
            ahead += TRANSITIONS[status]
    assert reached == set(Status) == set(TRANSITIONS)
    assert {Status.WON, Status.LOST, Status.REJECTED, Status.WITHDRAWN, Status.EXPIRED} == TERMINAL


@given(st.lists(st.sampled_from(sorted(ACTS)), max_size=12), statuses)
def test_whatever_is_done_versions_and_sequences_have_no_gap(acts: list[str], status: Status) -> None:
    deal = deal_in(status)
    for name in acts:
        try:
            change = ACTS[name](deal)
        except StateConflict:
            continue
        assert change.deal.version == deal.version + 1
        assert [event.sequence for event in change.events] == [deal.sequence + 1]
        assert {event.subject for event in change.events} == {deal.id}
        if change.deal.status != deal.status:
            assert Status(change.deal.status) in TRANSITIONS[Status(deal.status)]
        deal = change.deal


@given(st.lists(st.sampled_from(sorted(ACTS)), max_size=12))
def test_an_end_is_final(acts: list[str]) -> None:
    for end in TERMINAL:
        for name in acts:
            if name == "comment" or (name, end) == ("appeal", Status.REJECTED):
                continue
            with pytest.raises(StateConflict):
                ACTS[name](deal_in(end))


@given(statuses, st.sampled_from(sorted(ACTS)))
def test_a_deal_is_stored_and_read_back_as_it_was(status: Status, context: str) -> None:
    try:
        deal = ACTS[context](deal_in(status)).deal
    except StateConflict:
        deal = deal_in(status)
    assert from_item(to_item(deal)) == deal


def test_protection_starts_at_approval_and_is_on_the_clock_before_it_ends() -> None:
    deal = rules.approve(deal_in(Status.IN_REVIEW), ACT, 90, "user_1").deal
    assert deal.protected_until == times.to_text(NOW + timedelta(days=90))
    assert deal.due_at == times.to_text(NOW + timedelta(days=90 - 14))


@pytest.mark.parametrize(("days", "due_after"), [(3, 3), (14, 14), (15, 1), (30, 16)])
def test_a_protection_whose_notice_is_past_when_it_begins_is_next_on_the_clock_at_its_end(
    days: int, due_after: int
) -> None:
    approved = rules.approve(deal_in(Status.IN_REVIEW), ACT, days, "user_1").deal
    assert approved.due_at == times.to_text(NOW + timedelta(days=due_after))


@pytest.mark.parametrize(("days", "due_after"), [(30, 26), (3, 13)])
def test_an_extension_brings_the_notice_of_the_new_end_unless_that_is_past(days: int, due_after: int) -> None:
    longer = extensions.extend(deal_in(Status.APPROVED), ACT, days, "once").deal
    assert longer.due_at == times.to_text(NOW + timedelta(days=due_after))


def test_an_end_leaves_the_clock() -> None:
    approved = rules.approve(deal_in(Status.IN_REVIEW), ACT, 90, "user_1").deal
    assert rules.withdraw(approved, ACT, "").deal.due_at is None


@pytest.mark.parametrize(
    ("allowed", "before", "is_allowed"),
    [("off", 0, False), ("once", 0, True), ("once", 1, False), ("unlimited", 5, True)],
)
def test_extensions_are_as_many_as_the_program_says(allowed: str, before: int, is_allowed: bool) -> None:
    deal = replace(deal_in(Status.APPROVED), extensions=before)
    if not is_allowed:
        with pytest.raises(StateConflict):
            extensions.extend(deal, ACT, 30, allowed)
        return
    longer = extensions.extend(deal, ACT, 30, allowed).deal
    assert longer.protected_until == times.to_text(NOW + timedelta(days=40))
    assert longer.extensions == before + 1


def test_extensions_are_never_more_than_one_ahead() -> None:
    protected, moment = deal_in(Status.APPROVED), NOW
    for _ in range(3):
        begins = times.from_text(protected.protected_until or "")
        protected = extensions.extend(protected, CommandContext(moment, 7), 30, "unlimited").deal
        with pytest.raises(StateConflict, match="extended already"):
            extensions.extend(protected, CommandContext(begins - timedelta(seconds=1), 7), 30, "unlimited")
        moment = begins


def test_an_extension_from_before_its_beginning_was_written_down_had_the_programs_days() -> None:
    extended = replace(deal_in(Status.APPROVED), extensions=1)
    with pytest.raises(StateConflict, match="extended already"):
        extensions.extend(extended, ACT, 9, "unlimited")
    assert extensions.extend(extended, ACT, 10, "unlimited").deal.extensions == 2


def test_a_reviewer_asks_for_fields_that_a_deal_has() -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.request_info(deal_in(Status.IN_REVIEW), ACT, ["notes", "customer.shoe_size"], "more", "user_1")
    assert [fault.field for fault in refused.value.errors] == ["fields"]


def test_an_internal_note_says_nothing_to_the_partner() -> None:
    (event,) = rules.note(deal_in(Status.IN_REVIEW), ACT, "doubtful", "user_1").events
    assert "doubtful" not in str(event.to_envelope())
    assert event.internal["text"] == "doubtful"


weekdays = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # Hypothesis adds it


@given(weekdays, st.integers(1, 30))
def test_a_decision_is_due_on_a_business_day_at_five(now: datetime, days: int) -> None:
    due = terms.decide_by(DEAL, now, Program(decide_within_days=days))
    between = [now.date() + timedelta(days=day) for day in range(1, (due.date() - now.date()).days + 1)]
    assert (due.hour, due.minute) == (17, 0)
    assert due.weekday() < 5
    assert sum(day.weekday() < 5 for day in between) == days
