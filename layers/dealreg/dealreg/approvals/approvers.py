"""Everybody who decides: what waits for each, and who cannot be reached."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, TypedDict

from dealreg.approvals import absences, leaving
from dealreg.approvals.absences import AwayView
from dealreg.notifications import bounces
from dealreg.notifications.bounces import BounceView
from dealreg.platform.replies import Moment


class ApproverView(TypedDict):
    approver: str
    open: Annotated[int, "Questions that wait for an answer"]
    oldest: Annotated[Moment | None, "When the first of them was asked"]
    away: AwayView | None
    bounced: Annotated[BounceView | None, "Since then no mail reaches this address, and others are asked"]


def list_all(people: Iterable[str], now: datetime) -> list[ApproverView]:
    everybody = list(people)
    away, marks = absences.views_of(everybody, now), bounces.marked(everybody)
    return [_view(email, away.get(email), marks.get(email)) for email in everybody]


def _view(email: str, away: AwayView | None, bounced: BounceView | None) -> ApproverView:
    asked = [question["asked_at"] for question in leaving.every_open(email)]
    return {
        "approver": email,
        "open": len(asked),
        "oldest": min(asked, default=None),
        "away": away,
        "bounced": bounced,
    }
