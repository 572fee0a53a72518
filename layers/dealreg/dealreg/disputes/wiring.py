"""Disputes are told as events of their partner's ledger."""

from dealreg.capability import Capability, EventTypes


def _event_types() -> EventTypes:
    from dealreg.disputes.event_types import EVENT_TYPES

    return EVENT_TYPES


DISPUTES = Capability(name="disputes", event_types=_event_types)
