"""Billing events that the stream did not bring to their end are applied by the clock."""

from dealreg.billing import commands
from dealreg.capability import Capability
from dealreg.platform.settings import Setting

BILLING = Capability(name="billing", due_handlers={(Setting.BILLING_INBOX_TABLE, "BILLING_EVENT"): commands.on_due})
