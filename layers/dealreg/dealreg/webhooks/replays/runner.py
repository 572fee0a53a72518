"""Sending again, as a job that outlives whoever works on it.

A job counts first, then sends, page by page; its row says how far it is. A page is repeated after a crash, and knows by
`replay_id` what it has done already. One page a second leaves live deliveries alone, and so does half of an endpoint's
rate limit.
"""

import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from dealreg.capability import EventSource
from dealreg.platform import aws, due, dynamo, ids, times
from dealreg.platform.errors import FieldError, InvalidInput, NotFound, StaleVersion, StateConflict, Unavailable
from dealreg.platform.limits import Allowance
from dealreg.webhooks.deliveries import rules, store
from dealreg.webhooks.endpoints import store as endpoints
from dealreg.webhooks.endpoints.store import KEPT, table
from dealreg.webhooks.items import delivery_from_item
from dealreg.webhooks.model import Delivery, Endpoint
from dealreg.webhooks.replays import jobs as replay_jobs
from dealreg.webhooks.replays import past_events
from dealreg.webhooks.replays.jobs import AT_WORK, Job, Status

if TYPE_CHECKING:
    from dealreg.webhooks.inputs import ReplayRequest

logger = logging.getLogger(__name__)

PAGE, COUNTED_PAGE = 100, 1000
"""Deliveries; counting only reads."""
SUBJECTS, COUNTED_SUBJECTS = 10, 50
"""Of a page, when it looks for events."""
PAUSE = timedelta(seconds=1)
"""Between two pages that are sent."""
MAX_TRIES = 10
"""So often in a row the clock calls for a page that was lost: in about five hours. Then the job has failed."""
LONGEST_WAIT = timedelta(hours=1)
_TRIES = 6


def start(
    owner: str, endpoint_id: str, wanted: "ReplayRequest", now: datetime, allowance: Allowance | None = None
) -> Job:
    """Raises NotFound, StateConflict unless the endpoint is enabled, InvalidInput for a time to come, Conflict when as
    many are at work as may be, RateLimited."""
    endpoint = endpoints.load(owner, endpoint_id)
    if endpoint.status != "enabled":
        raise StateConflict("Enable the endpoint first.", endpoint_status=endpoint.status)
    if wanted.since > now:
        raise InvalidInput([FieldError("since", "Use a time that has been.")])
    job = _job(endpoint, wanted.since, wanted.until or now, tuple(dict.fromkeys(wanted.what)), now)
    return _begin(replace(job, event_types=tuple(wanted.event_types), is_preview=wanted.preview), now, allowance)


def release_held(endpoint: Endpoint, now: datetime) -> Job:
    """For an endpoint that was enabled: all that waited for it. The one before it, if it still works, ends here."""
    job = replace(_job(endpoint, now - KEPT, now + timedelta(minutes=5), ("held",), now), is_release=True)
    for attempt in range(_TRIES):
        try:
            if earlier := replay_jobs.release_at_work(endpoint.owner, endpoint.id):
                replay_jobs.save(earlier, replace(earlier, status="done", position={}), now)
            return _begin(job, now)
        except StaleVersion:
            aws.pause(attempt)
    raise Unavailable("too many releases at once")


def _job(endpoint: Endpoint, since: datetime, until: datetime, what: tuple[str, ...], now: datetime) -> Job:
    return Job(
        id=ids.new_id("rpl", now),
        owner=endpoint.owner,
        endpoint_id=endpoint.id,
        status="counting",
        version=1,
        since=times.to_text(since),
        until=times.to_text(until),
        what=what,
        event_types=("*",),
        created_at=times.to_text(now),
    )


def _begin(job: Job, now: datetime, allowance: Allowance | None = None) -> Job:
    job = replay_jobs.create(job, now, allowance)
    replay_jobs.call(job, now, now)
    logger.info("replay started", extra={"replay_id": job.id, "endpoint_id": job.endpoint_id, "owner": job.owner})
    return job


def pause(owner: str, replay_id: str, now: datetime) -> Job:
    """Raises NotFound, StateConflict for one that is not at work, StaleVersion."""
    job = replay_jobs.find(owner, replay_id)
    if job.status not in AT_WORK:
        raise StateConflict("It is not running.", replay_status=job.status)
    return replay_jobs.save(job, replace(job, status="paused", was_counting=job.status == "counting"), now)


def resume(owner: str, replay_id: str, now: datetime) -> Job:
    """Goes on where it stopped.

    Raises NotFound, StateConflict for one that does not wait, StaleVersion, Conflict when there is no place for it.
    """
    job = replay_jobs.find(owner, replay_id)
    if job.status not in ("ready", "paused", "failed"):
        raise StateConflict("It does not wait to go on.", replay_status=job.status)
    status: Status = "counting" if job.was_counting else "running"
    awake = replace(job, status=status, was_counting=False, tries=0, failed_because="")
    resumed = replay_jobs.save(job, awake, now)
    replay_jobs.call(resumed, now, now)
    return resumed


