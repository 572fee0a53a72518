"""Endpoints in the Webhooks table: `OWNER#<partner id, or vendor>` / `ENDPOINT#<id>`.

`OWNER#…` / `DELETED#<id>` remembers those that are gone for as long as what was sent to them is kept. Events about an
endpoint are `ENDPOINT#<id>` / `EVENT#<sequence>`; its row counts them.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dealreg.platform import aws, due, dynamo, events, ids, times
from dealreg.platform.errors import (
    ConditionFailed,
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    StaleVersion,
    Unavailable,
)
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting, read
from dealreg.webhooks.deliveries import policy, rules
from dealreg.webhooks.endpoints import keys
from dealreg.webhooks.items import endpoint_from_item, health_to_item, keys_to_item, to_item
from dealreg.webhooks.model import Answer, Endpoint, SigningKey
from dealreg.webhooks.transport import sender
from dealreg.webhooks.transport.addresses import Target, parse_url

if TYPE_CHECKING:
    from dealreg.webhooks.inputs import NewEndpoint

logger = logging.getLogger(__name__)

KEPT = timedelta(days=90)
"""How long what was sent can be seen, and sent again."""
_TRIES = 6


def table() -> str:
    return read(Setting.WEBHOOKS_TABLE)


def endpoint_key(owner: str, endpoint_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"OWNER#{owner}", f"ENDPOINT#{endpoint_id}")


def url_policy(own_host: str = "") -> dict[str, Any]:
    """What a URL is judged by beside the rules that never change: the arguments of `parse_url`."""
    host = urlsplit(read(Setting.PUBLIC_URL)).hostname or own_host
    return {"allow_loopback": allows_loopback(), "own_host": host}


def allows_loopback() -> bool:
    return read(Setting.ALLOW_LOOPBACK_WEBHOOKS) == "true"


def create(owner: str, new: "NewEndpoint", now: datetime) -> tuple[Endpoint, str]:
    """The endpoint, not yet verified, and its secret.

    Raises Conflict when the owner has as many as it may have, InvalidInput for a name without public addresses.
    """
    if len(of_owner(owner)) >= rules.MOST_ENDPOINTS:
        raise Conflict(f"There are {rules.MOST_ENDPOINTS} endpoints already; delete one first.")
    if new.sink == "http":
        _require_public(parse_url(new.url, **url_policy()))
    options: dict[str, Any] = new.model_dump()
    options["event_types"] = tuple(new.event_types)
    endpoint = Endpoint(
        id=ids.new_id("whe", now),
        owner=owner,
        status="unverified",
        keys=(SigningKey(1, None),),
        created_at=now,
        **options,
    )
    key = endpoint_key(owner, endpoint.id)
    item = {"pk": key.pk, "sk": key.sk, **to_item(endpoint)}
    dynamo.write(dynamo.put(key.table, item, dynamo.ABSENT))
    logger.info("endpoint created", extra={"endpoint_id": endpoint.id, "owner": owner})
    return endpoint, keys.secret_of(endpoint.id, endpoint.keys[-1])


def load(owner: str, endpoint_id: str) -> Endpoint:
    """Raises NotFound, for another owner's too."""
    key = endpoint_key(owner, endpoint_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item:
        raise NotFound
    return endpoint_from_item(item)


def of_owner(owner: str) -> list[Endpoint]:
    return [endpoint_from_item(item) for item in dynamo.every(table(), f"OWNER#{owner}", "ENDPOINT#")]


def ids_of_owner(owner: str) -> list[str]:
    """Of the endpoints it has, and of those it deleted while what they got is kept."""
    return [str(item["sk"]).partition("#")[2] for item in dynamo.every(table(), f"OWNER#{owner}")]


def change(owner: str, endpoint_id: str, changes: Mapping[str, Any]) -> Endpoint:
    """Raises NotFound, and InvalidInput as `create` does. A new URL has to answer the challenge again."""
    before = load(owner, endpoint_id)
    if "url" in changes:
        if before.sink != "http":
            raise InvalidInput([FieldError("url", "A queue or a bus stays what it is: make another endpoint.")])
        _require_public(parse_url(changes["url"], **url_policy()))
    if changes:
        _write(before, dict(changes) | _consequences(before, replace(before, **dict(changes)), changes))
        logger.info("endpoint changed", extra={"endpoint_id": endpoint_id, "owner": owner, "fields": sorted(changes)})
    return load(owner, endpoint_id)


def verify(endpoint: Endpoint) -> bool:
    """The receiver answered the challenge. False, and nothing done, if that was for another URL than today's."""
    proved = {"verified_url": endpoint.url, "status": "enabled"}
    when = "#url = :seen_url AND #status = :seen_status"
    seen = {"seen_url": endpoint.url, "seen_status": "unverified"}
    try:
        dynamo.write(dynamo.update(endpoint_key(endpoint.owner, endpoint.id), change=proved, when=when, values=seen))
    except ConditionFailed:
        return False
    logger.info("endpoint verified", extra={"endpoint_id": endpoint.id, "owner": endpoint.owner})
    return True


def delete(owner: str, endpoint_id: str, now: datetime) -> None:
    """What was under way to it ends at its next attempt. Raises NotFound."""
    trace = {"pk": f"OWNER#{owner}", "sk": f"DELETED#{endpoint_id}", "ttl": int((now + KEPT).timestamp())}
    try:
        dynamo.transact([dynamo.delete(endpoint_key(owner, endpoint_id), dynamo.PRESENT), dynamo.put(table(), trace)])
    except ConditionFailed:
        raise NotFound from None
    logger.info("endpoint deleted", extra={"endpoint_id": endpoint_id, "owner": owner})


def rotate_secret(owner: str, endpoint_id: str, now: datetime, overlap: timedelta = policy.KEY_OVERLAP) -> str:
    """The new secret; the one before it signs beside it for a while. Raises NotFound, StaleVersion."""
    endpoint = load(owner, endpoint_id)
    rotated = policy.rotate(endpoint.keys, now, overlap)
    unchanged, seen = "#keys = :seen", {"seen": keys_to_item(endpoint.keys)}
    newer = {"keys": keys_to_item(rotated)}
    try:
        dynamo.write(dynamo.update(endpoint_key(owner, endpoint_id), change=newer, when=unchanged, values=seen))
    except ConditionFailed:
        raise StaleVersion from None
    logger.info("endpoint secret rotated", extra={"endpoint_id": endpoint_id, "owner": owner})
    return keys.secret_of(endpoint.id, rotated[-1])


def claim_probe(endpoint: Endpoint, now: datetime) -> bool:
    """False when another delivery is already trying whether the endpoint works again."""
    return _save_health(endpoint, replace(endpoint, health=policy.probing(endpoint.health, now)), "", now)


def suspect(endpoint: Endpoint, now: datetime) -> None:
    """Its answer is overdue: what comes for it meanwhile goes through the slow lane."""
    if not policy.is_slow(endpoint.health):
        _save_health(endpoint, replace(endpoint, health=policy.suspected(endpoint.health)), "", now)


def record(endpoint: Endpoint, answer: Answer, now: datetime) -> Endpoint:
    """Lets an attempt count for the endpoint's health. Most change nothing, and then nothing is written.

    After many tries at a row that others change too, one observation more or less does not matter.
    """
    for attempt in range(_TRIES):
        after, told = policy.after_attempt(endpoint, answer, now)
        if told:
            after = replace(after, sequence=endpoint.sequence + 1)
        if after == endpoint or _save_health(endpoint, after, told, now):
            return after
        aws.pause(attempt)
        try:
            endpoint = load(endpoint.owner, endpoint.id)
        except NotFound:
            return after
    return endpoint


def _save_health(before: Endpoint, after: Endpoint, told: str, now: datetime) -> bool:
    """With the event for its owner, in one transaction. False when somebody else changed it first."""
    newer: dict[str, Any] = {"health": health_to_item(after.health)}
    if after.status != before.status:
        newer |= {"status": after.status, "disabled_reason": after.disabled_reason}
    when = "attribute_exists(pk) AND #health = :seen"
    seen: dict[str, Any] = {"seen": health_to_item(before.health)}
    if told:
        newer["sequence"] = after.sequence
        when, seen = f"{when} AND #sequence = :sequence", {**seen, "sequence": before.sequence}
    update = dynamo.update(endpoint_key(before.owner, before.id), change=newer, when=when, values=seen)
    try:
        if told:
            event = rules.event_about(before, ids.new_id("evt", now), told, _state(after), (after.owner,), now)
            dynamo.transact([update, dynamo.put(table(), _event_item(event), dynamo.ABSENT)])
        else:
            dynamo.write(update)
    except ConditionFailed:
        return False
    if told:
        logger.warning(told, extra={"endpoint_id": after.id, "owner": after.owner, "reason": after.disabled_reason})
    return True


def _state(endpoint: Endpoint) -> dict[str, Any]:
    since = endpoint.health.failing_since
    return {
        "url": endpoint.url,
        "status": endpoint.status,
        "reason": endpoint.disabled_reason or None,
        "failing_since": times.to_text(since) if since else None,
    }


def append_event(endpoint: Endpoint, event_type: str, data: Mapping[str, Any], now: datetime) -> Event:
    """One that has no audience: whoever asked for it sends it. Raises NotFound, Unavailable."""
    for attempt in range(_TRIES):
        event = rules.event_about(endpoint, ids.new_id("evt", now), event_type, data, (), now)
        counted = dynamo.update(
            endpoint_key(endpoint.owner, endpoint.id),
            change={"sequence": event.sequence},
            when="#sequence = :seen",
            values={"seen": endpoint.sequence},
        )
        try:
            dynamo.transact([counted, dynamo.put(table(), _event_item(event, is_published=True), dynamo.ABSENT)])
        except ConditionFailed:
            aws.pause(attempt)
            endpoint = load(endpoint.owner, endpoint.id)
        else:
            return event
    raise Unavailable("too many events about the same endpoint at once")


def _event_item(event: Event, *, is_published: bool = False) -> dynamo.Item:
    """No stream reads this table: one that is not published yet is due at once, for the next sweep."""
    clock = {} if is_published else due.at(event.timestamp, event.id)
    ttl = int((event.timestamp + KEPT).timestamp())
    return events.to_item(event, is_published=is_published) | clock | {"ttl": ttl}


def _consequences(before: Endpoint, after: Endpoint, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What else changes with its URL or its status."""
    if after.status == "disabled":
        return {"disabled_reason": "owner"} if "status" in changes else {}
    written: dict[str, Any] = {"status": "enabled" if after.verified_url == after.url else "unverified"}
    if before.status == "disabled":  # it gets all its time again; an open breaker stays open
        health = replace(before.health, failing_since=None, failed_attempts=0, warnings=0)
        written |= {"health": health_to_item(health), "disabled_reason": ""}
    return written


def _write(before: Endpoint, changes: Mapping[str, Any]) -> None:
    """Raises NotFound."""
    try:
        dynamo.write(dynamo.update(endpoint_key(before.owner, before.id), change=changes, when=dynamo.PRESENT))
    except ConditionFailed:
        raise NotFound from None


def _require_public(target: Target) -> None:
    try:
        sender.find_addresses(target)
    except sender.Unreachable as error:
        logger.info("endpoint refused", extra={"reason": str(error)})
        raise InvalidInput([FieldError("url", "This name cannot be used: it must lead to public addresses.")]) from None
