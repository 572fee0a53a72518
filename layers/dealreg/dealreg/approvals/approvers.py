"""Everybody who decides: what waits for each, and who cannot be reached."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Annotated, TypedDict

from dealreg.approvals import absences
from dealreg.approvals.absences import AwayView
from dealreg.deals import store as deals
from dealreg.notifications import bounces
from dealreg.notifications.bounces import BounceView
from dealreg.platform import dynamo
from dealreg.platform.replies import Moment


class ApproverView(TypedDict):
    approver: str
    open: Annotated[int, "Questions that wait for an answer"]
    oldest: Annotated[Moment | None, "When the first of them was asked"]
    away: AwayView | None
    bounced: Annotated[BounceView | None, "Since then no mail reaches this address, and others are asked"]


def list_all(named: Iterable[str], now: datetime) -> list[ApproverView]:
    """And whoever has an open question or stands in, named or not. It reads all open questions, however many."""
    waiting = _waiting()
    everybody = {*named, *waiting}
    everybody |= {
        one.stand_in for one in absences.absences_of(everybody).values() if one.stand_in and not one.ended(now)
    }
    away, marks = absences.views_of(everybody, now), bounces.marked(everybody)
    return [_view(email, waiting.get(email, ()), away.get(email), marks.get(email)) for email in sorted(everybody)]


def _waiting() -> dict[str, list[str]]:
    """By approver, when each of their open questions was asked."""
    found = defaultdict[str, list[str]](list)
    for question in dynamo.every_of_index(deals.table(), "by_approver"):
        found[question["approver"]].append(question["asked_at"])
    return found


def _view(email: str, asked: Sequence[str], away: AwayView | None, bounced: BounceView | None) -> ApproverView:
    return {
        "approver": email,
        "open": len(asked),
        "oldest": min(asked, default=None),
        "away": away,
        "bounced": bounced,
    }
