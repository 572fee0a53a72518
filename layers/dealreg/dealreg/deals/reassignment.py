"""A deal goes from one partner to another. Pure."""

from dataclasses import replace

from dealreg.deals import rules
from dealreg.deals.model import Deal
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.schedule import answer_times
from dealreg.deals.statuses import TERMINAL, Status
from dealreg.deals.words import in_sentence
from dealreg.partners.program import Program
from dealreg.platform.errors import StateConflict


def reassign(before: Deal, moved: Deal, context: CommandContext, by: str, program: Program = rules.DEFAULTS) -> Change:
    """`moved` is the deal as the other partner has it, who has all the time that the first one had.

    In review, another review of it begins. The first partner is told that it is gone, and not to whom.
    """
    if before.status in TERMINAL:
        raise StateConflict(f"The deal is {in_sentence(before.status)}.", deal_status=before.status)
    gone = replace(before, version=before.version + 1, sequence=before.sequence + 1)
    left = rules.event_of(gone, context, rules.REASSIGNED_AWAY, internal={"by": by, "user_id": before.user_id})
    moved = rules.by_partner(replace(moved, sequence=gone.sequence), context)
    if before.status == Status.IN_REVIEW:
        moved = replace(moved, **rules.new_review(moved))
    if before.status == Status.ACTION_REQUIRED:
        moved = replace(moved, **answer_times(context.now, program))
    came = rules.timed(
        rules.record(moved, context, "deal.reassigned", internal={"from": before.partner_id, "by": by}),
        context,
        program,
    )
    return Change(came.deal, (left, *came.events))
