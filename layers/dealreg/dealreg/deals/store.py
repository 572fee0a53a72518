"""Deals in DynamoDB. A deal lives in its partner's partition, so a partner's read cannot reach another's deal.

Its events live in a partition named by its number, so the system finds a deal by id or number without an index.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from dealreg.deals import open_deals, prospects
from dealreg.deals.model import Deal, from_item, place_of, to_item
from dealreg.deals.rules import Change
from dealreg.deals.statuses import FREEING, Status
from dealreg.deals.views import DealView, view
from dealreg.matching import claims, index
from dealreg.platform import due, dynamo, events, limits
from dealreg.platform.errors import ConditionFailed, FieldError, InvalidInput, NotFound, StaleVersion, Unavailable
from dealreg.platform.events import Event
from dealreg.platform.ids import deal_locator, is_id, locator_of_number
from dealreg.platform.limits import Allowance
from dealreg.platform.paging import Listing, PageRequest
from dealreg.platform.settings import Setting, read

BY_STATUS = "by_status"
WAITS, IN_REVIEW = "waits", "in_review"
"""The attribute that is there as long as a decision is promised."""
_FILTERED = 100
"""How many deals are read for a page of those with one status."""


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


def load_all(places: Iterable[tuple[str, str]]) -> list[Deal]:
    """Of partners' ids with deals' ids those that are there, in that order."""
    keys = [deal_key(partner_id, deal_id) for partner_id, deal_id in places if is_id("deal", deal_id)]
    found = dynamo.batch_get(keys)
    return [from_item(found[key]) for key in keys if key in found]


def locate(reference: str) -> Deal:
    """A deal by id or number, whoever owns it: for the system and admins. Raises NotFound."""
    locator = deal_locator(reference) if is_id("deal", reference) else locator_of_number(reference)
    newest = dynamo.page(table(), f"DEAL#{locator}", "EVENT#", forward=False, limit=1).items if locator else []
    if not newest or (is_id("deal", reference) and newest[0]["subject"] != reference):
        raise NotFound("There is no such deal.")
    return load(newest[0]["partner_id"], newest[0]["subject"])


def events_of(deal: Deal) -> list[Event]:
    """Oldest first."""
    return events.read_all(place_of(deal.id))


def list_of_partner(partner_id: str, status: str | None, page: PageRequest) -> Listing[DealView]:
    """Newest first. With a status a page may be short, or empty, and not the last: so many deals are read for each."""
    _require_status(status)
    found = _deals_of(partner_id, max(page.size, _FILTERED) if status else page.size, page.start)
    fitting = [item for item in found.items if not status or item["status"] == status]
    shown = fitting[: page.size]
    next_start = {"pk": shown[-1]["pk"], "sk": shown[-1]["sk"]} if len(fitting) > page.size else found.next_key
    return page.listing([view(from_item(item)) for item in shown], next_start)


def every_of_partner(partner_id: str) -> Iterator[Deal]:
    """Oldest first."""
    return map(from_item, dynamo.every(table(), f"PARTNER#{partner_id}", "DEAL#"))


def newest_of_partner(partner_id: str, count: int) -> list[Deal]:
    return [from_item(item) for item in _deals_of(partner_id, count).items]


def _deals_of(partner_id: str, count: int, start: dynamo.Item | None = None) -> dynamo.Page:
    return dynamo.page(table(), f"PARTNER#{partner_id}", "DEAL#", forward=False, limit=count, start=start)


def newest_of_all(status: str | None, page: PageRequest) -> tuple[list[Deal], dynamo.Item | None]:
    """A page of every partner's deals, newest first, and where the next one begins."""
    _require_status(status)
    before = ("id", page.start["id"]) if page.start else None
    # one partition of the index a status: it takes 1,000 new deals a second before that matters
    found = [
        dynamo.index_page(table(), BY_STATUS, ("status", one), before=before, forward=False, limit=page.size)
        for one in ([status] if status else Status)
    ]
    # beyond the end of a page that was cut, another status may have newer deals than those read
    horizon = max((part.items[-1]["id"] for part in found if part.next_key), default="")
    read_so_far = [item for part in found for item in part.items if item["id"] >= horizon]
    newest = sorted(read_so_far, key=lambda item: item["id"], reverse=True)
    shown = newest[: page.size]
    is_last = not horizon and len(newest) <= page.size
    return [from_item(item) for item in shown], None if is_last else {"id": shown[-1]["id"]}


