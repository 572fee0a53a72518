"""Whether somebody else has a deal's customer: when it is registered, and again when that may have changed."""

from dataclasses import replace
from typing import Any

from dealreg import dynamo
from dealreg.conflicts import rules as conflict_rules
from dealreg.conflicts import store as conflicts
from dealreg.conflicts.rules import Judgement, Match
from dealreg.conflicts.store import Prospect
from dealreg.deals import rules, store
from dealreg.deals.model import Deal
from dealreg.deals.rules import Act, Status
from dealreg.partners import store as partners

Found = dict[dynamo.Key, dynamo.Item]
_KEPT = 3
_OPEN = frozenset([Status.QUEUED, Status.IN_REVIEW, Status.ACTION_REQUIRED])


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
