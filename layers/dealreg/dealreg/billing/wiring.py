"""Sales that wait for a deal are applied when it is decided on; what was not brought to its end is the clock's."""

from dealreg.billing import commands, money
from dealreg.capability import Capability
from dealreg.deals.statuses import RELEASING_EVENTS
from dealreg.platform.settings import Setting

BILLING = Capability(
    name="billing",
    event_handlers=dict.fromkeys(("deal.approved", *RELEASING_EVENTS), (commands.on_decision,)),
    due_handlers={
        (Setting.BILLING_INBOX_TABLE, "BILLING_EVENT"): commands.on_due,
        (Setting.LEDGER_TABLE, "NAME"): money.on_name_due,
        (Setting.LEDGER_TABLE, "PAIR"): money.on_rate_due,
    },
)
