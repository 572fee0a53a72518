"""The sources that may post: an admin makes one, and replaces its secret without losing an event."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from dealreg.billing import shown_secrets, store
from dealreg.billing.model import FURTHER_FIELDS, InboxEvent, Mode, Reconciliation, Secret, Source, SourceKind
from dealreg.platform import due, dynamo, ids, times
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound, StaleVersion
from dealreg.webhooks.endpoints.store import allows_loopback

logger = logging.getLogger(__name__)

OVERLAP = timedelta(hours=24)
"""How long a replaced secret still counts: as long as Stripe signs with both."""
_MAX_SECRETS = 3
_MAX_WARNINGS = 10
_SOURCES = "SOURCES"
_FURTHER = ("mode", "products", *FURTHER_FIELDS)


def url_policy(own_host: str) -> dict[str, Any]:
    """What the address of a sender's API is judged by beside the rules that never change."""
    return {"allow_loopback": allows_loopback(), "own_host": own_host}


def further_of(kind: SourceKind) -> list[str]:
    """Those of a source's further fields that one of its kind has a use for."""
    return [name for name, kinds in FURTHER_FIELDS.items() if kind in kinds]


def create(kind: SourceKind, name: str, secret: str | None, now: datetime, by: str, **further: Any) -> Source:
    """`secret` as it is kept, None for one of ours; `further`: fields of a Source that not every kind has, by name."""
    own = Secret(secret or _new_secret(kind))
    source = Source(ids.new_id("bsrc", now), kind, name, (own,), now, **further)
    put(source)
    logger.info("billing source created", extra={"source_id": source.id, "user_id": by})
    return source


def change(source: Source, changes: Mapping[str, Any], by: str) -> Source:
    """`changes`: fields that any source of its kind may have; None takes one away."""
    kept = {name: "" if value is None else value for name, value in changes.items()}
    if kept:
        change = kept | {"warnings": list[str]()}
        dynamo.write(dynamo.update(_key(source.id), change=change, when=dynamo.PRESENT))
    logger.info("billing source changed", extra={"source_id": source.id, "fields": sorted(kept), "user_id": by})
    return replace(source, **kept, warnings=()) if kept else source


def warn(source: Source, told: Sequence[str]) -> None:
    """Kept until the source is changed; what still holds is told again then."""
    new = [one for one in told if one not in source.warnings][: _MAX_WARNINGS - len(source.warnings)]
    if new:
        change = {"warnings": [*source.warnings, *new]}
        with suppress(ConditionFailed):
            dynamo.write(dynamo.update(_key(source.id), change=change, when=dynamo.PRESENT))


def rotate(source_id: str, secret: str | None, now: datetime, by: str) -> Source:
    source = load(source_id)
    replaced = [
        Secret(old.value, old.expires_at or now + OVERLAP)
        for old in source.secrets
        if old.expires_at is None or old.expires_at > now
    ]
    renewed = (_secret(source.kind, secret), *replaced)[:_MAX_SECRETS]
    replace_secrets(source, renewed)
    logger.info("billing source has a new secret", extra={"source_id": source.id, "user_id": by})
    return replace(source, secrets=renewed)


def _secret(kind: SourceKind, given: str | None) -> Secret:
    """`given` as its system shows it."""
    if given is None:
        return Secret(_new_secret(kind))
    try:
        return Secret(shown_secrets.read(kind, given))
    except ValueError as fault:
        raise InvalidInput([FieldError("secret", str(fault))]) from None


def _new_secret(kind: SourceKind) -> str:
    return shown_secrets.make(kind, secrets.token_bytes(32))


# ---- its reconciliation ---------------------------------------------------------------------------------------------


def reconcile(
    source: Source, after: Reconciliation, next_at: datetime, reconciled_to: datetime | None = None
) -> Source:
    """The next that is due of it comes then. Raises StaleVersion when another run was quicker."""
    seen, reached = source.reconciliation, reconciled_to or source.reconciled_to
    after = replace(after, version=seen.version + 1 if seen else 1)
    change = {"reconciliation": _reconciliation_content(after), **due.at(next_at, source.id)}
    change |= {"reconciled_to": times.to_text(reached)} if reached else {}
    when = "#reconciliation.#version = :seen" if seen else f"{dynamo.PRESENT} AND attribute_not_exists(#reconciliation)"
    values = {"seen": seen.version} if seen else {}
    try:
        dynamo.write(dynamo.update(_key(source.id), change=change, when=when, values=values))
    except ConditionFailed:
        raise StaleVersion("Its reconciliation went on meanwhile.") from None
    return replace(source, reconciliation=after, reconciled_to=reached, due_at=next_at)


