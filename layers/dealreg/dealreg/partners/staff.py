"""The vendor's people: who signs in to the console, and in which roles.

`STAFF` / `STAFF#<id>`, and `EMAIL#<address>` / `USER` with an empty partner, which keeps an address either a partner's
or the vendor's.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dealreg.notifications import bounces
from dealreg.partners.rows import address_key, left_key, staff_key, table
from dealreg.partners.views import StaffView
from dealreg.platform import acts, dynamo, ids, times
from dealreg.platform.errors import AlreadyExists, ConditionFailed, NotFound, StaleVersion, StateConflict
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.rights import Role

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    name: str
    email: str
    """Normalised."""
    roles: tuple[str, ...]
    created_at: datetime
    version: int = 1


def create(name: str, email: str, roles: Iterable[str], now: datetime, by: str) -> Member:
    """`email` is normalised. Raises AlreadyExists for the address, whoever has it."""
    made = Member(ids.new_id("stf", now), name, email, _in_order(roles), now)
    address = {"pk": f"EMAIL#{email}", "sk": "USER", "partner_id": "", "user_id": made.id, "name": name}
    try:
        dynamo.transact(
            [
                dynamo.put(table(), address, dynamo.ABSENT),
                dynamo.put(table(), _to_item(made), dynamo.ABSENT),
                bounces.unmark(email),
            ]
        )
    except ConditionFailed:
        raise AlreadyExists("Another person has this e-mail address already.") from None
    logger.info("staff member created", extra={"staff_id": made.id, "by": by})
    return made


def load(staff_id: str) -> Member:
    """Raises NotFound."""
    key = staff_key(staff_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound
    return from_item(item)


def every() -> Iterator[Member]:
    return map(from_item, dynamo.every(table(), "STAFF", "STAFF#"))


def listing(page: PageRequest) -> Listing[StaffView]:
    found = dynamo.page(table(), "STAFF", "STAFF#", limit=page.size, start=page.start)
    return page.listing([view(from_item(item)) for item in found.items], found.next_key)


def change(staff_id: str, changes: Mapping[str, Any], by: str) -> Member:
    """Of name and roles. Raises NotFound; StateConflict where it would leave nobody who may everything."""
    before = load(staff_id)
    roles = _in_order(changes["roles"]) if "roles" in changes else before.roles
    after = replace(before, name=changes.get("name", before.name), roles=roles, version=before.version + 1)
    acts.changes(dict(view(before)), dict(view(after)))
    said = {"name": after.name, "roles": list(after.roles), "version": after.version}
    actions = [
        dynamo.update(staff_key(staff_id), change=said, when="#version = :seen", values={"seen": before.version}),
        dynamo.update(address_key(before.email), change={"name": after.name}, when=dynamo.PRESENT),
    ]
    if Role.ADMIN in before.roles and Role.ADMIN not in after.roles:
        actions.append(_another_admin(staff_id))
    _commit(actions)
    logger.info("staff member changed", extra={"staff_id": staff_id, "fields": sorted(changes), "by": by})
    return after


def remove(staff_id: str, now: datetime, by: str) -> None:
    """Sessions and links end at once, since each looks for its person. Raises as `change`."""
    member = load(staff_id)
    actions = [
        dynamo.delete(staff_key(staff_id), "#version = :seen", {"seen": member.version}),
        dynamo.delete(address_key(member.email), "#user_id = :id", {"id": staff_id}),
        dynamo.put(table(), _left(member, now)),
    ]
    if Role.ADMIN in member.roles:
        actions.append(_another_admin(staff_id))
    _commit(actions)
    logger.info("staff member removed", extra={"staff_id": staff_id, "by": by})


def _left(member: Member, now: datetime) -> dynamo.Item:
    """So that the log goes on naming them."""
    key = left_key(member.id)
    return {"pk": key.pk, "sk": key.sk, "name": member.name, "ttl": int((now + acts.KEPT).timestamp())}


def _another_admin(staff_id: str) -> dynamo.Action:
    """A condition on the row of one who is left, so that two cannot remove each other at once."""
    for member in every():
        if member.id != staff_id and Role.ADMIN in member.roles:
            return dynamo.check(staff_key(member.id), "contains(#roles, :admin)", {"admin": Role.ADMIN})
    raise StateConflict("Nobody else may do everything: make somebody else an admin first.")


def _commit(actions: list[dynamo.Action]) -> None:
    try:
        dynamo.transact(actions)
    except ConditionFailed:
        raise StaleVersion from None


def names_of(addresses: Iterable[str]) -> dict[str, str]:
    """Of those addresses that are the vendor's people's."""
    found = dynamo.batch_get((address_key(address) for address in addresses), newest=False)
    return {key.pk.removeprefix("EMAIL#"): row["name"] for key, row in found.items() if not row["partner_id"]}


def names(ids: Iterable[str]) -> dict[str, str]:
    """By id, of those who are there, and of those who left and are still named."""
    wanted = [staff_id for staff_id in ids if staff_id.startswith("stf_")]
    found = dynamo.batch_get((key for one in wanted for key in (staff_key(one), left_key(one))), newest=False)
    return {key.sk.partition("#")[2]: row["name"] for key, row in found.items()}


def forget(staff_id: str, by: str) -> None:
    """Who left is named nowhere any more. Raises StateConflict for who is still there, or NotFound."""
    try:
        dynamo.transact(
            [dynamo.check(staff_key(staff_id), dynamo.ABSENT), dynamo.delete(left_key(staff_id), dynamo.PRESENT)]
        )
    except ConditionFailed as error:
        if 0 in error.failures:
            raise StateConflict("Remove this person first.") from None
        raise NotFound from None
    logger.info("staff member forgotten", extra={"staff_id": staff_id, "by": by})


def _in_order(roles: Iterable[str]) -> tuple[str, ...]:
    given = set(roles)
    return tuple(role for role in Role if role in given)


def _to_item(member: Member) -> dynamo.Item:
    key = staff_key(member.id)
    return {"pk": key.pk, "sk": key.sk, "version": member.version, **view(member)}


def from_item(item: Mapping[str, Any]) -> Member:
    created_at = times.from_text(item["created_at"])
    return Member(item["id"], item["name"], item["email"], tuple(item["roles"]), created_at, item["version"])


def view(member: Member) -> StaffView:
    return {
        "id": member.id,
        "name": member.name,
        "email": member.email,
        "roles": list(member.roles),
        "created_at": times.to_text(member.created_at),
    }
