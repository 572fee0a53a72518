"""The program, partners and their people in the Partners table.

`PROGRAM` / `PROGRAM` · `PARTNER#<id>` / `PARTNER` (listed by the index `by_kind`) · `PARTNER#<id>` / `USER#<id>`
· `EMAIL#<address>` / `USER`, which keeps an address unique and finds its user.
"""

import logging
import time
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from dealreg.partners.model import (
    Partner,
    Program,
    User,
    partner_from_item,
    partner_to_item,
    program_from_item,
    program_to_item,
    user_from_item,
    user_to_item,
)
from dealreg.partners.views import PartnerView, UserView, partner_view, user_view
from dealreg.platform import dynamo, ids
from dealreg.platform.errors import AlreadyExists, ConditionFailed, FieldError, InvalidInput, NotFound
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting, read

logger = logging.getLogger(__name__)
_PROGRAM_KEPT_SECONDS = 60
_MOST_WRITTEN_TO = 100


def table() -> str:
    return read(Setting.PARTNERS_TABLE)


def program_key() -> dynamo.Key:
    return dynamo.Key(table(), "PROGRAM", "PROGRAM")


def partner_key(partner_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", "PARTNER")


def program() -> Program:
    """The settings, at most a minute old in each environment."""
    return _program_at(int(time.monotonic() // _PROGRAM_KEPT_SECONDS))


@lru_cache(maxsize=1)
def _program_at(_minute: int) -> Program:
    return stored_program()


def stored_program() -> Program:
    """The settings as they are this moment; the defaults as long as nobody has set them."""
    key = program_key()
    item = dynamo.get(key.table, key.pk, key.sk)
    return program_from_item(item) if item else Program()


def save_program(program: Program, by: str) -> Program:
    dynamo.write(dynamo.put(table(), program_to_item(program)))
    _program_at.cache_clear()
    logger.info("program changed", extra={"by": by})
    return program


def partner(partner_id: str) -> Partner:
    """Raises NotFound."""
    key = partner_key(partner_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        raise NotFound
    return partner_from_item(item)


def create_partner(name: str, tier: str, own_domains: list[str], now: datetime, by: str) -> Partner:
    """Raises InvalidInput for a tier that the program does not have."""
    _require_tier(tier)
    created = Partner(ids.new_id("part", now), name, tier, "active", tuple(own_domains), now)
    dynamo.write(dynamo.put(table(), partner_to_item(created)))
    logger.info("partner created", extra={"partner_id": created.id, "by": by})
    return created


def change_partner(partner_id: str, change: Mapping[str, Any], by: str) -> Partner:
    """Sets the given fields. Raises NotFound, or InvalidInput for a tier that the program does not have."""
    if "tier" in change:
        _require_tier(change["tier"])
    if change:
        try:
            dynamo.write(dynamo.update(partner_key(partner_id), change=change, when=dynamo.PRESENT))
        except ConditionFailed:
            raise NotFound from None
        logger.info("partner changed", extra={"partner_id": partner_id, "fields": sorted(change), "by": by})
    return partner(partner_id)


def _require_tier(tier: str) -> None:
    known = [known.id for known in stored_program().tiers]
    if tier not in known:
        raise InvalidInput([FieldError("tier", f"Use one of the program's tiers: {', '.join(known)}.")])


def list_partners(page: PageRequest) -> Listing[PartnerView]:
    found = dynamo.index_page(table(), "by_kind", ("kind", "partner"), limit=page.size, start=page.start)
    return page.listing([partner_view(partner_from_item(item)) for item in found.items], found.next_key)


def user(partner_id: str, user_id: str) -> User:
    """Raises NotFound."""
    item = dynamo.get(table(), f"PARTNER#{partner_id}", f"USER#{user_id}")
    if item is None:
        raise NotFound
    return user_from_item(item)


def users_of(partner_id: str) -> list[User]:
    """As many as are ever written to at once."""
    found = dynamo.page(table(), f"PARTNER#{partner_id}", "USER#", limit=_MOST_WRITTEN_TO)
    return [user_from_item(item) for item in found.items]


def find_user(email: str) -> tuple[str, str] | None:
    """Partner id and user id of the user with a normalised address."""
    item = dynamo.get(table(), f"EMAIL#{email}", "USER")
    return (item["partner_id"], item["user_id"]) if item else None


def create_user(partner_id: str, name: str, email: str, now: datetime, by: str) -> User:
    """`email` is normalised. Raises NotFound for the partner, AlreadyExists for the address, whoever has it."""
    created = User(ids.new_id("user", now), partner_id, name, email, now)
    address = {"pk": f"EMAIL#{email}", "sk": "USER", "partner_id": partner_id, "user_id": created.id}
    try:
        dynamo.transact(
            [
                dynamo.check(partner_key(partner_id), dynamo.PRESENT),
                dynamo.put(table(), address, dynamo.ABSENT),
                dynamo.put(table(), user_to_item(created), dynamo.ABSENT),
            ]
        )
    except ConditionFailed as error:
        if 0 in error.failures:
            raise NotFound from None
        raise AlreadyExists("Another user has this e-mail address already.") from None
    logger.info("user created", extra={"partner_id": partner_id, "user_id": created.id, "by": by})
    return created


def list_users(partner_id: str, page: PageRequest) -> Listing[UserView]:
    """Raises NotFound for the partner."""
    partner(partner_id)
    found = dynamo.page(table(), f"PARTNER#{partner_id}", "USER#", limit=page.size, start=page.start)
    return page.listing([user_view(user_from_item(item)) for item in found.items], found.next_key)
