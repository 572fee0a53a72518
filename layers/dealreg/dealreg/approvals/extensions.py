"""The review of a longer protection: asked when its partner asks; its decision is one with what follows from it."""

import logging
from collections.abc import Sequence
from datetime import datetime

from dealreg.approvals import closed, signatures, steps, store
from dealreg.approvals.answering import Said
from dealreg.approvals.model import Choice, Review, State
from dealreg.approvals.setting import EXTENSION, setting_of
from dealreg.deals import commands
from dealreg.deals import extensions as rules
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.partners.program import program_at
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, Unavailable
from dealreg.platform.events import Event

logger = logging.getLogger(__name__)
_TRIES = 5


def ask(event: Event, now: datetime) -> None:
    """After an event with which an extension was asked for. Idempotent; one that is over by now asks nobody."""
    version: int = event.data["version"]
    for _ in range(_TRIES):
        deal = deals.locate(event.subject)
        if not closed.under_review(deal, version) or store.load(deal.id, version):
            return
        begun = review_of(deal, now)
        asked = steps.ask(begun, setting_of(begun, deal, now))
        try:
            store.save(None, asked, deal, now)
        except ConditionFailed:
            continue
        logger.info("extension asked", extra={"deal_id": deal.id, "version": version})
        return
    raise Unavailable("the deal keeps changing")


def review_of(deal: Deal, now: datetime) -> Review:
    """As it begins, before anybody is asked; by the settings that the review of the deal itself began with."""
    program = program_at(deal.program_version)
    return Review(deal.id, deal.asked_version, program.version, EXTENSION, is_extension=True, began_at=now)


def check_choice(said: Said) -> None:
    """Raises InvalidInput: there is nothing to correct or to merge in an extension."""
    if said.choice not in (Choice.APPROVE, Choice.REJECT):
        raise InvalidInput([FieldError("choice", "Choose one: an extension is approved or rejected.")])


def asked_on(review: Review, deal: Deal, now: datetime) -> Review:
    """With those asked again whose signature is of what the deal is no more: no state machine waits to do it."""
    return steps.gone_on(review, setting_of(review, deal, now))


def settle(deal: Deal, review: Review, actions: Sequence[dynamo.Action], now: datetime) -> None:
    """The decision, `actions`, with what it makes of the deal.

    Raises StateConflict once the protection has ended; StaleVersion or ConditionFailed when something changed.
    """
    if review.decision is None:
        raise ValueError("the review is not decided")
    answer, context, program = review.decision.answer, commands.context_at(now), program_at(deal.program_version)
    internal = {"by": review.decision.by, **signatures.told(review, review.decision)}
    if answer.choice is Choice.APPROVE:
        change = rules.grant(deal, context, answer.reason, internal, program)
    else:
        change = rules.refuse(deal, context, answer.reason, answer.reason_code, internal, program)
    deals.commit(deal, change, actions)


def close_for(event: Event, now: datetime) -> None:
    """After an event with which the deal ended: nobody needs to answer any more. Idempotent."""
    version: int = event.internal.get("extension", 0)
    review = store.load(event.subject, version) if version else None
    if review and review.state is State.OPEN:
        closing = steps.superseded(review, event.timestamp)
        store.save(review, closing, deals.locate(event.subject), now)
        logger.info("review closed", extra={"deal_id": review.deal_id, "version": review.version})
