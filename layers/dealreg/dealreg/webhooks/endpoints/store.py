"""Endpoints in the Webhooks table: `OWNER#<partner id, or vendor>` / `ENDPOINT#<id>`.

Its `state` puts it into `by_state`, where all owners' are found.

`OWNER#…` / `DELETED#<id>` remembers those that are gone for as long as what was sent to them is kept, and
`OWNER#…` / `TURN` who may make the next. Events about an endpoint are `ENDPOINT#<id>` / `EVENT#<sequence>`; its row
counts them.

A row that was read is written by `save`, on the version that was read, and by nothing else.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dealreg.platform import aws, due, dynamo, events, ids, limits
from dealreg.platform.errors import (
    ConditionFailed,
    Conflict,
    FieldError,
    InvalidInput,
    NotFound,
    StaleVersion,
    StateConflict,
    Unavailable,
)
from dealreg.platform.events import Event
from dealreg.platform.limits import Allowance
from dealreg.platform.settings import Setting, read
from dealreg.webhooks.deliveries import policy
from dealreg.webhooks.deliveries.rules import event_about
from dealreg.webhooks.endpoints import keys, rules
from dealreg.webhooks.items import endpoint_from_item, to_item
from dealreg.webhooks.model import Endpoint, SigningKey
from dealreg.webhooks.transport import sender
from dealreg.webhooks.transport.addresses import parse_url

if TYPE_CHECKING:
    from dealreg.webhooks.inputs import NewEndpoint

logger = logging.getLogger(__name__)

KEPT = timedelta(days=90)
"""How long what was sent can be seen, and sent again."""
_TRIES = 6


@dataclass(frozen=True, slots=True)
class Decision:
    """What an endpoint is to become, with the event that tells of it."""

    after: Endpoint
    event: Event | None = None


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


def create(owner: str, new: "NewEndpoint", now: datetime, allowance: Allowance | None = None) -> tuple[Endpoint, str]:
    """The endpoint, not yet verified, and its secret.

    Raises Conflict when the owner has as many as it may have, InvalidInput for a name without public addresses,
    RateLimited.
    """
    if new.sink == "http":
        require_public(new.url)
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
    for attempt in range(_TRIES):
        turn = _turn(owner)
        _require_room(owner, now)
        try:
            limits.transact([dynamo.put(table(), _item(endpoint), dynamo.ABSENT), turn], allowance)
        except ConditionFailed:
            aws.pause(attempt)
        else:
            logger.info("endpoint created", extra={"endpoint_id": endpoint.id, "owner": owner})
            return endpoint, keys.secret_of(endpoint.id, endpoint.keys[-1])
    raise Unavailable("too many endpoints made at once")


def _turn(owner: str) -> dynamo.Action:
    """Fails when another endpoint of the owner is made after this moment: what is counted from now on then holds."""
    key = dynamo.Key(table(), f"OWNER#{owner}", "TURN")
    row = dynamo.get(key.table, key.pk, key.sk)
    seen = row["version"] if row else 0
    unchanged = "attribute_not_exists(pk) OR #version = :seen"
    return dynamo.update(key, change={"version": seen + 1}, when=unchanged, values={"seen": seen})


def _require_room(owner: str, now: datetime) -> None:
    if len(of_owner(owner)) >= rules.MAX_ENDPOINTS:
        raise Conflict(f"There are {rules.MAX_ENDPOINTS} endpoints already; delete one first.")
    deleted = [row for row in dynamo.every(table(), f"OWNER#{owner}", "DELETED#") if row["ttl"] > now.timestamp()]
    if len(deleted) >= rules.MAX_DELETED:
        raise Conflict(f"{rules.MAX_DELETED} endpoints were deleted within {KEPT.days} days; change one instead.")


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
    parts = [str(item["sk"]).partition("#") for item in dynamo.every(table(), f"OWNER#{owner}")]
    return [endpoint_id for kind, _, endpoint_id in parts if kind in ("ENDPOINT", "DELETED")]


def rewrite(endpoint: Endpoint, decide: Callable[[Endpoint], Decision], allowance: Allowance | None = None) -> Decision:
    """What `decide` made of the endpoint as it is: it decides anew whenever another was faster.

    What changes nothing writes nothing. Raises what `decide` does, NotFound when it was deleted, RateLimited,
    Unavailable.
    """
    for attempt in range(_TRIES):
        decision = decide(endpoint)
        if decision == Decision(endpoint):
            return decision
        try:
            return replace(decision, after=save(endpoint, decision, allowance))
        except StaleVersion:
            aws.pause(attempt)
            endpoint = load(endpoint.owner, endpoint.id)
    raise Unavailable("too many changes of the same endpoint at once")


def save(before: Endpoint, decision: Decision, allowance: Allowance | None = None) -> Endpoint:
    """Raises StaleVersion when somebody else changed or deleted it first, RateLimited."""
    after = replace(decision.after, version=before.version + 1)
    row = dynamo.put(table(), _item(after), "#version = :seen", {"seen": before.version})
    try:
        if decision.event:
            row_of_event = dynamo.put(table(), _event_item(decision.event), dynamo.ABSENT)
            limits.transact([row, row_of_event], allowance)
        elif allowance:
            limits.transact([row], allowance)
        else:
            dynamo.write(row)
    except ConditionFailed:
        raise StaleVersion from None
    return after


def verify(endpoint: Endpoint) -> bool:
    """It has proved itself. False, and nothing done, if that was for another URL than today's, or is known."""

    def prove(now_there: Endpoint) -> Decision:
        if now_there.url != endpoint.url or now_there.status != "unverified":
            raise StateConflict
        return Decision(rules.proved(now_there))

    try:
        rewrite(endpoint, prove)
    except (NotFound, StateConflict):
        return False
    logger.info("endpoint verified", extra={"endpoint_id": endpoint.id, "owner": endpoint.owner})
    return True


