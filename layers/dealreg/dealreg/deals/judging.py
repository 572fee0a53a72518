"""Whether somebody else has a deal's customer: when it is registered, and again when that may have changed."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from dealreg.deals import prospects, rules, store
from dealreg.deals.model import ConflictCheckRequest, Deal
from dealreg.deals.rules import Change, CommandContext
from dealreg.deals.statuses import FREEING, Status
from dealreg.matching import claims, evidence
from dealreg.matching import rules as conflict_rules
from dealreg.matching.evidence import Found
from dealreg.matching.index import Prospect
from dealreg.matching.rules import Judgement, Match
from dealreg.partners import partners
from dealreg.partners.partners import Partner
from dealreg.partners.program import Program, current_program
from dealreg.platform import dynamo, times

_KEPT = 3
_OPEN = frozenset([Status.QUEUED, Status.IN_REVIEW, Status.ACTION_REQUIRED])


def judge(prospect: Prospect, found: Found, now: str, program: Program | None = None) -> tuple[Judgement, list[Match]]:
    """Of a prospect, its doubtful identities demoted, from the rows that `evidence.keys` names.

    By the program in force, if no other is given.
    """
    program = program or current_program()
    matches = evidence.matches(prospect, found, now, program.possible_points)
    return conflict_rules.judge(prospect.partner_id, matches, program.ownership_verdicts), matches


def with_verdict(deal: Deal, prospect: Prospect, found: Found, now: str, **changes: Any) -> Deal:
    """The deal as its prospect is judged, and with other changes."""
    judgement, matches = judge(prospect, found, now)
    kept = _kept_of(matches)
    return replace(deal, verdict=judgement.verdict, conflict_reason=judgement.reason_code, matches=kept, **changes)


def try_out(
    asked: ConflictCheckRequest, partner: Partner, program: Program, now: datetime
) -> tuple[Judgement, list[dict[str, Any]]]:
    """What a registration of that moment would be told, and the matches that it would keep. Writes nothing."""
    at = times.to_text(now)
    prospect = prospects.of_partner(prospects.of_request(asked, program, partner.id, now), partner)
    found = dynamo.batch_get(evidence.keys(prospect))
    judgement, matches = judge(evidence.demote_doubtful(prospect, found, at), found, at, program)
    return judgement, _kept_of(matches)


def recheck(deal: Deal, context: CommandContext) -> Deal:
    """Judges an open deal by what is known now; another verdict is written down with its event, other matches without.

    A release with other keys for names moves its entries here. Reading after the deal was written is what lets of two
    look-alikes, registered at once, at least one see the other. Raises StaleVersion.
    """
    if deal.status not in _OPEN:
        return deal if deal.status in FREEING else _with_new_keys(deal)
    at, prospect = times.to_text(context.now), prospects.of_deal(deal)
    found = dynamo.batch_get(evidence.keys(prospect))
    if deal.status == Status.QUEUED:
        sure = evidence.demote_doubtful(prospect, found, at)
        if not evidence.held(sure, found, at) and partners.load(deal.partner_id).is_active:
            return _leave_queue(deal, sure, found, context)
    now = with_verdict(deal, prospect, found, at, index_keys=prospects.index_keys(prospect))
    is_told = (now.verdict, now.conflict_reason) != (deal.verdict, deal.conflict_reason)
    if not is_told and _unseen(now) == _unseen(deal):
        return deal
    change = rules.rejudge(now, context) if is_told else Change(now, ())
    return store.commit_with_entries(deal, change)


def _with_new_keys(deal: Deal) -> Deal:
    now = prospects.with_index_keys(deal)
    return deal if now == deal else store.commit_with_entries(deal, Change(now, ()))


def _leave_queue(deal: Deal, prospect: Prospect, found: Found, context: CommandContext) -> Deal:
    """Whoever it waited for turned out to be another customer."""
    at = times.to_text(context.now)
    after = with_verdict(deal, prospect, found, at, **prospects.kept_of(prospect))
    change = rules.promote(after, context, current_program())
    left = claims.leave_queue(prospects.of_deal(deal))
    also = [*claims.claim(prospect, at), *left, partners.still_active(deal.partner_id)]
    return store.commit_with_entries(deal, change, also)


def _unseen(deal: Deal) -> tuple[list[dict[str, Any]], list[str]]:
    """Of what a judgement changes, what only the reviewer sees, or nobody."""
    return deal.matches, deal.index_keys


def _kept_of(matches: list[Match]) -> list[dict[str, Any]]:
    return [_kept(match) for match in matches[:_KEPT]]


def _kept(match: Match) -> dict[str, Any]:
    return {
        "kind": match.kind,
        "id": match.id,
        "partner_id": match.partner_id,
        "certainty": match.certainty,
        "likelihood": match.likelihood,
        "later": match.is_later,
        "reason": conflict_rules.explain(match),
    }
