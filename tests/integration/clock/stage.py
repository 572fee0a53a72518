"""What tests of the sweep act with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from dealreg import clock
from dealreg.clock import Progress
from dealreg.platform import due
from dealreg.platform.http import Caller

NewPartner = Callable[[str], Caller]
Sweep = Callable[..., None]
"""Of a table (Deals, if no other is named), at a moment, as Lambda runs it: with the rights of its role."""


def plenty_of_time() -> int:
    return 60_000


@dataclass(frozen=True)
class Invocation:
    """Lambda's context."""

    time_left: Callable[[], int]

    def get_remaining_time_in_millis(self) -> int:
        return self.time_left()


def begin_at(moment: datetime) -> None:
    for table in ("Deals", "Accounts", "Webhooks", "BillingInbox", "Ledger"):
        clock.save(table, Progress(moment))


def due_rows(table: str, now: datetime) -> list[str]:
    buckets = due.buckets(now - timedelta(minutes=30), now)
    return [row["sk"] for bucket in buckets for row in due.find(table, bucket, now).items]
