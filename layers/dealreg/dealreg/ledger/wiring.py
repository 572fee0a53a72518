"""What is posted in a partner's ledger is told as its events, in which the ledger is the subject."""

from dealreg.capability import Capability, EventSource, EventTypes
from dealreg.ledger import releases
from dealreg.platform.events import Place
from dealreg.platform.settings import Setting


def _event_types() -> EventTypes:
    from dealreg.ledger.event_types import EVENT_TYPES

    return EVENT_TYPES


LEDGER = Capability(
    name="ledger",
    event_types=_event_types,
    event_tables=(Setting.LEDGER_TABLE,),
    due_handlers={(Setting.LEDGER_TABLE, "LEDGER"): releases.on_due},
    event_sources=(EventSource(Setting.LEDGER_TABLE, "LEDGER", lambda head: Place(Setting.LEDGER_TABLE, head["pk"])),),
)
