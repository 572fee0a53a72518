"""Who waits behind a claim: who gets it when it is let go."""

from collections.abc import Iterable

from dealreg.deals import prospects, rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import CommandContext
from dealreg.deals.statuses import FREEING, Status
from dealreg.matching import claims, index
from dealreg.partners import partners
from dealreg.partners.program import current_program
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed, StaleVersion, Unavailable
from dealreg.platform.events import Event

_TRIES = 4


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


def resume(partner_id: str, context: CommandContext) -> None:
    """After a partner became active again: what was passed over meanwhile moves up, if nobody has its customer now.

    Idempotent.
    """
    for deal in store.every_of_partner(partner_id):
        keys = prospects.of_deal(deal).claim_keys
        if deal.status == Status.QUEUED and all(row.get("freed") for row in dynamo.batch_get(keys).values()):
            _next_behind(keys, context)


def _next_behind(keys: Iterable[dynamo.Key], context: CommandContext) -> None:
    """Those who wait behind claims and can have all of theirs move up, the oldest first."""
    for deal_id in sorted({row["deal_id"] for key in keys for row in claims.queue(key)}):
        _move_up(store.locate(deal_id), context)


def _move_up(deal: Deal, context: CommandContext) -> None:
    """Unless one of its claims is held or its partner is suspended: then it is passed over and keeps its place."""
    if deal.status != Status.QUEUED:
        return
    prospect = prospects.of_deal(deal)
    review_until = rules.decide_by(context.now, current_program().decide_within_days)
    taken = [claims.hand_over(key, prospect) for key in prospect.claim_keys]
    also = [*taken, *claims.leave_queue(prospect), partners.still_active(deal.partner_id)]
    try:
        store.commit(deal, rules.promote(deal, context, review_until), also)
    except (ConditionFailed, StaleVersion):
        return  # the next event of that deal, claim or partner comes back here


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
