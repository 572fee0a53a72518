"""Runs are built, and payouts told, by their rows' stream; the clock goes on with what the stream lost."""

from dealreg.capability import Capability, EventTypes
from dealreg.payouts import building, letters
from dealreg.platform.settings import Setting


def _event_types() -> EventTypes:
    from dealreg.payouts.event_types import EVENT_TYPES

    return EVENT_TYPES


def _vendor_event_types() -> EventTypes:
    from dealreg.payouts.event_types import VENDOR_EVENT_TYPES

    return VENDOR_EVENT_TYPES


PAYOUTS = Capability(
    name="payouts",
    event_types=_event_types,
    vendor_event_types=_vendor_event_types,
    event_tables=(Setting.LEDGER_TABLE,),
    stream_handlers={(Setting.LEDGER_TABLE, "RUN"): building.on_change},
    due_handlers={(Setting.LEDGER_TABLE, "RUN"): building.on_due},
    letters={letters.PROPOSED: letters.write} | dict.fromkeys(letters.PARTNER_LETTERS, letters.write_to_partner),
)
