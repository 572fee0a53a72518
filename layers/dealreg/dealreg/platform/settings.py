"""The environment of a function, read when asked for; a contract test holds these names against template.yaml."""

import os
from enum import StrEnum


class Setting(StrEnum):
    DEALS_TABLE = "DEALS_TABLE"
    MATCHING_TABLE = "MATCHING_TABLE"
    """The conflict index."""
    ACCOUNTS_TABLE = "ACCOUNTS_TABLE"
    PARTNERS_TABLE = "PARTNERS_TABLE"
    WEBHOOKS_TABLE = "WEBHOOKS_TABLE"
    BILLING_INBOX_TABLE = "BILLING_INBOX_TABLE"
    LEDGER_TABLE = "LEDGER_TABLE"
    LOG_TABLE = "LOG_TABLE"
    IDEMPOTENCY_TABLE = "IDEMPOTENCY_TABLE"
    SECRET_ARN = "SECRET_ARN"  # noqa: S105  # names a variable
    """Secrets Manager secret from which are derived: e-mailed and form tokens, cursors, and the secrets and keys of
    webhook endpoints."""
    STATE_MACHINE_ARN = "STATE_MACHINE_ARN"
    DELIVERY_QUEUE_URL = "DELIVERY_QUEUE_URL"
    SLOW_DELIVERY_QUEUE_URL = "SLOW_DELIVERY_QUEUE_URL"
    """For late retries, replays, and endpoints that are slow or failing."""
    NOTIFICATION_QUEUE_URL = "NOTIFICATION_QUEUE_URL"
    IMPORT_QUEUE_URL = "IMPORT_QUEUE_URL"
    RECHECK_QUEUE_URL = "RECHECK_QUEUE_URL"
    REPLAY_QUEUE_URL = "REPLAY_QUEUE_URL"
    IMPORT_BUCKET = "IMPORT_BUCKET"
    SWEPT_TABLE = "SWEPT_TABLE"
    """The setting that names the table whose clock this function is."""
    PUBLIC_URL = "PUBLIC_URL"
    """Base of the links in e-mails, without a slash at its end."""
    SENDER_ADDRESS = "SENDER_ADDRESS"
    CONFIGURATION_SET = "CONFIGURATION_SET"
    """Of SES: who is told of bounces and complaints."""
    ALLOW_LOOPBACK_WEBHOOKS = "ALLOW_LOOPBACK_WEBHOOKS"
    """"true" lets webhooks go to http://127.0.0.1, for a stack on one machine."""


class MissingSetting(RuntimeError):
    """The template does not give this function a variable that its code reads."""


def read(setting: Setting) -> str:
    try:
        return os.environ[setting]
    except KeyError:
        raise MissingSetting(setting) from None


def table_named(name: str) -> Setting:
    """The setting whose table has this name, as a stream's ARN gives it."""
    return next(setting for setting in Setting if setting.endswith("_TABLE") and os.environ.get(setting) == name)
