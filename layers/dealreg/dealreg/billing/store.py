"""The BillingInbox table: each event that a source posted, once.

An event's id is made from its source and the sender's own id of it, so that a repetition meets its first copy and no
sender, however busy, fills one partition.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from dealreg.billing.model import LOOK_AGAIN, PATIENCE, EventStatus, InboxEvent, Reason, SourceKind
from dealreg.billing.views import BillingEventView, event_view
from dealreg.platform import due, dynamo, times
from dealreg.platform.errors import ConditionFailed, NotFound
from dealreg.platform.ids import ALPHABET, is_id
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting, read

_EVENT = "BILLING_EVENT"
_BY_STATUS = "by_status"
_MAX_PROVIDER_ID = 255
_MOST_READS = 10
_UNCHANGED = "#version = :version"


def table() -> str:
    return read(Setting.BILLING_INBOX_TABLE)


def event_key(event_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"EVENT#{event_id}", _EVENT)


def event_id_of(record: Mapping[str, Any]) -> str:
    """The id in a stream's record; its keys are all that is read of it, the row is the truth."""
    return event_id_in(dynamo.item_from_wire(record["dynamodb"]["Keys"])["pk"])


def event_id_in(pk: str) -> str:
    return pk.removeprefix("EVENT#")


def event_id(source_id: str, provider_id: str) -> str:
    digest = int.from_bytes(sha256(f"{source_id}\x1f{provider_id}".encode()).digest())
    return "bev_" + "".join(ALPHABET[digest >> 5 * place & 31] for place in range(26))


def keep(event: InboxEvent) -> bool:
    """False when it is here already; then one that is not over is looked at once more by the clock."""
    if known := _put(event):
        _look_again(known, event.received_at)
    return not known


def keep_found(event: InboxEvent) -> InboxEvent:
    """As it is in the inbox, where it may have been before."""
    return _put(event) or event


def _put(event: InboxEvent) -> InboxEvent | None:
    """The one that is here already. A new one is on the clock until it is concluded, should the stream lose it."""
    item = {
        "pk": f"EVENT#{event.id}",
        "sk": _EVENT,
        "id": event.id,
        "source_id": event.source_id,
        "kind": event.kind,
        "provider_id": event.provider_id[:_MAX_PROVIDER_ID],
        "received_at": times.to_text(event.received_at),
        "body": event.body,
        "status": event.status,
        "version": event.version,
        **({"found_by": event.found_by} if event.found_by else {}),
        **due.at(event.received_at + due.RELAY_GRACE, event.id),
    }
    try:
        dynamo.write(dynamo.put(table(), item, when=dynamo.ABSENT))
    except ConditionFailed as here:
        (found,) = here.failures.values()
        return _event_from_item(found)
    return None


def _look_again(event: InboxEvent, now: datetime) -> None:
    """Sent again: what kept it from being applied may be gone. One that is on its way, or over, stays as it is."""
    if event.status not in (EventStatus.WAITING, EventStatus.UNMATCHED):
        return
    soon = {**due.at(now, event.id), "tries": 0}
    try:
        dynamo.write(dynamo.update(event_key(event.id), change=soon, when=_UNCHANGED, values=_as_read(event)))
    except ConditionFailed:
        return


def begin_try(event: InboxEvent, now: datetime) -> bool:
    """Puts the next try on the clock before this one, so that one that fails costs a try. False if another began it."""
    change = {**due.at(now + _pause_after(event), event.id), "tries": event.tries + 1}
    seen = {"due_at": times.to_text(event.due_at) if event.due_at else ""}
    try:
        dynamo.write(dynamo.update(event_key(event.id), change=change, when="#due_at = :due_at", values=seen))
    except ConditionFailed:
        return False
    return True


def _pause_after(event: InboxEvent) -> timedelta:
    return min(timedelta(minutes=2 ** (event.tries + 1)), LOOK_AGAIN)


def event(event_id: str) -> InboxEvent:
    item = dynamo.get(table(), event_key(event_id).pk, _EVENT) if is_id("bev", event_id) else None
    if item is None:
        raise NotFound("There is no such billing event.")
    return _event_from_item(item)


def page_of(status: EventStatus, limit: int, start: dynamo.Item | None) -> dynamo.Page:
    """Oldest first, without bodies."""
    return dynamo.index_page(table(), _BY_STATUS, ("status", status), limit=limit, start=start)


def count_of_status(status: EventStatus, most: int) -> int:
    return dynamo.index_count(table(), _BY_STATUS, ("status", status), most=most)


def list_events(status: EventStatus, page: PageRequest, source_id: str | None = None) -> Listing[BillingEventView]:
    """Oldest first. Of a source that has few among many, a page may hold fewer than there are."""
    items, start = list[dynamo.Item](), page.start
    for _ in range(_MOST_READS if source_id else 1):
        found = page_of(status, page.size - len(items), start)
        items += [item for item in found.items if source_id in (None, item["source_id"])]
        start = found.next_key
        if start is None or len(items) == page.size:
            break
    return page.listing([event_view(_event_from_item(item)) for item in items], start)


