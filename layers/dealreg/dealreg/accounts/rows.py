"""How accounts are written: an account's own row, its entries in the conflict index, its place in its source's list.

Always together, and several accounts in one transaction: those of an import have rows of the index in common, which are
then written once for all of them.
"""

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from dealreg.accounts.model import Account, to_item
from dealreg.matching import identities, index
from dealreg.matching.names.keys import BLOCK_CAP
from dealreg.matching.names.remarks import known_as
from dealreg.platform import dynamo, times
from dealreg.platform.errors import ConditionFailed, StaleVersion, TooLarge, Unavailable
from dealreg.platform.settings import Setting, read

SHARDS = 16
"""Of a source's list, so that many workers can write to it at once."""
_CHANGED = "This account was changed at the same moment. Please send it again."
_TRIES = 5
_MAX_LEARNED = 20
_MAX_ACTIONS = 100
"""In a transaction."""
_MAX_BYTES = 2_000_000
"""Written by a transaction, which may have 4 MB with what the rows hold already."""
_FEWEST_ACTIONS = 10
_ENTRY_BYTES = 400
"""Of an entry, beside its names."""


@dataclass(frozen=True, slots=True)
class _Change:
    id: str
    before: Account | None
    after: Account | None
    """None for one that is removed."""
    entries: Mapping[dynamo.Key, dynamo.Item | None]
    """What the rows of the index shall say of the account: None where it is no longer."""


def save_all(accounts: Iterable[Account], known: Mapping[str, Account]) -> list[Account]:
    """Each in the place of what it was before: `known`, by id, as it was read.

    Raises StaleVersion or Unavailable; what was written until then stays.
    """
    changes = [_change(known.get(account.id), _succeeding(known.get(account.id), account)) for account in accounts]
    for group in _groups(changes):
        _write(group)
    return [change.after for change in changes if change.after]


def rewrite(before: Account, after: Account) -> None:
    """Of what was learned only that which `after` has stays. Raises StaleVersion or Unavailable."""
    _write([_change(before, after)])


def remove(account: Account, also: Sequence[dynamo.Action] = ()) -> None:
    """With `also` in the same transaction. Raises StaleVersion or Unavailable."""
    _write([_Change(account.id, account, None, _former(account))], also)


def entries_of(account: Account) -> dict[dynamo.Key, dynamo.Item]:
    """What the rows of the conflict index say of the account: a country tells names apart, but never identities."""
    known = identities.identify((*account.domains, *account.learned_domains), asdict(account))
    aliases = known_as(account.name, *account.aliases, *account.learned_names)[1:]
    entry: dynamo.Item = {"name": account.name, "ownership": account.ownership.value}
    numbered = entry | ({"numbers": dict(known.numbers)} if known.numbers else {})
    places = map(index.entries_key, (*known.claims, *known.hints))
    blocks = index.block_entries(entry | {"country": account.country}, account.country, aliases)
    return dict.fromkeys(places, index.with_aliases(numbered, aliases)) | blocks


def key_of(account_id: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.ACCOUNTS_TABLE), f"ACCOUNT#{account_id}", "ACCOUNT")


def list_of(source: str, shard: int) -> str:
    """The partition of a part of what a source has sent."""
    return f"SOURCE#{source}#{shard:02d}"


def mark_seen(account: Account, at: datetime) -> dynamo.Action:
    """Its source still has it."""
    key = member_key(account)
    return dynamo.update(key, change={"account_id": account.id, "seen_at": times.to_text(at)})


def member_key(account: Account) -> dynamo.Key:
    external_id = account.external_id or ""
    shard = zlib.crc32(external_id.encode()) % SHARDS
    return dynamo.Key(read(Setting.ACCOUNTS_TABLE), list_of(account.source, shard), f"MEMBER#{external_id}")


def has_current_keys(account: Account) -> bool:
    """False after a release with other keys for names, until it is written again."""
    return account.index_keys == index.index_keys(entries_of(account))


def _change(before: Account | None, after: Account) -> _Change:
    entries = entries_of(after)
    former = _former(before) if before else {}
    return _Change(after.id, before, replace(after, index_keys=index.index_keys(entries)), former | entries)


def _former(account: Account) -> dict[dynamo.Key, None]:
    return dict.fromkeys(map(index.row_of, account.index_keys))


def _succeeding(before: Account | None, account: Account) -> Account:
    """What was learned of it stays."""
    if before is None:
        return account
    return replace(
        account,
        created_at=before.created_at,
        learned_names=_together(before.learned_names, account.learned_names),
        learned_domains=_together(before.learned_domains, account.learned_domains),
    )


def _together(some: tuple[str, ...], more: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*some, *more)))[-_MAX_LEARNED:]


