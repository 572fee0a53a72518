"""The conflict index: under each identity and each kind of name, who has it.

`ID#<identity>` / `ENTRIES` holds who has an identity without claiming it: the vendor's own accounts, and registrations
whose identity others may have too. `ID#name#…` / `BLOCK` packs everybody of like names. Claims are in `claims.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from dealreg.matching.names.keys import BLOCK_CAP, read_keys_of, written_keys
from dealreg.matching.names.normalise import normalise
from dealreg.matching.names.remarks import known_as
from dealreg.platform import dynamo, ids
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.settings import Setting, read

MAX_NAMES = 4_000
"""Bytes of the names in one entry: BLOCK_CAP entries of the longest fit a row, which may have 400 kB."""
_PLACE_LENGTH = len("deal_") + ids.MOMENT_LENGTH
_NOT_ENTRIES = frozenset(["pk", "sk", "entries", "shared"])


@dataclass(frozen=True)  # without slots, which have no room for what is derived from it once
class Prospect:
    """A registration, as far as the conflict index goes."""

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
    index_keys: tuple[str, ...] = ()
    """Of the rows that hold its entries; another release may have other keys for the same name."""
    corrected: str = ""
    """The place that it has since a correction made its customer another; empty: that of its id."""
    newest: str = "~"
    """Ignore registrations whose place is after this one: they detect this one, not the reverse."""

    @cached_property
    def claim_keys(self) -> tuple[dynamo.Key, ...]:
        return tuple(key for identity in self.identities for key in claims_on(identity, self.families))

    @cached_property
    def blocks_to_read(self) -> tuple[dynamo.Key, ...]:
        """Where those of like names are, the most telling first."""
        return tuple(map(_block, read_keys_of([normalise(name) for name in known_as(self.name)], self.country)))

    @property
    def place(self) -> str:
        """In the order in which customers were registered; who only asks comes last."""
        return (self.corrected or self.deal_id or "~")[:_PLACE_LENGTH]

    @property
    def placed(self) -> dynamo.Item:
        """What its rows say of its place: nothing where its id does."""
        return {"place": self.corrected} if self.corrected else {}

    @cached_property
    def entries(self) -> Mapping[dynamo.Key, dynamo.Item]:
        """By row, what lets others find it who share a hint with it, or have a like name."""
        entry: dynamo.Item = {"partner_id": self.partner_id, "name": self.name, "country": self.country}
        entry |= self.placed
        aliases = known_as(self.name, *self.aliases)[1:]
        more: dynamo.Item = {"families": list(self.families)}
        more |= {"numbers": dict(self.numbers)} if self.numbers else {}
        identified = with_aliases(entry | more, aliases)
        blocks = block_entries(entry, self.country, aliases)
        return dict.fromkeys(map(entries_key, self.hints), identified) | blocks


def table() -> str:
    return read(Setting.MATCHING_TABLE)


def identity_key(identity: str, sk: str) -> dynamo.Key:
    return dynamo.Key(table(), f"ID#{identity}", sk)


def claims_on(identity: str, families: Iterable[str]) -> list[dynamo.Key]:
    return [identity_key(identity, f"CLAIM#{family}") for family in families]


def entries_key(identity: str) -> dynamo.Key:
    return identity_key(identity, "ENTRIES")


def with_aliases(entry: dynamo.Item, aliases: Iterable[str], first: Iterable[str] = ()) -> dynamo.Item:
    """The entry, which has a name, with as many aliases as there is room for; those that are `first` before others."""
    every, room, kept = tuple(dict.fromkeys(aliases)), MAX_NAMES - len(entry["name"].encode()), set[str]()
    for alias in dict.fromkeys((*first, *every)):
        size = len(alias.encode())
        if size <= room:
            room -= size
            kept.add(alias)
    fitting = [alias for alias in every if alias in kept]
    return entry | {"aliases": fitting} if fitting else entry


def block_entries(entry: dynamo.Item, country: str | None, aliases: Sequence[str]) -> dict[dynamo.Key, dynamo.Item]:
    """By block: what has no room for all aliases has those that lead to it."""
    led: dict[dynamo.Key, list[str]] = {}
    for name in (entry["name"], *aliases):
        for block in blocks_to_write(country, name):
            led.setdefault(block, []).append(name)
    whole = with_aliases(entry, aliases)
    if len(whole.get("aliases", ())) == len(set(aliases)):
        return dict.fromkeys(led, whole)
    return {
        block: with_aliases(entry, aliases, [name for name in names if name in aliases]) for block, names in led.items()
    }


def blocks_to_write(country: str | None, *names: str) -> list[dynamo.Key]:
    """The rows in which somebody of these names has an entry."""
    return [
        _block(key) for key in dict.fromkeys(key for name in names for key in written_keys(normalise(name), country))
    ]


def _block(name_key: str) -> dynamo.Key:
    return identity_key(f"name#{name_key}", "BLOCK")


def entries_in(row: Mapping[str, Any]) -> dict[str, dynamo.Item]:
    """By the id of the deal or account."""
    return {name: entry for name, entry in row.items() if name not in _NOT_ENTRIES}


def place_of(entry_id: str, row: Mapping[str, Any]) -> str:
    """In the order in which customers were registered, of whom a row or an entry is about; accounts come first.

    Of two of one millisecond, of which nobody knows the first, neither is later.
    """
    return row.get("place", entry_id)[:_PLACE_LENGTH]


def is_index_row(row: dynamo.Item) -> bool:
    return str(row.get("pk", "")).startswith("ID#")


def is_shared(row: Mapping[str, Any] | None) -> bool:
    """Whether several customers were confirmed to have the identity of this row of entries."""
    return bool(row and row.get("shared"))


def share(identity: str) -> dynamo.Action:
    """Learns that different customers have it: from now on nobody claims it."""
    return dynamo.update(entries_key(identity), change={"shared": True})


def unshare(identity: str) -> dynamo.Action:
    """They are one customer after all. Fails where no row says otherwise."""
    return dynamo.update(entries_key(identity), remove=["shared"], when=dynamo.PRESENT)


def add_entry(row: dynamo.Key, entry_id: str, entry: dynamo.Item, existing: dynamo.Item | None) -> list[dynamo.Action]:
    """Nothing when the row, `existing` as read, is full; a row that was not read may refuse in the transaction."""
    if existing and entry_id in existing:
        return [dynamo.update(row, change={entry_id: entry})]
    if existing and existing.get("entries", 0) >= BLOCK_CAP:
        return []
    room = "attribute_not_exists(#entries) OR #entries < :cap"
    return [dynamo.update(row, change={entry_id: entry}, add={"entries": 1}, when=room, values={"cap": BLOCK_CAP})]


def remove_entry(row: dynamo.Key, entry_id: str) -> dynamo.Action:
    """Fails where it is not."""
    return dynamo.update(row, remove=[entry_id], add={"entries": -1}, when=f"attribute_exists(#{entry_id})")


def add_entries(prospect: Prospect, found: Mapping[dynamo.Key, dynamo.Item]) -> list[dynamo.Action]:
    """All of a prospect's, given the rows as read."""
    entries = prospect.entries.items()
    return [action for row, entry in entries for action in add_entry(row, prospect.deal_id, entry, found.get(row))]