def receive_again(event_id: str, now: datetime) -> None:
    """One that nothing followed from, as if it had come just now."""
    change = {"status": EventStatus.RECEIVED, "reason_code": None, "tries": 0, **due.at(now, event_id)}
    ignored = {"reason_code": Reason.TYPE_NOT_HANDLED}
    with suppress(ConditionFailed):
        dynamo.write(
            dynamo.update(event_key(event_id), change=change, when="#reason_code = :reason_code", values=ignored)
        )


def applied(event: InboxEvent, event_type: str, deal_id: str, by: str | None = None) -> dynamo.Action:
    """For the transaction that changes the deal; fails there when something became of the event meanwhile."""
    return _conclude(event, EventStatus.APPLIED, event_type, deal_id=deal_id, attached_by=by)


def set_aside(event: InboxEvent, event_type: str, reason: Reason, problem: str | None = None) -> None:
    """Does nothing if another run was quicker."""
    with suppress(ConditionFailed):
        dynamo.write(aside(event, event_type, reason, problem))


def aside(
    event: InboxEvent, event_type: str, reason: Reason, problem: str | None = None, deal_id: str | None = None
) -> dynamo.Action:
    return _conclude(event, reason.status, event_type, reason_code=reason, reason=problem, deal_id=deal_id)


def closed(event: InboxEvent, event_type: str, reason: str, by: str) -> dynamo.Action:
    """Fails when something became of it meanwhile."""
    why = Reason.CLOSED
    return _conclude(event, why.status, event_type, reason_code=why, reason=reason, closed_by=by)


def _conclude(event: InboxEvent, status: EventStatus, event_type: str, **became: Any) -> dynamo.Action:
    none = dict.fromkeys(("deal_id", "reason_code", "reason", "attached_by", "closed_by"))
    change = none | became | {"status": status, "type": event_type, "version": event.version + 1}
    return dynamo.update(
        event_key(event.id),
        change=change,
        remove=(*due.ATTRIBUTES, "tries"),
        when=_UNCHANGED,
        values=_as_read(event),
    )


def waits(
    event: InboxEvent, event_type: str, reason: Reason, now: datetime, deal_id: str | None = None
) -> dynamo.Action:
    """The clock looks at it now and then, should the word that it waits for be missed; for long, but not for ever."""
    is_patient = now - event.received_at < PATIENCE
    change = {
        "status": EventStatus.WAITING,
        "type": event_type,
        "reason_code": reason,
        "reason": None,
        "deal_id": deal_id,
        "version": event.version + 1,
        "tries": 0,
        **(due.at(now + LOOK_AGAIN, event.id) if is_patient else {}),
    }
    off_clock = () if is_patient else due.ATTRIBUTES
    return dynamo.update(event_key(event.id), change=change, remove=off_clock, when=_UNCHANGED, values=_as_read(event))


def fetches(event: InboxEvent, event_type: str, problem: str, now: datetime) -> None:
    """The sender's API is asked again, ever more seldom. Does nothing if something became of the event meanwhile."""
    change = {
        "status": EventStatus.WAITING,
        "type": event_type,
        "reason_code": Reason.FETCHING,
        "reason": problem,
        "version": event.version + 1,
        "tries": max(event.tries, 1),
        **due.at(event.due_at if event.tries and event.due_at else now + _pause_after(event), event.id),
    }
    with suppress(ConditionFailed):
        dynamo.write(dynamo.update(event_key(event.id), change=change, when=_UNCHANGED, values=_as_read(event)))


def fetched(event: InboxEvent, event_type: str, facts: bytes) -> InboxEvent:
    """With what its sender's API said of it, which is not asked for again. Raises ConditionFailed."""
    change = {"facts": facts, "type": event_type, "version": event.version + 1}
    dynamo.write(dynamo.update(event_key(event.id), change=change, when=_UNCHANGED, values=_as_read(event)))
    return replace(event, facts=facts, type=event_type, version=event.version + 1)


def read_anew(event: InboxEvent) -> InboxEvent:
    """What it says counts over what it said before. Raises ConditionFailed."""
    change = {"readings": event.readings + 1, "version": event.version + 1}
    dynamo.write(dynamo.update(event_key(event.id), change=change, when=_UNCHANGED, values=_as_read(event)))
    return replace(event, readings=event.readings + 1, version=event.version + 1)


def _as_read(event: InboxEvent) -> dict[str, Any]:
    return {"version": event.version}


def _event_from_item(item: Mapping[str, Any]) -> InboxEvent:
    return InboxEvent(
        id=item["id"],
        source_id=item["source_id"],
        kind=SourceKind(item["kind"]),
        provider_id=item["provider_id"],
        received_at=times.from_text(item["received_at"]),
        body=item.get("body", b""),
        facts=item.get("facts", b""),
        status=EventStatus(item["status"]),
        version=item.get("version", 1),
        type=item.get("type", ""),
        reason_code=item.get("reason_code"),
        reason=item.get("reason"),
        deal_id=item.get("deal_id"),
        attached_by=item.get("attached_by"),
        closed_by=item.get("closed_by"),
        readings=item.get("readings", 0),
        tries=item.get("tries", 0),
        due_at=times.from_text(item["due_at"]) if "due_at" in item else None,
        found_by=item.get("found_by", ""),
    )
