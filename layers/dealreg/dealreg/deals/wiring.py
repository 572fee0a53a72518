"""What a deal's events and due rows set in motion."""

from collections.abc import Mapping
from datetime import datetime

from dealreg.capability import Capability, Change, EventHandler, EventSource, EventTypes
from dealreg.deals import commands, letters, prospects, queue, store
from dealreg.deals.model import place_of
from dealreg.deals.statuses import FREEING, RELEASING_EVENTS
from dealreg.matching import index
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting


def _event_types() -> EventTypes:
    from dealreg.deals.event_types import EVENT_TYPES

    return EVENT_TYPES


def promote_next(event: Event, now: datetime) -> None:
    queue.promote(event, commands.context_at(now))


def turn_away(event: Event, now: datetime) -> None:
    queue.turn_away(store.locate(event.subject), commands.context_at(now))


def turn_away_late(event: Event, now: datetime) -> None:
    queue.turn_away_late(event, commands.context_at(now))


def list_again(event: Event, _: datetime) -> None:
    """What followed from its end took it out of the conflict index, perhaps after it had come back."""
    deal = store.locate(event.subject)
    if deal.status not in FREEING:
        index.restore_entries(prospects.of_deal(deal))


def on_partner(change: Change, now: datetime) -> None:
    """It was suspended, or is no longer."""
    if change.new.get("status") == "active" and change.old.get("status") != "active":
        queue.resume(change.new["id"], commands.context_at(now))


EVENT_HANDLERS: Mapping[str, tuple[EventHandler, ...]] = dict.fromkeys(RELEASING_EVENTS, (promote_next,)) | {
    "deal.won": (turn_away,),
    "deal.queued": (turn_away_late,),
    "deal.appealed": (list_again, promote_next),
}

DEALS = Capability(
    name="deals",
    event_types=_event_types,
    event_handlers=EVENT_HANDLERS,
    event_tables=(Setting.DEALS_TABLE,),
    stream_handlers={(Setting.PARTNERS_TABLE, "PARTNER"): on_partner},
    due_handlers={(Setting.DEALS_TABLE, "DEAL"): commands.on_due},
    letters=dict.fromkeys(letters.DEAL_LETTERS, letters.write),
    event_sources=(EventSource(Setting.DEALS_TABLE, "DEAL#", lambda deal: place_of(deal["id"])),),
)
