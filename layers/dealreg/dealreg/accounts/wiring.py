"""Imports go on by the clock when a message was lost."""

from dealreg.accounts.imports import store
from dealreg.capability import Capability
from dealreg.platform.settings import Setting

ACCOUNTS = Capability(name="accounts", due_handlers={(Setting.ACCOUNTS_TABLE, "IMPORT"): store.on_due})
