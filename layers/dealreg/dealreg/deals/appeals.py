"""Asking again after a rejection: once, and not for ever. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.deals import rules
from dealreg.deals.model import Appeal, Deal
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.statuses import Status
from dealreg.deals.terms import with_new_terms
from dealreg.deals.words import in_sentence
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.errors import StateConflict


def is_open(deal: Deal, now: datetime) -> bool:
    """Whether its partner may appeal now."""
    return deal.status == Status.REJECTED and bool(deal.appeal_by) and now <= times.from_text(deal.appeal_by or "")


def require_open(deal: Deal, now: datetime) -> None:
    """Raises StateConflict."""
    if deal.appeal:
        raise StateConflict("You appealed already.", deal_status=deal.status, cause="appealed_already")
    if deal.status != Status.REJECTED:
        told = f"A deal that is {in_sentence(deal.status)} was not rejected: there is nothing to appeal against."
        raise StateConflict(told, deal_status=deal.status)
    if not is_open(deal, now):
        raise StateConflict("The time to appeal is over.", deal_status=deal.status, cause="appeal_closed")


def appeal(
    judged: Deal,
    context: CommandContext,
    reason: str,
    program: Program,
    *,
    is_held: bool,
    let_go: Sequence[str] = (),
) -> Change:
    """Another review begins; where somebody else has the customer by now, the deal waits for that.

    `judged` is the rejected deal by what the conflict check says of it now; `program` is the present one. `let_go` are
    the claims that it had and does not take again, which others may wait for.
    """
    require_open(judged, context.now)
    kept: dict[str, Any] = {
        "appeal": Appeal(times.to_text(context.now), reason, judged.rejected_by or ""),
        "reason": None,
        "reason_code": None,
        "rejected_by": None,
    }
    begun = replace(judged, program_version=0, decide_by=None)
    begun = begun if is_held else with_new_terms(begun, program, context.now)
    status = Status.QUEUED if is_held else Status.IN_REVIEW
    internal = {"let_go": list(let_go)} if let_go else None
    change = rules.move(begun, status, context, "deal.appealed", {"reason": reason}, internal, **kept)
    return _waiting(change, context) if is_held else change


def _waiting(change: Change, context: CommandContext) -> Change:
    """Told as of a registration that waits."""
    queued = replace(change.deal, sequence=change.deal.sequence + 1)
    return Change(queued, (*change.events, rules.event_of(queued, context, "deal.queued")))
