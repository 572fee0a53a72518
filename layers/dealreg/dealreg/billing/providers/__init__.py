"""One module for each kind of billing system, which says what its events mean; loaded when the first of them comes."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from importlib import import_module
from typing import Any

from dealreg.billing.facts import Translated, Unreadable, check
from dealreg.billing.model import Source, SourceKind
from dealreg.billing.providers.event import Event, Needed, handler_of
from dealreg.platform.foreign_json import object_in

_MODULES: Mapping[SourceKind, str] = {
    SourceKind.STANDARD_WEBHOOKS: "standard_webhooks",
    SourceKind.STRIPE: "stripe",
    SourceKind.PADDLE: "paddle",
    SourceKind.CHARGEBEE: "chargebee",
    SourceKind.RECURLY: "recurly",
    SourceKind.ZUORA: "zuora",
}
_TYPES: Mapping[SourceKind, tuple[str, ...]] = {
    SourceKind.PADDLE: ("event_type",),
    SourceKind.CHARGEBEE: ("event_type",),
    SourceKind.RECURLY: ("object_type", "event_type"),
    SourceKind.ZUORA: ("eventType",),
}
"""The members of a body that say what it tells of, joined by a point; `type` where nothing else is named."""
_KNOWN_BY_ID = frozenset([SourceKind.CHARGEBEE])
"""Whose bodies are believed no more than an id: the type is one of what is fetched."""
_MAX_TYPE = 100


def translate(source: Source, body: Any, *, received_at: datetime, fetched: Mapping[str, Any]) -> Translated:
    """Of a verified body, parsed with exact fractions. Never raises, whatever is in it.

    `fetched`: what the source's API answered, by the paths that an earlier call needed.
    """
    try:
        event_type = _type_of(source.kind, body)
    except Unreadable as fault:
        return Translated("", unreadable=str(fault))
    event = Event(source, event_type, dict(object_in(body)), received_at, fetched)
    try:
        found: Translated = _module(source.kind).translate(event)
        check(found.facts, received_at)
    except Needed as asked:
        return Translated(event_type, needs=asked.paths)
    except Unreadable as fault:
        return Translated(event_type, unreadable=str(fault))
    return found


def handles(kind: SourceKind, event_type: str) -> bool:
    """Whether anything may follow from such an event."""
    return handler_of(_module(kind).HANDLERS, event_type) is not None


def handled_types() -> str:
    """A short text that changes whenever the types do that mean anything."""
    named = [f"{kind} {name}" for kind in SourceKind for name in sorted(_module(kind).HANDLERS)]
    return sha256("\n".join(named).encode()).hexdigest()


def _module(kind: SourceKind) -> Any:
    return import_module(f"{__name__}.{_MODULES[kind]}")


def _type_of(kind: SourceKind, body: Any) -> str:
    """Raises Unreadable."""
    if not isinstance(body, dict):
        raise Unreadable("The body is no object.")
    members, parts = object_in(body), list[str]()
    for name in _TYPES.get(kind, ("type",)):
        said = members.get(name)
        if not isinstance(said, str) or not said:
            if kind in _KNOWN_BY_ID:
                return ""
            raise Unreadable(f"{name}: This is required.")
        parts.append(said)
    return ".".join(parts)[:_MAX_TYPE]
