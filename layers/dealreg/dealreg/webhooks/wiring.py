"""Every event is told to the endpoints of its audience; deliveries and replays go on by the clock."""

from dealreg.capability import EVERY_TYPE, Capability, EventTypes
from dealreg.platform.settings import Setting
from dealreg.webhooks import letters
from dealreg.webhooks.deliveries import erasing, store
from dealreg.webhooks.replays import runner


def _event_types() -> EventTypes:
    from dealreg.webhooks.event_types import EVENT_TYPES

    return EVENT_TYPES


WEBHOOKS = Capability(
    name="webhooks",
    event_types=_event_types,
    event_tables=(Setting.WEBHOOKS_TABLE,),
    event_handlers={EVERY_TYPE: (store.fan_out,)},
    due_handlers={
        (Setting.WEBHOOKS_TABLE, "DELIVERY"): store.resend_due,
        (Setting.WEBHOOKS_TABLE, "REPLAY"): runner.on_due,
        (Setting.WEBHOOKS_TABLE, erasing.KIND): erasing.on_due,
    },
    letters=dict.fromkeys(letters.ENDPOINT_LETTERS, letters.write),
)
