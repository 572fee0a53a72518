"""The people of a partner, each found by an e-mail address that nobody else has."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dealreg.partners import partners
from dealreg.partners.rows import partner_key, table, user_key
from dealreg.partners.views import UserView
from dealreg.platform import dynamo, ids, times
from dealreg.platform.errors import AlreadyExists, ConditionFailed, NotFound
from dealreg.platform.paging import Listing, PageRequest

logger = logging.getLogger(__name__)
_MAX_WRITTEN_TO = 100


@dataclass(frozen=True, slots=True)
class User:
    id: str
    partner_id: str
    name: str
    email: str
    """Lower-case; belongs to one user of all partners."""
    created_at: datetime


def load(partner_id: str, user_id: str) -> User:
    """Raises NotFound."""
    key = user_key(partner_id, user_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound
    return from_item(item)


def of_partner(partner_id: str) -> list[User]:
    """At most 100: more are never written to at once."""
    found = dynamo.page(table(), f"PARTNER#{partner_id}", "USER#", limit=_MAX_WRITTEN_TO)
    return [from_item(item) for item in found.items]


def is_anybody_there(partner_id: str) -> bool:
    return bool(dynamo.page(table(), f"PARTNER#{partner_id}", "USER#", limit=1).items)


def addresses_of(partner_id: str) -> frozenset[str]:
    """Of all of them."""
    return frozenset(row["email"] for row in dynamo.every(table(), f"PARTNER#{partner_id}", "USER#"))


def find(email: str) -> tuple[str, str] | None:
    """Partner id and user id of the person with a normalised address; no partner's id for one of the vendor's."""
    item = dynamo.get(table(), f"EMAIL#{email}", "USER")
    return (item["partner_id"], item["user_id"]) if item else None


def create(partner_id: str, name: str, email: str, now: datetime, by: str, also: Sequence[dynamo.Action] = ()) -> User:
    """`email` is normalised; `also` is done in the same transaction, and has no condition.

    Raises NotFound for the partner, AlreadyExists for the address, whoever has it.
    """
    created = User(ids.new_id("user", now), partner_id, name, email, now)
    address = {"pk": f"EMAIL#{email}", "sk": "USER", "partner_id": partner_id, "user_id": created.id}
    try:
        dynamo.transact(
            [
                dynamo.check(partner_key(partner_id), dynamo.PRESENT),
                dynamo.put(table(), address, dynamo.ABSENT),
                dynamo.put(table(), to_item(created), dynamo.ABSENT),
                *also,
            ]
        )
    except ConditionFailed as error:
        if 0 in error.failures:
            raise NotFound from None
        raise AlreadyExists("Another user has this e-mail address already.") from None
    logger.info("user created", extra={"partner_id": partner_id, "user_id": created.id, "by": by})
    return created


def remove(partner_id: str, user_id: str, by: str) -> None:
    """Sessions and sign-in links end at once, since each looks for its user; the address is free again.

    Raises NotFound.
    """
    user = load(partner_id, user_id)
    try:
        dynamo.transact(
            [
                dynamo.delete(user_key(partner_id, user_id), "#email = :email", {"email": user.email}),
                dynamo.delete(dynamo.Key(table(), f"EMAIL#{user.email}", "USER"), "#user_id = :id", {"id": user_id}),
            ]
        )
    except ConditionFailed:
        raise NotFound from None
    logger.info("user removed", extra={"partner_id": partner_id, "user_id": user_id, "by": by})


def listing(partner_id: str, page: PageRequest) -> Listing[UserView]:
    """Raises NotFound for the partner."""
    partners.load(partner_id)
    found = dynamo.page(table(), f"PARTNER#{partner_id}", "USER#", limit=page.size, start=page.start)
    people = [from_item(item) for item in found.items]
    return page.listing([view(user) for user in people], found.next_key)


def to_item(user: User) -> dynamo.Item:
    return {
        "pk": f"PARTNER#{user.partner_id}",
        "sk": f"USER#{user.id}",
        "id": user.id,
        "partner_id": user.partner_id,
        "name": user.name,
        "email": user.email,
        "created_at": times.to_text(user.created_at),
    }


def from_item(item: Mapping[str, Any]) -> User:
    return User(
        id=item["id"],
        partner_id=item["partner_id"],
        name=item["name"],
        email=item["email"],
        created_at=times.from_text(item["created_at"]),
    )


def view(user: User) -> UserView:
    return {
        "id": user.id,
        "partner_id": user.partner_id,
        "name": user.name,
        "email": user.email,
        "created_at": times.to_text(user.created_at),
    }
