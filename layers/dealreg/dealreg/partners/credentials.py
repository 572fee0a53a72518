"""Who a bearer token belongs to, and the keys that partners and admins hold.

`CREDENTIAL#<sha256 of the token>` / `CREDENTIAL` authenticates: one read answers for any kind of token, and the token
itself is nowhere. `PARTNER#<id>` / `KEY#<id>` finds a partner's keys, `PROGRAM` / `KEY#<id>` the admins'.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from dealreg.partners import partners
from dealreg.partners.rows import partner_key, person_key, table
from dealreg.partners.views import ApiKeyView
from dealreg.platform import dynamo, ids, times, tokens
from dealreg.platform.errors import ConditionFailed, InvalidToken, NotFound
from dealreg.platform.http import Caller, Request
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.rights import EVERYTHING, Role, rights_of

logger = logging.getLogger(__name__)

CredentialKind = Literal["partner_key", "admin_key", "session", "sign_in"]
PREFIXES: dict[CredentialKind, str] = {"partner_key": "drk_", "admin_key": "dra_", "session": "drs_"}
"""The kinds that authenticate a request, and how their tokens begin."""
_SCOPES: dict[CredentialKind, list[str]] = {
    "partner_key": ["deals", "webhooks"],
    "admin_key": [EVERYTHING],
    "session": ["deals"],
}
_ADMIN_OWNER = "PROGRAM"
_HINT_LENGTH = 8
_USE_RECORDED_EVERY = timedelta(hours=1)
_KEPT_SECONDS = 60
_KEPT_CALLERS = 512


@dataclass(frozen=True, slots=True)
class ApiKey:
    """What may be known of a key after the moment it was made."""

    id: str
    name: str
    hint: str
    """The key's first characters, to tell keys apart."""
    created_at: datetime
    last_used_at: datetime | None
    """Exact to the hour."""
    created_by: str
    """An address of one of the vendor's people, or the name of an admin key."""


def is_session(token: str) -> bool:
    """By its form: what signed a person in, and no key of a system."""
    return token.startswith(PREFIXES["session"])


def credential_key(token: str) -> dynamo.Key:
    return _key(tokens.hash_token(token))


def _key(token_hash: str) -> dynamo.Key:
    return dynamo.Key(table(), f"CREDENTIAL#{token_hash}", "CREDENTIAL")


def bearer_token(header: str) -> str:
    """The token in an Authorization header (RFC 6750 §2.1), empty for any other scheme."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def recognise(request: Request) -> Caller | None:
    """Who a request's bearer token belongs to; None without one.

    What is known of a key may be a minute old in each environment; a session is read anew each time, so that signing
    out is at once. Raises InvalidToken for a token that is not good, which is never remembered: made-up ones cannot
    fill the memory.
    """
    token = bearer_token(request.headers.get("authorization", ""))
    if is_session(token):
        return _caller_of(token)
    return _caller_in_minute(token, int(time.monotonic() // _KEPT_SECONDS)) if token else None


@lru_cache(maxsize=_KEPT_CALLERS)
def _caller_in_minute(token: str, _minute: int) -> Caller:
    return _caller_of(token)


def _caller_of(token: str) -> Caller:
    caller = authenticate(token, times.now())
    if caller is None:
        raise InvalidToken("This token is unknown, expired or revoked.")
    return caller


def authenticate(token: str, now: datetime) -> Caller | None:
    """Who calls, unless the token is unknown, revoked or expired, its partner suspended, or its user gone."""
    if not token.isascii() or not token.startswith(tuple(PREFIXES.values())):
        return None
    key = credential_key(token)
    row = dynamo.get(key.table, key.pk, key.sk)
    if row is None or row["kind"] not in PREFIXES:
        return None
    if "expires_at" in row and row["expires_at"] <= times.to_text(now):
        return None
    if row["partner_id"] and not _is_active(row["partner_id"]):
        return None
    if row["kind"] == "session":
        return _person(row["partner_id"], row["user_id"], row["scopes"])
    if not _record_use(key, row, now):
        return None
    if row["partner_id"]:
        return Caller("partner", row["partner_id"], row["user_id"], frozenset(row["scopes"]))
    return _of_vendor(row["user_id"], row.get("roles", row["scopes"]), row.get("name", ""))


def _person(partner_id: str, user_id: str, scopes: Iterable[str]) -> Caller | None:
    """Who is signed in; None for who has left."""
    key = person_key(partner_id, user_id)
    person = dynamo.get(key.table, key.pk, key.sk)
    if person is None:
        return None
    if partner_id:
        return Caller("partner", partner_id, user_id, frozenset(scopes))
    return _of_vendor(user_id, person["roles"], person["name"], person["email"])


def _of_vendor(user_id: str, roles: Iterable[str], name: str, email: str = "") -> Caller:
    rights, scopes = rights_of(role for role in roles if role in set(Role)), frozenset[str]()
    if Role.ADMIN in roles:
        scopes = frozenset([EVERYTHING])
    return Caller("admin", "", user_id, scopes, name, email, rights)


def _is_active(partner_id: str) -> bool:
    key = partner_key(partner_id)
    partner = dynamo.get(key.table, key.pk, key.sk)
    return partner is not None and partner["status"] == "active"


def _record_use(key: dynamo.Key, row: dynamo.Item, now: datetime) -> bool:
    """Writes only once an hour; False if the key was revoked since it was read."""
    if row["last_used_at"] and now - times.from_text(row["last_used_at"]) < _USE_RECORDED_EVERY:
        return True
    try:
        dynamo.write(dynamo.update(key, change={"last_used_at": times.to_text(now)}, when=dynamo.PRESENT))
    except ConditionFailed:
        return False
    return True


def new_row(token: str, kind: CredentialKind, partner_id: str, user_id: str, now: datetime) -> dynamo.Item:
    """What every credential that authenticates has in its row."""
    key = credential_key(token)
    return {
        "pk": key.pk,
        "sk": key.sk,
        "kind": kind,
        "partner_id": partner_id,
        "user_id": user_id,
        "scopes": _SCOPES[kind],
        "created_at": times.to_text(now),
    }


def create_partner_key(partner_id: str, name: str, now: datetime, by: str) -> tuple[ApiKey, str]:
    """The key's data, and the key, which nobody can read again. Raises NotFound for the partner."""
    partner_exists = dynamo.check(partner_key(partner_id), dynamo.PRESENT)
    try:
        return _create_key("partner_key", partner_id, name, now, by, [partner_exists])
    except ConditionFailed:
        raise NotFound from None


