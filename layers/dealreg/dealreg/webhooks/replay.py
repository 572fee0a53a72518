"""Sending again, as a job that outlives whoever works on it: `ENDPOINT#<id>` / `REPLAY#<id>`.

A job counts first, then sends, page by page; its row says how far it is. A page is repeated after a crash, and knows by
`replay_id` what it has done already. One page a second through the slow lane leaves live deliveries alone.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from dealreg import aws, due, dynamo, ids, times
from dealreg.errors import ConditionFailed, NotFound, StaleVersion, StateConflict
from dealreg.settings import Setting, read
from dealreg.webhooks import endpoints, past_events, rules, store
from dealreg.webhooks.endpoints import KEPT, table
from dealreg.webhooks.model import Delivery, Endpoint, delivery_from_item

if TYPE_CHECKING:
    from dealreg.webhooks.inputs import ReplayRequest

logger = logging.getLogger(__name__)

Status = Literal["counting", "ready", "running", "paused", "done"]
PAGE = 100
PAUSE_SECONDS = 1
REPAIR_AFTER = timedelta(minutes=2)


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
    """The deliveries are through; next the events that have none."""
    was_counting: bool = False
    """When it was paused."""
    position: dict[str, Any] = field(default_factory=dict[str, Any])
    """Where the next page begins."""


def start(owner: str, endpoint_id: str, wanted: "ReplayRequest", now: datetime) -> Job:
    """Raises NotFound, StateConflict unless the endpoint is enabled."""
    endpoint = endpoints.load(owner, endpoint_id)
    if endpoint.status != "enabled":
        raise StateConflict("Enable the endpoint first.", endpoint_status=endpoint.status)
    what, until = tuple(dict.fromkeys(wanted.what)), wanted.until or now
    return _start(endpoint, wanted.since, until, what, tuple(wanted.event_types), now, is_preview=wanted.preview)


def release_held(endpoint: Endpoint, now: datetime) -> Job:
    """For an endpoint that was enabled: all that waited for it."""
    return _start(endpoint, now - KEPT, now + timedelta(minutes=5), ("held",), ("*",), now)


def _start(
    endpoint: Endpoint,
    since: datetime,
    until: datetime,
    what: tuple[str, ...],
    event_types: tuple[str, ...],
    now: datetime,
    *,
    is_preview: bool = False,
) -> Job:
    job = Job(
        id=ids.new_id("rpl", now),
        owner=endpoint.owner,
        endpoint_id=endpoint.id,
        status="counting",
        version=1,
        since=times.to_text(since),
        until=times.to_text(until),
        what=what,
        event_types=event_types,
        created_at=times.to_text(now),
        is_preview=is_preview,
    )
    dynamo.write(dynamo.put(table(), _item(job, now), dynamo.ABSENT))
    _call(job, 0)
    logger.info("replay started", extra={"replay_id": job.id, "endpoint_id": endpoint.id, "owner": endpoint.owner})
    return job


def show(owner: str, replay_id: str) -> Job:
    """Raises NotFound, for another owner's too."""
    keys = [_key(endpoint_id, replay_id) for endpoint_id in endpoints.ids_of_owner(owner)]
    for start in range(0, len(keys), 100):  # DynamoDB: BatchGetItem
        for item in dynamo.batch_get(keys[start : start + 100]).values():
            return _from_item(item)
    raise NotFound


def list_jobs(owner: str, endpoint_id: str) -> list[Job]:
    """The newest first, a hundred at the most. Raises NotFound."""
    endpoints.load(owner, endpoint_id)
    page = dynamo.query(table(), f"ENDPOINT#{endpoint_id}", "REPLAY#", forward=False)
    return [_from_item(item) for item in page.items]


def pause(owner: str, replay_id: str, now: datetime) -> Job:
    """Raises NotFound, StateConflict for one that is not at work, StaleVersion."""
    job = show(owner, replay_id)
    if job.status not in ("counting", "running"):
        raise StateConflict("It is not running.", replay_status=job.status)
    return _save(job, replace(job, status="paused", was_counting=job.status == "counting"), now)


def resume(owner: str, replay_id: str, now: datetime) -> Job:
    """Goes on where it stopped. Raises NotFound, StateConflict for one that does not wait, StaleVersion."""
    job = show(owner, replay_id)
    if job.status not in ("ready", "paused"):
        raise StateConflict("It does not wait to go on.", replay_status=job.status)
    resumed = _save(job, replace(job, status="counting" if job.was_counting else "running", was_counting=False), now)
    _call(resumed, 0)
    return resumed


def advance(endpoint_id: str, replay_id: str, now: datetime) -> None:
    """One page. Does nothing for a job that is not at work; whoever comes second to a page, only repeats it."""
    try:
        job = _load(endpoint_id, replay_id)
        endpoint = endpoints.load(job.owner, endpoint_id)
    except NotFound:
        return
    if job.status not in ("counting", "running"):
        return
    if endpoint.status != "enabled":
        after = replace(job, status="paused", was_counting=job.status == "counting")
    else:
        after = _with_events(job, endpoint, now) if job.past_deliveries else _with_deliveries(job, now)
    try:
        after = _save(job, after, now)
    except StaleVersion:
        return
    if after.status in ("counting", "running"):
        _call(after, PAUSE_SECONDS)


