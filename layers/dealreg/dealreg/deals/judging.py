"""Whether somebody else has a deal's customer: when it is registered, and again when that may have changed."""

from dataclasses import replace
from typing import Any

from dealreg.deals import rules, store
from dealreg.deals.model import ConflictCheckRequest, Deal
from dealreg.deals.rules import Change, CommandContext, Status
from dealreg.matching import evidence
from dealreg.matching import index as conflicts
from dealreg.matching import rules as conflict_rules
from dealreg.matching.evidence import Found
from dealreg.matching.identities import Identities, of_customer
from dealreg.matching.index import Prospect
from dealreg.matching.rules import Judgement, Match
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program, current_program
from dealreg.platform import dynamo, times

_KEPT = 3
_OPEN = frozenset([Status.QUEUED, Status.IN_REVIEW, Status.ACTION_REQUIRED])


def identities_of(asked: ConflictCheckRequest) -> Identities:
    return of_customer(asked.customer.model_dump(exclude_none=True))


def own_domains(partner: Partner) -> tuple[str, ...]:
    """Which never identify a customer of this partner: its own, and the vendor's."""
    return (*partner.own_domains, *current_program().own_domains)


def families_of(asked: ConflictCheckRequest, program: Program) -> list[str]:
    """Of the products that are named, or of all."""
    return sorted(
        {product.family for product in program.products if not asked.products or product.id in asked.products}
    )


def judge(prospect: Prospect, found: Found, now: str) -> tuple[Judgement, list[Match]]:
    """Of a settled prospect, from the rows that `evidence.keys` names."""
    program = current_program()
    matches = evidence.matches(prospect, found, now, program.possible_points)
    return conflict_rules.judge(prospect.partner_id, matches, program.ownership_verdicts), matches


def judged(deal: Deal, found: Found, now: str) -> Deal:
    judgement, matches = judge(store.prospect_of(deal), found, now)
    kept = [_kept(match) for match in matches[:_KEPT]]
    return replace(deal, verdict=judgement.verdict, conflict_reason=judgement.reason_code, matches=kept)


def settled(deal: Deal, found: Found, now: str) -> Deal:
    """With hints for those of its identities that others have too."""
    prospect = evidence.settled(store.prospect_of(deal), found, now)
    return replace(deal, identities=list(prospect.identities), hints=list(prospect.hints))


def recheck(deal: Deal, context: CommandContext) -> Deal:
    """Judges an open deal by what is known now; another verdict is written down with its event, other matches without.

    A release with other keys for names posts it anew here.

    Reading after the deal was posted is what lets of two look-alikes, registered at once, at least one see the other.
    Raises StaleVersion.
    """
    if deal.status not in _OPEN:
        return deal if deal.status in rules.FREEING else _reposted(deal)
    at = times.to_text(context.now)
    found = dynamo.batch_get(evidence.keys(store.prospect_of(deal)))
    sure = settled(deal, found, at)
    if deal.status == Status.QUEUED and not evidence.held(store.prospect_of(sure), found, at):
        return _leave_queue(deal, store.posted(judged(sure, found, at)), context)
    now = store.posted(judged(deal, found, at))
    is_told = (now.verdict, now.conflict_reason) != (deal.verdict, deal.conflict_reason)
    if not is_told and _unseen(now) == _unseen(deal):
        return deal
    change = rules.rejudge(now, context) if is_told else Change(now, ())
    return store.commit_posted(deal, change)


def _reposted(deal: Deal) -> Deal:
    now = store.posted(deal)
    return deal if now.posted == deal.posted else store.commit_posted(deal, Change(now, ()))


def _leave_queue(before: Deal, after: Deal, context: CommandContext) -> Deal:
    """Whoever it waited for turned out to be another customer."""
    change = rules.promote(after, context, rules.decide_by(context.now, current_program().decide_within_days))
    claims = conflicts.claim(store.prospect_of(after), times.to_text(context.now))
    return store.commit_posted(before, change, [*claims, *conflicts.leave_queue(store.prospect_of(before))])


def _unseen(deal: Deal) -> tuple[list[dict[str, Any]], list[str]]:
    """Of what a judgement changes, what only the reviewer sees, or nobody: whom it is like, where it is posted."""
    return deal.matches, deal.posted


def _kept(match: Match) -> dict[str, Any]:
    return {
        "kind": match.kind,
        "id": match.id,
        "partner_id": match.partner_id,
        "certainty": match.certainty,
        "likelihood": match.likelihood,
        "reason": conflict_rules.explain(match),
    }
