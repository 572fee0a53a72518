"""Sales that wait for a deal are applied when it is decided on; what was not brought to its end is the clock's."""

from datetime import datetime
from functools import partial

from dealreg.billing import commands, following, reconciling, rereading
from dealreg.capability import Capability
from dealreg.deals.statuses import RELEASING_EVENTS
from dealreg.platform.settings import Setting


def _each_minute(now: datetime) -> None:
    rereading.each_minute(now)
    reconciling.each_minute(now)


BILLING = Capability(
    name="billing",
    event_handlers=dict.fromkeys(("deal.approved", *RELEASING_EVENTS), (commands.on_decision,)),
    due_handlers={
        (Setting.BILLING_INBOX_TABLE, "BILLING_EVENT"): commands.on_due,
        (Setting.BILLING_INBOX_TABLE, "SOURCE"): reconciling.on_due,
        (Setting.LEDGER_TABLE, "NAME"): partial(following.on_name_due, commands.apply),
        (Setting.LEDGER_TABLE, "PAIR"): partial(following.on_rate_due, commands.apply),
    },
    each_minute={Setting.BILLING_INBOX_TABLE: _each_minute},
)