def delete(owner: str, endpoint_id: str, now: datetime) -> None:
    """What was under way to it ends at its next attempt. Raises NotFound, Unavailable.

    One that never proved itself got nothing that could be asked for, and leaves no trace.
    """
    trace = {"pk": f"OWNER#{owner}", "sk": f"DELETED#{endpoint_id}", "ttl": int((now + KEPT).timestamp())}
    for attempt in range(_TRIES):
        seen = load(owner, endpoint_id)
        gone = dynamo.delete(endpoint_key(owner, endpoint_id), "#version = :seen", {"seen": seen.version})
        try:
            dynamo.transact([gone, dynamo.put(table(), trace)] if seen.verified_url else [gone])
        except ConditionFailed:
            aws.pause(attempt)
        else:
            logger.info("endpoint deleted", extra={"endpoint_id": endpoint_id, "owner": owner})
            return
    raise Unavailable("too many changes of the same endpoint at once")


def rotate_secret(
    owner: str,
    endpoint_id: str,
    now: datetime,
    overlap: timedelta = policy.KEY_OVERLAP,
    allowance: Allowance | None = None,
) -> str:
    """The new secret; the one before it signs beside it for a while.

    Raises NotFound, RateLimited, Unavailable, and StaleVersion when another rotated it first: the owner must know which
    is the last.
    """
    endpoint = load(owner, endpoint_id)

    def rotate(now_there: Endpoint) -> Decision:
        if now_there.keys != endpoint.keys:
            raise StaleVersion
        return Decision(replace(now_there, keys=policy.rotate(now_there.keys, now, overlap)))

    newest = rewrite(endpoint, rotate, allowance).after.keys[-1]
    logger.info("endpoint secret rotated", extra={"endpoint_id": endpoint_id, "owner": owner})
    return keys.secret_of(endpoint.id, newest)


def append_event(endpoint: Endpoint, event_type: str, data: Mapping[str, Any], now: datetime) -> Event:
    """One that has no audience: whoever asked for it sends it. Raises NotFound, Unavailable."""
    event_id = ids.new_id("evt", now)

    def count(now_there: Endpoint) -> Decision:
        event = event_about(now_there, event_id, event_type, data, (), now)
        return Decision(replace(now_there, sequence=event.sequence), event)

    before = replace(endpoint, sequence=rewrite(endpoint, count).after.sequence - 1)
    return event_about(before, event_id, event_type, data, (), now)


def _item(endpoint: Endpoint) -> dynamo.Item:
    key = endpoint_key(endpoint.owner, endpoint.id)
    return {"pk": key.pk, "sk": key.sk, **to_item(endpoint), "state": rules.state_of(endpoint).value}


def _event_item(event: Event) -> dynamo.Item:
    """No stream reads this table: what the relay is to publish is due at once, for the next sweep."""
    is_published = not event.audience
    clock = {} if is_published else due.at(event.timestamp, event.id)
    ttl = int((event.timestamp + KEPT).timestamp())
    return events.to_item(event, is_published=is_published) | clock | {"ttl": ttl}


def require_public(url: str) -> None:
    """Raises InvalidInput for a name without public addresses."""
    try:
        sender.find_addresses(parse_url(url, **url_policy()))
    except sender.Unreachable as error:
        logger.info("endpoint refused", extra={"reason": str(error)})
        raise InvalidInput([FieldError("url", "This name cannot be used: it must lead to public addresses.")]) from None