def count_of_status(status: Status, most: int) -> int:
    return dynamo.index_count(table(), BY_STATUS, ("status", status), most=most)


def page_of_partner(partner_id: str, page: PageRequest) -> dynamo.Page:
    """Rows of its deals, newest first."""
    return _deals_of(partner_id, page.size, page.start)


def _require_status(status: str | None) -> None:
    if status is not None and status not in list(Status):
        raise InvalidInput([FieldError("status", f"Use one of {', '.join(Status)}.")])


def deal_item(deal: Deal) -> dynamo.Item:
    """One that waits for a decision is in the index by promise."""
    key = deal_key(deal.partner_id, deal.id)
    waits = {WAITS: IN_REVIEW} if deal.is_waiting and deal.decide_by else {}
    return {"pk": key.pk, "sk": key.sk} | to_item(deal) | waits


def event_actions(change: Change) -> list[dynamo.Action]:
    return [dynamo.put(table(), events.to_item(event), dynamo.ABSENT) for event in change.events]


def commit(
    before: Deal, change: Change, also: Sequence[dynamo.Action] = (), allowance: Allowance | None = None
) -> Deal:
    """One transaction: `also`, the deal if it is still as read, its events, and what that makes of claims and counts.

    A change without events is one that the deal's partner does not notice.

    Raises StaleVersion with the current state, ConditionFailed when an action of `also` fails, by its place there, or
    RateLimited by `allowance`.
    """
    after = replace(change.deal, revision=before.revision + 1)
    unchanged = dynamo.put(table(), deal_item(after), *as_read(before))
    actions = [*also, unchanged, *event_actions(change), *_claims(before, after), *open_deals.changed(before, after)]
    try:
        limits.transact(actions, allowance)
    except ConditionFailed as error:
        if ours := {place: item for place, item in error.failures.items() if place < len(also)}:
            raise ConditionFailed(ours) from None
        if current := error.failures.get(len(also)):
            raise _lost(before, from_item(current)) from None
        raise Unavailable from error
    return after


def _lost(before: Deal, newer: Deal) -> StaleVersion:
    from dealreg.deals import meanwhile  # which a registration does not need

    return StaleVersion(meanwhile.told(before, newer), deal=view(newer))


def take_off_clock(deal: Deal) -> None:
    """Unless it is on the clock for something else by now."""
    key = deal_key(deal.partner_id, deal.id)
    same, values = "#due_at = :due_at", {"due_at": deal.due_at}
    if deal.due_at:
        with suppress(ConditionFailed):
            dynamo.write(dynamo.update(key, remove=due.ATTRIBUTES, when=same, values=values))


def as_read(deal: Deal) -> tuple[str, dict[str, int]]:
    """The condition that its row is."""
    return "#version = :version AND #revision = :revision", {"version": deal.version, "revision": deal.revision}


def commit_with_entries(
    before: Deal, change: Change, also: Sequence[dynamo.Action] = (), allowance: Allowance | None = None
) -> Deal:
    """As `commit`, with its entries in the conflict index moved; whatever fails, somebody was faster: StaleVersion.

    A deal that let go of its claims has no entries any more.
    """
    is_listed = change.deal.status not in FREEING
    moved = index.move_entries(prospects.of_deal(before), prospects.of_deal(change.deal)) if is_listed else []
    try:
        return commit(before, change, [*also, *moved], allowance)
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
    return deal.protection_ends if deal.status == Status.APPROVED else None
