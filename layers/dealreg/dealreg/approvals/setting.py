"""What a review goes by at a moment: the rule and settings that it began with, and the people there are now."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial

from dealreg.approvals import closed, deciders
from dealreg.approvals.model import Review
from dealreg.approvals.people import People
from dealreg.approvals.steps import Setting
from dealreg.deals import facts
from dealreg.deals.model import Deal
from dealreg.notifications import bounces
from dealreg.partners import partners, users
from dealreg.partners.partners import Partner
from dealreg.partners.program import current_program, program_at
from dealreg.partners.routing import Routing, Rule, Step
from dealreg.partners.rules import route, routing_of

APPEAL, EXTENSION = "appeal", "extension"
"""What the rule of an appeal, and that of an extension, is called."""


def setting_of(review: Review, deal: Deal, now: datetime) -> Setting:
    routing = routing_of(program_at(review.program_version))
    find_people = partial(_people_of, review, deal, routing, now)
    return Setting(rule_of(review, deal, routing), routing, find_people, facts.seen(deal), now)


def _people_of(review: Review, deal: Deal, routing: Routing, now: datetime) -> People:
    """With whoever was asked, and may have been named by nobody."""
    asked = [question.approver for question in review.pending]
    people = people_now(partners.load(deal.partner_id), routing, now, asked)
    return without(people, deal.appeal.rejected_by, now) if deal.appeal and not review.is_extension else people


def rule_of(review: Review, deal: Deal, routing: Routing) -> Rule:
    """For a version that was not kept, the rule that the deal falls under now."""
    if review.is_extension:
        return _rule_of_extensions(routing)
    known = [rule for rule in routing.rules if rule.id == review.rule and not deal.appeal]
    return known[0] if known else routed(deal, routing)


def _rule_of_extensions(routing: Routing) -> Rule:
    """Where the version that had the step was not kept, the last resort is asked."""
    last = Step(EXTENSION, ask=(routing.last_resort,) if routing.last_resort else ())
    return Rule(EXTENSION, steps=((routing.extension_step or last,),))


def routed(deal: Deal, routing: Routing) -> Rule:
    """What an appeal is decided by is one step, whatever the deal is."""
    if deal.appeal and routing.appeal_step:
        return Rule(APPEAL, steps=((routing.appeal_step,),))
    return route(facts.facts_of(deal, routing), routing).rule


def without(people: People, person: str, now: datetime) -> People:
    """Whoever rejected a deal does not decide on the appeal, unless there is nobody else."""
    people, last = replace(people, own_side=people.own_side | {person}), people.last_resort
    return replace(people, last_resort=(_somebody(people, now) or last) if last == person else last)


def _somebody(people: People, now: datetime) -> str | None:
    """Whom the program names, and who is there for this deal."""
    return next((one for one in routing_of(current_program()).people if people.is_there(one, now)), None)


def people_now(partner: Partner, routing: Routing, now: datetime, asked: Iterable[str] = ()) -> People:
    """Whoever the program names no more is nobody; the last resort is today's, unless of the partner's own side."""
    today = routing_of(current_program())
    people = deciders.people_of(partner, routing, now, {*today.people, *asked})
    left = frozenset(routing.people) - frozenset(today.people)
    last = today.last_resort
    is_own = last in people.own_side
    people = replace(people, own_side=people.own_side | left, last_resort=last)
    return replace(people, last_resort=_somebody(people, now)) if is_own else people


def why_nobody(approver: str, review: Review, deal: Deal, now: datetime) -> str:
    """Why somebody cannot be asked, in words that follow their name."""
    if has_left(approver, review):
        return "no longer decides on registrations"
    if bounces.bounced([approver]):
        return "cannot be reached by e-mail"
    absence = setting_of(review, deal, now).people.absences.get(approver)
    return "is away" if absence and absence.covers(now) else "cannot decide on this one"


def why_barred(approver: str, review: Review, deal: Deal) -> str:
    """Why somebody who was asked decides nothing any more, in words for them; empty if they do."""
    if has_left(approver, review):
        return closed.LEFT
    found = users.find(approver)
    return closed.OWN_SIDE if found and found[0] == deal.partner_id else ""


def has_left(approver: str, review: Review) -> bool:
    """Whether somebody whom the review's program named is named no more."""
    began = routing_of(program_at(review.program_version)).people
    return approver in began and approver not in routing_of(current_program()).people
