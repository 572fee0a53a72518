"""A calendar as an admin writes it, worked out: its zone's changes of offset and its holidays, by date and name.

For the admin's function alone: the library of holidays costs a start 150 ms, and what comes out of it is stored.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import holidays
from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from dealreg.platform.fields import Day
from dealreg.platform.validation import Input
from dealreg.platform.working_time import Calendar
from dealreg.platform.zones import Zone

_WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_YEARS_BEFORE, _YEARS_AHEAD = 1, 3


def _code(code: str) -> str:
    try:
        _holidays(code, range(2026, 2027))
    except (NotImplementedError, KeyError):
        raise ValueError("Use a country or a part of one that has a list of holidays, such as DE or DE-BY.") from None
    return code


def _time_of_day(text: str) -> str:
    hours, colon, minutes = text.partition(":")
    written = (len(text), colon) == (5, ":") and hours.isdecimal() and minutes.isdecimal() and text.isascii()
    if not written or int(minutes) > 59 or not 0 <= _minutes(text) <= 24 * 60:
        raise ValueError("Write a time of the day such as 09:00.")
    return text


def _weekday(day: str) -> str:
    if day not in _WEEK:
        raise ValueError(f"Use one of {', '.join(_WEEK)}.")
    return day


HolidayCode = Annotated[str, Field(max_length=10), AfterValidator(_code)]
TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]
Weekday = Annotated[str, AfterValidator(_weekday)]
Days = Annotated[list[Day], Field(max_length=100)]


class CalendarInput(Input):
    time_zone: Zone = "UTC"
    days: Annotated[list[Weekday], Field(min_length=1, max_length=7)] = Field(default_factory=lambda: list(_WEEK[:5]))
    opens: TimeOfDay = "09:00"
    closes: Annotated[TimeOfDay, Field(validate_default=True)] = "17:00"
    holidays: Annotated[list[HolidayCode], Field(max_length=10)] = Field(default_factory=list[str])
    closed: Days = Field(default_factory=list[date])
    open: Days = Field(default_factory=list[date])

    @field_validator("closes")
    @classmethod
    def _is_after_it_opens(cls, closes: str, info: ValidationInfo) -> str:
        if "opens" in info.data and _minutes(info.data["opens"]) >= _minutes(closes):
            raise ValueError("A day opens before it closes.")
        return closes

    def to_calendar(self, year: int) -> Calendar:
        """From the year before to three ahead."""
        years = known_years(year)
        found = [(code, _holidays(code, years)) for code in reversed(self.holidays)]
        named = {day: f"{name} ({code})" for code, days in found for day, name in days.items()}
        return Calendar(
            days=frozenset(map(_WEEK.index, self.days)),
            opens=timedelta(minutes=_minutes(self.opens)),
            closes=timedelta(minutes=_minutes(self.closes)),
            zone=self.time_zone,
            offsets=tuple(_offsets(ZoneInfo(self.time_zone), years)),
            closed=dict.fromkeys(self.closed, "closed") | named,
            open=frozenset(self.open),
        )


def known_years(year: int) -> range:
    """Those whose holidays and changes of the clock are worked out in that year."""
    return range(year - _YEARS_BEFORE, year + _YEARS_AHEAD + 1)


def _minutes(time_of_day: str) -> int:
    hours, _, minutes = time_of_day.partition(":")
    return int(hours) * 60 + int(minutes)


def _holidays(code: str, years: range) -> dict[date, str]:
    """The public ones, substitute days included."""
    country, _, part = code.partition("-")
    found: Any = holidays.country_holidays(country, subdiv=part or None, years=years, categories=("public",))
    return dict(found)


def _offsets(zone: ZoneInfo, years: range) -> Iterator[tuple[datetime, timedelta]]:
    """From when the zone's clocks are so far ahead of UTC, exact to the minute."""
    moment, end = datetime(years[0], 1, 1, tzinfo=UTC), datetime(years[-1] + 1, 1, 1, tzinfo=UTC)
    offset = _ahead(zone, moment)
    yield moment, offset
    while moment < end:
        following = moment + timedelta(days=1)
        if _ahead(zone, following) != offset:
            first, last = moment, following
            while last - first > timedelta(minutes=1):
                middle = first + (last - first) // 2
                first, last = (middle, last) if _ahead(zone, middle) == offset else (first, middle)
            changed = (last + timedelta(seconds=30)).replace(second=0, microsecond=0)
            offset = _ahead(zone, following)
            yield changed, offset
        moment = following


def _ahead(zone: ZoneInfo, moment: datetime) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
