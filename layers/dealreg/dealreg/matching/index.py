"""The rows of the conflict index: who holds, waits for or already is a customer.

`ID#<identity>` / `CLAIM#<family>` is held by one registration at a time; `QUEUE#<family>#<deal>` waits behind it;
`POSTED` lists who has that identity without claiming it: the vendor's own accounts, and registrations whose identity
others may have too. `ID#name#…` / `BLOCK` packs everybody of like names.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from dealreg.matching.names.keys import BLOCK_CAP, read_keys, written_keys
from dealreg.matching.names.normalise import normalise
from dealreg.platform import dynamo
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.settings import Setting, read

_NOT_ENTRIES = frozenset(["pk", "sk", "entries", "shared"])


@dataclass(frozen=True, slots=True)
class Prospect:
    """What of a registration the conflict index is about."""

    deal_id: str
    partner_id: str
    name: str
    country: str | None
    identities: tuple[str, ...]
    families: tuple[str, ...]
    hints: tuple[str, ...] = ()
    """Identities that it cannot claim."""
    numbers: Mapping[str, str] = field(default_factory=dict[str, str])
    aliases: tuple[str, ...] = ()
    posted: tuple[str, ...] = ()
    """Where it was posted, by the keys as they were then."""
    newest: str = "~"
    """Registrations with ids beyond this came later: they look out for it, and it is not to learn of them."""


def table() -> str:
    return read(Setting.MATCHING_TABLE)


def claim_keys(prospect: Prospect) -> list[dynamo.Key]:
    return [key for identity in prospect.identities for key in claims_on(identity, prospect.families)]


def claims_on(identity: str, families: Iterable[str]) -> list[dynamo.Key]:
    return [_key(identity, f"CLAIM#{family}") for family in families]


def posted_key(identity: str) -> dynamo.Key:
    return _key(identity, "POSTED")


def written_blocks(country: str | None, *names: str) -> list[dynamo.Key]:
    """Where somebody of these names is posted."""
    keys = dict.fromkeys(key for name in names for key in written_keys(normalise(name), country))
    return [_key(f"name#{key}", "BLOCK") for key in keys]


def read_blocks(name: str, country: str | None) -> list[dynamo.Key]:
    return [_key(f"name#{key}", "BLOCK") for key in read_keys(normalise(name), country)]


def posts_in(row: Mapping[str, Any]) -> dict[str, dynamo.Item]:
    """The entries of a block or of those posted, by the id of the deal or account."""
    return {name: entry for name, entry in row.items() if name not in _NOT_ENTRIES}


def is_shared(posted: Mapping[str, Any] | None) -> bool:
    """Whether several customers were confirmed to have this identity."""
    return bool(posted and posted.get("shared"))


def share(identity: str) -> dynamo.Action:
    """Learns that different customers have it: from now on nobody claims it."""
    return dynamo.update(posted_key(identity), change={"shared": True})


def unshare(identity: str) -> dynamo.Action:
    """They are one customer after all. Fails where nobody is posted."""
    return dynamo.update(posted_key(identity), remove=["shared"], when=dynamo.PRESENT)


def is_held(claim: Mapping[str, Any], by_other_than: str, now: str) -> bool:
    """A claim that was let go, or whose protection ended, is held only for those who wait behind it."""
    ended = claim.get("freed") or claim.get("expires_at", now) < now
    return claim["deal_id"] != by_other_than and not (ended and "waiting" not in claim)


def claim(prospect: Prospect, now: str, until: str | None = None) -> list[dynamo.Action]:
    """Takes every claim; each fails in the transaction if somebody holds it, and tells who (see `is_held`).

    `until` is when its protection ends. Its own are written anew, and those who wait behind them stay.
    """
    ended = "(#freed = :true OR #expires_at < :now) AND attribute_not_exists(#waiting)"
    free = f"attribute_not_exists(pk) OR #deal_id = :mine OR ({ended})"
    values = {"mine": prospect.deal_id, "now": now, "true": True}
    return [_taken(key, prospect, until, free, values) for key in claim_keys(prospect)]


def still_claimed(prospect: Prospect) -> list[dynamo.Key]:
    """Those of its claims that are still its own: a protection that ended may have been taken over."""
    found = dynamo.batch_get(claim_keys(prospect))
    return [key for key, row in found.items() if row["deal_id"] == prospect.deal_id]


def hold(keys: Iterable[dynamo.Key], deal_id: str, until: str | None) -> list[dynamo.Action]:
    """Until a time that can be taken over from, or for good."""
    own: dict[str, Any] = {"when": "#deal_id = :mine", "values": {"mine": deal_id}}
    own |= {"change": {"expires_at": until}} if until else {"remove": ["expires_at"]}
    return [dynamo.update(key, **own) for key in keys]


def wait(prospect: Prospect, held: Iterable[dynamo.Key]) -> list[dynamo.Action]:
    """Joins the queue of each claim and counts itself on those that are held, which must still be there."""
    places = [dynamo.put(key.table, _row(key, prospect)) for key in _queue_keys(prospect)]
    return places + [dynamo.update(key, add={"waiting": 1}, when=dynamo.PRESENT) for key in held]


def move_in_queue(prospect: Prospect) -> list[dynamo.Action]:
    """Writes its places anew, under another partner."""
    return [dynamo.put(key.table, _row(key, prospect), dynamo.PRESENT) for key in _queue_keys(prospect)]


def leave_queue(prospect: Prospect) -> list[dynamo.Action]:
    return [dynamo.delete(key) for key in _queue_keys(prospect)]


def free(keys: Iterable[dynamo.Key], deal_id: str) -> list[dynamo.Action]:
    """Lets go without a gap: the rows stay, held by nobody, until the relay has looked for the next in the queue."""
    return [
        dynamo.update(key, change={"freed": True}, when="#deal_id = :mine", values={"mine": deal_id}) for key in keys
    ]


def drop(claim: dynamo.Item) -> dynamo.Action:
    """Removes a claim (as read) that was let go, unless somebody joined its queue since it was read."""
    key = dynamo.Key(table(), claim["pk"], claim["sk"])
    nobody_new = "#waiting = :waiting" if "waiting" in claim else "attribute_not_exists(#waiting)"
    values = {"holder": claim["deal_id"], "true": True} | ({"waiting": claim["waiting"]} if "waiting" in claim else {})
    return dynamo.delete(key, f"#deal_id = :holder AND #freed = :true AND {nobody_new}", values)


def hand_over(key: dynamo.Key, prospect: Prospect) -> dynamo.Action:
    """Gives a claim that is absent or was let go to `prospect`."""
    free = "attribute_not_exists(pk) OR #freed = :true OR #deal_id = :mine"
    return _taken(key, prospect, None, free, {"true": True, "mine": prospect.deal_id})


def _taken(
    key: dynamo.Key, prospect: Prospect, until: str | None, when: str, values: Mapping[str, Any]
) -> dynamo.Action:
    """The count of those who wait stays on the row: it is of the claim, not of its holder."""
    row = {name: value for name, value in _row(key, prospect).items() if name not in ("pk", "sk")}
    row |= {"expires_at": until} if until else {}
    gone = [name for name in ("freed", "expires_at", "aliases", "numbers") if name not in row]
    return dynamo.update(key, change=row, remove=gone, when=when, values=values)


def waiting(key: dynamo.Key) -> list[dynamo.Item]:
    """The rows that wait for a claim, oldest first."""
    family = key.sk.removeprefix("CLAIM#")
    return dynamo.query(key.table, key.pk, f"QUEUE#{family}#").items


def posts(prospect: Prospect, found: Mapping[dynamo.Key, dynamo.Item]) -> list[dynamo.Action]:
    """Its entries in all their places, from the rows as read."""
    places = posts_of(prospect).items()
    return [action for place, entry in places for action in post(place, prospect.deal_id, entry, found.get(place))]


def post(block: dynamo.Key, entry_id: str, entry: dynamo.Item, existing: dynamo.Item | None) -> list[dynamo.Action]:
    """Adds an entry to a block, or to those posted with an identity, whose attributes they are.

    Nothing when `existing`, as read, is full; a row that was not read refuses in the transaction and shows itself.
    """
    if existing and entry_id in existing:
        return [dynamo.update(block, change={entry_id: entry})]
    if existing and existing.get("entries", 0) >= BLOCK_CAP:
        return []
    room = "attribute_not_exists(#entries) OR #entries < :cap"
    return [dynamo.update(block, change={entry_id: entry}, add={"entries": 1}, when=room, values={"cap": BLOCK_CAP})]


def unpost(block: dynamo.Key, entry_id: str) -> dynamo.Action:
    """Takes an entry out; fails where it is not."""
    return dynamo.update(block, remove=[entry_id], add={"entries": -1}, when=f"attribute_exists(#{entry_id})")


def posts_of(prospect: Prospect) -> dict[dynamo.Key, dynamo.Item]:
    """Where others find it who share a hint with it, or have a like name; and the entry there."""
    entry: dynamo.Item = {"partner_id": prospect.partner_id, "name": prospect.name, "country": prospect.country}
    if prospect.aliases:
        entry["aliases"] = list(prospect.aliases)
    numbered = entry | {"families": list(prospect.families)}
    numbered |= {"numbers": dict(prospect.numbers)} if prospect.numbers else {}
    blocks = written_blocks(prospect.country, prospect.name, *prospect.aliases)
    return dict.fromkeys(map(posted_key, prospect.hints), numbered) | dict.fromkeys(blocks, entry)


def names_of(places: Iterable[dynamo.Key]) -> tuple[str, ...]:
    """To be kept with who is posted there: another version of the keys would not find them again."""
    return tuple(place.pk.removeprefix("ID#") for place in places)


def place_of(name: str) -> dynamo.Key:
    return _key(name, "BLOCK" if name.startswith("name#") else "POSTED")


def remove_posts(prospect: Prospect) -> None:
    """Out of every row it may be in. Repeating it does no harm."""
    for place in map(place_of, prospect.posted):
        with suppress(ConditionFailed):
            dynamo.write(unpost(place, prospect.deal_id))


def move_posts(before: Prospect, after: Prospect) -> list[dynamo.Action]:
    """From the rows where one is found to those of the other; nothing when both are found alike."""
    old, new = [place_of(name) for name in before.posted], posts_of(after)
    if set(old) == set(new) and posts_of(before) == new:
        return []
    found = dynamo.batch_get([*old, *new])
    left = [unpost(key, before.deal_id) for key in old if key not in new and before.deal_id in found.get(key, {})]
    changed = {key: entry for key, entry in new.items() if found.get(key, {}).get(after.deal_id) != entry}
    return left + [
        action for key, entry in changed.items() for action in post(key, after.deal_id, entry, found.get(key))
    ]


def is_index_row(row: dynamo.Item) -> bool:
    return str(row.get("pk", "")).startswith("ID#")


def _key(identity: str, sk: str) -> dynamo.Key:
    return dynamo.Key(table(), f"ID#{identity}", sk)


def _queue_keys(prospect: Prospect) -> list[dynamo.Key]:
    return [
        _key(identity, f"QUEUE#{family}#{prospect.deal_id}")
        for identity in prospect.identities
        for family in prospect.families
    ]


def _row(key: dynamo.Key, prospect: Prospect) -> dynamo.Item:
    row: dynamo.Item = {
        "pk": key.pk,
        "sk": key.sk,
        "deal_id": prospect.deal_id,
        "partner_id": prospect.partner_id,
        "name": prospect.name,
    }
    known = {"aliases": list(prospect.aliases), "numbers": dict(prospect.numbers)}
    return row | {name: value for name, value in known.items() if value}
