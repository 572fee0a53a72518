"""Deals in DynamoDB. A deal lives in its partner's partition, so a partner's read cannot reach another's deal.

Its events live in a partition named by its number, so the system finds a deal by id or number without an index.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from dealreg.deals import prospects
from dealreg.deals.model import Deal, admin_view, from_item, place_of, to_item, view
from dealreg.deals.rules import Change
from dealreg.deals.statuses import FREEING, Status
from dealreg.matching import claims, index
from dealreg.platform import dynamo, events, tokens
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound, StaleVersion, Unavailable
from dealreg.platform.events import Event
from dealreg.platform.ids import deal_locator, is_id, locator_of_number
from dealreg.platform.settings import Setting, read

BY_STATUS = "by_status"


def table() -> str:
    return read(Setting.DEALS_TABLE)


def deal_key(partner_id: str, deal_id: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", f"DEAL#{deal_id}")


def reference_key(partner_id: str, reference: str) -> dynamo.Key:
    return dynamo.Key(table(), f"PARTNER#{partner_id}", f"REFERENCE#{reference}")


def load(partner_id: str, deal_id: str) -> Deal:
    """Raises NotFound, for another partner's deal too."""
    key = deal_key(partner_id, deal_id)
    item = dynamo.get(key.table, key.pk, key.sk) if is_id("deal", deal_id) else None
    if item is None:
        raise NotFound("There is no such deal.")
    return from_item(item)


def locate(reference: str) -> Deal:
    """A deal by id or number, whoever's it is: for the system and admins. Raises NotFound."""
    locator = deal_locator(reference) if is_id("deal", reference) else locator_of_number(reference)
    newest = dynamo.query(table(), f"DEAL#{locator}", "EVENT#", forward=False, limit=1).items if locator else []
    if not newest or (is_id("deal", reference) and newest[0]["subject"] != reference):
        raise NotFound("There is no such deal.")
    return load(newest[0]["partner_id"], newest[0]["subject"])


def events_of(deal: Deal) -> list[Event]:
    """Oldest first."""
    return events.read_all(place_of(deal.id))


def list_of_partner(partner_id: str, status: str | None, limit: int, cursor: str | None) -> dict[str, Any]:
    """Newest first, `{"items", "next_cursor"}`; a page is full unless it is the last."""
    _require_status(status)
    start = tokens.open_cursor(partner_id, cursor) if cursor else None
    found: list[Mapping[str, Any]] = []
    while True:
        page = dynamo.query(table(), f"PARTNER#{partner_id}", "DEAL#", forward=False, limit=limit, start=start)
        found += [item for item in page.items if not status or item["status"] == status]
        start = page.next_key
        if start is None or len(found) >= limit:
            break
    return _page(found, limit, start, partner_id)


def _page(found: Sequence[Mapping[str, Any]], limit: int, start: dynamo.Item | None, owner: str) -> dict[str, Any]:
    shown = found[:limit]
    more = len(found) > limit or start is not None
    last = {"pk": shown[-1]["pk"], "sk": shown[-1]["sk"]} if shown else None
    return {
        "items": [view(from_item(item)) for item in shown],
        "next_cursor": tokens.seal_cursor(owner, last) if more and last else None,
    }


def list_for_admin(owner: str, asked: Mapping[str, str], limit: int) -> dict[str, Any]:
    """Every partner's deals, newest first: `?status=` narrows, `?cursor=` goes on."""
    status, cursor = asked.get("status"), asked.get("cursor")
    _require_status(status)
    before = tokens.open_cursor(owner, cursor)["id"] if cursor else None
    found: list[dynamo.Item] = []
    # one partition of the index a status: it takes 1,000 new deals a second before that matters
    for one in [status] if status else list(Status):
        found += dynamo.query_index(
            table(), BY_STATUS, ("status", one), before=("id", before) if before else None, forward=False, limit=limit
        ).items
    newest = sorted(found, key=lambda item: item["id"], reverse=True)[:limit]
    more = len(found) >= limit
    return {
        "items": [admin_view(from_item(item)) for item in newest],
        "next_cursor": tokens.seal_cursor(owner, {"id": newest[-1]["id"]}) if more else None,
    }


def _require_status(status: str | None) -> None:
    if status is not None and status not in list(Status):
        raise InvalidInput([FieldError("status", f"Use one of {', '.join(Status)}.")])


def deal_item(deal: Deal) -> dynamo.Item:
    key = deal_key(deal.partner_id, deal.id)
    return {"pk": key.pk, "sk": key.sk} | to_item(deal)


def event_actions(change: Change) -> list[dynamo.Action]:
    return [dynamo.put(table(), events.to_item(event), dynamo.ABSENT) for event in change.events]


def commit(before: Deal, change: Change, also: Sequence[dynamo.Action] = ()) -> Deal:
    """One transaction: `also`, the deal if it is still as read, its events, and what that makes of its claims.

    Raises StaleVersion with the current state, or ConditionFailed when an action of `also` fails, by its place there.
    """
    unchanged = dynamo.put(table(), deal_item(change.deal), "#version = :version", {"version": before.version})
    actions = [*also, unchanged, *event_actions(change), *_claims(before, change.deal)]
    try:
        dynamo.transact(actions)
    except ConditionFailed as error:
        if ours := {place: item for place, item in error.failures.items() if place < len(also)}:
            raise ConditionFailed(ours) from None
        if current := error.failures.get(len(also)):
            raise StaleVersion(deal=view(from_item(current))) from None
        raise Unavailable from error
    return change.deal


def commit_with_entries(before: Deal, change: Change, also: Sequence[dynamo.Action] = ()) -> Deal:
    """As `commit`, with its entries in the conflict index moved; whatever fails, somebody was faster: StaleVersion.

    A deal that let go of its claims has no entries any more.
    """
    is_listed = change.deal.status not in FREEING
    moved = index.move_entries(prospects.of_deal(before), prospects.of_deal(change.deal)) if is_listed else []
    try:
        return commit(before, change, [*also, *moved])
    except ConditionFailed:
        raise StaleVersion from None


def _claims(before: Deal, after: Deal) -> list[dynamo.Action]:
    """Lets go of them at the deal's end; writes on them until when they hold when that changes."""
    ends = after.status in FREEING and before.status not in FREEING
    if ends and before.status == Status.QUEUED:
        return claims.leave_queue(prospects.of_deal(before))
    if ends:
        return claims.free(claims.still_claimed(prospects.of_deal(before)), before.id)
    if held_until(before) != held_until(after):
        return claims.hold(claims.still_claimed(prospects.of_deal(before)), before.id, held_until(after))
    return []


def held_until(deal: Deal) -> str | None:
    """None: as long as it takes."""
    return deal.protected_until if deal.status == Status.APPROVED else None