def on_due(pk: str, sk: str, now: datetime) -> None:
    """For the sweep: its queue message got lost, or who had it died."""
    item = dynamo.get(table(), pk, sk)
    if item and item.get("due_at", "~") <= times.to_text(now):
        job = _from_item(item)
        try:
            _call(_save(job, job, now), 0)
        except StaleVersion:
            return


def _with_deliveries(job: Job, now: datetime) -> Job:
    """A page of what was sent before, oldest first."""
    least, greatest = rules.replay_range(times.from_text(job.since), times.from_text(job.until))
    pk = f"ENDPOINT#{job.endpoint_id}"
    begin = job.position or {"pk": pk, "sk": f"DELIVERY#{least}"}
    page = dynamo.query(table(), pk, "DELIVERY#", limit=PAGE, start=begin)
    inside = [item for item in page.items if item["id"] <= greatest]
    wanted = [one for one in map(delivery_from_item, inside) if _is_wanted(job, one)]
    if job.status == "counting":
        job = replace(job, total=job.total + len(wanted))
    else:
        job = replace(job, sent=job.sent + sum(_send_again(job, one, now) for one in wanted))
    if page.next_key and len(inside) == len(page.items):
        return replace(job, position=page.next_key)
    return replace(job, past_deliveries=True, position={}) if "missing" in job.what else _at_the_end(job)


def _is_wanted(job: Job, delivery: Delivery) -> bool:
    if not rules.matches(job.event_types, delivery.event_type) or delivery.event_type not in rules.EVENT_TYPES:
        return False
    return delivery.status in job.what or delivery.replay_id == job.id


def _send_again(job: Job, delivery: Delivery, now: datetime) -> bool:
    if delivery.replay_id == job.id:
        return True  # by this page, before it was cut short
    return store.send_again(delivery, now, job.id) is not None


def _with_events(job: Job, endpoint: Endpoint, now: datetime) -> Job:
    """A page of what happened, of which the endpoint may not have been told."""
    since, until = times.from_text(job.since), times.from_text(job.until)
    found, position = past_events.page(job.owner, since, until, job.position)
    wanted = [event for event in found if event.type in rules.EVENT_TYPES]
    for patterns in (endpoint.event_types, job.event_types):
        wanted = [event for event in wanted if rules.matches(patterns, event.type)]
    messages = [store.message_of(event) for event in wanted]
    ids_of = [rules.delivery_id(message.id, message.timestamp, endpoint.id) for message in messages]
    known = store.find_all(store.delivery_key(endpoint.id, delivery_id) for delivery_id in ids_of)
    told = {delivery.event_id for delivery in known if not _was_made_by(job, delivery)}
    missing = [message for message in messages if message.id not in told]
    if job.status == "counting":
        job = replace(job, total=job.total + len(missing))
    else:
        for message in missing:
            store.send_to([endpoint], message, now, replay_id=job.id)
        job = replace(job, sent=job.sent + len(missing))
    return replace(job, position=position) if position else _at_the_end(job)


def _was_made_by(job: Job, delivery: Delivery) -> bool:
    """By this page, before it was cut short."""
    return delivery.replay_id == job.id and times.to_text(delivery.created_at) >= job.created_at


def _at_the_end(job: Job) -> Job:
    """Of its counting, or of all of it."""
    if job.status == "running":
        return replace(job, status="done", position={})
    status: Status = "ready" if job.is_preview else "running"
    return replace(job, status=status, position={}, past_deliveries=False)


def _load(endpoint_id: str, replay_id: str) -> Job:
    key = _key(endpoint_id, replay_id)
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item:
        raise NotFound
    return _from_item(item)


def _key(endpoint_id: str, replay_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"ENDPOINT#{endpoint_id}", f"REPLAY#{replay_id}")


def _save(before: Job, after: Job, now: datetime) -> Job:
    after = replace(after, version=before.version + 1)
    row = dynamo.put(table(), _item(after, now), "#version = :seen", {"seen": before.version})
    try:
        dynamo.write(row)
    except ConditionFailed:
        raise StaleVersion from None
    return after


def _item(job: Job, now: datetime) -> dynamo.Item:
    """On the clock while it works."""
    clock = due.at(now + REPAIR_AFTER, job.id) if job.status in ("counting", "running") else {}
    ttl = int((times.from_text(job.created_at) + KEPT).timestamp())
    key = _key(job.endpoint_id, job.id)
    return {"pk": key.pk, "sk": key.sk, **asdict(job), **clock, "ttl": ttl}


def _from_item(item: Mapping[str, Any]) -> Job:
    values: dict[str, Any] = {each.name: item[each.name] for each in fields(Job) if each.name in item}
    values |= {"what": tuple(item["what"]), "event_types": tuple(item["event_types"])}
    return Job(**values)


def _call(job: Job, delay: int) -> None:
    body = json.dumps({"endpoint_id": job.endpoint_id, "replay_id": job.id})
    aws.client("sqs").send_message(
        QueueUrl=read(Setting.SLOW_DELIVERY_QUEUE_URL),
        MessageBody=body,
        DelaySeconds=delay,
        MessageGroupId=job.endpoint_id,
    )


def view(job: Job) -> dict[str, Any]:
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
