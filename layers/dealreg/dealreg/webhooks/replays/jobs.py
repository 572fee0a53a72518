"""A replay as a row, `ENDPOINT#<id>` / `REPLAY#<id>`, which says what it wants and how far it is.

While it works it holds a place among its owner's, `OWNER#<owner>` / `AT_WORK#<place>`, which comes and goes in the
transactions that set it to work and bring it to rest: so there are never more at work than places.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from dealreg.platform import aws, due, dynamo, limits, queues, times
from dealreg.platform.errors import ConditionFailed, Conflict, NotFound, StaleVersion, Unavailable
from dealreg.platform.limits import Allowance
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.endpoints.store import KEPT, table
from dealreg.webhooks.views import ReplayView

Status = Literal["counting", "ready", "running", "paused", "done", "failed"]
AT_WORK: tuple[Status, ...] = ("counting", "running")
REPAIR_AFTER = timedelta(minutes=2)
"""After this long without its next page it counts as lost and is called again."""
PLACES = 5
"""Replays of one owner that work side by side; those that follow an enabling have a place for each endpoint."""
_TRIES = 6


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
    place: str = ""
    """The one it holds."""
    is_release: bool = False
    """Of what was held until its endpoint was enabled."""
    tries: int = 0
    """How often its next page was lost."""
    failed_because: str = ""
    """In words for its owner."""


def create(job: Job, now: datetime, allowance: Allowance | None = None) -> Job:
    """At work. Raises Conflict when its owner has as many at work as it may have, RateLimited, Unavailable."""
    for attempt in range(_TRIES):
        placed = _placed(job, now)
        row = dynamo.put(table(), _item(placed, now), dynamo.ABSENT)
        try:
            limits.transact([row, _take_place(placed, now)], allowance)
        except ConditionFailed:
            aws.pause(attempt)
        else:
            return placed
    raise Unavailable("too many replays begun at once")


def _placed(job: Job, now: datetime) -> Job:
    """With a place that is free this moment. Raises Conflict."""
    if job.is_release:
        return replace(job, place=job.endpoint_id)
    rows = dynamo.every(table(), f"OWNER#{job.owner}", "AT_WORK#")
    taken = {str(row["sk"]).partition("#")[2] for row in rows if row["ttl"] > now.timestamp()}
    free = [place for place in map(str, range(PLACES)) if place not in taken]
    if not free:
        raise Conflict(f"{PLACES} replays are at work already: wait for the end of one, or pause one.")
    return replace(job, place=free[0])


def release_at_work(owner: str, endpoint_id: str) -> Job | None:
    """The one that holds the place of an endpoint that was enabled."""
    row = dynamo.get(table(), f"OWNER#{owner}", f"AT_WORK#{endpoint_id}")
    try:
        return load(endpoint_id, row["replay_id"]) if row else None
    except NotFound:
        return None


def _take_place(job: Job, now: datetime) -> dynamo.Action:
    """One whose holder has come to its end of life is free."""
    row = {"pk": f"OWNER#{job.owner}", "sk": f"AT_WORK#{job.place}", "replay_id": job.id, "ttl": _end_of_life(job)}
    return dynamo.put(table(), row, "attribute_not_exists(pk) OR #ttl <= :now", {"now": int(now.timestamp())})


def _leave_place(job: Job) -> dynamo.Action:
    key = dynamo.Key(table(), f"OWNER#{job.owner}", f"AT_WORK#{job.place}")
    return dynamo.delete(key, "attribute_not_exists(pk) OR #replay_id = :id", {"id": job.id})


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
    """At rest it leaves its place, at work again it takes one.

    Raises StaleVersion when somebody else changed it first, Conflict when there is no place.
    """
    after = replace(after, version=before.version + 1)
    others: list[dynamo.Action] = []
    if after.status in AT_WORK and not before.place:
        after = _placed(after, next_page_at)
        others = [_take_place(after, next_page_at)]
    elif after.status not in AT_WORK and before.place:
        after = replace(after, place="")
        others = [_leave_place(before)]
    row = dynamo.put(table(), _item(after, next_page_at), "#version = :seen", {"seen": before.version})
    try:
        if others:
            dynamo.transact([row, *others])
        else:
            dynamo.write(row)
    except ConditionFailed:
        raise StaleVersion from None
    return after


def _item(job: Job, next_page_at: datetime) -> dynamo.Item:
    """On the clock while it works."""
    clock = due.at(next_page_at + REPAIR_AFTER, job.id) if job.status in AT_WORK else {}
    key = _key(job.endpoint_id, job.id)
    return {"pk": key.pk, "sk": key.sk, **asdict(job), **clock, "ttl": _end_of_life(job)}


def _end_of_life(job: Job) -> int:
    return int((times.from_text(job.created_at) + KEPT).timestamp())


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
        "failed_because": job.failed_because or None,
        "created_at": job.created_at,
    }
