"""Claims in the conflict index: who holds an identity, and who waits for it.

`ID#<identity>` / `CLAIM#<family>` is held by one registration at a time; `QUEUE#<family>#<deal>` waits behind it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from dealreg.matching.index import Prospect, identity_key, table
from dealreg.platform import dynamo


def is_held(claim: Mapping[str, Any], by_other_than: str, now: str) -> bool:
    """A claim that was let go, or whose protection ended, is held only for those who wait behind it."""
    ended = claim.get("freed") or claim.get("expires_at", now) < now
    return claim["deal_id"] != by_other_than and not (ended and "waiting" not in claim)


def promised(prospect: Prospect, found: Mapping[dynamo.Key, dynamo.Item]) -> list[dynamo.Key]:
    """Claims that it let go of itself just now, for which others wait."""
    rows = {key: found.get(key, {}) for key in prospect.claim_keys}
    return [
        key
        for key, row in rows.items()
        if row.get("deal_id") == prospect.deal_id and row.get("freed") and "waiting" in row
    ]


def claim(prospect: Prospect, now: str, until: str | None = None) -> list[dynamo.Action]:
    """Takes every claim; each fails in the transaction if somebody holds it, and tells who (see `is_held`).

    `until` is when its protection ends. Its own are written anew, and those who wait behind them stay.
    """
    ended = "(#freed = :true OR #expires_at < :now) AND attribute_not_exists(#waiting)"
    free = f"attribute_not_exists(pk) OR #deal_id = :mine OR ({ended})"
    values = {"mine": prospect.deal_id, "now": now, "true": True}
    return [_taken(key, prospect, until, free, values) for key in prospect.claim_keys]


def still_claimed(prospect: Prospect) -> list[dynamo.Key]:
    """Those of its claims that are still its own: a protection that ended may have been taken over."""
    found = dynamo.batch_get(prospect.claim_keys)
    return [key for key, row in found.items() if row["deal_id"] == prospect.deal_id]


def hold(keys: Iterable[dynamo.Key], deal_id: str, until: str | None) -> list[dynamo.Action]:
    """Until a time from which another may take over, or for good."""
    own: dict[str, Any] = {"when": "#deal_id = :mine", "values": {"mine": deal_id}}
    own |= {"change": {"expires_at": until}} if until else {"remove": ["expires_at"]}
    return [dynamo.update(key, **own) for key in keys]


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


def queue(key: dynamo.Key, most: int = 0) -> list[dynamo.Item]:
    """The rows that wait for a claim, oldest first: all, or so many."""
    prefix = f"QUEUE#{key.sk.removeprefix('CLAIM#')}#"
    if most:
        return dynamo.page(key.table, key.pk, prefix, limit=most).items
    return list(dynamo.every(key.table, key.pk, prefix))


def join_queue(prospect: Prospect, held: Iterable[dynamo.Key]) -> list[dynamo.Action]:
    """Waits for each claim and counts itself on those that are held, which must still be there."""
    places = [dynamo.put(key.table, _row(key, prospect)) for key in _places(prospect)]
    return places + [dynamo.update(key, add={"waiting": 1}, when=dynamo.PRESENT) for key in held]


def rewrite_places(prospect: Prospect) -> list[dynamo.Action]:
    """Its places in queues stay, under another partner. Fails where it does not wait."""
    return [dynamo.put(key.table, _row(key, prospect), dynamo.PRESENT) for key in _places(prospect)]


def leave_queue(prospect: Prospect) -> list[dynamo.Action]:
    return [dynamo.delete(key) for key in _places(prospect)]


def _places(prospect: Prospect) -> list[dynamo.Key]:
    return [
        identity_key(identity, f"QUEUE#{family}#{prospect.deal_id}")
        for identity in prospect.identities
        for family in prospect.families
    ]


def _taken(
    key: dynamo.Key, prospect: Prospect, until: str | None, when: str, values: Mapping[str, Any]
) -> dynamo.Action:
    """The count of those who wait stays on the row: it is of the claim, not of its holder."""
    row = _claim_attributes(prospect) | ({"expires_at": until} if until else {})
    gone = [name for name in ("freed", "expires_at", "aliases", "numbers", "place") if name not in row]
    return dynamo.update(key, change=row, remove=gone, when=when, values=values)


def _row(key: dynamo.Key, prospect: Prospect) -> dynamo.Item:
    return {"pk": key.pk, "sk": key.sk} | _claim_attributes(prospect)


def _claim_attributes(prospect: Prospect) -> dynamo.Item:
    known: dynamo.Item = {"aliases": list(prospect.aliases), "numbers": dict(prospect.numbers), **prospect.placed}
    return {
        "deal_id": prospect.deal_id,
        "partner_id": prospect.partner_id,
        "name": prospect.name,
        **{name: value for name, value in known.items() if value},
    }
