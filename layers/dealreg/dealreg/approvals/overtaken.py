"""A decision that never took effect: the deal had left its review by then. The vendor's timeline keeps that it was."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from dealreg.approvals import decision_times, signatures, steps, store
from dealreg.approvals.model import Choice, Decision, Review
from dealreg.deals import commands, rules
from dealreg.deals import store as deals
from dealreg.platform import times
from dealreg.platform.events import Event

_EFFECTS: Mapping[Choice, str] = {
    Choice.APPROVE: "deal.approved",
    Choice.REJECT: "deal.rejected",
    Choice.REQUEST_INFO: "deal.action_required",
}
_DONE: Mapping[Choice, str] = {
    Choice.APPROVE: "An approval",
    Choice.REJECT: "A rejection",
    Choice.REQUEST_INFO: "A request for information",
}
_BY: Mapping[str, str] = {
    "deal.withdrawn": "the partner withdrew the deal",
    "deal.reassigned": "the deal was given to another partner",
}


def close_for(review: Review, decision: Decision, event: Event, now: datetime) -> None:
    """After an event with which the deal left its review, or what came of it. Idempotent.

    Raises ConditionFailed when something else happened to the review meanwhile.
    """
    deal, choice = deals.locate(event.subject), decision.answer.choice
    if _took_effect(review, choice, event, deals.events_of(deal)):
        return
    text, context = f"{_DONE[choice]} did not take effect: {_BY[event.type]} first.", commands.context_at(now)
    said = {"choice": choice.value, "reason": decision.answer.reason, "at": times.to_text(decision.at)}
    told = {**said, **signatures.told(review, decision)}
    closing = store.write(review, steps.superseded(review, event.timestamp), deal, now)
    also = [*closing, *decision_times.without_verdict(review, decision)]
    commands.apply(deal, lambda current: rules.note(current, context, text, decision.by, told), also)


def _took_effect(review: Review, choice: Choice, event: Event, happened: Iterable[Event]) -> bool:
    between = (one for one in happened if review.version < one.data["version"] < event.data["version"])
    return any(one.type == _EFFECTS[choice] for one in between)
