"""What the state machine's three tasks do, and what the clock does to a review. Each may run again at any time."""

import logging
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from dealreg.approvals import closed, durations, plan, signatures, steps, store, waiting, workflow
from dealreg.approvals.model import (
    Answer,
    Choice,
    Decision,
    NextStep,
    Review,
    State,
    Turn,
    from_item,
)
from dealreg.approvals.setting import routed, setting_of
from dealreg.deals import commands, judging
from dealreg.deals import store as deals
from dealreg.deals.model import Deal
from dealreg.partners import partners
from dealreg.partners.program import program_at
from dealreg.partners.rules import routing_of
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed, Unavailable
from dealreg.platform.events import Event

logger = logging.getLogger(__name__)
_TRIES = 5


def assess(deal_id: str, version: int, now: datetime) -> Turn:
    """Whether a person must look at the deal, which nobody else decides while its partner is suspended.

    A deal that left this review needs nothing any more.
    """
    deal = judging.recheck(deals.locate(deal_id), commands.context_at(now))
    if not closed.under_review(deal, version):
        return _turn(deal_id, version, NextStep.END)
    before = store.load(deal_id, version)
    if before is None or before.state is State.STARTED:
        begun = _begun(deal, before, now)
        if begun.decision and _saved(before, begun, deal, now):
            before = begun
    decided = before is not None and before.state is State.DECIDED
    logger.info("assessed", extra={"deal_id": deal_id, "version": version, "decided": decided})
    return _turn(deal_id, version, NextStep.APPLY if decided else NextStep.ASK)


def _turn(deal_id: str, version: int, next_step: NextStep) -> Turn:
    return Turn(deal_id=deal_id, version=version, next_step=next_step, step=1 if next_step is NextStep.ASK else 0)


def _begun(deal: Deal, before: Review | None, now: datetime) -> Review:
    """By the rule that the deal falls under; decided if that needs nobody.

    While the partner is suspended nothing is decided, and the last rule, which always asks, is the deal's.
    """
    routing = routing_of(program_at(deal.program_version))
    rule = routed(deal, routing)
    if plan.outcome(rule) != "ask" and not partners.load(deal.partner_id).is_active:
        rule = routing.rules[-1]
    known = before or Review(deal.id, deal.review_version)
    begun = replace(known, program_version=deal.program_version, rule=rule.id, began_at=known.began_at or now)
    if plan.outcome(rule) == "ask":
        return _continued(begun, deal)
    answer = Answer(Choice.APPROVE)
    if rule.reject:
        answer = Answer(Choice.REJECT, rule.reject.reason, rule.reject.reason_code)
    return steps.ended(begun, Decision(answer, steps.AUTOMATIC, now), steps.AUTOMATIC)


def _continued(begun: Review, deal: Deal) -> Review:
    """With what the review before it has come to; an appeal begins anew, or who approved once would have decided it."""
    earlier = store.before(deal)
    if earlier is None or deal.appeal:
        return begun
    spent = durations.spent(earlier, routing_of(program_at(earlier.program_version)))
    return steps.carried(replace(begun, spent_before=spent), earlier)


def ask(deal_id: str, version: int, task_token: str, now: datetime) -> None:
    """Puts the next questions and keeps the token; the relay mails them. Asked again, they stay, with the new token.

    The review is written even if it stays as it is: the relay, which answers one that is not open, hears of it.
    """
    store.keep_token(deal_id, version, task_token, now)
    for _ in range(_TRIES):
        deal, before = deals.locate(deal_id), store.load(deal_id, version)
        after = _asked(deal, version, before, now)
        if _saved(before, after, deal, now):
            logger.info("asked", extra={"deal_id": deal_id, "version": version, "state": after.state.value})
            return
    raise Unavailable("the review keeps changing")


def _asked(deal: Deal, version: int, before: Review | None, now: datetime) -> Review:
    if not closed.under_review(deal, version):
        known = before or Review(deal.id, version)
        return known if known.state is State.DECIDED else steps.superseded(known, now)
    if before and before.state in (State.OPEN, State.DECIDED, State.SUPERSEDED):
        return before
    begun = before if before and before.state is State.PASSED else _begun(deal, before, now)
    return begun if begun.decision else steps.ask(begun, setting_of(begun, deal, now))


def _saved(before: Review | None, after: Review, deal: Deal, now: datetime) -> bool:
    """False if something is not as it was."""
    try:
        store.save(before, after, deal, now)
    except ConditionFailed:
        return False
    return True


def apply_decision(turn: Turn, now: datetime) -> Turn:
    """Brings the decision, as the review has it, to the deal."""
    deal, review = deals.locate(turn["deal_id"]), store.load(turn["deal_id"], turn["version"])
    if review and review.decision:
        decision, answer = review.decision, review.decision.answer
        commands.apply_decision(
            deal,
            review.version,
            answer.choice,
            commands.context_at(now),
            decision.by,
            internal=signatures.told(review, decision),
            reason=answer.reason,
            reason_code=answer.reason_code,
            fields=answer.fields,
        )
        logger.info("decision applied", extra={"deal_id": deal.id, "version": review.version})
    return turn


def close_for(event: Event, now: datetime) -> None:
    """After an event with which a review ended by another way than a decision: nobody needs to answer it any more."""
    for review in store.every_of(event.subject):
        if review.version < event.data["version"] and review.state in (State.STARTED, State.OPEN, State.PASSED):
            closing = steps.superseded(review, event.timestamp)
            store.save(review, closing, deals.locate(event.subject), now)
            logger.info("review closed", extra={"deal_id": review.deal_id, "version": review.version})


def on_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep: begins a review that never began, reminds, escalates, gives an answer that the relay has not."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        return
    review = from_item(item)
    if review.state is State.STARTED:
        _start_again(review, now)
    elif review.state is State.OPEN:
        _strike(review, now)
    else:
        workflow.answer(review, now)


def _start_again(review: Review, now: datetime) -> None:
    deal = deals.locate(review.deal_id)
    if closed.under_review(deal, review.version):
        workflow.start_again(review, now)
    else:
        dynamo.write(store.change_clock(review, None))


def _strike(review: Review, now: datetime) -> None:
    deal = deals.locate(review.deal_id)
    if not closed.under_review(deal, review.version):
        after = steps.superseded(review, now)
    else:
        after = waiting.struck(review, setting_of(review, deal, now))
    with suppress(ConditionFailed):  # an answer came first: it has put the clock
        store.save(review, after, deal, now)
        logger.info("review struck", extra={"deal_id": after.deal_id, "version": after.version})
