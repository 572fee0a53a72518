"""What was delivered, for the endpoint's owner: to read, and to send again."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dealreg import dynamo, tokens
from dealreg.errors import NotFound, StaleVersion, StateConflict
from dealreg.webhooks import endpoints, rules, store
from dealreg.webhooks.model import Delivery, Endpoint, Message, attempt_view, delivery_view

if TYPE_CHECKING:
    from dealreg.webhooks.inputs import ReplayRequest

_ATTEMPTS_SHOWN = 50
_REPLAY_PAGE = 100
_REPLAY_PAGES = 5
"""Of one call, which must end in time. (A replay as a job of its own belongs to the delivery policy.)"""


def list_deliveries(owner: str, endpoint_id: str, limit: int, cursor: str | None) -> dict[str, Any]:
    """The newest events first. Raises NotFound, also for another owner's endpoint."""
    endpoint = endpoints.load(owner, endpoint_id)
    page = _page(endpoint, limit, cursor)
    items = [delivery_view(delivery) for delivery in store.find_all(page.items)]
    return {"items": items, "next_cursor": _next_cursor(endpoint, page)}


def show(owner: str, delivery_id: str) -> dict[str, Any]:
    """With what was sent and the newest attempts. Raises NotFound, also for another owner's."""
    delivery = _load(owner, delivery_id)
    message = store.endpoint_and_message(delivery)[1]
    attempts = dynamo.query(
        store.table(), store.delivery_key(delivery_id).pk, "ATTEMPT#", forward=False, limit=_ATTEMPTS_SHOWN
    )
    return delivery_view(delivery) | {
        "event": json.loads(message.body) if message else None,
        "attempts": [attempt_view(item) for item in attempts.items],
    }


def resend(owner: str, delivery_id: str, now: datetime) -> Delivery:
    """Raises NotFound, StateConflict while an attempt is under way, StaleVersion."""
    before = _load(owner, delivery_id)
    after = rules.resent(before, now)
    store.save(before, after, now)
    store.enqueue([after], now)
    return after


def replay(owner: str, endpoint_id: str, wanted: "ReplayRequest", now: datetime) -> dict[str, Any]:
    """Sends again what failed or was held; while there is a next cursor, there is more to do.

    Raises NotFound, StateConflict for a disabled endpoint.
    """
    endpoint = _enabled(owner, endpoint_id)
    least, greatest = rules.replay_range(wanted.since, wanted.until or now)
    queued: list[Delivery] = []
    cursor = wanted.cursor
    for _ in range(_REPLAY_PAGES):
        page = _page(endpoint, _REPLAY_PAGE, cursor, greatest)
        rows = [row for row in page.items if row["id"] >= least]
        queued += [again for delivery in store.find_all(rows) if (again := _replayed(delivery, now))]
        cursor = _next_cursor(endpoint, page) if len(rows) == len(page.items) else None
        if not cursor:
            break
    store.enqueue(queued, now)
    return {"queued": len(queued), "next_cursor": cursor}


def send_test(owner: str, endpoint_id: str, event_id: str, now: datetime) -> Delivery:
    """Through the same queue as everything else. Raises NotFound, StateConflict for a disabled endpoint."""
    endpoint = _enabled(owner, endpoint_id)
    body = json.dumps(rules.trial_envelope(endpoint, event_id, now), separators=(",", ":"))
    (delivery,) = store.send_to([endpoint], Message(event_id, rules.TEST_TYPE, now, body), now)
    return delivery


def _replayed(delivery: Delivery, now: datetime) -> Delivery | None:
    if not rules.is_replayable(delivery):
        return None
    after = rules.resent(delivery, now)
    try:
        store.save(delivery, after, now)
    except StaleVersion:
        return None  # somebody else sends it again
    return after


def _load(owner: str, delivery_id: str) -> Delivery:
    delivery = store.find(delivery_id)
    if delivery is None or delivery.owner != owner:
        raise NotFound
    return delivery


def _enabled(owner: str, endpoint_id: str) -> Endpoint:
    endpoint = endpoints.load(owner, endpoint_id)
    if endpoint.status == "disabled":
        raise StateConflict("The endpoint is disabled; enable it first.", endpoint_status=endpoint.status)
    return endpoint


def _page(endpoint: Endpoint, limit: int, cursor: str | None, greatest: str | None = None) -> dynamo.Page:
    start: dynamo.Item | None = dict(tokens.open_cursor(_reader(endpoint), cursor)) if cursor else None
    until = ("id", greatest) if greatest else None
    key = ("endpoint_id", endpoint.id)
    return dynamo.query_index(store.table(), "by_endpoint", key, until=until, forward=False, limit=limit, start=start)


def _next_cursor(endpoint: Endpoint, page: dynamo.Page) -> str | None:
    return tokens.seal_cursor(_reader(endpoint), page.next_key) if page.next_key else None


def _reader(endpoint: Endpoint) -> str:
    """A cursor holds for this list alone."""
    return f"{endpoint.owner} {endpoint.id}"
