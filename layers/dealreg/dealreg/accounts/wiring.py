"""Imports go on, or come to an end, by the clock."""

from dealreg.accounts.imports import schedule
from dealreg.capability import Capability
from dealreg.platform.settings import Setting

ACCOUNTS = Capability(name="accounts", due_handlers={(Setting.ACCOUNTS_TABLE, "IMPORT"): schedule.on_due})