def on_message(body: str, sources: Sequence[EventSource], now: datetime) -> None:
    """`body` is a queue message."""
    pointer: dict[str, str] = json.loads(body)
    advance(pointer["endpoint_id"], pointer["replay_id"], sources, now)


def advance(endpoint_id: str, replay_id: str, sources: Sequence[EventSource], now: datetime) -> None:
    """One page. Does nothing for a job that is not at work; whoever comes second to a page, only repeats it."""
    try:
        job = replay_jobs.load(endpoint_id, replay_id)
    except NotFound:
        return
    if job.status not in AT_WORK:
        return
    try:
        endpoint = endpoints.load(job.owner, endpoint_id)
    except NotFound:
        _end_quietly(job, _failed(job, "Its endpoint was deleted."), now)
        return
    if endpoint.status != "enabled":
        after = replace(job, status="paused", was_counting=job.status == "counting")
    else:
        after = (
            _with_events(job, endpoint, sources, now) if job.past_deliveries else _with_deliveries(job, endpoint, now)
        )
    next_page_at = now + _pause(job, endpoint, after.sent - job.sent)
    try:
        after = replay_jobs.save(job, replace(after, tries=0), next_page_at)
    except StaleVersion:
        return
    if after.status in AT_WORK:
        replay_jobs.call(after, next_page_at, now)


def _page_size(job: Job, endpoint: Endpoint) -> int:
    """What is live never finds more than a quarter of a minute's places taken."""
    if job.status == "counting":
        return COUNTED_PAGE
    return min(PAGE, max(endpoint.rate_limit // 4, 1)) if endpoint.rate_limit else PAGE


def _pause(job: Job, endpoint: Endpoint, sent: int) -> timedelta:
    """After a page, so that half of a rate limit is left."""
    if job.status == "counting":
        return timedelta(0)
    return max(PAUSE, timedelta(minutes=2) * sent / endpoint.rate_limit) if endpoint.rate_limit else PAUSE


def on_due(key: dynamo.Key, now: datetime) -> None:
    """For the sweep: its queue message got lost, or who had it died. After MAX_TRIES it has failed."""
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item or item.get("due_at", "~") > times.to_text(now):
        return
    before = replay_jobs.from_item(item)
    job = replace(before, tries=before.tries + 1)
    if job.tries > MAX_TRIES:
        logger.error(due.GIVEN_UP, extra={"replay_id": job.id, "endpoint_id": job.endpoint_id, "owner": job.owner})
        _end_quietly(before, _failed(job, f"One of its pages failed {MAX_TRIES} times in a row."), now)
        return
    wait = min(replay_jobs.REPAIR_AFTER * (2**job.tries - 1), LONGEST_WAIT)
    try:
        replay_jobs.call(replay_jobs.save(before, job, now + wait), now, now)
    except StaleVersion:
        return  # it goes on by itself


def _failed(job: Job, why: str) -> Job:
    return replace(job, status="failed", was_counting=job.status == "counting", failed_because=why)


def _end_quietly(before: Job, after: Job, now: datetime) -> None:
    with suppress(StaleVersion):  # it went on by itself
        replay_jobs.save(before, after, now)


def _with_deliveries(job: Job, endpoint: Endpoint, now: datetime) -> Job:
    """A page of what was sent before, oldest first."""
    least, greatest = rules.replay_range(times.from_text(job.since), times.from_text(job.until))
    pk = f"ENDPOINT#{job.endpoint_id}"
    begin = job.position or {"pk": pk, "sk": f"DELIVERY#{least}"}
    page = dynamo.page(table(), pk, "DELIVERY#", limit=_page_size(job, endpoint), start=begin)
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
    if not rules.matches(job.event_types, delivery.event_type) or delivery.event_type in rules.ADDRESSED:
        return False
    if delivery.is_erased:
        return False
    return delivery.status in job.what or delivery.replay_id == job.id


def _send_again(job: Job, delivery: Delivery, now: datetime) -> bool:
    if delivery.replay_id == job.id:
        return True  # by this page, before it was cut short
    return store.send_again(delivery, now, job.id) is not None


def _with_events(job: Job, endpoint: Endpoint, sources: Sequence[EventSource], now: datetime) -> Job:
    """A page of what happened, of which the endpoint may not have been told."""
    since, until = times.from_text(job.since), times.from_text(job.until)
    count = COUNTED_SUBJECTS if job.status == "counting" else 1 if endpoint.rate_limit else SUBJECTS
    wanted, position = past_events.page(sources, job.owner, since, until, job.position, count)
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
