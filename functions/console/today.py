"""What waits for somebody today, as counts that lead to it: each one read, and only where its reader may look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from console import shown
from dealreg.accounts.imports import store as imports
from dealreg.accounts.imports.model import State
from dealreg.approvals import worklist
from dealreg.billing import store as billing
from dealreg.billing.model import EventStatus
from dealreg.deals import store as deals
from dealreg.deals.statuses import Status
from dealreg.partners.program import current_program
from dealreg.platform import times
from dealreg.platform.http import Caller, Reply, Request
from dealreg.platform.paging import PageRequest
from dealreg.platform.rights import Reach, Right

_MOST = 100
"""Of what is counted, beyond which there are simply many."""
_IMPORTS = 50
"""So many of the newest are looked at."""
_LONG_AGO = timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Waiting:
    href: str
    what: str
    count: int
    explained: str
    is_late: bool = False

    @property
    def shown(self) -> str:
        return f"{_MOST - 1}+" if self.count >= _MOST else str(self.count)


def show_today(request: Request) -> Reply:
    found = [one for one in _everything(request.caller, times.now()) if one.count]
    return shown.frame(request, 200, "today.html", here="/admin", waiting=found)


def _everything(caller: Caller, now: datetime) -> Iterator[Waiting]:
    if caller.may(Right.SEE_DEALS) and caller.email:
        mine = worklist.count_asked(caller.email, _MOST)
        yield Waiting("/admin/deals?mine=true", "You are asked", mine, "Deals about which you have an open question")
    if caller.may(Right.SEE_DEALS) and caller.reach(Right.SEE_DEALS) - {Reach.ASKED}:
        yield from _of_deals(now)
    if caller.may(Right.SEE_MONEY):
        unmatched = billing.count_of_status(EventStatus.UNMATCHED, _MOST)
        yield Waiting("/admin/billing", "Unmatched billing events", unmatched, "Attach each to its deal, or close it")
    if caller.may(Right.SEE_PROGRAM):
        yield from _of_imports()


def _of_deals(now: datetime) -> Iterator[Waiting]:
    local = current_program().calendar.local(now)
    midnight = now + (timedelta(days=1) - timedelta(hours=local.hour, minutes=local.minute, seconds=local.second))
    overdue = worklist.count_waiting(now - _LONG_AGO, now, _MOST)
    yield Waiting("/admin/deals?late=true", "Overdue", overdue, "Decisions that we promised and did not take", True)
    due = worklist.count_waiting(now + timedelta(milliseconds=1), midnight, _MOST)
    yield Waiting("/admin/deals", "Due today", due, "Decisions that are promised for today")
    later = worklist.count_waiting(midnight + timedelta(milliseconds=1), now + _LONG_AGO, _MOST)
    yield Waiting("/admin/deals", "Due later", later, "Decisions that are promised for another day")
    answers = deals.count_of_status(Status.ACTION_REQUIRED, _MOST)
    yield Waiting("/admin/deals?status=action_required", "With the partner", answers, "Partners who must answer first")


def _of_imports() -> Iterator[Waiting]:
    """Of each source its newest import alone: what came before it is over."""
    newest: dict[str, Mapping[str, object]] = {}
    for one in imports.newest(PageRequest(_IMPORTS))["items"]:
        if one["state"] not in (State.AWAITING_UPLOAD, State.CANCELLED):
            newest.setdefault(one["source"], one)
    last = list(newest.values())
    confirming = sum(one["state"] == State.AWAITING_CONFIRMATION for one in last)
    failed = sum(one["state"] == State.FAILED for one in last)
    rejects = sum(one["state"] == State.COMPLETED and bool(one["rejected"]) for one in last)
    href = "/admin/accounts"
    yield Waiting(href, "Imports to confirm", confirming, "Somebody is to say that so many accounts may go")
    yield Waiting(href, "Failed imports", failed, "The last import of a source did not come to its end", True)
    yield Waiting(href, "Imports with rejected rows", rejects, "Rows that could not be read, with the reason of each")
