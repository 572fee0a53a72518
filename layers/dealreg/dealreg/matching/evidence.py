"""What the conflict index says of a prospect: who has an identity of it, and whose names are most like its own."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from dealreg.matching import claims, index
from dealreg.matching.doubts import doubt_of_company
from dealreg.matching.index import Prospect
from dealreg.matching.names.explain import summary
from dealreg.matching.names.lookalikes import Entry, LookAlike, Outcome, best_of, candidates, may_be_one, outcome
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.remarks import known_as
from dealreg.matching.rules import Certainty, Match
from dealreg.platform import dynamo

Found = Mapping[dynamo.Key, dynamo.Item]
_DOUBTED = 50
"""Per cent: as likely as not."""
_SURE = (Certainty.EXACT, Certainty.POSSIBLE, Certainty.NONE)


def keys(prospect: Prospect) -> list[dynamo.Key]:
    """Everything to read before judging."""
    marks = (*prospect.identities, *prospect.hints)
    claimed = [key for mark in marks for key in index.claims_on(mark, prospect.families)]
    return [*claimed, *map(index.entries_key, marks), *prospect.blocks_to_read]


def demote_doubtful(prospect: Prospect, found: Found, now: str) -> Prospect:
    """With those identities as hints that it cannot claim because another customer has them too.

    A domain was learned as shared, or who claims it (or, unclaimed, has an entry there) differs by name or number.
    """
    doubtful = [identity for identity in prospect.identities if _is_doubtful(prospect, identity, found, now)]
    if not doubtful:
        return prospect
    kept = tuple(identity for identity in prospect.identities if identity not in doubtful)
    return replace(prospect, identities=kept, hints=(*prospect.hints, *doubtful))


def demote_overtaken(prospect: Prospect, found: Found, now: str, possible: float | None) -> Prospect:
    """With those identities as hints that somebody holds who registered this customer later."""
    rows = [found[key] for key in held(prospect, found, now)]
    later = {row["pk"] for row in rows if came_after(prospect, row, possible)}
    overtaken = tuple(key for key in prospect.identities if index.entries_key(key).pk in later)
    kept = tuple(key for key in prospect.identities if key not in overtaken)
    return replace(prospect, identities=kept, hints=(*prospect.hints, *overtaken)) if overtaken else prospect


def came_after(prospect: Prospect, claim: dynamo.Item, possible: float | None) -> bool:
    """Whether who holds a claim was told of the prospect when it registered: it came later, with a name that is alike.

    Under another name it had the identity first.
    """
    is_later = index.place_of(claim["deal_id"], claim) > prospect.place
    return is_later and may_be_one(prospect.name, claim["name"], possible)


def held(prospect: Prospect, found: Found, now: str) -> list[dynamo.Key]:
    """The claims of a prospect, its doubtful identities demoted, that somebody else holds."""
    rows = {key: found.get(key) for key in prospect.claim_keys}
    return [key for key, row in rows.items() if row and claims.is_held(row, prospect.deal_id, now)]


def matches(prospect: Prospect, found: Found, now: str, possible: float | None = None) -> list[Match]:
    """What the rows named by `keys` say of a prospect, its doubtful identities demoted; the surest first.

    Everybody else with an identity of it, and the names most like its own. `possible` is the program's threshold.
    """
    known: dict[str, Match] = {}
    for identity in (*prospect.identities, *prospect.hints):
        for entry_id, entry in _others(prospect, identity, found, now):
            if entry_id not in known or known[entry_id].certainty is not Certainty.EXACT:
                known[entry_id] = _same_identity(prospect, identity, entry_id, entry, found)
    every = [*known.values(), *_alike(prospect, found, possible, known)]
    return sorted(every, key=lambda match: (_SURE.index(match.certainty), match.is_later, -match.likelihood))


def _others(prospect: Prospect, identity: str, found: Found, now: str) -> Iterator[tuple[str, dynamo.Item]]:
    """Who claims an identity, and who has an entry there, by the id of the deal or account."""
    for key in index.claims_on(identity, prospect.families):
        row = found.get(key)
        if not row or not claims.is_held(row, prospect.deal_id, now):
            continue
        if identity in prospect.identities or _counts(prospect, row["deal_id"], row):
            yield row["deal_id"], row
    for entry_id, entry in index.entries_in(found.get(index.entries_key(identity), {})).items():
        families = entry.get("families", prospect.families)
        if _counts(prospect, entry_id, entry) and set(families) & set(prospect.families):
            yield entry_id, entry


def _counts(prospect: Prospect, entry_id: str, entry: dynamo.Item) -> bool:
    return entry_id != prospect.deal_id and index.place_of(entry_id, entry) <= prospect.newest


def _is_doubtful(prospect: Prospect, identity: str, found: Found, now: str) -> bool:
    if index.is_shared(found.get(index.entries_key(identity))):
        return True
    rows = [found.get(key, {}) for key in index.claims_on(identity, prospect.families)]
    if any(row.get("deal_id") == prospect.deal_id for row in rows):
        return False
    others = list(_others(prospect, identity, found, now))
    holders = [other for _, other in others if "sk" in other]
    return any(doubt_of_company(prospect, identity, other) for other in holders or [other for _, other in others])


def _same_identity(prospect: Prospect, identity: str, entry_id: str, entry: dynamo.Item, found: Found) -> Match:
    doubt = doubt_of_company(prospect, identity, entry)
    if not doubt and identity.startswith("domain#"):
        shared = identity in prospect.hints or index.is_shared(found.get(index.entries_key(identity)))
        doubt = "which several customers share" if shared else ""
    elif not doubt and identity in prospect.hints:
        doubt = "which cannot be right"
    certainty, likelihood = (Certainty.POSSIBLE, _DOUBTED) if doubt else (Certainty.EXACT, 100)
    is_ahead = "sk" in entry and identity in prospect.identities
    return replace(_match(prospect, entry_id, entry, identity, certainty, likelihood, doubt), is_ahead=is_ahead)


def _alike(prospect: Prospect, found: Found, possible: float | None, known: Collection[str]) -> list[Match]:
    rows = [found.get(key, {}) for key in prospect.blocks_to_read]
    blocks = [
        {
            entry_id: entry
            for entry_id, entry in index.entries_in(row).items()
            if entry_id not in known and _counts(prospect, entry_id, entry)
        }
        for row in rows
    ]
    entries = {entry_id: entry for block in blocks for entry_id, entry in block.items()}
    named = candidates([_names_in(block) for block in blocks if block], prospect.country)
    nearest = best_of(map(normalise, known_as(prospect.name)), prospect.country, named)
    return [_similar(prospect, one, entries[one.entry.id], possible) for one in nearest]


def _names_in(block: Mapping[str, dynamo.Item]) -> list[Entry]:
    return [
        Entry(entry_id, name, entry.get("country"))
        for entry_id, entry in block.items()
        for name in (entry["name"], *entry.get("aliases", ()))
    ]


def _similar(prospect: Prospect, found: LookAlike, entry: dynamo.Item, possible: float | None) -> Match:
    is_possible = outcome([found], possible) is Outcome.POSSIBLE
    certainty = Certainty.POSSIBLE if is_possible else Certainty.NONE
    why = summary(found.score, prospect.country, found.entry.country)
    return _match(prospect, found.entry.id, entry, "name", certainty, round(found.score.likelihood * 100), why)


def _match(
    prospect: Prospect,
    entry_id: str,
    entry: dynamo.Item,
    identity: str,
    certainty: Certainty,
    likelihood: int,
    why: str,
) -> Match:
    place = index.place_of(entry_id, entry)
    return Match(
        kind="account" if entry_id.startswith("acc_") else "deal",
        id=entry_id,
        partner_id=entry.get("partner_id", ""),
        name=entry["name"],
        ownership=entry.get("ownership", ""),
        identity=identity,
        certainty=certainty,
        likelihood=likelihood,
        why=why,
        place=place,
        is_later=place > prospect.place,
    )
