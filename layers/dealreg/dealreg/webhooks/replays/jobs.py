"""A replay as a row, `ENDPOINT#<id>` / `REPLAY#<id>`, which says what it wants and how far it is."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from dealreg.platform import due, dynamo, queues, times
from dealreg.platform.errors import ConditionFailed, NotFound, StaleVersion
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.endpoints.store import KEPT, table
from dealreg.webhooks.views import ReplayView

Status = Literal["counting", "ready", "running", "paused", "done"]
AT_WORK: tuple[Status, ...] = ("counting", "running")
REPAIR_AFTER = timedelta(minutes=2)
"""After this long without its next page it counts as lost and is called again."""


@dataclass(frozen=True, slots=True)
class Job:
    id: str
    owner: str
    endpoint_id: str
    status: Status
    version: int
    since: str
    until: str
    what: tuple[str, ...]
    event_types: tuple[str, ...]
    created_at: str
    is_preview: bool = False
    total: int = 0
    """How many it will send; grows while it counts."""
    sent: int = 0
    past_deliveries: bool = False
    """The deliveries are done; next come the events that have none."""
    was_counting: bool = False
    """When it was paused."""
    position: dict[str, Any] = field(default_factory=dict[str, Any])
    """Where the next page begins."""


def create(job: Job, now: datetime) -> None:
    dynamo.write(dynamo.put(table(), _item(job, now), dynamo.ABSENT))


def load(endpoint_id: str, replay_id: str) -> Job:
    """Raises NotFound."""
    key = _key(endpoint_id, replay_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item:
        raise NotFound
    return from_item(item)


def _key(endpoint_id: str, replay_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"ENDPOINT#{endpoint_id}", f"REPLAY#{replay_id}")


def save(before: Job, after: Job, next_page_at: datetime) -> Job:
    """Raises StaleVersion when somebody else changed it first."""
    after = replace(after, version=before.version + 1)
    row = dynamo.put(table(), _item(after, next_page_at), "#version = :seen", {"seen": before.version})
    try:
        dynamo.write(row)
    except ConditionFailed:
        raise StaleVersion from None
    return after


def _item(job: Job, next_page_at: datetime) -> dynamo.Item:
    """On the clock while it works."""
    clock = due.at(next_page_at + REPAIR_AFTER, job.id) if job.status in AT_WORK else {}
    ttl = int((times.from_text(job.created_at) + KEPT).timestamp())
    key = _key(job.endpoint_id, job.id)
    return {"pk": key.pk, "sk": key.sk, **asdict(job), **clock, "ttl": ttl}


def call(job: Job, at: datetime, now: datetime) -> None:
    """For its next page; a time that the queue cannot wait for is left to the clock."""
    if at - now <= queues.MAX_DELAY:
        body = {"endpoint_id": job.endpoint_id, "replay_id": job.id}
        delay = math.ceil((at - now).total_seconds())
        queues.send(Setting.REPLAY_QUEUE_URL, [queues.Message(body, delay, job.endpoint_id)])


def from_item(item: Mapping[str, Any]) -> Job:
    values: dict[str, Any] = {each.name: item[each.name] for each in fields(Job) if each.name in item}
    values |= {"what": tuple(item["what"]), "event_types": tuple(item["event_types"])}
    return Job(**values)


def find(owner: str, replay_id: str) -> Job:
    """Raises NotFound, for another owner's too."""
    found = dynamo.batch_get(_key(endpoint_id, replay_id) for endpoint_id in endpoints.ids_of_owner(owner))
    for item in found.values():
        return from_item(item)
    raise NotFound


def of_endpoint(owner: str, endpoint_id: str, page: PageRequest) -> Listing[ReplayView]:
    """The newest first. Raises NotFound."""
    endpoints.load(owner, endpoint_id)
    pk = f"ENDPOINT#{endpoint_id}"
    found = dynamo.page(table(), pk, "REPLAY#", forward=False, limit=page.size, start=page.start)
    return page.listing([view(from_item(item)) for item in found.items], found.next_key)


def view(job: Job) -> ReplayView:
    return {
        "id": job.id,
        "endpoint_id": job.endpoint_id,
        "status": job.status,
        "since": job.since,
        "until": job.until,
        "what": list(job.what),
        "event_types": list(job.event_types),
        "total": job.total,
        "sent": job.sent,
        "created_at": job.created_at,
    }
