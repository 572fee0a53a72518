"""What a billing system says happened is read from its own lists, so that what it never posted is not lost.

Each event goes through the inbox under the id that its webhook has. The source's row says how far it is, and is on the
clock: for the next page while there is one, else for the next night.
"""

import json
import logging
import time
import zlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dealreg.billing import commands, fetching, providers, sources, store
from dealreg.billing.facts import Unreadable
from dealreg.billing.lists import LISTS
from dealreg.billing.lists.page import EventList, Listed, Page, text
from dealreg.billing.model import (
    FETCH_FOR,
    LISTED_WITH,
    MAX_BODY,
    EventStatus,
    InboxEvent,
    Reason,
    Reconciliation,
    ReconciliationState,
    Source,
    SourceKind,
)
from dealreg.billing.verify import event_id
from dealreg.partners.program import current_program
from dealreg.platform import due, dynamo, ids, times
from dealreg.platform.errors import FieldError, InvalidInput, StaleVersion, StateConflict, Unavailable
from dealreg.platform.working_time import Calendar

logger = logging.getLogger(__name__)

BY_CLOCK = "clock"
OVERLAP = timedelta(hours=6)
"""Read twice each night: clocks differ, and some lists are late."""
FURTHEST = timedelta(days=30)
"""Back, for the first night of a source: as far as Stripe's list of events goes."""
MAX_TRIES = 8
"""Of one page, spread over four hours. The next night begins where this one did."""
REPAIR_AFTER = timedelta(minutes=2)
_STRIPE_IS_SHORT = "Stripe lists the events of 30 days: what happened before is not among them."
_SECONDS = 20.0
"""For the pages of one run, which has half a minute; what an event takes comes on top."""
_FIRST_HOUR, _MINUTES = 2, 180
"""Of the night, by the clocks of the program: each source has a minute of its own."""
_TRIES = 4


def start(source_id: str, since: datetime | None, by: str, now: datetime) -> Source:
    """Without `since` from where the last one ended. One at work that does the same is not begun twice.

    Raises NotFound, InvalidInput for a time to come, StateConflict where there is nothing to read or another at work.
    """
    if since and since > now:
        raise InvalidInput([FieldError("since", "Use a time that has been.")])
    for _ in range(_TRIES):
        source = sources.load(source_id)
        if source.unlisted:
            raise StateConflict(source.unlisted)
        at_work = source.reconciliation
        if at_work and at_work.is_running:
            if since and times.to_text(since) != times.to_text(at_work.since):
                told = f"One since {times.to_text(at_work.since)} is at work: wait for its end."
                raise StateConflict(told, reconciliation_id=at_work.id)
            return source
        with suppress(StaleVersion):  # somebody else began one
            return _begin(source, since or _where_it_ended(source, now), by, now)
    raise Unavailable("too many reconciliations begun at once")


def _where_it_ended(source: Source, now: datetime) -> datetime:
    return source.reconciled_to - OVERLAP if source.reconciled_to else max(source.created_at, now - FURTHEST)


def _begin(source: Source, since: datetime, by: str, now: datetime) -> Source:
    job = Reconciliation(ids.new_id("rec", now), since, now, by)
    logger.info("reconciliation started", extra={"source_id": source.id, "reconciliation_id": job.id, "by": by})
    return sources.reconcile(source, job, now)


# ---- by the clock ---------------------------------------------------------------------------------------------------


def each_minute(now: datetime) -> None:
    """A source that is new, or older than its nights, gets one."""
    for source in sources.every():
        if source.due_at is None and source.kind in LISTED_WITH:
            sources.put_on_clock(source, next_night(source.id, current_program().calendar, now))


def next_night(source_id: str, calendar: Calendar, now: datetime) -> datetime:
    local = calendar.local(now)
    ahead = local - now.astimezone(UTC).replace(tzinfo=None)
    minute = zlib.crc32(source_id.encode()) % _MINUTES
    at = local.replace(hour=_FIRST_HOUR, minute=0, second=0, microsecond=0) + timedelta(minutes=minute)
    return (at if at > local else at + timedelta(days=1)).replace(tzinfo=UTC) - ahead


def on_due(key: dynamo.Key, now: datetime) -> None:
    """The next pages, or the next night. A try is counted before it is made: one that breaks off costs it too."""
    source = sources.due_in(key)
    if source is None or source.due_at is None or source.due_at > now:
        return
    job = source.reconciliation
    with suppress(StaleVersion):  # another run goes on with it
        if job is None or not job.is_running:
            _begin_night(source, now)
        elif job.tries >= MAX_TRIES or now - job.started_at > FETCH_FOR:
            _fail(source, job, job.reason or "It took longer than it may.", now)
        else:
            trying = replace(job, tries=job.tries + 1)
            _run(sources.reconcile(source, trying, now + _pause_after(job.tries)), now)


def _begin_night(source: Source, now: datetime) -> None:
    if source.unlisted:
        sources.put_on_clock(source, next_night(source.id, current_program().calendar, now))
    else:
        _begin(source, _where_it_ended(source, now), BY_CLOCK, now)


def _pause_after(tries: int) -> timedelta:
    return REPAIR_AFTER * 2**tries


# ---- page after page ------------------------------------------------------------------------------------------------


