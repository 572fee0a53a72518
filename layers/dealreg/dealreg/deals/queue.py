"""Who waits behind a claim: who gets it when it is let go, and what becomes of them all when its holder wins."""

import logging
from collections.abc import Iterable

from dealreg.deals import prospects, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.deals.statuses import FREEING, RejectReason, Status
from dealreg.deals.words import WON_BY_ANOTHER
from dealreg.matching import claims, index
from dealreg.partners import partners
from dealreg.partners.program import current_program, program_at
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed, StaleVersion, Unavailable
from dealreg.platform.events import Event

logger = logging.getLogger(__name__)
_TRIES = 4
_AT_ONCE = 100
"""Turned away in a run: some seconds' work."""


def promote(event: Event, context: CommandContext) -> None:
    """After an event by which a deal let go of claims: the oldest that waits and can have all of its own moves up.

    Claims that nobody waits for are removed. Idempotent.
    """
    deal = store.locate(event.subject)
    freed = [dynamo.Key(index.table(), *key.split("|")) for key in event.internal.get("let_go", ())]
    if deal.status in FREEING:
        prospect = prospects.of_deal(deal)
        index.remove_entries(prospect)
        freed += prospect.claim_keys
    for _ in range(_TRIES):
        _next_behind(freed, context)
        removed = [_removed(key, deal.id) for key in freed]
        if all(removed):
            return
    raise Unavailable("the queue behind a claim keeps changing")


def turn_away(won: Deal, context: CommandContext) -> None:
    """All who wait behind a deal that is won are rejected, so many in a run; until then it stays on the clock.

    Idempotent.
    """
    keys = claims.still_claimed(prospects.of_deal(won))
    waiting = sorted({row["deal_id"] for key in keys for row in claims.queue(key, _AT_ONCE + 1)})
    are_gone = [_turned_away(store.locate(deal_id), won, context) for deal_id in waiting[:_AT_ONCE]]
    logger.info("turned away", extra={"deal_id": won.id, "deals": sum(are_gone), "waiting": len(waiting)})
    if all(are_gone) and len(waiting) <= _AT_ONCE:
        store.take_off_clock(won)


def turn_away_late(event: Event, context: CommandContext) -> None:
    """After an event with which a deal began to wait: behind one that is won it does not wait. Idempotent."""
    deal = store.locate(event.subject)
    if deal.status != Status.QUEUED:
        return
    held = dynamo.batch_get(prospects.of_deal(deal).claim_keys).values()
    for holder_id in sorted({row["deal_id"] for row in held if not row.get("freed")}):
        holder = store.locate(holder_id)
        if holder.status == Status.WON and not _turned_away(deal, holder, context):
            raise Unavailable("the deal keeps changing")


def _turned_away(deal: Deal, won: Deal, context: CommandContext) -> bool:
    """Whether it waits no longer; False when it changed meanwhile."""
    if deal.status != Status.QUEUED:
        return True
    try:
        reason, program = RejectReason.EXISTING_CUSTOMER, program_at(deal.program_version)
        store.commit(deal, rules.reject(deal, context, reason, WON_BY_ANOTHER, won.id, program))
    except StaleVersion:
        return False
    return True


def resume(partner_id: str, context: CommandContext) -> None:
    """After a partner became active again: what was passed over meanwhile moves up, if nobody has its customer now.

    Idempotent.
    """
    for deal in store.every_of_partner(partner_id):
        if deal.status == Status.QUEUED:
            _next_behind(prospects.of_deal(deal).claim_keys, context)


def _next_behind(keys: Iterable[dynamo.Key], context: CommandContext) -> None:
    """Those who wait behind claims that nobody has, and can have all of theirs, move up, the oldest first."""
    unheld = _unheld(keys)
    for deal_id in sorted({row["deal_id"] for key in unheld for row in claims.queue(key)}):
        if _moved_up(store.locate(deal_id), context) and not (unheld := _unheld(unheld)):
            return


def _unheld(keys: Iterable[dynamo.Key]) -> list[dynamo.Key]:
    """Those that are absent or let go."""
    wanted = list(keys)
    found = dynamo.batch_get(wanted)
    return [key for key in wanted if key not in found or found[key].get("freed")]


def _moved_up(deal: Deal, context: CommandContext) -> bool:
    """Not if one of its claims is held or its partner is suspended: then it is passed over and keeps its place."""
    if deal.status != Status.QUEUED:
        return False
    prospect = prospects.of_deal(deal)
    taken = [claims.hand_over(key, prospect) for key in prospect.claim_keys]
    also = [*taken, *claims.leave_queue(prospect), partners.still_active(deal.partner_id)]
    try:
        store.commit(deal, rules.promote(deal, context, current_program()), also)
    except (ConditionFailed, StaleVersion):
        return False  # the next event of that deal, claim or partner comes back here
    return True


def _removed(key: dynamo.Key, holder: str) -> bool:
    """Whether a claim that `holder` let go of is gone or somebody's; False when its queue changed meanwhile."""
    claim = dynamo.get(key.table, key.pk, key.sk)
    if not claim or claim["deal_id"] != holder or not claim.get("freed"):
        return True
    try:
        dynamo.write(claims.drop(claim))
    except ConditionFailed:
        return False
    return True
