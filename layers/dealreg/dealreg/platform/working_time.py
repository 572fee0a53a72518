"""Working time of a calendar: hours from `opens` to `closes` of its working days, as the clocks of its zone show them.

Pure arithmetic on what a calendar was saved with: its zone's changes of offset and its days off are worked out before.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

_DAY = timedelta(days=1)
_FIRST = datetime.min.replace(tzinfo=UTC)
HORIZON = timedelta(days=3 * 366)
"""How far ahead hours are looked for."""


class NoWorkingTime(Exception):
    """A calendar does not have so many hours or days within the horizon."""


@dataclass(frozen=True, slots=True)
class Calendar:
    days: frozenset[int]
    """Of the week: 0 is Monday."""
    opens: timedelta
    """After midnight."""
    closes: timedelta
    """At most 24 hours."""
    zone: str = "UTC"
    offsets: tuple[tuple[datetime, timedelta], ...] = ((_FIRST, timedelta(0)),)
    """From when the zone's clocks are so far ahead of UTC, in order."""
    closed: Mapping[date, str] = field(default_factory=dict[date, str])
    """Days off, and why."""
    open: frozenset[date] = frozenset()
    """Worked whatever else is said of them."""

    def is_worked(self, day: date) -> bool:
        return day in self.open or (day.weekday() in self.days and day not in self.closed)

    def local(self, moment: datetime) -> datetime:
        """What the zone's clocks show then; without a zone."""
        return (moment + self._offset_at(moment)).replace(tzinfo=None)

    def add(self, moment: datetime, hours: timedelta) -> datetime:
        """The earliest instant with so much working time between `moment` and it.

        Eight hours from nine o'clock end at five and not the next morning. Raises NoWorkingTime.
        """
        left = hours
        if left <= timedelta(0):
            return moment
        for start, end in self._periods(moment):
            start = max(start, moment)
            if end - start >= left:
                return start + left
            left -= max(end - start, timedelta(0))
        raise NoWorkingTime

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Working time from `start` to `end`; none if that is before."""
        total = timedelta(0)
        for opened, closed in self._periods(start):
            if opened >= end:
                break
            total += max(min(closed, end) - max(opened, start), timedelta(0))
        return total

    def end_of_day(self, moment: datetime, days: int) -> datetime:
        """When working time ends on the working day that is so many after the day of `moment`. Raises NoWorkingTime."""
        day = self.local(moment).date()
        last = day + HORIZON
        while day < last:
            day += _DAY
            if periods := list(self._periods_of(day)):
                days -= 1
                if days <= 0:
                    return periods[-1][1]
        raise NoWorkingTime

    def opening(self, first: date) -> datetime:
        """When work begins on the first working day from `first` on. Raises NoWorkingTime."""
        for number in range(HORIZON.days):
            for opened, _ in self._periods_of(first + number * _DAY):
                return opened
        raise NoWorkingTime

    def _periods(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """From the day of `moment` on, in order."""
        first = self.local(moment).date() - _DAY  # a day of the zone may begin a day before UTC's
        for number in range(HORIZON.days):
            yield from self._periods_of(first + number * _DAY)

    def _periods_of(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """What of a day is worked: an hour that its clocks skip is no time, one that they show twice counts twice."""
        if not self.is_worked(day):
            return
        midnight = datetime.combine(day, time(), UTC)
        opens, closes = midnight + self.opens, midnight + self.closes
        first = self._place(opens - _DAY)
        for place in range(first, self._place(closes + _DAY) + 1):
            since, offset = self.offsets[place]
            until = self.offsets[place + 1][0] if place + 1 < len(self.offsets) else closes + _DAY
            start, end = max(since, opens - offset), min(until, closes - offset)
            if start < end:
                yield start, end

    def _offset_at(self, moment: datetime) -> timedelta:
        return self.offsets[self._place(moment)][1]

    def _place(self, moment: datetime) -> int:
        return max(0, bisect_right(self.offsets, moment, key=lambda change: change[0]) - 1)


DEFAULT = Calendar(frozenset(range(5)), timedelta(hours=9), timedelta(hours=17))
"""Monday to Friday, 09:00 to 17:00 UTC."""
