"""How far the review of a deal has come, as its partner may see it: titles of steps, never people.

The review's row is the approvals' own; this part of it is written for here.
"""

from datetime import datetime
from typing import Annotated, TypedDict

from dealreg.deals.model import Deal, place_of
from dealreg.deals.statuses import Status
from dealreg.deals.views import DealView, next_step, view
from dealreg.platform import dynamo, times
from dealreg.platform.replies import Moment
from dealreg.platform.settings import Setting, read
from dealreg.platform.text import day

_OF_THE_FIELDS = "review"
"""The one step of a program without rules, which has no title."""


class ProgressView(TypedDict):
    step: Annotated[str, "Who looks at it now: a title"]
    number: int
    of: int
    since: Moment
    decide_by: Moment | None
    late: Annotated[bool, "We promised a decision by then"]


class DealProgressView(DealView):
    review: ProgressView | None


def view_with_progress(deal: Deal, now: datetime) -> DealProgressView:
    shown = progress_of(deal, now)
    return {**view(deal), "next": next_words(deal, shown, now), "review": shown}


def next_words(deal: Deal, shown: ProgressView | None, now: datetime) -> str:
    """What happens next; who has it, and that we are late, if we are."""
    promised = day(deal.decide_by) if deal.decide_by else "soon"
    who = shown["step"] if shown and shown["step"] != _OF_THE_FIELDS else "A reviewer"
    place = f" ({shown['number']} of {shown['of']})" if shown and shown["of"] > 1 else ""
    if deal.extension:
        return next_step(deal, is_late=is_late(deal, now))
    if is_late(deal, now):
        return f"We promised a decision by {promised} and are late. {who}{place} has it and is being asked."
    if deal.status == Status.IN_REVIEW and shown:
        return f"{who}{place} looks at it. You get a decision by {promised}."
    return next_step(deal)


def progress_of(deal: Deal, now: datetime) -> ProgressView | None:
    """None while nobody is asked."""
    if deal.status != Status.IN_REVIEW:
        return None
    row = dynamo.get(read(Setting.DEALS_TABLE), place_of(deal.id).pk, f"REVIEW#{deal.review_version:08}") or {}
    shown = row.get("progress")
    if not shown or row["deal_id"] != deal.id:
        return None
    return {
        "step": shown["step"],
        "number": shown["number"],
        "of": shown["of"],
        "since": shown["since"],
        "decide_by": deal.decide_by,
        "late": is_late(deal, now),
    }


def is_late(deal: Deal, now: datetime) -> bool:
    """Whether the decision was promised for a time that has passed."""
    return deal.is_waiting and deal.decide_by is not None and times.from_text(deal.decide_by) < now
