"""A page of a provider's list, as the webhooks that it would have posted."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias
from urllib.parse import urlencode

from dealreg.billing.facts import Unreadable
from dealreg.platform.foreign_json import list_in, object_in

Body: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """An event of the list."""

    body: Body
    """As its webhook would have: the inbox knows it by the same id."""
    fetched: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What the list says of it already, by the path where its translation would ask."""


@dataclass(frozen=True, slots=True)
class Page:
    events: Sequence[Listed]
    """The oldest first: a refund finds its payment."""
    next: str = ""
    """Where the next one begins; empty at the end."""


@dataclass(frozen=True, slots=True)
class EventList:
    name: str
    path: Callable[[datetime, str, int], str]
    """Of the page that begins at a cursor, "" for the first, with what happened since a time, so many at most."""
    read: Callable[[Any, datetime], Page]
    """Raises Unreadable."""


def path(base: str, **query: Any) -> str:
    """Without the parameters that are empty."""
    return f"{base}?{urlencode({name: value for name, value in query.items() if value != ''})}"


def objects(content: Any, member: str) -> list[Mapping[str, Any]]:
    """Raises Unreadable for an answer that is no such list."""
    held = object_in(content).get(member)
    if not isinstance(held, list):
        raise Unreadable(f"Its API answered with something else than a list of {member}.")
    return [object_in(one) for one in list_in(held)]


def text(held: Mapping[str, Any], *names: str) -> str:
    """The first of these members that says something."""
    said = (held.get(name) for name in names)
    return next((one for one in said if isinstance(one, str) and one), "")


def moment_of(written: str) -> datetime | None:
    """A time without its zone is UTC's; None for one that cannot be read."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def is_before(written: str, since: datetime) -> bool:
    """False for a time that cannot be read: what happened then is looked at rather than lost."""
    at = moment_of(written)
    return at is not None and at < since


def rfc3339(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
