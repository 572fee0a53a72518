"""Whom a deal conflicts with, for the reviewer: side by side, who has the customer since when, and what can be done."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from dealreg.accounts import store as accounts
from dealreg.accounts.store import Account
from dealreg.deals import store
from dealreg.deals.model import Deal
from dealreg.deals.statuses import TRANSITIONS, RejectReason, Status
from dealreg.matching.compare import Line, Party, compare, party_of_customer, reasons, view
from dealreg.matching.domains import identifying_domain
from dealreg.matching.names.explain import Explanation
from dealreg.matching.rules import OWNERS
from dealreg.partners import partners
from dealreg.partners.program import current_program
from dealreg.platform import dynamo, times
from dealreg.platform.errors import NotFound
from dealreg.reviewing import merging
from dealreg.reviewing.views import MatchesView, MatchView

VERDICTS = "MATCH_VERDICTS"


class MatchVerdict(StrEnum):
    SAME = "same"
    RELATED = "related"
    """A parent, a sister, a site: known to each other, sold to apart."""
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One that has, or may have, the customer already."""

    id: str
    kind: str
    reason: str
    """How that was noticed, in words."""
    likelihood: int | None
    """Per cent; None for a deal registered before that was kept."""
    who: str = ""
    since: str | None = None
    """When it got the customer."""
    is_later: bool = False
    """It did so after the deal."""
    status: str = "gone"
    """Of a deal; the ownership of an account; "gone" for what is there no more."""
    number: str | None = None
    party: Party | None = None
    lines: list[Line]
    reasons: list[Explanation]
    """Why the names are alike and why not; the weightiest first."""
    domains: frozenset[str] = frozenset()
    """Those that identify the deal's customer too."""
    release: str | None = None
    """Where its protection can be ended before its time, while it has one."""
    closes_as: RejectReason | None = None
    """Why the deal ends if both are one customer; None: it goes on."""
    said: Mapping[str, Any]
    """The reviewer's word, as stored; empty until there is one."""

    @property
    def verdict(self) -> str | None:
        return self.said.get("verdict")

    @property
    def merged(self) -> bool:
        return bool(self.said.get("merged"))


def verdict_key(deal_id: str, match_id: str) -> dynamo.Key:
    return dynamo.Key(store.table(), VERDICTS, f"VERDICT#{deal_id}#{match_id}")


def candidates_of(deal: Deal) -> list[Candidate]:
    return [_candidate(deal, match) for match in deal.matches]


def candidate_of(deal: Deal, match_id: str) -> Candidate:
    """Raises NotFound if the deal has no such match."""
    for match in deal.matches:
        if match["id"] == match_id:
            return _candidate(deal, match)
    raise NotFound("This deal has no such match.")


def _candidate(deal: Deal, match: Mapping[str, Any]) -> Candidate:
    key = verdict_key(deal.id, match["id"])
    noticed: dict[str, Any] = {
        "reason": match["reason"],
        "likelihood": match.get("likelihood"),
        "said": dynamo.get(key.table, key.pk, key.sk) or {},
    }
    try:
        found = store.locate(match["id"]) if match["kind"] == "deal" else accounts.load(match["id"])
    except NotFound:
        return Candidate(id=match["id"], kind=match["kind"], lines=[], reasons=[], **noticed)
    ours, theirs = party_of_customer(deal.customer), party_of(found)
    return Candidate(
        id=found.id,
        party=theirs,
        lines=compare(ours, theirs),
        reasons=reasons(ours, theirs),
        domains=domains_of(deal) & set(map(identifying_domain, theirs.domains)),
        closes_as=merging.closes_as(deal, found, current_program().ownership_verdicts),
        **(_deal(found, deal) if isinstance(found, Deal) else _account(found)),
        **noticed,
    )


def _deal(found: Deal, beside: Deal) -> dict[str, Any]:
    may_end = Status.EXPIRED in TRANSITIONS[Status(found.status)]
    return {
        "kind": "deal",
        "who": partners.load(found.partner_id).name,
        "since": found.has_customer_since,
        "is_later": found.has_customer_since > beside.has_customer_since,
        "status": found.status,
        "number": found.number,
        "release": f"/v1/admin/deals/{found.id}/release-claim" if may_end else None,
    }


def _account(found: Account) -> dict[str, Any]:
    return {
        "kind": "account",
        "who": OWNERS[found.ownership],
        "since": times.to_text(found.created_at),
        "status": found.ownership.value,
    }


def party_of(found: Deal | Account) -> Party:
    """With what reviewers found to be its names and domains."""
    if isinstance(found, Deal):
        return party_of_customer(found.customer, found.aliases)
    return Party(
        names=(found.name, *found.aliases, *found.learned_names),
        domains=(*found.domains, *found.learned_domains),
        country=found.country or "",
        tax_id=found.tax_id or "",
        lei=found.lei or "",
        duns=found.duns or "",
    )


def domains_of(deal: Deal) -> frozenset[str]:
    """By which its customer is identified, if only in doubt; never the partner's own."""
    kinds = (identity.partition("#") for identity in (*deal.identities, *deal.hints))
    return frozenset(value for kind, _, value in kinds if kind == "domain")


def matches_of(deal: Deal) -> MatchesView:
    return {"deal_id": deal.id, "items": [_view(deal, candidate) for candidate in candidates_of(deal)]}


def match_of(deal: Deal, match_id: str) -> MatchView:
    """Raises NotFound."""
    return _view(deal, candidate_of(deal, match_id))


def _view(deal: Deal, candidate: Candidate) -> MatchView:
    merge = f"/v1/admin/deals/{deal.id}/matches/{candidate.id}/merge"
    return {
        "id": candidate.id,
        "kind": candidate.kind,
        "reason": candidate.reason,
        "likelihood": candidate.likelihood,
        "who": candidate.who,
        "since": candidate.since,
        "later": candidate.is_later,
        "status": candidate.status,
        "number": candidate.number,
        "lines": [view(line) for line in candidate.lines],
        "reasons": [
            {"code": one.reason, "points": round(one.points, 2), "text": one.text} for one in candidate.reasons
        ],
        "release": candidate.release,
        "merge": merge if candidate.party and not candidate.merged else None,
        "closes_as": candidate.closes_as,
        "verdict": candidate.verdict,
        "merged": candidate.merged,
    }
