"""Endpoints in the Webhooks table: `OWNER#<partner id, or vendor>` / `ENDPOINT#<id>`."""

import base64
import logging
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dealreg import dynamo, ids, tokens
from dealreg.errors import ConditionFailed, Conflict, FieldError, InvalidInput, NotFound, StaleVersion
from dealreg.settings import Setting, read
from dealreg.webhooks import rules, sender, signing
from dealreg.webhooks.addresses import Target, parse_url
from dealreg.webhooks.model import Endpoint, SigningKey, endpoint_from_item, endpoint_to_item, keys_to_item

if TYPE_CHECKING:
    from dealreg.webhooks.inputs import NewEndpoint

logger = logging.getLogger(__name__)


def endpoint_key(owner: str, endpoint_id: str) -> dynamo.Key:
    return dynamo.Key(read(Setting.WEBHOOKS_TABLE), f"OWNER#{owner}", f"ENDPOINT#{endpoint_id}")


def url_policy() -> dict[str, Any]:
    """What a URL is judged by beside the rules that never change: the arguments of `parse_url`."""
    return {"allow_loopback": allows_loopback(), "own_host": urlsplit(read(Setting.PUBLIC_URL)).hostname or ""}


def allows_loopback() -> bool:
    return read(Setting.ALLOW_LOOPBACK_WEBHOOKS) == "true"


def create(owner: str, new: "NewEndpoint", now: datetime) -> tuple[Endpoint, str]:
    """The endpoint and its secret.

    Raises Conflict when the owner has as many as it may have, InvalidInput for a name without public addresses.
    """
    if len(of_owner(owner)) >= rules.MOST_ENDPOINTS:
        raise Conflict(f"There are {rules.MOST_ENDPOINTS} endpoints already; delete one first.")
    _require_public(parse_url(new.url, **url_policy()))
    endpoint = Endpoint(
        id=ids.new_id("whe", now),
        owner=owner,
        url=new.url,
        event_types=tuple(new.event_types),
        description=new.description,
        status="enabled",
        keys=(SigningKey(1, None),),
        created_at=now,
    )
    key = endpoint_key(owner, endpoint.id)
    item = {"pk": key.pk, "sk": key.sk, **endpoint_to_item(endpoint)}
    dynamo.write(dynamo.put(key.table, item, dynamo.ABSENT))
    logger.info("endpoint created", extra={"endpoint_id": endpoint.id, "owner": owner})
    return endpoint, secret_of(endpoint.id, endpoint.keys[-1])


def load(owner: str, endpoint_id: str) -> Endpoint:
    """Raises NotFound, for another owner's too."""
    key = endpoint_key(owner, endpoint_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item:
        raise NotFound
    return endpoint_from_item(item)


def of_owner(owner: str) -> list[Endpoint]:
    page = dynamo.query(read(Setting.WEBHOOKS_TABLE), f"OWNER#{owner}", "ENDPOINT#")
    return [endpoint_from_item(item) for item in page.items]


def change(owner: str, endpoint_id: str, changes: Mapping[str, Any]) -> Endpoint:
    """Raises NotFound, and InvalidInput as `create` does."""
    if "url" in changes:
        _require_public(parse_url(changes["url"], **url_policy()))
    if changes:
        try:
            dynamo.write(dynamo.update(endpoint_key(owner, endpoint_id), change=changes, when=dynamo.PRESENT))
        except ConditionFailed:
            raise NotFound from None
        logger.info("endpoint changed", extra={"endpoint_id": endpoint_id, "owner": owner, "fields": sorted(changes)})
    return load(owner, endpoint_id)


def delete(owner: str, endpoint_id: str) -> None:
    """What was under way to it ends at its next attempt. Raises NotFound."""
    try:
        dynamo.write(dynamo.delete(endpoint_key(owner, endpoint_id), dynamo.PRESENT))
    except ConditionFailed:
        raise NotFound from None
    logger.info("endpoint deleted", extra={"endpoint_id": endpoint_id, "owner": owner})


def rotate_secret(owner: str, endpoint_id: str, now: datetime) -> str:
    """The new secret; the one before it signs beside it for a day. Raises NotFound, StaleVersion."""
    endpoint = load(owner, endpoint_id)
    keys = rules.rotate(endpoint.keys, now)
    unchanged = "#keys = :seen"
    seen = {"seen": keys_to_item(endpoint.keys)}
    try:
        dynamo.write(
            dynamo.update(
                endpoint_key(owner, endpoint_id), change={"keys": keys_to_item(keys)}, when=unchanged, values=seen
            )
        )
    except ConditionFailed:
        raise StaleVersion from None
    logger.info("endpoint secret rotated", extra={"endpoint_id": endpoint_id, "owner": owner})
    return secret_of(endpoint.id, keys[-1])


def live_secrets(endpoint: Endpoint, now: datetime) -> list[str]:
    return [secret_of(endpoint.id, key) for key in rules.live_keys(endpoint.keys, now)]


def secret_of(endpoint_id: str, key: SigningKey) -> str:
    """Derived from the deployment's secret, so neither the table nor a backup of it holds what signs."""
    token = tokens.derive("webhook-signing", endpoint_id, str(key.generation))
    return signing.make_secret(base64.urlsafe_b64decode(token + "="))


def _require_public(target: Target) -> None:
    try:
        sender.find_addresses(target)
    except sender.Unreachable as error:
        logger.info("endpoint refused", extra={"reason": str(error)})
        raise InvalidInput([FieldError("url", "This name cannot be used: it must lead to public addresses.")]) from None
