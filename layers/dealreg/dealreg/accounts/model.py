"""An account of the vendor's own: what an admin may send of it, and what is kept."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, cast

from pydantic import AfterValidator, Field

from dealreg.accounts.views import AccountView
from dealreg.matching.rules import Ownership
from dealreg.platform import dynamo, ids, outbox, times
from dealreg.platform.fields import Country, Domain, Line, Reference, Slug, require_letters
from dealreg.platform.validation import Input

DEFAULT_SOURCE = "crm"
_EPOCH = datetime.fromtimestamp(0, UTC)


def _tax_id(text: str) -> str:
    if sum(character.isalnum() for character in text) < 4:
        raise ValueError("Write the whole tax id, such as DE123456789.")
    return text


Name = Annotated[Line, Field(max_length=200), AfterValidator(require_letters("Write the account's name."))]


class NewAccount(Input):
    name: Name
    aliases: Annotated[list[Name], Field(max_length=20)] = Field(default_factory=list[str])
    """Other names it is known by: former ones, short ones, those in another script."""
    domains: Annotated[list[Domain], Field(max_length=20)] = Field(default_factory=list[str])
    country: Country | None = None
    tax_id: Annotated[Line, Field(max_length=40), AfterValidator(_tax_id)] | None = None
    lei: Annotated[Line, Field(max_length=40)] | None = None
    duns: Annotated[Line, Field(max_length=20)] | None = None
    ownership: Annotated[Ownership, Field(strict=False)]
    external_id: Reference | None = None
    source: Slug = DEFAULT_SOURCE
    """The system whose `external_id` it is."""


def _external_ids_differ(accounts: list[NewAccount]) -> list[NewAccount]:
    seen: dict[tuple[str, str], int] = {}
    for place, account in enumerate(accounts):
        if account.external_id is not None:
            key = (account.source, account.external_id)
            if seen.setdefault(key, place) != place:
                raise ValueError(f"Numbers {seen[key]} and {place} have the same external_id.")
    return accounts


class AccountBatch(Input):
    accounts: Annotated[list[NewAccount], Field(min_length=1, max_length=100), AfterValidator(_external_ids_differ)]


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which line of which import wrote an account, and what that was: so that the line counts once, done twice."""

    import_id: str
    line: int
    effect: str


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    name: str
    aliases: tuple[str, ...]
    domains: tuple[str, ...]
    country: str | None
    tax_id: str | None
    lei: str | None
    duns: str | None
    ownership: Ownership
    external_id: str | None
    source: str
    created_at: datetime
    updated_at: datetime
    stamp: Stamp | None = None
    learned_names: tuple[str, ...] = ()
    """Of registrations that a reviewer found to be the same company; its source does not know them."""
    learned_domains: tuple[str, ...] = ()
    index_keys: tuple[str, ...] = ()
    """Of the rows of the conflict index that hold its entries."""

    def says_the_same_as(self, other: "Account") -> bool:
        return fingerprint(self) == fingerprint(other)


def account_of(new: NewAccount, now: datetime, stamp: Stamp | None = None) -> Account:
    """One with an external id has its own id from that, so sending it again replaces it."""
    return Account(
        id=id_of(new.source, new.external_id) if new.external_id else ids.new_id("acc", now),
        name=new.name,
        aliases=tuple(new.aliases),
        domains=tuple(new.domains),
        country=new.country,
        tax_id=new.tax_id,
        lei=new.lei,
        duns=new.duns,
        ownership=new.ownership,
        external_id=new.external_id,
        source=new.source,
        created_at=now,
        updated_at=now,
        stamp=stamp,
    )


def id_of(source: str, external_id: str) -> str:
    entropy = int.from_bytes(hashlib.sha256(f"{source}/{external_id}".encode()).digest()[:10])
    return ids.make_id("acc", _EPOCH, entropy)


def fingerprint(account: Account) -> str:
    """Of what its sender says of it."""
    numbers = (account.tax_id, account.lei, account.duns)
    said = (account.name, account.aliases, account.domains, account.country, *numbers, account.ownership)
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]


def view(account: Account) -> AccountView:
    shown = asdict(account) | {
        "aliases": list(account.aliases),
        "domains": list(account.domains),
        "learned_names": list(account.learned_names),
        "learned_domains": list(account.learned_domains),
        "ownership": account.ownership.value,
        "created_at": times.to_text(account.created_at),
        "updated_at": times.to_text(account.updated_at),
    }
    del shown["stamp"], shown["index_keys"]
    return cast("AccountView", shown)


def to_item(account: Account) -> dynamo.Item:
    key = {"pk": f"ACCOUNT#{account.id}", "sk": "ACCOUNT"}
    item = {**key, **outbox.MARK, **view(account), "index_keys": list(account.index_keys)}
    return item | ({"stamp": asdict(account.stamp)} if account.stamp else {})


def from_item(item: Mapping[str, Any]) -> Account:
    return Account(
        id=item["id"],
        name=item["name"],
        aliases=tuple(item.get("aliases", ())),
        domains=tuple(item["domains"]),
        country=item["country"],
        tax_id=item["tax_id"],
        lei=item.get("lei"),
        duns=item.get("duns"),
        ownership=Ownership(item["ownership"]),
        external_id=item["external_id"],
        source=item.get("source", DEFAULT_SOURCE),
        created_at=times.from_text(item["created_at"]),
        updated_at=times.from_text(item["updated_at"]),
        stamp=Stamp(**item["stamp"]) if "stamp" in item else None,
        learned_names=tuple(item.get("learned_names", ())),
        learned_domains=tuple(item.get("learned_domains", ())),
        index_keys=tuple(item.get("index_keys", ())),
    )
