"""Providers that keep a list of their events: Stripe (of 30 days), Paddle, Chargebee. The first two list the newest
first, so what happens meanwhile is the next list's.

Chargebee has no event of a dispute: each state that one is found in is an event of ours.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from dealreg.billing.lists.page import EventList, Listed, Page, is_before, objects, path, text
from dealreg.billing.providers.parts import path_of
from dealreg.platform.foreign_json import object_in

DISPUTES_FOR = timedelta(days=365)
"""For so long after it was opened a dispute may change; its list is by the time when it was opened."""


def _unix(at: datetime) -> int:
    return int(at.timestamp())


def _of_stripe(since: datetime, cursor: str, size: int) -> str:
    return path("/v1/events", limit=size, starting_after=cursor, **{"created[gte]": _unix(since)})


def _stripe(content: Any, _since: datetime) -> Page:
    events = objects(content, "data")
    goes_on = object_in(content).get("has_more") is True
    return Page([Listed(one) for one in reversed(events)], text(events[-1], "id") if events and goes_on else "")


def _of_paddle(_since: datetime, cursor: str, size: int) -> str:
    return path("/events", order_by="id[DESC]", per_page=size, after=cursor)


def _paddle(content: Any, since: datetime) -> Page:
    """It has no dates to ask by: it ends with the first that happened before."""
    events = objects(content, "data")
    wanted = [one for one in events if not is_before(text(one, "occurred_at"), since)]
    goes_on = object_in(object_in(object_in(content).get("meta")).get("pagination")).get("has_more") is True
    is_within = goes_on and events and len(wanted) == len(events)
    return Page([Listed(one) for one in reversed(wanted)], text(events[-1], "event_id") if is_within else "")


# ---- Chargebee ------------------------------------------------------------------------------------------------------


def _of_chargebee(since: datetime, cursor: str, size: int) -> str:
    return path(
        "/api/v2/events",
        limit=size,
        offset=cursor,
        **{"occurred_at[after]": _unix(since) - 1, "sort_by[asc]": "occurred_at"},
    )


def _chargebee(content: Any, _since: datetime) -> Page:
    events = [object_in(one.get("event")) for one in objects(content, "list")]
    return Page([_event(one) for one in events], text(object_in(content), "next_offset"))


def _event(said: Mapping[str, Any]) -> Listed:
    """No more than what it is believed of a webhook."""
    event_id = text(said, "id")
    body = {"id": event_id, "event_type": text(said, "event_type")}
    return Listed(body, {path_of("api", "v2", "events", event_id): {"event": said}})


def _of_disputes(since: datetime, cursor: str, size: int) -> str:
    opened = {"created_at[after]": _unix(since - DISPUTES_FOR)}
    return path("/api/v2/disputes", limit=size, offset=cursor, **opened)


def _disputes(content: Any, since: datetime) -> Page:
    disputes = [object_in(one.get("dispute")) for one in objects(content, "list")]
    changed = [one for one in disputes if _changed_at(one) is None or (_changed_at(one) or 0) >= _unix(since)]
    return Page([_dispute(one) for one in changed], text(object_in(content), "next_offset"))


def _changed_at(dispute: Mapping[str, Any]) -> int | None:
    at = dispute.get("updated_at")
    return at if isinstance(at, int) else None


def _dispute(said: Mapping[str, Any]) -> Listed:
    dispute_id = text(said, "id")
    event_id = f"dispute:{dispute_id}:{text(said, 'status')}:{_changed_at(said) or ''}"
    body = {"id": event_id, "event_type": "dispute", "dispute_id": dispute_id}
    return Listed(body, {path_of("api", "v2", "disputes", dispute_id): {"dispute": said}})


STRIPE = (EventList("events", _of_stripe, _stripe),)
PADDLE = (EventList("events", _of_paddle, _paddle),)
CHARGEBEE = (
    EventList("events", _of_chargebee, _chargebee),
    EventList("disputes", _of_disputes, _disputes),
)
