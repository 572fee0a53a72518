"""By when something is to be done about a deal, and when the clock has to look at it next. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from dealreg.deals.model import Deal
from dealreg.deals.statuses import Status
from dealreg.partners.program import Program
from dealreg.platform import due, times

SIGN_OF_LIFE_WITHIN = timedelta(days=14)


def answer_times(now: datetime, program: Program) -> dict[str, str]:
    """By when the partner answers a reviewer, and when it is reminded: half of the working time later."""
    calendar = program.calendar
    until = calendar.end_of_day(now, program.answer_within_days)
    half = calendar.add(now, calendar.between(now, until) / 2)
    return {"answer_by": times.to_text(until), "remind_at": times.to_text(half)}


def notices(deal: Deal, program: Program) -> list[datetime]:
    """When the end of its protection is still to be announced, in order; it is later while an extension is pending.

    What was past when the end was set is none. A deal from before that was written down has told what its newest event
    came after.
    """
    until = times.from_text(deal.protection_ends or "")
    told = times.from_text(deal.told_until or deal.updated_at)
    moments = (until - timedelta(days=days) for days in program.expiring_notice_days)
    return sorted(moment for moment in moments if told < moment < until)


def silent_until(deal: Deal, program: Program) -> datetime | None:
    """When its partner is to be asked for a sign of life, or, asked already, has not given one. None: never."""
    if deal.sign_of_life_by:
        return times.from_text(deal.sign_of_life_by)
    if program.stale_after_days is None:
        return None
    return times.from_text(deal.silent_since or deal.updated_at) + timedelta(days=program.stale_after_days)


def next_look(deal: Deal, program: Program) -> datetime | None:
    """The next moment at which something follows from nothing being done; `program` is that of its review."""
    if deal.status == Status.ACTION_REQUIRED and (moment := deal.remind_at or deal.answer_by):
        return times.from_text(moment)
    if deal.status != Status.APPROVED or not deal.protection_ends:
        return None
    silence = silent_until(deal, program)
    ends = times.from_text(deal.protection_ends)
    return min([ends, *notices(deal, program)[:1], *([silence] if silence else [])])


def on_clock(deal: Deal, now: datetime, program: Program) -> Deal:
    """With the clock set to its next look, or off it. The sweep has been where it is past."""
    moment = next_look(deal, program)
    if moment is None:
        return replace(deal, due_bucket=None, due_at=None)
    clock = due.at(max(moment, now), deal.id)
    return replace(deal, due_bucket=clock["due_bucket"], due_at=clock["due_at"])
