"""The vendor's own accounts, which a registration may collide with: customers and open opportunities.

`ACCOUNT#<id>` / `ACCOUNT` holds the account; an entry in the row of each identity, and in its name's block, lets the
conflict check find it. An account with an `external_id` has its id from that, so sending it again replaces it.
"""

import hashlib
import logging
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import from_json

from dealreg import dynamo, ids, times
from dealreg.conflicts import rules, store
from dealreg.conflicts.domains import host_of
from dealreg.errors import ConditionFailed, NotFound, StaleVersion
from dealreg.settings import Setting, read
from dealreg.validation import Input, parse

logger = logging.getLogger(__name__)
_EPOCH = datetime.fromtimestamp(0, UTC)


def _host(text: str) -> str:
    host = host_of(text)
    if not host:
        raise ValueError("Write a domain such as example.com.")
    return host


def _country(text: str) -> str:
    if not (len(text) == 2 and text.isascii() and text.isalpha()):
        raise ValueError("Use a two-letter country code such as DE.")
    return text.upper()


def _tax_id(text: str) -> str:
    if sum(character.isalnum() for character in text) < 4:
        raise ValueError("Write the whole tax id, such as DE123456789.")
    return text


def _name(text: str) -> str:
    if not any(character.isalnum() for character in text):
        raise ValueError("Write the account's name.")
    return text


class NewAccount(Input):
    name: Annotated[str, Field(max_length=200), AfterValidator(_name)]
    domains: Annotated[list[Annotated[str, AfterValidator(_host)]], Field(max_length=20)] = Field(
        default_factory=list[str]
    )
    country: Annotated[str, AfterValidator(_country)] | None = None
    tax_id: Annotated[str, Field(max_length=40), AfterValidator(_tax_id)] | None = None
    ownership: rules.Ownership
    external_id: Annotated[str, Field(min_length=1, max_length=100)] | None = None


def _external_ids_differ(accounts: list[NewAccount]) -> list[NewAccount]:
    seen: dict[str, int] = {}
    for place, account in enumerate(accounts):
        if account.external_id is not None and seen.setdefault(account.external_id, place) != place:
            raise ValueError(f"Numbers {seen[account.external_id]} and {place} have the same external_id.")
    return accounts


class AccountBatch(Input):
    accounts: Annotated[list[NewAccount], Field(min_length=1, max_length=100), AfterValidator(_external_ids_differ)]


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    domains: tuple[str, ...]
    country: str | None
    tax_id: str | None
    ownership: rules.Ownership
    external_id: str | None
    created_at: datetime
    updated_at: datetime


def create(body: bytes, now: datetime, by: str) -> dict[str, Any]:
    """One account, or {"accounts": […]}; answers in kind. Raises InvalidInput with every fault."""
    if _is_batch(body):
        return {"items": [view(_save(new, now, by)) for new in parse(AccountBatch, body).accounts]}
    return view(_save(parse(NewAccount, body), now, by))


def _is_batch(body: bytes) -> bool:
    try:
        content = from_json(body)
    except ValueError:
        return False
    return isinstance(content, dict) and "accounts" in content


def _save(new: NewAccount, now: datetime, by: str) -> Account:
    account_id = _id_of(new.external_id) if new.external_id else ids.new_id("acc", now)
    saved = _write(
        Account(
            id=account_id,
            name=new.name,
            domains=tuple(new.domains),
            country=new.country,
            tax_id=new.tax_id,
            ownership=new.ownership,
            external_id=new.external_id,
            created_at=now,
            updated_at=now,
        )
    )
    logger.info("account saved", extra={"account_id": account_id, "by": by})
    return saved


def _id_of(external_id: str) -> str:
    entropy = int.from_bytes(hashlib.sha256(external_id.encode()).digest()[:10])
    return ids.make_id("acc", _EPOCH, entropy)


def _write(account: Account) -> Account:
    """The account with its entries in one transaction, in the place of what it was before. Raises StaleVersion."""
    own, entries = _key(account.id), _entries(account)
    found = dynamo.batch_get([own, *entries])
    before = _from_item(found[own]) if own in found else None
    current = replace(account, created_at=before.created_at) if before else account
    actions = [dynamo.put(own.table, _to_item(current), *_unchanged(before))]
    for place, entry in entries.items():
        actions += store.post(place, account.id, entry, found.get(place))
    former = set(_entries(before)) - set(entries) if before else set[dynamo.Key]()
    _transact([*actions, *(store.withdraw_post(place, account.id) for place in former)])
    return current


def load(account_id: str) -> Account:
    """Raises NotFound."""
    own = _key(account_id)
    item = dynamo.get(own.table, own.pk, own.sk)
    if item is None:
        raise NotFound
    return _from_item(item)


def delete(account_id: str, by: str) -> None:
    """Raises NotFound or StaleVersion."""
    before = load(account_id)
    entries = [store.withdraw_post(place, account_id) for place in _entries(before)]
    _transact([dynamo.delete(_key(account_id), *_unchanged(before)), *entries])
    logger.info("account deleted", extra={"account_id": account_id, "by": by})


def _unchanged(before: Account | None) -> tuple[str, dict[str, str]]:
    """The condition that the account is still as it was read: its entries were worked out from that."""
    if before is None:
        return dynamo.ABSENT, {}
    return "#updated_at = :seen", {"seen": times.to_text(before.updated_at)}


def _transact(actions: list[dynamo.Action]) -> None:
    try:
        dynamo.transact(actions)
    except ConditionFailed:
        raise StaleVersion("This account was changed at the same moment. Please send it again.") from None


def _key(account_id: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.DEALS_TABLE), f"ACCOUNT#{account_id}", "ACCOUNT")


def _entries(account: Account) -> dict[dynamo.Key, dynamo.Item]:
    """What the rows of the conflict index say of the account: a country tells names apart, but never identities."""
    identities = list(rules.identity_keys(None, None, account.tax_id, account.country))
    for domain in account.domains:
        identities += rules.identity_keys(domain, None, None, account.country)
    entry: dynamo.Item = {"name": account.name, "ownership": account.ownership.value}
    block = store.block_key(rules.name_key(account.name))
    return {store.account_key(identity): entry for identity in identities} | {
        block: entry | {"country": account.country}
    }


def view(account: Account) -> dict[str, Any]:
    return asdict(account) | {
        "domains": list(account.domains),
        "created_at": times.to_text(account.created_at),
        "updated_at": times.to_text(account.updated_at),
    }


def _to_item(account: Account) -> dynamo.Item:
    return {"pk": f"ACCOUNT#{account.id}", "sk": "ACCOUNT", **view(account), "ownership": account.ownership.value}


def _from_item(item: dynamo.Item) -> Account:
    return Account(
        id=item["id"],
        name=item["name"],
        domains=tuple(item["domains"]),
        country=item["country"],
        tax_id=item["tax_id"],
        ownership=rules.Ownership(item["ownership"]),
        external_id=item["external_id"],
        created_at=times.from_text(item["created_at"]),
        updated_at=times.from_text(item["updated_at"]),
    )