def _groups(changes: Iterable[_Change]) -> Iterator[list[_Change]]:
    """As many as a transaction holds; one that is too much for it stands alone."""
    group, places, size = list[_Change](), set[dynamo.Key](), 0
    for change in changes:
        together, bytes_ = places | set(change.entries), _bytes_of(change)
        if group and (len(together) + 2 * (len(group) + 1) > _MAX_ACTIONS or size + bytes_ > _MAX_BYTES):
            yield group
            group, together, size = [], set(change.entries), 0
        group.append(change)
        places, size = together, size + bytes_
    if group:
        yield group


def _bytes_of(change: _Change) -> int:
    """At most, of its entries and its own row."""
    if change.after is None:
        return _ENTRY_BYTES
    names = sum(len(name.encode()) for name in (change.after.name, *change.after.aliases, *change.after.learned_names))
    own = names + sum(len(key.encode()) for key in change.after.index_keys)
    return own + len(change.entries) * (min(names, index.MAX_NAMES) + _ENTRY_BYTES)


def _write(group: Sequence[_Change], also: Sequence[dynamo.Action] = ()) -> None:
    """A row of the index that others filled meanwhile is read again; a group that gets in their way is halved.

    Raises TooLarge for one account that no transaction takes.
    """
    own, most = [action for change in group for action in _own_rows(change)], _MAX_ACTIONS
    for _ in range(_TRIES):
        try:
            _transact(_index_rows(group), [*own, *also], most)
        except ConditionFailed as lost:
            if not all(index.is_index_row(row) for row in lost.failures.values()):
                raise StaleVersion(_CHANGED) from None
        except TooLarge:
            most //= 2
            if len(group) > 1:
                break
            if most < _FEWEST_ACTIONS:
                raise
        except Unavailable:
            break
        else:
            return
    if len(group) == 1:
        raise Unavailable("too many accounts of such names at once")
    middle = len(group) // 2
    _write(group[:middle])
    _write(group[middle:])


def _transact(entries: Sequence[dynamo.Action], own: Sequence[dynamo.Action], most: int) -> None:
    """In one transaction, unless somebody has so many names that it cannot hold them.

    Then those beyond go first: who is cut short before the account's own row is written does it all again.
    """
    room = max(most - len(own), 0)
    for begin in range(room, len(entries), most):
        dynamo.transact(entries[begin : begin + most])
    dynamo.transact([*own, *entries[:room]])


def _own_rows(change: _Change) -> list[dynamo.Action]:
    """On the condition that the account is still as it was read: its entries were worked out from that."""
    key, before, after = key_of(change.id), change.before, change.after
    when, values = dynamo.ABSENT, dict[str, str]()
    if before:
        when, values = "#updated_at = :seen", {"seen": times.to_text(before.updated_at)}
    if after:
        member = [mark_seen(after, after.updated_at)] if after.external_id else []
        return [dynamo.put(key.table, to_item(after), when, values), *member]
    member = [dynamo.delete(member_key(before))] if before and before.external_id else []
    return [dynamo.delete(key, when, values), *member]


def _index_rows(group: Sequence[_Change]) -> list[dynamo.Action]:
    wanted: dict[dynamo.Key, dict[str, dynamo.Item | None]] = {}
    for change in group:
        for place, entry in change.entries.items():
            wanted.setdefault(place, {})[change.id] = entry
    found = dynamo.batch_get(wanted, attributes=["entries", *(change.id for change in group)])
    return [action for place, entries in wanted.items() for action in _bring(place, entries, found.get(place, {}))]


def _bring(place: dynamo.Key, wanted: Mapping[str, dynamo.Item | None], row: dynamo.Item) -> list[dynamo.Action]:
    """Makes a row of the index hold the entries that are wanted: those that it has not as far as there is room."""
    gone = [account_id for account_id, entry in wanted.items() if entry is None and account_id in row]
    entries = {account_id: entry for account_id, entry in wanted.items() if entry is not None}
    room = max(0, BLOCK_CAP - row.get("entries", 0) + len(gone))
    new = [account_id for account_id in entries if account_id not in row][:room]
    changed = [account_id for account_id, entry in entries.items() if row.get(account_id, entry) != entry]
    if not (gone or new or changed):
        return []
    conditions, grown = [f"attribute_exists(#{account_id})" for account_id in gone], len(new) - len(gone)
    if grown > 0:
        conditions.append("(attribute_not_exists(#entries) OR #entries <= :room)")
    return [
        dynamo.update(
            place,
            change={account_id: entries[account_id] for account_id in (*new, *changed)},
            remove=gone,
            add={"entries": grown} if grown else None,
            when=" AND ".join(conditions),
            values={"room": BLOCK_CAP - grown} if grown > 0 else None,
        )
    ]
