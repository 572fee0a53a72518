"""Whether somebody else has a deal's customer: when it is registered, and again when that may have changed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dealreg import dynamo
from dealreg.conflicts import rules as conflict_rules
from dealreg.conflicts import store as conflicts
from dealreg.conflicts.rules import Judgement, Match
from dealreg.conflicts.store import Prospect
from dealreg.deals import rules, store
from dealreg.deals.model import Deal, Enquiry
from dealreg.deals.rules import Act, Status
from dealreg.partners import store as partners
from dealreg.partners.model import Program

Found = dict[dynamo.Key, dynamo.Item]
_KEPT = 3
_OPEN = frozenset([Status.QUEUED, Status.IN_REVIEW, Status.ACTION_REQUIRED])


def identities_of(asked: Enquiry) -> tuple[str, ...]:
    customer = asked.customer
    email = customer.contact.email if customer.contact else None
    return conflict_rules.identity_keys(customer.domain, email, customer.tax_id, customer.country)


def without_own(identities: Iterable[str], own_domains: Iterable[str]) -> tuple[str, ...]:
    """A partner's own domains never identify a customer of its."""
    own = {f"domain#{domain}" for domain in own_domains}
    return tuple(identity for identity in identities if identity not in own)


def families_of(asked: Enquiry, program: Program) -> list[str]:
    """Of the products that are named, or of all."""
    return sorted(
        {product.family for product in program.products if not asked.products or product.id in asked.products}
    )


def judge(prospect: Prospect, found: Found) -> tuple[Judgement, list[Match]]:
    """From rows that `conflicts.evidence_keys` named, and others that do not matter."""
    program = partners.program()
    rows = [found[key] for key in conflicts.evidence_keys(prospect) if key in found]
    matches = conflicts.matches_in(prospect, rows, program.possible_points)
    return conflict_rules.judge(prospect.partner_id, matches, program.ownership_verdicts), matches


def judged(deal: Deal, found: Found) -> Deal:
    judgement, matches = judge(store.prospect_of(deal), found)
    kept = [_kept(match) for match in matches[:_KEPT]]
    return replace(deal, verdict=judgement.verdict, conflict_reason=judgement.reason_code, matches=kept)


def recheck(deal: Deal, act: Act) -> Deal:
    """Judges an open deal by what is known now; another verdict is written down with its event.

    Reading after the deal was posted is what lets of two look-alikes, registered at once, at least one see the other.
    Raises StaleVersion.
    """
    if deal.status not in _OPEN:
        return deal
    now = judged(deal, dynamo.batch_get(conflicts.evidence_keys(store.prospect_of(deal))))
    if (now.verdict, now.conflict_reason) == (deal.verdict, deal.conflict_reason):
        return deal
    return store.commit(deal, rules.rejudge(now, act))


def _kept(match: Match) -> dict[str, Any]:
    return {
        "kind": match.kind,
        "id": match.id,
        "partner_id": match.partner_id,
        "certainty": match.certainty,
        "likelihood": match.likelihood,
        "reason": conflict_rules.explain(match),
    }
