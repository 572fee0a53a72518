"""What follows when the clock strikes for a deal. Pure.

The clock may come late, or more often than needed: an act of the partner moves a deadline and leaves the clock alone.
"""

from dataclasses import replace

from dealreg.deals import rules
from dealreg.deals.model import Deal
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.schedule import SIGN_OF_LIFE_WITHIN, notices, on_clock, silent_until
from dealreg.deals.statuses import Status
from dealreg.partners.program import Program
from dealreg.platform import times

_BY = "clock"


def strike(deal: Deal, context: CommandContext, program: Program) -> Change:
    """The first that is due, and the clock set to what comes next; `program` is that of the deal's review."""
    change = _due(deal, context, program) or Change(deal, ())
    return replace(change, deal=on_clock(change.deal, context.now, program))


def _due(deal: Deal, context: CommandContext, program: Program) -> Change | None:
    match deal.status:
        case Status.ACTION_REQUIRED:
            return _without_answer(deal, context)
        case Status.APPROVED:
            return _of_protection(deal, context, program)
        case _:
            return None


def _without_answer(deal: Deal, context: CommandContext) -> Change | None:
    if _is_past(deal.answer_by, context):
        return rules.expire(deal, context, "no_answer", _BY)
    return remind(deal, context) if _is_past(deal.remind_at, context) else None


def _of_protection(deal: Deal, context: CommandContext, program: Program) -> Change | None:
    if _is_past(deal.protection_ends, context):
        return end_protection(deal, context)
    silence = silent_until(deal, program)
    is_silent = silence is not None and silence <= context.now
    if is_silent and deal.sign_of_life_by:
        return rules.expire(deal, context, "stale", _BY)
    if any(notice <= context.now for notice in notices(deal, program)):
        return warn_of_expiry(deal, context)
    return ask_for_sign_of_life(deal, context) if is_silent else None


def end_protection(deal: Deal, context: CommandContext) -> Change:
    return rules.expire(deal, context, "protection_ended", _BY)


def remind(deal: Deal, context: CommandContext) -> Change:
    told = {"fields": deal.editable, "reason": deal.reason or "", "answer_by": deal.answer_by}
    return rules.record(replace(deal, remind_at=None), context, "deal.reminded", told)


def warn_of_expiry(deal: Deal, context: CommandContext) -> Change:
    """The protection ends soon. One event stands for all notices that a late clock finds."""
    warned = replace(deal, told_until=times.to_text(context.now))
    promised = deal.decide_by if deal.extension and not _is_past(deal.decide_by, context) else None
    told = {"protected_until": deal.protection_ends, "extension_decide_by": promised}
    return rules.record(warned, context, "deal.expiring", told)


def ask_for_sign_of_life(deal: Deal, context: CommandContext) -> Change:
    answer_by = times.to_text(context.now + SIGN_OF_LIFE_WITHIN)
    asked = replace(deal, sign_of_life_by=answer_by)
    return rules.record(asked, context, "deal.sign_of_life_asked", {"answer_by": answer_by})


def _is_past(moment: str | None, context: CommandContext) -> bool:
    return moment is not None and times.from_text(moment) <= context.now
