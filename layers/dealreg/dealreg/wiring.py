"""All capabilities, and what each machine of the product needs of them. A new capability is one more line here."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from dealreg import clock, relay
from dealreg.accounts.wiring import ACCOUNTS
from dealreg.approvals.wiring import APPROVALS
from dealreg.billing.wiring import BILLING
from dealreg.capability import Capability, DueHandler, EventSource, EventTypes, LetterWriter, MinuteHandler
from dealreg.deals.wiring import DEALS
from dealreg.disputes.wiring import DISPUTES
from dealreg.ledger.wiring import LEDGER
from dealreg.partners.wiring import PARTNERS
from dealreg.payouts.wiring import PAYOUTS
from dealreg.periods.wiring import PERIODS
from dealreg.platform import dynamo, events
from dealreg.platform.settings import Setting, read
from dealreg.reviewing.wiring import REVIEWING
from dealreg.webhooks.wiring import WEBHOOKS

CAPABILITIES: Sequence[Capability] = (
    *(APPROVALS, DEALS, REVIEWING, BILLING, LEDGER, PAYOUTS, PERIODS, DISPUTES),
    *(ACCOUNTS, PARTNERS, WEBHOOKS),
)
"""In the order in which they handle an event: reviews begin and open questions end, who waits behind a freed claim
moves up, and then those that were like the deal, which the index does not hold any more, are judged again."""


def event_types(owner: str = events.VENDOR) -> EventTypes:
    """The catalogue: of all that an owner of endpoints may be told."""
    found = [one.event_types() for one in CAPABILITIES]
    if owner == events.VENDOR:
        found += [one.vendor_event_types() for one in CAPABILITIES]
    return {name: model for types in found for name, model in types.items()}


def due_handlers(table: Setting) -> Mapping[str, DueHandler]:
    """By kind of row."""
    found = {kind: handle for one in CAPABILITIES for (of, kind), handle in one.due_handlers.items() if of == table}
    if any(table in one.event_tables for one in CAPABILITIES):
        found[events.KIND] = partial(relay.publish_stored, CAPABILITIES, table)
    if each_minute := [one.each_minute[table] for one in CAPABILITIES if table in one.each_minute]:
        found[clock.OWN] = partial(_all, each_minute)
    return found


def _all(each_minute: Sequence[MinuteHandler], _: dynamo.Key, now: datetime) -> None:
    for handle in each_minute:
        handle(now)


def sweep(now: datetime, time_left_ms: Callable[[], int], *, retry_parked: bool = False) -> None:
    """Of the one table that the function is deployed for."""
    table = Setting(read(Setting.SWEPT_TABLE))
    if retry_parked:
        clock.retry_parked(table, now)
    clock.sweep(table, due_handlers(table), now, time_left_ms)


def letters() -> Mapping[str, LetterWriter]:
    return {kind: write for one in CAPABILITIES for kind, write in one.letters.items()}


def event_sources() -> list[EventSource]:
    return [source for one in CAPABILITIES for source in one.event_sources]
