"""The reviewer's word on a deal and one of its matches, and what the conflict check learns from it.

`MATCH_VERDICTS` / `VERDICT#<deal>#<match>` holds the word with both sides as they were then: the data that
`local/refit.py` fits the weights to. A row that teaches something is on the clock until the relay has seen to it, so
the word is one write, whatever it sets in motion.
"""

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from typing import Any

from dealreg.accounts import store as accounts
from dealreg.deals import commands, store
from dealreg.deals.model import Deal
from dealreg.matching import index
from dealreg.matching.compare import likeness, party_of_customer
from dealreg.matching.names import score
from dealreg.platform import dynamo, outbox, times
from dealreg.platform.errors import ConditionFailed, NotFound
from dealreg.platform.paging import PageRequest
from dealreg.reviewing import matches, rechecks
from dealreg.reviewing.matches import Candidate, MatchVerdict

logger = logging.getLogger(__name__)
EXPORT_PAGE = 1000
_NOT_EXPORTED = frozenset(["pk", "sk", "teaches", "takes_back", *outbox.ATTRIBUTES])
Lesson = Mapping[str, list[str]]
"""Names and domains that the match goes by too, and identities that several customers share."""


def record(deal: Deal, match_id: str, verdict: MatchVerdict, by: str, now: datetime, *, merged: bool = False) -> None:
    """Keeps the reviewer's word, in the place of an earlier one. Raises NotFound if the deal has no such match."""
    dynamo.write(action(deal, matches.candidate_of(deal, match_id), verdict, by, now, merged=merged))
    logger.info("match judged", extra={"deal_id": deal.id, "match_id": match_id, "verdict": verdict.value})


def action(
    deal: Deal, candidate: Candidate, verdict: MatchVerdict, by: str, now: datetime, *, merged: bool = False
) -> dynamo.Action:
    """For a transaction, or alone. Merged: what is known of one is from now on known of both."""
    key = matches.verdict_key(deal.id, candidate.id)
    teaches = _teaches(deal, candidate, verdict, merged)
    takes_back = _takes_back(candidate.said, teaches)
    ours = party_of_customer(deal.customer)
    row: dynamo.Item = {
        "pk": key.pk,
        "sk": key.sk,
        "deal_id": deal.id,
        "match_id": candidate.id,
        "kind": candidate.kind,
        "verdict": verdict.value,
        "merged": merged,
        "reason": candidate.reason,
        "likelihood": candidate.likelihood,
        "prospect": asdict(ours),
        "candidate": asdict(candidate.party) if candidate.party else None,
        "weights": score.weights().version,
        "by": by,
        "at": times.to_text(now),
    }
    if candidate.party:
        parts = likeness(ours, candidate.party).score.parts
        row["parts"] = {reason.value: round(points * 100) for reason, points in parts.items()}
    owes = any(teaches.values()) or any(takes_back.values())
    in_outbox = outbox.pending(now, key.sk) if owes else {}
    return dynamo.put(key.table, row | {"teaches": teaches, "takes_back": takes_back} | in_outbox)


def _teaches(deal: Deal, candidate: Candidate, verdict: MatchVerdict, merged: bool) -> Lesson:
    """The same company goes by this name too, and by these domains if merged; what two companies have is neither's."""
    is_same = verdict is MatchVerdict.SAME
    return {
        "names": [deal.customer["name"]] if is_same else [],
        "domains": sorted(matches.domains_of(deal)) if is_same and merged else [],
        "shared": [] if is_same else [f"domain#{domain}" for domain in sorted(candidate.domains)],
    }


def _takes_back(said: Mapping[str, Any], teaches: Lesson) -> Lesson:
    """What an earlier word taught, or had itself still to take back, and this one does not."""
    earlier: list[Lesson] = [said[part] for part in ("teaches", "takes_back") if said]
    return {
        name: sorted({text for lesson in earlier for text in lesson[name]} - set(kept))
        for name, kept in teaches.items()
    }


def learn(row: Mapping[str, Any], now: datetime) -> None:
    """For the relay: brings what a verdict teaches to the conflict index. Repeating it does no harm."""
    if "due_at" not in row:
        return
    teaches, takes_back = row["teaches"], row["takes_back"]
    with suppress(NotFound):  # nobody is there any more to go by another name
        _teach(row, now)
    for identity in takes_back["shared"]:
        with suppress(ConditionFailed):
            dynamo.write(index.unshare(identity))
    for identity in teaches["shared"]:
        dynamo.write(index.share(identity))
    rechecks.send([rechecks.about_identity(identity) for identity in (*takes_back["shared"], *teaches["shared"])])
    key = dynamo.Key(store.table(), row["pk"], row["sk"])
    with suppress(ConditionFailed):  # a newer word, which is on the clock itself
        dynamo.write(dynamo.update(key, remove=outbox.ATTRIBUTES, when="#at = :at", values={"at": row["at"]}))
    logger.info("verdict learned", extra={"deal_id": row["deal_id"], "match_id": row["match_id"]})


def _teach(row: Mapping[str, Any], now: datetime) -> None:
    match_id, teaches, takes_back = row["match_id"], row["teaches"], row["takes_back"]
    if row["kind"] == "deal":
        commands.forget(match_id, takes_back["names"])
        commands.learn(match_id, teaches["names"], teaches["domains"], commands.context_at(now))
        return
    accounts.forget(match_id, takes_back["names"], takes_back["domains"], now)
    if teaches["names"]:
        accounts.learn(match_id, teaches["names"], teaches["domains"], now)


def on_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep: a verdict whose stream record was lost, or could not be handled."""
    learn(dynamo.get(key.table, key.pk, key.sk) or {}, now)


def export(page: PageRequest) -> tuple[str, str | None]:
    """A page of all verdicts as JSON lines, oldest deal first, and the cursor of the next page."""
    found = dynamo.page(store.table(), matches.VERDICTS, limit=page.size, start=page.start)
    lines = "".join(json.dumps(_exported(item), ensure_ascii=False, sort_keys=True) + "\n" for item in found.items)
    return lines, page.cursor(found.next_key)


def _exported(item: dynamo.Item) -> dict[str, Any]:
    """With the points of each reason as the reviewer's side-by-side view had them."""
    row = {name: value for name, value in item.items() if name not in _NOT_EXPORTED}
    return row | {"parts": {reason: hundredths / 100 for reason, hundredths in item.get("parts", {}).items()}}
