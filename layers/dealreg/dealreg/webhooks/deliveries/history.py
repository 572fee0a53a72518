"""What was delivered, for the endpoint's owner: to read, to count, to send again."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, cast

from dealreg.platform import dynamo, times
from dealreg.platform.errors import NotFound, StaleVersion
from dealreg.platform.limits import Allowance
from dealreg.platform.paging import Listing, PageRequest
from dealreg.webhooks.deliveries import rules, store
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.items import delivery_from_item
from dealreg.webhooks.model import Delivery, Endpoint, Message
from dealreg.webhooks.transport import sinks
from dealreg.webhooks.views import DeliveryView, FullDeliveryView, StatsView, attempt_view, delivery_view

_ATTEMPTS_SHOWN = 50
_COUNTED_SPAN = timedelta(hours=24)
_COUNTED_MOST = 1000
_PAGE = 250


def list_deliveries(owner: str, endpoint_id: str, page: PageRequest) -> Listing[DeliveryView]:
    """The newest events first. Raises NotFound, also for another owner's endpoint."""
    found = _page(endpoints.load(owner, endpoint_id), page.size, page.start)
    return page.listing([delivery_view(delivery_from_item(item)) for item in found.items], found.next_key)


def show(owner: str, delivery_id: str) -> FullDeliveryView:
    """With what was sent and the newest attempts. Raises NotFound, also for another owner's."""
    delivery = _load(owner, delivery_id)
    endpoint, message = store.endpoint_and_message(delivery)
    return {
        **delivery_view(delivery),
        "event": _as_shown(endpoint, message) if endpoint and message else None,
        "attempts": [attempt_view(item) for item in _newest_attempts(delivery)],
    }


def _as_shown(endpoint: Endpoint, message: Message) -> dict[str, Any]:
    """A challenge is for who sees what arrives at the URL; here anybody would who can make an endpoint."""
    event: dict[str, Any] = json.loads(sinks.content(endpoint, message))
    return event | {"data": event["data"] | {"challenge": None}} if message.type == rules.VERIFY_TYPE else event


def _newest_attempts(delivery: Delivery) -> list[dynamo.Item]:
    pk, prefix = f"ENDPOINT#{delivery.endpoint_id}", f"ATTEMPT#{delivery.id}#"
    found = dynamo.page(store.table(), pk, prefix, forward=False, limit=_ATTEMPTS_SHOWN).items
    every = [*found, dict(delivery.success)] if delivery.success else found
    return sorted(every, key=lambda item: item["number"], reverse=True)[:_ATTEMPTS_SHOWN]


def resend(owner: str, delivery_id: str, now: datetime, allowance: Allowance | None = None) -> Delivery:
    """Raises NotFound, StateConflict while an attempt is under way or when it was erased, StaleVersion, RateLimited."""
    after = store.send_again(_load(owner, delivery_id), now, allowance=allowance)
    if after is None:
        raise StaleVersion
    return after


def stats(owner: str, endpoint_id: str, now: datetime) -> StatsView:
    """Of the newest deliveries of a day, about a thousand at most. Raises NotFound."""
    endpoint = endpoints.load(owner, endpoint_id)
    since, found = now - _COUNTED_SPAN, list[Delivery]()
    start: dynamo.Item | None = None
    while len(found) < _COUNTED_MOST:
        page = _page(endpoint, _PAGE, start)
        recent = [one for one in map(delivery_from_item, page.items) if one.created_at >= since]
        found += recent
        start = page.next_key
        if start is None or len(recent) < len(page.items):
            break
    return cast("StatsView", {"endpoint_id": endpoint.id, "since": times.to_text(since), **_counts(found)})


def _counts(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    """Of those with an end, or an answer; a rate of nothing is null."""
    by_status = dict.fromkeys(("pending", "delivered", "failed", "held", "superseded"), 0)
    for delivery in deliveries:
        by_status[delivery.status] += 1
    tried = [delivery for delivery in deliveries if delivery.last_duration_ms is not None]
    succeeded = [delivery for delivery in tried if delivery.status == "delivered"]
    at_once = [delivery for delivery in succeeded if delivery.attempts == 1]
    durations = sorted(delivery.last_duration_ms or 0 for delivery in succeeded)
    return {
        "deliveries": by_status,
        "attempts": sum(delivery.attempts for delivery in deliveries),
        "success_rate": round(len(succeeded) / len(tried), 4) if tried else None,
        "first_attempt_success_rate": round(len(at_once) / len(tried), 4) if tried else None,
        "duration_ms": {f"p{share}": _percentile(durations, share) for share in (50, 95, 99)},
    }


def _percentile(ordered: Sequence[int], share: int) -> int | None:
    return ordered[min(len(ordered) * share // 100, len(ordered) - 1)] if ordered else None


def _load(owner: str, delivery_id: str) -> Delivery:
    delivery = store.find_among(endpoints.ids_of_owner(owner), delivery_id)
    if delivery is None:
        raise NotFound
    return delivery


def _page(endpoint: Endpoint, limit: int, start: dynamo.Item | None) -> dynamo.Page:
    pk = f"ENDPOINT#{endpoint.id}"
    return dynamo.page(store.table(), pk, "DELIVERY#", forward=False, limit=limit, start=start)
