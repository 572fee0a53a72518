"""The vendor's own accounts, which a registration may collide with: customers, open opportunities and others.

`ACCOUNT#<id>` / `ACCOUNT` holds the account; an entry in the row of each identity, and in the blocks of its names, lets
the conflict check find it. `SOURCE#<source>#<shard>` / `MEMBER#<external id>` lists what a source has sent.
"""

import logging
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from dealreg import dynamo, times
from dealreg.conflicts import rules, store
from dealreg.conflicts.account import Account, AccountBatch, NewAccount, account_of, from_item, to_item, view
from dealreg.errors import ConditionFailed, NotFound, StaleVersion, Unavailable
from dealreg.settings import Setting, read
from dealreg.validation import parse

logger = logging.getLogger(__name__)
_CHANGED = "This account was changed at the same moment. Please send it again."
_TRIES = 5
_MOST_ENTRIES = 90
"""In a transaction, which holds a hundred actions."""
SHARDS = 16
"""Of a source's list, so that many workers can write to it at once."""


def create(body: bytes, now: datetime, by: str) -> dict[str, Any]:
    """One account, or {"accounts": […]}; answers in kind. Raises InvalidInput with every fault."""
    if _is_batch(body):
        return {"items": [_create(new, now, by) for new in parse(AccountBatch, body).accounts]}
    return _create(parse(NewAccount, body), now, by)


def _create(new: NewAccount, now: datetime, by: str) -> dict[str, Any]:
    saved = save(account_of(new, now))
    logger.info("account saved", extra={"account_id": saved.id, "by": by})
    return view(saved)


def _is_batch(body: bytes) -> bool:
    try:
        content = from_json(body)
    except ValueError:
        return False
    return isinstance(content, dict) and "accounts" in content


def save(account: Account) -> Account:
    """The account with its entries in one transaction, in the place of what it was before.

    Raises StaleVersion, or Unavailable: a block that others filled meanwhile is read again.
    """
    for _ in range(_TRIES):
        try:
            return _save(account)
        except ConditionFailed as lost:
            if not all(store.is_index_row(row) for row in lost.failures.values()):
                raise StaleVersion(_CHANGED) from None
    raise Unavailable("too many accounts of such names at once")


def _save(account: Account) -> Account:
    own, entries = _key(account.id), _entries(account)
    found = dynamo.batch_get([own, *entries])
    before = from_item(found[own]) if own in found else None
    current = replace(account, created_at=before.created_at) if before else account
    posts = [
        post for place, entry in entries.items() for post in store.post(place, account.id, entry, found.get(place))
    ]
    former = set(_entries(before)) - set(entries) if before else set[dynamo.Key]()
    posts += _unposted(account.id, former)
    member = [mark_seen(account, account.updated_at)] if account.external_id else []
    _transact(posts, [dynamo.put(own.table, to_item(current), *_unchanged(before)), *member])
    return current


def _transact(entries: Sequence[dynamo.Action], own: Sequence[dynamo.Action]) -> None:
    """In one transaction, unless somebody has so many names that it cannot hold them.

    Then those beyond go first: who is cut short before the account's own row is written does it all again.
    """
    for begin in range(_MOST_ENTRIES, len(entries), _MOST_ENTRIES):
        dynamo.transact(entries[begin : begin + _MOST_ENTRIES])
    dynamo.transact([*own, *entries[:_MOST_ENTRIES]])


def load(account_id: str) -> Account:
    """Raises NotFound."""
    own = _key(account_id)
    item = dynamo.get(own.table, own.pk, own.sk)
    if item is None:
        raise NotFound
    return from_item(item)


def load_many(account_ids: Iterable[str]) -> dict[str, Account]:
    """At most a hundred, in one call; those that there are."""
    found = dynamo.batch_get(_key(account_id) for account_id in account_ids)
    return {item["id"]: from_item(item) for item in found.values()}


def delete(account_id: str, by: str) -> None:
    """Raises NotFound or StaleVersion."""
    remove(load(account_id))
    logger.info("account deleted", extra={"account_id": account_id, "by": by})


def remove(account: Account, also: Sequence[dynamo.Action] = ()) -> None:
    """With `also` in the same transaction. Raises StaleVersion."""
    entries = _unposted(account.id, _entries(account))
    member = [dynamo.delete(_member_key(account.source, account.external_id))] if account.external_id else []
    try:
        _transact(entries, [dynamo.delete(_key(account.id), *_unchanged(account)), *member, *also])
    except ConditionFailed:
        raise StaleVersion(_CHANGED) from None


def _unposted(account_id: str, places: Iterable[dynamo.Key]) -> list[dynamo.Action]:
    """An entry is not where the row was full when it was to be posted."""
    found = dynamo.batch_get(places)
    return [store.unpost(place, account_id) for place, row in found.items() if account_id in row]


def mark_seen(account: Account, at: datetime) -> dynamo.Action:
    """Its source still has it."""
    key = _member_key(account.source, account.external_id or "")
    return dynamo.update(key, change={"account_id": account.id, "seen_at": times.to_text(at)})


def unseen_since(source: str, shard: int, moment: datetime) -> list[str]:
    """Ids of the accounts of a source's shard that it has not sent since."""
    unseen: list[str] = []
    start: dynamo.Item | None = None
    while True:
        page = dynamo.query(read(Setting.DEALS_TABLE), f"SOURCE#{source}#{shard:02d}", limit=1000, start=start)
        unseen += [item["account_id"] for item in page.items if item["seen_at"] < times.to_text(moment)]
        start = page.next_key
        if start is None:
            return unseen


def _member_key(source: str, external_id: str) -> dynamo.Key:
    shard = zlib.crc32(external_id.encode()) % SHARDS
    return dynamo.Key(read(Setting.DEALS_TABLE), f"SOURCE#{source}#{shard:02d}", f"MEMBER#{external_id}")


def _unchanged(before: Account | None) -> tuple[str, dict[str, str]]:
    """The condition that the account is still as it was read: its entries were worked out from that."""
    if before is None:
        return dynamo.ABSENT, {}
    return "#updated_at = :seen", {"seen": times.to_text(before.updated_at)}


def _key(account_id: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.DEALS_TABLE), f"ACCOUNT#{account_id}", "ACCOUNT")


def _entries(account: Account) -> dict[dynamo.Key, dynamo.Item]:
    """What the rows of the conflict index say of the account: a country tells names apart, but never identities."""
    identities = list(rules.identity_keys(None, None, account.tax_id, account.country))
    for domain in account.domains:
        identities += rules.identity_keys(domain, None, None, account.country)
    entry: dynamo.Item = {"name": account.name, "ownership": account.ownership.value}
    post = entry | {"country": account.country} | ({"aliases": list(account.aliases)} if account.aliases else {})
    blocks = store.written_blocks(account.name, *account.aliases)
    return {store.account_key(identity): entry for identity in identities} | dict.fromkeys(blocks, post)
