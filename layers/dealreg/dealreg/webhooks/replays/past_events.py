"""All that happened to an owner's deals in a span of time, page by page, read from the deals themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dealreg.platform import dynamo, events, times
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting, read
from dealreg.webhooks.deliveries import rules
from dealreg.webhooks.model import VENDOR


def page(
    owner: str, since: datetime, until: datetime, position: Mapping[str, Any], deals: int
) -> tuple[list[Event], dict[str, Any]]:
    """Of so many deals from `position` on, {} being the first; with the position of the next page, {} after the last.

    The vendor hears all of a deal. A partner to whom a deal has moved hears what happened to it since: what went before
    is the other partner's, who has no part in the deal any more.
    """
    partner_id = position.get("partner_id") or (_next_partner({}) if owner == VENDOR else (owner, {}))[0]
    if not partner_id:
        return [], {}
    rows = dynamo.page(
        read(Setting.DEALS_TABLE), f"PARTNER#{partner_id}", "DEAL#", limit=deals, start=position.get("deals")
    )
    touched = [deal["id"] for deal in rows.items if deal["updated_at"] >= times.to_text(since)]
    every = [event for deal_id in touched for event in _events_of(deal_id)]
    heard = [event for event in every if owner in rules.owners_for(event.partner_id)]
    found = [event for event in heard if since <= event.timestamp <= until]
    return found, _after(owner, partner_id, rows.next_key, position)


def _after(owner: str, partner_id: str, next_deal: dynamo.Item | None, position: Mapping[str, Any]) -> dict[str, Any]:
    if next_deal:
        return dict(position) | {"partner_id": partner_id, "deals": next_deal}
    if owner != VENDOR:
        return {}
    seen: dict[str, Any] = position["partner"] if "partner" in position else _next_partner({})[1]
    following, key = _next_partner(seen) if seen else ("", {})  # {}: the index had nothing behind it
    return {"partner_id": following, "partner": key} if following else {}


def _next_partner(after: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """The id of the partner behind `after`, with its place in the index; "" behind the last."""
    found = dynamo.index_page(
        read(Setting.PARTNERS_TABLE), "by_kind", ("kind", "partner"), limit=1, start=dict(after) or None
    )
    if not found.items:
        return "", {}
    return found.items[0]["id"], found.next_key or {}


def _events_of(deal_id: str) -> list[Event]:
    rows = dynamo.every(read(Setting.DEALS_TABLE), events.partition(deal_id), "EVENT#")
    return [events.from_item(item) for item in rows]
