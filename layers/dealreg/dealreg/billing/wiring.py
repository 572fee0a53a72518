"""Sales that wait for a deal are applied when it is decided on; what was not brought to its end is the clock's."""

from functools import partial

from dealreg.billing import commands, following, rereading
from dealreg.capability import Capability
from dealreg.deals.statuses import RELEASING_EVENTS
from dealreg.platform.settings import Setting

BILLING = Capability(
    name="billing",
    event_handlers=dict.fromkeys(("deal.approved", *RELEASING_EVENTS), (commands.on_decision,)),
    due_handlers={
        (Setting.BILLING_INBOX_TABLE, "BILLING_EVENT"): commands.on_due,
        (Setting.LEDGER_TABLE, "NAME"): partial(following.on_name_due, commands.apply),
        (Setting.LEDGER_TABLE, "PAIR"): partial(following.on_rate_due, commands.apply),
    },
    each_minute={Setting.BILLING_INBOX_TABLE: rereading.each_minute},
)
