"""The vendor's own accounts, which a registration may collide with: customers, open opportunities and others.

`ACCOUNT#<id>` / `ACCOUNT` holds the account; an entry in the row of each identity, and in the blocks of its names, lets
the conflict check find it. `SOURCE#<source>#<shard>` / `MEMBER#<external id>` lists what a source has sent.
"""

import logging
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from pydantic_core import from_json

from dealreg.accounts import rows
from dealreg.accounts.model import Account, AccountBatch, NewAccount, account_of, from_item, view
from dealreg.accounts.views import AccountsView, AccountView
from dealreg.platform import dynamo
from dealreg.platform.errors import NotFound
from dealreg.platform.settings import Setting, read
from dealreg.platform.validation import parse

logger = logging.getLogger(__name__)
_MEMBERS = 500
"""Of a source's list, at a time."""


def create(body: bytes, now: datetime, by: str) -> AccountView | AccountsView:
    """One account, or {"accounts": […]}; answers in kind. Raises InvalidInput with every fault."""
    if _is_batch(body):
        return {"items": [view(saved) for saved in _save_all(parse(AccountBatch, body).accounts, now, by)]}
    (saved,) = _save_all([parse(NewAccount, body)], now, by)
    return view(saved)


def _save_all(new: Iterable[NewAccount], now: datetime, by: str) -> list[Account]:
    accounts = [account_of(each, now) for each in new]
    saved = rows.save_all(accounts, load_many(account.id for account in accounts))
    for account in saved:
        logger.info("account saved", extra={"account_id": account.id, "by": by})
    return saved


def _is_batch(body: bytes) -> bool:
    try:
        content = from_json(body)
    except ValueError:
        return False
    return isinstance(content, dict) and "accounts" in content


def save(account: Account) -> Account:
    """In the place of what it was before. Raises StaleVersion or Unavailable."""
    (saved,) = rows.save_all([account], load_many([account.id]))
    return saved


def learn(account_id: str, names: Iterable[str], domains: Iterable[str], now: datetime) -> Account:
    """Adds what a registration of the same company calls itself; no sync of its source takes that away.

    Raises NotFound or StaleVersion.
    """
    known = load(account_id)
    new_names = [name for name in names if name not in (known.name, *known.aliases)]
    new_domains = [domain for domain in domains if domain not in known.domains]
    learned = replace(known, learned_names=tuple(new_names), learned_domains=tuple(new_domains), updated_at=now)
    saved = save(learned)
    logger.info("account learned", extra={"account_id": account_id, "names": len(new_names)})
    return saved


def forget(account_id: str, names: Iterable[str], domains: Iterable[str], now: datetime) -> None:
    """Takes back what was learned by mistake. Raises NotFound or StaleVersion."""
    known, gone = load(account_id), {*names, *domains}
    left = replace(
        known,
        learned_names=tuple(name for name in known.learned_names if name not in gone),
        learned_domains=tuple(domain for domain in known.learned_domains if domain not in gone),
    )
    if left != known:
        rows.rewrite(known, replace(left, updated_at=now))


def load(account_id: str) -> Account:
    """Raises NotFound."""
    own = rows.key_of(account_id)
    item = dynamo.get(own.table, own.pk, own.sk)
    if item is None:
        raise NotFound
    return from_item(item)


def load_many(account_ids: Iterable[str]) -> dict[str, Account]:
    """At most a hundred, in one call; those that there are."""
    found = dynamo.batch_get(rows.key_of(account_id) for account_id in account_ids)
    return {item["id"]: from_item(item) for item in found.values()}


def delete(account_id: str, by: str) -> None:
    """Raises NotFound or StaleVersion."""
    rows.remove(load(account_id))
    logger.info("account deleted", extra={"account_id": account_id, "by": by})


class Member(NamedTuple):
    """What a source has sent."""

    external_id: str
    account_id: str
    seen_at: str


def members(source: str, shard: int, after: str | None) -> tuple[list[Member], str | None]:
    """A page of a shard's list, with what to pass as `after` for the next one: None after the last."""
    table, partition = read(Setting.ACCOUNTS_TABLE), rows.list_of(source, shard)
    start = {"pk": partition, "sk": after} if after else None
    page = dynamo.page(table, partition, limit=_MEMBERS, start=start)
    return list(map(_member, page.items)), page.next_key["sk"] if page.next_key else None


def members_of(accounts: Iterable[Account]) -> dict[str, Member]:
    """By account id, at most a hundred in one call."""
    found = map(_member, dynamo.batch_get(map(rows.member_key, accounts)).values())
    return {member.account_id: member for member in found}


def _member(item: dynamo.Item) -> Member:
    return Member(item["sk"].removeprefix("MEMBER#"), item["account_id"], item["seen_at"])
