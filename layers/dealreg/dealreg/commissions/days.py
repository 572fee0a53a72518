"""Local days: of which day and period a moment is, and when a hold ends. Pure; a time zone is an argument."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta, tzinfo


def local_day(moment: datetime, zone: tzinfo) -> date:
    return moment.astimezone(zone).date()


def month_of(day: date) -> str:
    return f"{day.year:04}-{day.month:02}"


def quarter_of(day: date) -> str:
    return f"{day.year:04}-Q{(day.month + 2) // 3}"


def hold_end(moment: datetime, hold_days: int, zone: tzinfo) -> datetime:
    """The first instant of the local day so many days after the moment's; the moment itself without a hold."""
    if not hold_days:
        return moment
    day = local_day(moment, zone) + timedelta(days=hold_days)
    return datetime.combine(day, time(), zone).astimezone(UTC)


def whole_months(start: date, day: date) -> int:
    """How many months after `start` are over on `day`: on the same day of a later month, or on that month's last."""
    months = (day.year - start.year) * 12 + day.month - start.month
    last = monthrange(day.year, day.month)[1]
    return months if day.day >= min(start.day, last) else months - 1
