"""Open registrations are judged again when somebody they may be like, or what the check knows, is not what it was."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from dealreg.capability import Capability, Change, EventHandler
from dealreg.deals.statuses import RELEASING_EVENTS
from dealreg.platform.events import Event
from dealreg.platform.settings import Setting
from dealreg.reviewing import full_recheck, rechecks, verdicts


def judge_others(event: Event, _: datetime) -> None:
    rechecks.send([rechecks.about_deal(event)])


def on_accounts(changes: Sequence[Change], _: datetime) -> None:
    """A million in an import."""
    bodies = [rechecks.about_account(change.old, change.new) for change in changes]
    rechecks.send(body for body in bodies if body)


def on_verdict(change: Change, now: datetime) -> None:
    if change.new:
        verdicts.learn(change.new, now)


EVENT_HANDLERS: Mapping[str, tuple[EventHandler, ...]] = dict.fromkeys(
    (*RELEASING_EVENTS, "deal.reassigned", "deal.appealed"), (judge_others,)
)
"""Those that are like a deal which the conflict index does not hold any more, or again, or holds otherwise."""

REVIEWING = Capability(
    name="reviewing",
    event_handlers=EVENT_HANDLERS,
    stream_handlers={(Setting.DEALS_TABLE, "VERDICT"): on_verdict},
    batch_handlers={(Setting.ACCOUNTS_TABLE, "ACCOUNT"): on_accounts},
    due_handlers={
        (Setting.DEALS_TABLE, "VERDICT"): verdicts.on_due,
        (Setting.DEALS_TABLE, "PASS"): full_recheck.on_due,
    },
    each_minute={Setting.DEALS_TABLE: full_recheck.set_up},
)
