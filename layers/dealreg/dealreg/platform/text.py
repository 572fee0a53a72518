"""Values as people read them: money, days and moments, and what somebody typed on one line."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime

from dealreg.platform.money import Money
from dealreg.platform.replies import MoneyView
from dealreg.platform.working_time import DEFAULT, Calendar

_FORMULA = re.compile(r"(^|[;\t\r\n])(?=\s*[=+@＝＋－＠-]|[\t\r])")
"""Where a spreadsheet, whatever separates its cells, would begin to calculate (OWASP, CSV Injection)."""
_LINK_SIGNS = re.compile(r"(?<=\S)[.。．｡](?=[^\W\d_])|(?<=[^\W\d_])[.。．｡](?=\w)|@|(?<=\w):(?=[^\s\d])|(?<=\\)(?=\\)")
"""What an address is known by: a dot within it, the @, a scheme's colon, the two \\ before a server's name."""
_BREAK = "\N{ZERO WIDTH SPACE}"
_KEPT_END = 60
"""Of a title: what counts most stands there, such as an amount and a number, after a name that may be long."""
_calendar: ContextVar[Calendar] = ContextVar("calendar", default=DEFAULT)


@contextmanager
def shown_by(calendar: Calendar) -> Generator[None]:
    """In it moments and days are shown as the clocks of the calendar's zone show them; elsewhere by UTC.

    For whoever answers a request or writes a letter: what is said in it comes from many places that know no program.
    """
    token = _calendar.set(calendar)
    try:
        yield
    finally:
        _calendar.reset(token)


def money(value: Money | MoneyView | Mapping[str, str]) -> str:
    """12000.00 EUR, as Money or as its wire form, as EUR 12,000; cents only where there are some."""
    wire = value.to_wire() if isinstance(value, Money) else value
    sign = "-" if wire["amount"].startswith("-") else ""
    whole, _, fraction = wire["amount"].removeprefix("-").partition(".")
    cents = f".{fraction}" if fraction.strip("0") else ""
    return f"{wire['currency']} {sign}{int(whole):,}{cents}"


def day(when: str | date) -> str:
    """7 Nov 2026; of a moment, its day in the zone of `shown_by`."""
    if isinstance(when, str):
        when = datetime.fromisoformat(when) if "T" in when else date.fromisoformat(when)
    if isinstance(when, datetime):
        when = _calendar.get().local(when.astimezone(UTC)).date()
    return f"{when.day} {when:%b %Y}"


def moment(when: str | datetime, calendar: Calendar | None = None, *, weekday: bool = False) -> str:
    """7 Nov 2026, 17:00 UTC, as the clocks of the calendar's zone show it; without one, of that of `shown_by`.

    Other zones are named in full, 18:00 (Europe/Berlin): a calendar knows no abbreviations, and IST is three zones.
    """
    at = datetime.fromisoformat(when) if isinstance(when, str) else when
    calendar = calendar or _calendar.get()
    local = calendar.local(at.astimezone(UTC))
    zone = calendar.zone if calendar.zone == "UTC" else f"({calendar.zone})"
    return f"{f'{local:%A}, ' if weekday else ''}{day(local.date())}, {local:%H:%M} {zone}"


def moment_with_weekday(when: str | datetime, calendar: Calendar | None = None) -> str:
    """Saturday, 7 Nov 2026, 17:00 UTC: for a deadline."""
    return moment(when, calendar, weekday=True)


def one_line(text: str, longest: int = 200) -> str:
    """What somebody typed, made unable to begin a line of its own, be it a header or a forged link."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    line = re.sub(" {2,}", " ", printable).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def title(text: str, longest: int = 120) -> str:
    """One line for a subject, which loses its middle where it is too long and keeps its end."""
    line = one_line(text, len(text) + 1)
    if len(line) <= longest:
        return line
    return line[: longest - _KEPT_END - 1].rstrip() + "…" + line[-_KEPT_END:].lstrip()


def spaced(text: str) -> str:
    """What a stranger typed, for a title: with a space before each sign of an address it is none.

    That can be seen, which in a title is better than what cannot: spam filters look for invisible signs there.
    """
    return _LINK_SIGNS.sub(r" \g<0>", text)


def unlinked(text: str) -> str:
    """What a stranger typed, for a mail: mail programs make links of whatever looks like an address, and this does not.

    A zero width space around each sign of one cannot be seen, and where an address is pasted into a browser it counts
    for nothing. Other signs that look alike or the space itself would spoil what is read; a word joiner is a box in
    older mail programs.
    """
    return _LINK_SIGNS.sub(lambda sign: f"{_BREAK}{sign[0]}{_BREAK}", text)


def spreadsheet_text(cell: str) -> str:
    """With an apostrophe before what a spreadsheet would take for a formula."""
    return _FORMULA.sub(r"\1'", cell)
