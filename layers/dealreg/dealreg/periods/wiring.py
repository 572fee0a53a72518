"""Months are closed by hand or by the clock; the row of a closing goes on by its stream, or by the clock."""

from datetime import datetime

from dealreg.capability import Capability, EventTypes
from dealreg.notifications.model import Mailing, Notice
from dealreg.periods import closing
from dealreg.platform import dynamo
from dealreg.platform.settings import Setting


def _event_types() -> EventTypes:
    from dealreg.periods.event_types import EVENT_TYPES

    return EVENT_TYPES


def _letter(notice: Notice, item: dynamo.Item, now: datetime) -> Mailing | None:
    from dealreg.periods import letters

    return letters.write(notice, item, now)


PERIODS = Capability(
    name="periods",
    event_types=_event_types,
    stream_handlers={(Setting.LEDGER_TABLE, "CLOSING"): closing.on_change},
    due_handlers={(Setting.LEDGER_TABLE, "CLOSING"): closing.on_due},
    each_minute={Setting.LEDGER_TABLE: closing.each_minute},
    letters={"statement.closed": _letter},
)
