"""Whom a deal conflicts with, for the reviewer: side by side, who has the customer since when, and the reviewer's word.

`MATCH_VERDICTS` / `<deal>#<match>` holds what a reviewer said of a pair, with both sides as they were then: the data
from which the weights of the conflict check are learned.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from dealreg import dynamo, times, tokens
from dealreg.conflicts import accounts
from dealreg.conflicts.accounts import Account
from dealreg.conflicts.compare import Line, Party, compare, party_of_customer, view
from dealreg.conflicts.rules import OWNERS
from dealreg.deals import store
from dealreg.deals.model import Deal
from dealreg.deals.rules import TERMINAL
from dealreg.errors import NotFound
from dealreg.partners import store as partners

logger = logging.getLogger(__name__)
_PARTITION = "MATCH_VERDICTS"
_EXPORT_PAGE = 1000


class MatchVerdict(StrEnum):
    SAME = "same"
    RELATED = "related"
    """A parent, a sister, a site: known to each other, sold to apart."""
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One that has, or may have, the customer already."""

    id: str
    kind: str
    reason: str
    """How that was noticed, in words."""
    likelihood: int | None
    """Per cent; None for a deal registered before that was kept."""
    who: str
    since: str | None
    status: str
    """Of a deal; the ownership of an account; "gone" for what is there no more."""
    number: str | None
    party: Party | None
    lines: list[Line]
    release: str | None
    """Where its protection can be ended before its time, while it has one."""
    verdict: str | None


def candidates_of(deal: Deal) -> list[Candidate]:
    return [_candidate(deal, match) for match in deal.matches]


def _candidate(deal: Deal, match: Mapping[str, Any]) -> Candidate:
    said = dynamo.get(store.table(), _PARTITION, f"{deal.id}#{match['id']}")
    verdict = said["verdict"] if said else None
    try:
        found = store.locate(match["id"]) if match["kind"] == "deal" else accounts.load(match["id"])
    except NotFound:
        return _gone(match, verdict)
    is_deal = isinstance(found, Deal)
    party = _party(found)
    return Candidate(
        id=found.id,
        kind="deal" if is_deal else "account",
        reason=match["reason"],
        likelihood=match.get("likelihood"),
        who=partners.partner(found.partner_id).name if is_deal else OWNERS[found.ownership],
        since=found.created_at if is_deal else times.to_text(found.created_at),
        status=found.status if is_deal else found.ownership.value,
        number=found.number if is_deal else None,
        party=party,
        lines=compare(party_of_customer(deal.customer), party),
        release=f"/v1/admin/deals/{found.id}/release-claim" if is_deal and found.status not in TERMINAL else None,
        verdict=verdict,
    )


def _party(found: Deal | Account) -> Party:
    if isinstance(found, Deal):
        return party_of_customer(found.customer)
    return Party((found.name, *found.aliases), found.domains, found.country or "", found.tax_id or "")


def _gone(match: Mapping[str, Any], verdict: str | None) -> Candidate:
    return Candidate(
        id=match["id"],
        kind=match["kind"],
        reason=match["reason"],
        likelihood=match.get("likelihood"),
        who="",
        since=None,
        status="gone",
        number=None,
        party=None,
        lines=[],
        release=None,
        verdict=verdict,
    )


def matches_of(deal: Deal) -> dict[str, Any]:
    return {"deal_id": deal.id, "items": [_view(candidate) for candidate in candidates_of(deal)]}


def _view(candidate: Candidate) -> dict[str, Any]:
    return {
        "id": candidate.id,
        "kind": candidate.kind,
        "reason": candidate.reason,
        "likelihood": candidate.likelihood,
        "who": candidate.who,
        "since": candidate.since,
        "status": candidate.status,
        "number": candidate.number,
        "lines": [view(line) for line in candidate.lines],
        "release": candidate.release,
        "verdict": candidate.verdict,
    }


def record(deal: Deal, match_id: str, verdict: MatchVerdict, by: str, now: datetime) -> dict[str, Any]:
    """Keeps the reviewer's word, in the place of an earlier one. Raises NotFound if the deal has no such match."""
    (action,) = verdict_actions(deal, {match_id: verdict}, by, now)
    dynamo.write(action)
    logger.info("match judged", extra={"deal_id": deal.id, "match_id": match_id, "verdict": verdict.value})
    return {"id": match_id, "verdict": verdict}


def verdict_actions(deal: Deal, verdicts: Mapping[str, MatchVerdict], by: str, now: datetime) -> list[dynamo.Action]:
    """For a transaction, or alone. Raises NotFound if the deal has no such match."""
    known = {match["id"]: match for match in deal.matches}
    if verdicts.keys() - known.keys():
        raise NotFound("This deal has no such match.")
    return [
        dynamo.put(store.table(), _row(deal, _candidate(deal, known[match_id]), verdict, by, now))
        for match_id, verdict in verdicts.items()
    ]


def _row(deal: Deal, candidate: Candidate, verdict: MatchVerdict, by: str, now: datetime) -> dynamo.Item:
    return {
        "pk": _PARTITION,
        "sk": f"{deal.id}#{candidate.id}",
        "deal_id": deal.id,
        "match_id": candidate.id,
        "kind": candidate.kind,
        "verdict": verdict.value,
        "reason": candidate.reason,
        "likelihood": candidate.likelihood,
        "prospect": asdict(party_of_customer(deal.customer)),
        "candidate": asdict(candidate.party) if candidate.party else None,
        "by": by,
        "at": times.to_text(now),
    }


def export(owner: str, cursor: str | None) -> tuple[str, str]:
    """A page of all verdicts as JSON lines, oldest deal first, and the cursor of the next page or ""."""
    start = tokens.open_cursor(owner, cursor) if cursor else None
    page = dynamo.query(store.table(), _PARTITION, limit=_EXPORT_PAGE, start=start)
    rows = ({name: value for name, value in item.items() if name not in ("pk", "sk")} for item in page.items)
    lines = "".join(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n" for row in rows)
    return lines, tokens.seal_cursor(owner, page.next_key) if page.next_key else ""
