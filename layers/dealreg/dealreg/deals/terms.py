"""What of the program holds for a deal: the version that its review began with, the rule that it falls under. Pure."""

from dataclasses import replace
from datetime import datetime

from dealreg.deals.facts import facts_of
from dealreg.deals.model import Deal
from dealreg.partners.program import Program
from dealreg.partners.routing import Rule
from dealreg.partners.rules import route, routing_of
from dealreg.platform import times
from dealreg.platform.errors import StateConflict


def rule_of(deal: Deal, program: Program) -> Rule:
    routing = routing_of(program)
    return route(facts_of(deal, routing), routing).rule


def decide_by(deal: Deal, now: datetime, program: Program) -> datetime:
    """The end of working time on the working day that is so many ahead, by the rule that it falls under."""
    days = rule_of(deal, program).decide_within_days or program.decide_within_days
    return program.calendar.end_of_day(now, days)


def with_new_terms(deal: Deal, program: Program, now: datetime) -> Deal:
    """What a review begins with: the settings that hold for it from now on, and by when it is decided."""
    promised = times.to_text(decide_by(deal, now, program))
    return replace(deal, program_version=program.version, decide_by=promised)


def require_same_rule(before: Deal, after: Deal, program: Program) -> None:
    """An approval is of what was approved: `program` is that of then. Raises StateConflict."""
    if rule_of(before, program).id != rule_of(after, program).id:
        told = "This would have taken another approval. Withdraw it and register it anew, or ask the vendor."
        raise StateConflict(told, deal_status=before.status, cause="other_rule")
