"""At the opening of each working day a mail lists for each approver what waits for them: when that is, and for whom.

`DIGEST` / `DIGEST` in the Deals table is on the clock for the next opening. Then all open questions are gone through
for the people they are put to, some at a time, and each gets a notice, whose letter decides whether there is enough to
tell. What is cut short is gone through again: nobody gets two letters for one day.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dealreg.approvals import readers
from dealreg.deals import store as deals
from dealreg.notifications import store as notifications
from dealreg.notifications.model import Notice
from dealreg.partners.program import current_program, stored_program
from dealreg.platform import due, dynamo, times
from dealreg.platform.errors import ConditionFailed
from dealreg.platform.settings import Setting
from dealreg.platform.working_time import Calendar

KIND = "DIGEST"
LETTER = "approval.digest"
_PAGE = 500
_MOST_PAGES = 20
_MOST_PEOPLE = 200
"""In one turn, more or less: a second's work. The next follows a minute later."""


@dataclass(frozen=True, slots=True)
class Round:
    day: date
    """In the calendar's zone: the last that is done with, or the one under way."""
    start: dynamo.Item | None = None
    """Where in the index to go on, while one is under way."""

    @property
    def done(self) -> date:
        return self.day - timedelta(days=1) if self.start else self.day


def next_round(calendar: Calendar, done: date, now: datetime) -> datetime:
    """The next opening, on another day than the one that is done with; at once if that has passed."""
    first = max(done + timedelta(days=1), calendar.local(now).date())
    return max(calendar.opening(first), now)


def first_round(calendar: Calendar, now: datetime) -> Round:
    """As if all days were done with whose opening has passed."""
    today = calendar.local(now).date()
    return Round(today - timedelta(days=1) if calendar.opening(today) > now else today)


def set_clock(now: datetime) -> None:
    """The row is there, and due at the next opening of the calendar as it is now."""
    key, calendar = _key(), current_program().calendar
    item = dynamo.get(key.table, key.pk, key.sk)
    if item is None:
        first = first_round(calendar, now)
        with suppress(ConditionFailed):
            _write(first, next_round(calendar, first.done, now), dynamo.ABSENT)
        return
    round_ = _from_item(item)
    moment = next_round(calendar, round_.done, now)
    if moment > now and times.to_text(moment) != item["due_at"]:
        _move_on(item, Round(round_.done), moment)


def on_due(key: dynamo.Key, now: datetime) -> None:
    item = dynamo.get(key.table, key.pk, key.sk)
    if not item or item["due_at"] > times.to_text(now):
        return
    calendar, round_ = stored_program().calendar, _from_item(item)
    moment, today = next_round(calendar, round_.done, now), calendar.local(now).date()
    if moment > now:  # the calendar is another by now, or the clock stood still until a day off
        _move_on(item, Round(round_.done), moment)
        return
    day, start = today, round_.start if round_.day == today else None
    after = Round(day, _tell_some(day, start))
    _move_on(item, after, now if after.start else next_round(calendar, day, now))


def _tell_some(day: date, start: dynamo.Item | None) -> dynamo.Item | None:
    """Notices for the next people who are asked something; where to go on, None at the end."""
    people = set[str]()
    for _ in range(_MOST_PAGES):
        page = dynamo.whole_index_page(deals.table(), "by_approver", limit=_PAGE, start=start)
        people |= {question["approver"] for question in page.items}
        start = page.next_key
        if start is None or len(people) >= _MOST_PEOPLE:
            break
    told, name = readers.subscribed(people), day.isoformat()
    notifications.enqueue(*(Notice(LETTER, name, Setting.DEALS_TABLE, one.key.pk, one.key.sk) for one in told))
    return start


def _key() -> dynamo.Key:
    return dynamo.Key(deals.table(), KIND, KIND)


def _from_item(item: dynamo.Item) -> Round:
    return Round(date.fromisoformat(item["day"]), item.get("start"))


def _move_on(item: dynamo.Item, after: Round, moment: datetime) -> None:
    """Of two sweeps at once, one does."""
    with suppress(ConditionFailed):
        _write(after, moment, "#due_at = :due_at", {"due_at": item["due_at"]})


def _write(round_: Round, moment: datetime, when: str, values: dict[str, Any] | None = None) -> None:
    key = _key()
    row: dynamo.Item = {"pk": key.pk, "sk": key.sk, "day": round_.day.isoformat(), **due.at(moment, key.pk)}
    if round_.start:
        row["start"] = round_.start
    dynamo.write(dynamo.put(key.table, row, when, values))
