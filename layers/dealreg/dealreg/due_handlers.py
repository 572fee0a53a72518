"""What happens when a row's time has come, by its table and its kind; and the clock of the table that has one."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps

from dealreg import clock, relay
from dealreg.accounts.imports import store as imports
from dealreg.approvals import store as approvals
from dealreg.billing import commands as billing
from dealreg.clock import DueHandler
from dealreg.deals import commands as deals
from dealreg.notifications import alerts
from dealreg.platform import dynamo
from dealreg.platform.settings import Setting, read
from dealreg.reviewing import full_recheck, verdicts
from dealreg.webhooks.deliveries import store as webhooks
from dealreg.webhooks.replays import runner as replay


def _by_key(handle: Callable[[str, str, datetime], None]) -> DueHandler:
    @wraps(handle)
    def handle_key(key: dynamo.Key, now: datetime) -> None:
        handle(key.pk, key.sk, now)

    return handle_key


def _set_up_rechecks(_: dynamo.Key, now: datetime) -> None:
    full_recheck.set_up(now)


HANDLERS: Mapping[tuple[Setting, str], DueHandler] = {
    (Setting.DEALS_TABLE, "EVENT"): _by_key(relay.publish_stored),
    (Setting.DEALS_TABLE, "APPROVAL"): approvals.on_due,
    (Setting.DEALS_TABLE, "DEAL"): _by_key(deals.on_due),
    (Setting.DEALS_TABLE, "VERDICT"): _by_key(verdicts.on_due),
    (Setting.DEALS_TABLE, "PASS"): _by_key(full_recheck.on_due),
    (Setting.DEALS_TABLE, "CLOCK"): _set_up_rechecks,
    (Setting.ACCOUNTS_TABLE, "IMPORT"): _by_key(imports.on_due),
    (Setting.WEBHOOKS_TABLE, "DELIVERY"): _by_key(webhooks.resend_due),
    (Setting.WEBHOOKS_TABLE, "NOTICE"): _by_key(alerts.tell),
    (Setting.WEBHOOKS_TABLE, "REPLAY"): _by_key(replay.on_due),
    (Setting.BILLING_INBOX_TABLE, "BILLING_EVENT"): _by_key(billing.on_due),
}


def of_table(table: Setting) -> clock.DueHandlers:
    return {kind: handle for (place, kind), handle in HANDLERS.items() if place is table}


def sweep(now: datetime, time_left_ms: Callable[[], int]) -> None:
    table = Setting(read(Setting.SWEPT_TABLE))
    clock.sweep(table, of_table(table), now, time_left_ms)