def create_admin_key(name: str, now: datetime, by: str, roles: Sequence[str] = (Role.ADMIN,)) -> tuple[ApiKey, str]:
    """As `create_partner_key`, with the rights of the vendor's roles."""
    return _create_key("admin_key", "", name, now, by, [], roles)


def _create_key(
    kind: CredentialKind,
    partner_id: str,
    name: str,
    now: datetime,
    by: str,
    checks: list[dynamo.Action],
    roles: Sequence[str] = (),
) -> tuple[ApiKey, str]:
    token = tokens.new_token(PREFIXES[kind])
    key = ApiKey(ids.new_id("key", now), name, token[:_HINT_LENGTH], now, None, by)
    # An admin acts under the id of the key; a partner's key stands for no person.
    user_id = key.id if kind == "admin_key" else ""
    row = new_row(token, kind, partner_id, user_id, now)
    row |= {"key_id": key.id, "name": name, "hint": key.hint, "last_used_at": None, "created_by": by}
    if roles:
        row["roles"] = list(roles)
    pointer = {"pk": _owner(partner_id), "sk": f"KEY#{key.id}", "name": name, "token_hash": tokens.hash_token(token)}
    dynamo.transact([*checks, dynamo.put(table(), row, dynamo.ABSENT), dynamo.put(table(), pointer, dynamo.ABSENT)])
    logger.info("key created", extra={"key_id": key.id, "partner_id": partner_id, "by": by})
    return key, token


def list_keys(partner_id: str, page: PageRequest) -> Listing[ApiKeyView]:
    """Raises NotFound for the partner."""
    partners.load(partner_id)
    found = dynamo.page(table(), _owner(partner_id), "KEY#", limit=page.size, start=page.start)
    return page.listing([view(key) for key in _keys_at(found.items)], found.next_key)


def load_key(partner_id: str, key_id: str) -> ApiKey:
    """Of a partner. Raises NotFound."""
    pointer = dynamo.get(table(), _owner(partner_id), f"KEY#{key_id}")
    found = _keys_at([pointer]) if pointer else []
    if not found:
        raise NotFound
    return found[0]


def admin_key_names(key_ids: Iterable[str]) -> dict[str, str]:
    """By id, of those that are there, and of those that were revoked."""
    wanted = [dynamo.Key(table(), _owner(""), f"KEY#{one}") for one in key_ids if one.startswith("key_")]
    pointers = dynamo.batch_get(wanted, newest=False)
    return {key.sk.removeprefix("KEY#"): row["name"] for key, row in pointers.items() if "name" in row}


def admin_keys() -> list[ApiKey]:
    return _keys_at(dynamo.every(table(), _owner(""), "KEY#"))


def _keys_at(pointers: Iterable[dynamo.Item]) -> list[ApiKey]:
    rows = dynamo.batch_get(_key(pointer["token_hash"]) for pointer in pointers)
    return sorted((_key_from_item(row) for row in rows.values()), key=lambda key: key.id)


def _key_from_item(row: dynamo.Item) -> ApiKey:
    used = times.from_text(row["last_used_at"]) if row["last_used_at"] else None
    return ApiKey(row["key_id"], row["name"], row["hint"], times.from_text(row["created_at"]), used, row["created_by"])


def revoke_key(partner_id: str, key_id: str, by: str) -> None:
    """`partner_id` is empty for an admin key. Raises NotFound."""
    place = dynamo.Key(table(), _owner(partner_id), f"KEY#{key_id}")
    pointer = dynamo.get(place.table, place.pk, place.sk)
    if pointer is None:
        raise NotFound
    dynamo.transact([dynamo.delete(_key(pointer["token_hash"])), dynamo.delete(place)])
    logger.info("key revoked", extra={"key_id": key_id, "partner_id": partner_id, "by": by})


def _owner(partner_id: str) -> str:
    return f"PARTNER#{partner_id}" if partner_id else _ADMIN_OWNER


def view(key: ApiKey) -> ApiKeyView:
    return {
        "id": key.id,
        "name": key.name,
        "hint": key.hint,
        "created_at": times.to_text(key.created_at),
        "last_used_at": times.to_text(key.last_used_at) if key.last_used_at else None,
        "created_by": key.created_by,
    }