def move_entries(before: Prospect, after: Prospect) -> list[dynamo.Action]:
    """From the rows where one is found to those of the other; nothing when both are found alike."""
    old, new = [row_of(key) for key in before.index_keys], after.entries
    if set(old) == set(new) and before.entries == new:
        return []
    found = dynamo.batch_get([*old, *new])
    left = [remove_entry(row, before.deal_id) for row in old if row not in new and before.deal_id in found.get(row, {})]
    changed = {row: entry for row, entry in new.items() if found.get(row, {}).get(after.deal_id) != entry}
    return left + [
        action for row, entry in changed.items() for action in add_entry(row, after.deal_id, entry, found.get(row))
    ]


def remove_entries(prospect: Prospect) -> None:
    """Out of every row it may be in. Idempotent."""
    for row in map(row_of, prospect.index_keys):
        with suppress(ConditionFailed):
            dynamo.write(remove_entry(row, prospect.deal_id))


def restore_entries(prospect: Prospect) -> None:
    """Into every row that lacks it and has room. Idempotent."""
    found = dynamo.batch_get(prospect.entries)
    for row, entry in prospect.entries.items():
        if prospect.deal_id not in found.get(row, {}):
            for action in add_entry(row, prospect.deal_id, entry, found.get(row)):
                with suppress(ConditionFailed):
                    dynamo.write(action)


def index_keys(rows: Iterable[dynamo.Key]) -> tuple[str, ...]:
    """To be kept with whose entries these rows hold: another release's keys would not find them again."""
    return tuple(row.pk.removeprefix("ID#") for row in rows)


def row_of(index_key: str) -> dynamo.Key:
    return identity_key(index_key, "BLOCK" if index_key.startswith("name#") else "ENTRIES")