def put_on_clock(source: Source, at: datetime) -> None:
    """Does nothing if another run was quicker."""
    when = f"{dynamo.PRESENT} AND " + ("#due_at = :seen" if source.due_at else "attribute_not_exists(#due_at)")
    seen = {"seen": times.to_text(source.due_at)} if source.due_at else {}
    with suppress(ConditionFailed):
        dynamo.write(dynamo.update(_key(source.id), change=due.at(at, source.id), when=when, values=seen))


def _reconciliation_content(one: Reconciliation) -> dict[str, Any]:
    return {name: times.to_text(held) if isinstance(held, datetime) else held for name, held in asdict(one).items()}


def _reconciliation_from(content: Mapping[str, Any]) -> Reconciliation:
    held = dict(content)
    for name in ("since", "started_at", "ended_at"):
        held[name] = times.from_text(held[name]) if held[name] else None
    return Reconciliation(**held)


# ---- rows -----------------------------------------------------------------------------------------------------------


def _key(source_id: str) -> dynamo.Key:
    return dynamo.Key(store.table(), _SOURCES, f"SOURCE#{source_id}")


def put(source: Source) -> None:
    item = {
        "pk": _SOURCES,
        "sk": f"SOURCE#{source.id}",
        "id": source.id,
        "kind": source.kind,
        "name": source.name,
        "secrets": _secrets_content(source.secrets),
        "created_at": times.to_text(source.created_at),
        **{name: value for name in _FURTHER if (value := getattr(source, name))},
    }
    dynamo.write(dynamo.put(store.table(), item, when=dynamo.ABSENT))


def replace_secrets(source: Source, renewed: Sequence[Secret]) -> None:
    """Raises StaleVersion when they are no longer those that were read."""
    try:
        dynamo.write(
            dynamo.update(
                _key(source.id),
                change={"secrets": _secrets_content(renewed)},
                when="#secrets = :seen",
                values={"seen": _secrets_content(source.secrets)},
            )
        )
    except ConditionFailed:
        raise StaleVersion("The secrets were just changed by somebody else.") from None


def load(source_id: str) -> Source:
    """Raises NotFound; for what is no id of ours without a read."""
    item = dynamo.get(store.table(), _SOURCES, _key(source_id).sk) if ids.is_id("bsrc", source_id) else None
    if item is None:
        raise NotFound("There is no such billing source.")
    return _from_item(item)


def due_in(key: dynamo.Key) -> Source | None:
    """The one that the clock found."""
    item = dynamo.get(key.table, key.pk, key.sk)
    return _from_item(item) if item else None


def of_event(event: InboxEvent) -> Source:
    """One that is gone has no keys and no products: what its event says by itself still counts."""
    try:
        return load(event.source_id)
    except NotFound:
        return Source(event.source_id, event.kind, "", (), event.received_at)


def cached(source_id: str, now: datetime) -> Source:
    """At most a minute old; an unknown id is never remembered, so that made-up ones cannot fill the memory."""
    return _cached_in(source_id, int(now.timestamp() // 60))


@lru_cache(maxsize=64)
def _cached_in(source_id: str, _minute: int) -> Source:
    return load(source_id)


def every() -> list[Source]:
    """All of them: a vendor has a handful."""
    return [_from_item(item) for item in dynamo.every(store.table(), _SOURCES)]


def _secrets_content(known: Sequence[Secret]) -> list[dict[str, Any]]:
    return [
        {"value": secret.value, "expires_at": times.to_text(secret.expires_at) if secret.expires_at else None}
        for secret in known
    ]


def _from_item(item: Mapping[str, Any]) -> Source:
    return Source(
        id=item["id"],
        kind=SourceKind(item["kind"]),
        name=item["name"],
        secrets=tuple(
            Secret(secret["value"], times.from_text(secret["expires_at"]) if secret["expires_at"] else None)
            for secret in item["secrets"]
        ),
        created_at=times.from_text(item["created_at"]),
        mode=Mode(item.get("mode", Mode.LIVE)),
        enabled=item.get("enabled", True),
        products=item.get("products", {}),
        warnings=tuple(item.get("warnings", ())),
        reconciliation=_reconciliation_from(item["reconciliation"]) if "reconciliation" in item else None,
        reconciled_to=times.from_text(item["reconciled_to"]) if "reconciled_to" in item else None,
        due_at=times.from_text(item["due_at"]) if "due_at" in item else None,
        **{name: item[name] for name in FURTHER_FIELDS if name in item},
    )
