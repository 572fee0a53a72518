"""What follows from waiting: notices of a protection's end, the time to answer a reviewer, a partner's long silence."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dealreg.deals import deadlines, extensions, rules, schedule
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.deals.statuses import Status
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.working_time import DEFAULT
from tests.unit.deals.samples import DEAL, NOW

CONTEXT = CommandContext(NOW, 7)
DAY = timedelta(days=1)
IN_REVIEW = replace(DEAL, status=Status.IN_REVIEW)
Told = list[tuple[str, timedelta]]
moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # Hypothesis adds it
notice_days = st.lists(st.integers(1, 100), max_size=5, unique=True)


def approved(program: Program, days: int) -> Deal:
    return rules.approve(IN_REVIEW, CONTEXT, days, "head", program=program).deal


def run(deal: Deal, program: Program, late: timedelta = timedelta(0), until: datetime | None = None) -> Told:
    """What the clock tells from now on, if it always comes so late, and when."""
    told: Told = []
    while deal.due_at and (until is None or times.from_text(deal.due_at) <= until):
        assert len(told) < 20, "the clock stands still"
        now = times.from_text(deal.due_at) + late
        change = deadlines.strike(deal, CommandContext(now, 7), program)
        assert change.deal.due_at is None or times.from_text(change.deal.due_at) >= now
        told += [(event.type, now - NOW) for event in change.events]
        deal = change.deal
    return told


@given(notice_days, st.integers(1, 200))
def test_each_notice_comes_once_in_its_time_and_none_that_was_past_at_approval(days: list[int], length: int) -> None:
    program = Program(expiring_notice_days=tuple(days))
    coming = sorted((length - day) * DAY for day in days if day < length)
    assert run(approved(program, length), program) == [
        *(("deal.expiring", moment) for moment in coming),
        ("deal.expired", length * DAY),
    ]


@given(notice_days, st.integers(1, 200), st.integers(0, 300))
def test_a_late_clock_tells_what_is_left_to_tell_and_nothing_twice(days: list[int], length: int, late: int) -> None:
    program = Program(expiring_notice_days=tuple(days))
    told = run(approved(program, length), program, late * DAY)
    assert told[-1][0] == "deal.expired"
    assert len(told) <= len([day for day in days if day < length]) + 1
    assert len({moment for _, moment in told}) == len(told)


@given(notice_days, st.integers(2, 200), st.integers(1, 100), st.data())
def test_an_extension_brings_the_notices_of_the_new_end(
    days: list[int], length: int, more: int, data: st.DataObject
) -> None:
    program = Program(expiring_notice_days=tuple(days))
    at = data.draw(st.integers(0, length - 1)) * DAY
    deal = approved(program, length)
    for moment in sorted(length - day for day in days if day < length):
        if moment * DAY <= at:
            deal = deadlines.strike(deal, CommandContext(NOW + moment * DAY, 7), program).deal
    longer = extensions.extend(deal, CommandContext(NOW + at, 7), more, "once", program).deal
    coming = sorted((length + more - day) * DAY for day in days)
    told = [("deal.expiring", moment) for moment in coming if moment > at]
    assert run(longer, program) == [*told, ("deal.expired", (length + more) * DAY)]


def test_a_deal_from_before_notices_were_written_down_is_announced_once() -> None:
    """Of such a deal, the newest event came after what was told of its end."""
    program = Program()
    deal = replace(approved(program, 90), told_until=None, silent_since=None)
    assert [kind for kind, _ in run(deal, program)] == ["deal.expiring", "deal.expired"]
    warned = replace(deal, updated_at=times.to_text(NOW + 76 * DAY), due_at=deal.protected_until)
    assert [kind for kind, _ in run(warned, program)] == ["deal.expired"]


def test_a_clock_that_was_put_off_loses_no_notice() -> None:
    """A row that failed is due again later, which says nothing of what it was due for."""
    program = Program(expiring_notice_days=(30, 14))
    put_off = replace(approved(program, 90), due_at=times.to_text(NOW + 60 * DAY + timedelta(hours=3)))
    assert [kind for kind, _ in run(put_off, program)] == ["deal.expiring", "deal.expiring", "deal.expired"]


class TestAnAnswer:
    def asked(self, program: Program, now: datetime = NOW) -> Deal:
        return rules.request_info(IN_REVIEW, CommandContext(now, 7), ["notes"], "More?", "head", program).deal

    def test_is_waited_for_so_many_working_days_and_the_partner_is_reminded_at_half(self) -> None:
        program = Program(answer_within_days=4)
        deal = self.asked(program)
        assert (deal.answer_by, deal.due_at) == ("2026-11-27T17:00:00.000Z", "2026-11-25T13:30:00.000Z")
        told = run(deal, program)
        assert [kind for kind, _ in told] == ["deal.reminded", "deal.expired"]
        assert told[-1][1] == times.from_text(deal.answer_by or "") - NOW

    @given(moments, st.integers(1, 60))
    def test_half_is_half_of_the_working_time(self, now: datetime, days: int) -> None:
        deal = self.asked(Program(answer_within_days=days), now)
        half, end = times.from_text(deal.remind_at or ""), times.from_text(deal.answer_by or "")
        assert now < half < end
        gap = DEFAULT.between(now, half) - DEFAULT.between(half, end)
        assert abs(gap) <= timedelta(milliseconds=2), "times are written to the millisecond"

    def test_that_is_not_given_says_so_in_the_end(self) -> None:
        deal = self.asked(Program())
        change = deadlines.strike(deal, CommandContext(times.from_text(deal.answer_by or ""), 7), Program())
        assert (change.deal.status, change.deal.reason_code, change.deal.answer_by) == ("expired", "no_answer", None)

    def test_takes_the_deal_off_the_clock(self) -> None:
        answered = rules.resubmit(self.asked(Program()), CONTEXT, NOW).deal
        assert (answered.due_at, answered.answer_by, answered.remind_at) == (None, None, None)

    def test_of_a_deal_that_was_asked_before_answers_had_a_time_is_waited_for(self) -> None:
        asked = replace(DEAL, status=Status.ACTION_REQUIRED)
        assert schedule.next_look(asked, Program()) is None


class TestALongSilence:
    PROGRAM = Program(stale_after_days=30, expiring_notice_days=())

    def test_is_asked_about_and_ends_the_protection_two_weeks_later(self) -> None:
        assert run(approved(self.PROGRAM, 90), self.PROGRAM) == [
            ("deal.sign_of_life_asked", 30 * DAY),
            ("deal.expired", 44 * DAY),
        ]

    def test_ends_it_as_stale(self) -> None:
        deal = replace(approved(self.PROGRAM, 90), sign_of_life_by=times.to_text(NOW))
        ended = deadlines.strike(deal, CONTEXT, self.PROGRAM).deal
        assert (ended.status, ended.reason_code, ended.sign_of_life_by) == ("expired", "stale", None)

    def test_is_not_asked_about_where_the_program_does_not_say_how_long_it_is(self) -> None:
        assert run(approved(Program(), 200), Program())[-1] == ("deal.expired", 200 * DAY)

    def test_is_not_asked_about_after_the_end_of_the_protection(self) -> None:
        assert run(approved(self.PROGRAM, 30), self.PROGRAM) == [("deal.expired", 30 * DAY)]
