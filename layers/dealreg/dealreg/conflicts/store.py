"""The rows of the conflict index: who holds, waits for or already is a customer.

`ID#<identity>` / `CLAIM#<family>` is held by one registration at a time; `QUEUE#<family>#<deal>` waits behind it;
`ACCOUNT` lists the vendor's own accounts with that identity. `ID#name#…` / `BLOCK` packs everybody of one name.
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace

from dealreg import dynamo
from dealreg.conflicts.explain import summary
from dealreg.conflicts.keys import BLOCK_CAP, read_keys, written_keys
from dealreg.conflicts.lookalikes import Entry, LookAlike, Outcome, best, outcome
from dealreg.conflicts.normalise import normalise
from dealreg.conflicts.rules import Certainty, Match
from dealreg.errors import ConditionFailed
from dealreg.settings import Setting, read


@dataclass(frozen=True, slots=True)
class Prospect:
    """What of a registration the conflict index is about."""

    deal_id: str
    partner_id: str
    name: str
    country: str | None
    identities: tuple[str, ...]
    families: tuple[str, ...]


def claim_keys(prospect: Prospect) -> list[dynamo.Key]:
    return [_key(identity, f"CLAIM#{family}") for identity in prospect.identities for family in prospect.families]


def account_key(identity: str) -> dynamo.Key:
    return _key(identity, "ACCOUNT")


def written_blocks(*names: str) -> list[dynamo.Key]:
    """Where somebody of these names is posted."""
    keys = dict.fromkeys(key for name in names for key in written_keys(normalise(name)))
    return [_key(f"name#{key}", "BLOCK") for key in keys]


def read_blocks(name: str) -> list[dynamo.Key]:
    return [_key(f"name#{key}", "BLOCK") for key in read_keys(normalise(name))]


def evidence_keys(prospect: Prospect) -> list[dynamo.Key]:
    """Everything to read before judging."""
    accounts = [account_key(identity) for identity in prospect.identities]
    return [*claim_keys(prospect), *accounts, *read_blocks(prospect.name)]


def matches_in(prospect: Prospect, found: Iterable[dynamo.Item], possible: float | None = None) -> list[Match]:
    """What the rows read by `evidence_keys` say, the surest first; the registration's own rows do not count.

    Everybody with an identity of the prospect, and the names most like its own. `possible` is the program's threshold.
    """
    exact: dict[str, Match] = {}
    alike: dict[str, dynamo.Item] = {}
    for item in found:
        identity = str(item["pk"]).removeprefix("ID#")
        if identity.startswith("name#"):
            alike |= posts_in(item)
            continue
        entries = {item["deal_id"]: item} if str(item["sk"]).startswith("CLAIM#") else posts_in(item)
        for entry_id, entry in entries.items():
            exact.setdefault(entry_id, _match(entry_id, entry, identity, Certainty.EXACT, 100))
    candidates = [
        Entry(entry_id, name, entry.get("country"))
        for entry_id, entry in alike.items()
        if entry_id not in exact
        for name in (entry["name"], *entry.get("aliases", ()))
    ]
    near = [
        replace(
            _match(
                one.entry.id, alike[one.entry.id], "name", _certainty(one, possible), round(one.score.likelihood * 100)
            ),
            why=summary(one.score, prospect.country, one.entry.country),
        )
        for one in best(normalise(prospect.name), prospect.country, candidates)
    ]
    return [match for match in (*exact.values(), *near) if match.id != prospect.deal_id and match.likelihood > 0]


def posts_in(row: dynamo.Item) -> dict[str, dynamo.Item]:
    """The entries of a block or an account row, by the id of the deal or account."""
    return {name: entry for name, entry in row.items() if name not in ("pk", "sk", "entries")}


def _certainty(found: LookAlike, possible: float | None) -> Certainty:
    return Certainty.POSSIBLE if outcome([found], possible) is Outcome.POSSIBLE else Certainty.NONE


def _match(entry_id: str, entry: dynamo.Item, identity: str, certainty: Certainty, likelihood: int) -> Match:
    return Match(
        kind="account" if entry_id.startswith("acc_") else "deal",
        id=entry_id,
        partner_id=entry.get("partner_id", ""),
        name=entry["name"],
        ownership=entry.get("ownership", ""),
        identity=identity,
        certainty=certainty,
        likelihood=likelihood,
    )


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
    """Adds an entry to a block or an account row, whose attributes they are.

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


def remove_posts(name: str, entry_id: str) -> None:
    """Out of every block it may be in. Repeating it does no harm."""
    for block in written_blocks(name):
        with suppress(ConditionFailed):
            dynamo.write(unpost(block, entry_id))


def move_posts(before: Prospect, after: Prospect) -> list[dynamo.Action]:
    """From the blocks of one name to those of another; nothing when the name and the country stay."""
    if name_entry(before) == name_entry(after):
        return []
    old, new = written_blocks(before.name), written_blocks(after.name)
    found = dynamo.batch_get([*old, *new])
    left = [unpost(key, before.deal_id) for key in old if key not in new and before.deal_id in found.get(key, {})]
    return left + [action for key in new for action in post(key, after.deal_id, name_entry(after), found.get(key))]


def is_index_row(row: dynamo.Item) -> bool:
    return str(row.get("pk", "")).startswith("ID#")


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
