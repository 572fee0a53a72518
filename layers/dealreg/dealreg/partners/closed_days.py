"""The days on which a calendar is closed, and why: a list of holidays is only trusted by those who can see it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, TypedDict

from dealreg.platform.replies import Day
from dealreg.platform.working_time import Calendar

WEEKEND, CLOSED = "weekend", "closed"


class ClosedDayView(TypedDict):
    day: Day
    name: str
    why: Annotated[str, "weekend, closed, or such as: holiday of DE-BY"]


class ClosedDaysView(TypedDict):
    calendar: str
    time_zone: str
    items: list[ClosedDayView]


def closed_days(calendar: Calendar, first: date, last: date) -> Iterator[ClosedDayView]:
    """Both ends included."""
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if not calendar.is_worked(day):
            name, why = _told(calendar, day)
            yield {"day": day.isoformat(), "name": name, "why": why}


def _told(calendar: Calendar, day: date) -> tuple[str, str]:
    told = calendar.closed.get(day, "")
    name, of, code = told.rpartition(" (")
    if of:
        return name, f"holiday of {code.removesuffix(')')}"
    return day.strftime("%A"), CLOSED if told else WEEKEND
