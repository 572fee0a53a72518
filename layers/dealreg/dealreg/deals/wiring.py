"""What a deal's events and due rows set in motion."""

from collections.abc import Mapping
from datetime import datetime

from dealreg.capability import Capability, EventHandler, EventSource, EventTypes
from dealreg.deals import commands, letters
from dealreg.deals.model import place_of
from dealreg.deals.statuses import RELEASING_EVENTS
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting


def _event_types() -> EventTypes:
    from dealreg.deals.event_types import EVENT_TYPES

    return EVENT_TYPES


def promote_next(event: Event, now: datetime) -> None:
    commands.promote(event, commands.context_at(now))


EVENT_HANDLERS: Mapping[str, tuple[EventHandler, ...]] = dict.fromkeys(RELEASING_EVENTS, (promote_next,))

DEALS = Capability(
    name="deals",
    event_types=_event_types,
    event_handlers=EVENT_HANDLERS,
    event_tables=(Setting.DEALS_TABLE,),
    due_handlers={(Setting.DEALS_TABLE, "DEAL"): commands.on_due},
    letters=dict.fromkeys(letters.DEAL_LETTERS, letters.write),
    event_sources=(EventSource(Setting.DEALS_TABLE, "DEAL#", lambda deal: place_of(deal["id"])),),
)