def _run(source: Source, now: datetime) -> None:
    until = time.monotonic() + _SECONDS
    while (job := source.reconciliation) and job.is_running:
        wanted = LISTS[source.kind][job.place]
        try:
            page = _page(source, job, wanted, now)
        except Unreadable as fault:
            _in_vain(source, job, f"{wanted.name}: {fault}", now)
            return
        kept = _take_all(source, job, page.events, now, until)
        is_over = time.monotonic() > until
        if kept is None:  # what there is of the page is done with quickly the next time
            sources.reconcile(source, replace(job, tries=0), now)
            return
        source = _go_on(source, _counted(job, page, kept), page, now, now if is_over else now + REPAIR_AFTER)
        if is_over:
            return


def _page(source: Source, job: Reconciliation, wanted: EventList, now: datetime) -> Page:
    """Raises Unreadable for whatever comes instead of it."""
    path = wanted.path(job.since, job.cursor, job.size)
    answer = fetching.fetch(source, path, now, **sources.url_policy(""))
    if answer.problem:
        raise Unreadable(answer.problem)
    page = wanted.read(answer.content, job.since)
    if page.next and page.next == job.cursor:
        raise Unreadable("Its list goes on where it was before.")
    return page


def _in_vain(source: Source, job: Reconciliation, problem: str, now: datetime) -> None:
    """The next time it is asked for less: a page may have been too long, or took too long to make."""
    if job.tries >= MAX_TRIES:
        _fail(source, job, problem, now)
        return
    tries = max(job.tries, 1)
    after = replace(job, tries=tries, reason=problem, size=max(job.size // 2, 1))
    sources.reconcile(source, after, now + _pause_after(tries - 1))


def _counted(job: Reconciliation, page: Page, kept: Sequence[InboxEvent]) -> Reconciliation:
    """By the rows, so that a page that is read twice counts once."""
    new = [event for event in kept if event.found_by == job.id]
    applied = [event for event in new if event.status is EventStatus.APPLIED]
    return replace(
        job,
        tries=0,
        reason="",
        found=job.found + len(page.events),
        new=job.new + len(new),
        applied=job.applied + len(applied),
    )


def _go_on(source: Source, job: Reconciliation, page: Page, now: datetime, next_at: datetime) -> Source:
    if page.next:
        return sources.reconcile(source, replace(job, cursor=page.next), next_at)
    if job.place + 1 < len(LISTS[source.kind]):
        return sources.reconcile(source, replace(job, place=job.place + 1, cursor=""), next_at)
    leaves_no_gap = job.since <= (source.reconciled_to or _where_it_ended(source, job.started_at))
    is_short = source.kind is SourceKind.STRIPE and job.since < job.started_at - FURTHEST
    done = replace(job, reason=_STRIPE_IS_SHORT if is_short else "")
    return _end(source, done, "done", now, job.started_at if leaves_no_gap else None)


def _fail(source: Source, job: Reconciliation, reason: str, now: datetime) -> None:
    _end(source, replace(job, reason=reason), "failed", now)
    logger.error(due.GIVEN_UP, extra={"source_id": source.id, "reconciliation_id": job.id, "reason": reason})


def _end(
    source: Source, job: Reconciliation, state: ReconciliationState, now: datetime, reached: datetime | None = None
) -> Source:
    ended = replace(job, state=state, cursor="", tries=0, ended_at=now)
    logger.info("reconciliation ended", extra={"source_id": source.id, "reconciliation_id": job.id, "state": state})
    return sources.reconcile(source, ended, next_night(source.id, current_program().calendar, now), reached)


# ---- one event ------------------------------------------------------------------------------------------------------


def _take_all(
    source: Source, job: Reconciliation, events: Sequence[Listed], now: datetime, until: float
) -> list[InboxEvent] | None:
    """Those that something may follow from; None if the time did not do for all."""
    kept: list[InboxEvent] = []
    for place, one in enumerate(events):
        if place and time.monotonic() > until:
            return None
        if _means_something(source, one, now):
            kept += _take(source, job, one, now)
    return kept


def _means_something(source: Source, one: Listed, now: datetime) -> bool:
    """What a list has beside that would never have been subscribed to."""
    said = providers.translate(source, one.body, received_at=now, fetched=one.fetched)
    return said.ignored != Reason.TYPE_NOT_HANDLED


def _take(source: Source, job: Reconciliation, one: Listed, now: datetime) -> list[InboxEvent]:
    """None but for one that is too long to be kept."""
    # No event's body has a fraction that is money: those of Stripe and Paddle are percentages.
    body = json.dumps(one.body, ensure_ascii=False, separators=(",", ":"), default=float).encode()
    if len(body) > MAX_BODY:
        sources.warn(
            source,
            [f"Its event {text(one.body, 'id', 'event_id')[:80]} has more than {MAX_BODY} bytes, and was left out."],
        )
        return []
    provider_id = event_id(source.kind, body)
    own = store.event_id(source.id, provider_id)
    event = store.keep_found(InboxEvent(own, source.id, source.kind, provider_id, now, body, found_by=job.id))
    if event.found_by != job.id or event.status is not EventStatus.RECEIVED:
        return [event]
    try:
        commands.apply(event.id, now)
    except Exception:  # whatever it is, it is this event's own: the clock tries it again
        logger.exception("event cannot be applied yet", extra={"event_id": event.id, "source_id": source.id})
    return [store.event(event.id)]
