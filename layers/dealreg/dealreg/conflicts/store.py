"""The rows of the conflict index: who holds, waits for or already is a customer.

`ID#<identity>` / `CLAIM#<family>` is held by one registration at a time; `QUEUE#<family>#<deal>` waits behind it;
`ACCOUNT` lists the vendor's own accounts with that identity. `ID#name#…` / `BLOCK` packs everybody of one name.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dealreg import dynamo
from dealreg.conflicts.rules import Match, same_country
from dealreg.settings import Setting, read

BLOCK_CAP = 64
"""Entries in one name's block: about 6 kB. More than these say nothing new to a reviewer."""


@dataclass(frozen=True, slots=True)
class Prospect:
    """What of a registration the conflict index is about."""

    deal_id: str
    partner_id: str
    name: str
    country: str | None
    identities: tuple[str, ...]
    name_key: str
    families: tuple[str, ...]


def claim_keys(prospect: Prospect) -> list[dynamo.Key]:
    return [_key(identity, f"CLAIM#{family}") for identity in prospect.identities for family in prospect.families]


def account_key(identity: str) -> dynamo.Key:
    return _key(identity, "ACCOUNT")


def block_key(name_key: str) -> dynamo.Key:
    return _key(name_key, "BLOCK")


def evidence_keys(prospect: Prospect) -> list[dynamo.Key]:
    """Everything to read before judging."""
    accounts = [account_key(identity) for identity in prospect.identities]
    return [*claim_keys(prospect), *accounts, block_key(prospect.name_key)]


def matches_in(prospect: Prospect, found: Iterable[dynamo.Item]) -> list[Match]:
    """What the rows read by `evidence_keys` say; the registration's own rows do not count."""
    matches: dict[tuple[str, str], Match] = {}
    for item in found:
        identity = str(item["pk"]).removeprefix("ID#")
        if str(item["sk"]).startswith("CLAIM#"):
            entries = {item["deal_id"]: item}
        else:
            entries = {name: entry for name, entry in item.items() if name not in ("pk", "sk")}
        for entry_id, entry in entries.items():
            if entry_id == prospect.deal_id or not same_country(prospect.country, entry.get("country")):
                continue
            kind = "account" if entry_id.startswith("acc_") else "deal"
            match = Match(
                kind, entry_id, entry.get("partner_id", ""), entry["name"], entry.get("ownership", ""), identity
            )
            matches.setdefault((kind, entry_id), match)
    return list(matches.values())


def claim(prospect: Prospect) -> list[dynamo.Action]:
    """Takes every claim; each fails in the transaction if somebody holds it, and tells who."""
    return [
        dynamo.put(
            key.table, _row(key, prospect), "attribute_not_exists(pk) OR #deal_id = :mine", {"mine": prospect.deal_id}
        )
        for key in claim_keys(prospect)
    ]


def wait(prospect: Prospect, held: Iterable[dynamo.Key]) -> list[dynamo.Action]:
    """Joins the queue of each claim and counts itself on those that are held, which must still be there."""
    places = [dynamo.put(key.table, _row(key, prospect)) for key in _queue_keys(prospect)]
    return places + [dynamo.update(key, add={"waiting": 1}, when=dynamo.PRESENT) for key in held]


def leave_queue(prospect: Prospect) -> list[dynamo.Action]:
    return [dynamo.delete(key) for key in _queue_keys(prospect)]


def free(keys: Iterable[dynamo.Key], deal_id: str) -> list[dynamo.Action]:
    """Lets go without a gap: the rows stay, held by nobody, until the relay has looked for the next in the queue."""
    return [
        dynamo.update(key, change={"freed": True}, when="#deal_id = :mine", values={"mine": deal_id}) for key in keys
    ]


def drop(claim: dynamo.Item) -> dynamo.Action:
    """Removes a claim (as read) that was let go, unless somebody joined its queue since it was read."""
    key = dynamo.Key(read(Setting.DEALS_TABLE), claim["pk"], claim["sk"])
    nobody_new = "#waiting = :waiting" if "waiting" in claim else "attribute_not_exists(#waiting)"
    values = {"holder": claim["deal_id"], "true": True} | ({"waiting": claim["waiting"]} if "waiting" in claim else {})
    return dynamo.delete(key, f"#deal_id = :holder AND #freed = :true AND {nobody_new}", values)


def hand_over(key: dynamo.Key, prospect: Prospect) -> dynamo.Action:
    """Gives a claim that is absent or was let go to `prospect`."""
    free_now = "attribute_not_exists(pk) OR #freed = :true OR #deal_id = :mine"
    return dynamo.put(key.table, _row(key, prospect), free_now, {"true": True, "mine": prospect.deal_id})


def waiting(key: dynamo.Key) -> list[dynamo.Item]:
    """The rows that wait for a claim, oldest first."""
    family = key.sk.removeprefix("CLAIM#")
    return dynamo.query(key.table, key.pk, f"QUEUE#{family}#").items


def post(block: dynamo.Key, entry_id: str, entry: dynamo.Item, existing: dynamo.Item | None) -> list[dynamo.Action]:
    """Adds an entry to a block or an account row, whose attributes they are; nothing when `existing`, as read, is full."""
    if existing and entry_id not in existing and len(existing) > BLOCK_CAP:
        return []
    return [dynamo.update(block, change={entry_id: entry})]


def withdraw_post(block: dynamo.Key, entry_id: str) -> dynamo.Action:
    return dynamo.update(block, remove=[entry_id])


def name_entry(prospect: Prospect) -> dynamo.Item:
    return {"partner_id": prospect.partner_id, "name": prospect.name, "country": prospect.country}


def _key(identity: str, sk: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.DEALS_TABLE), f"ID#{identity}", sk)


def _queue_keys(prospect: Prospect) -> list[dynamo.Key]:
    return [
        _key(identity, f"QUEUE#{family}#{prospect.deal_id}")
        for identity in prospect.identities
        for family in prospect.families
    ]


def _row(key: dynamo.Key, prospect: Prospect) -> dynamo.Item:
    return {
        "pk": key.pk,
        "sk": key.sk,
        "deal_id": prospect.deal_id,
        "partner_id": prospect.partner_id,
        "name": prospect.name,
    }
