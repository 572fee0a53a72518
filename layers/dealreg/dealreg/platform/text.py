"""Values as people read them: money, days and moments, and what somebody typed on one line."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime

from dealreg.platform.money import Money
from dealreg.platform.replies import MoneyView

_LINK_SIGNS = re.compile(r"(?<=\S)[.。．｡](?=[^\W\d_])|(?<=[^\W\d_])[.。．｡](?=\w)|@|(?<=\w):(?=[^\s\d])|(?<=\\)(?=\\)")
"""What an address is known by: a dot within it, the @, a scheme's colon, the two \\ before a server's name."""
_BREAK = "\N{ZERO WIDTH SPACE}"


def money(value: Money | MoneyView | Mapping[str, str]) -> str:
    """12000.00 EUR, as Money or as its wire form, as EUR 12,000; cents only where there are some."""
    wire = value.to_wire() if isinstance(value, Money) else value
    sign = "-" if wire["amount"].startswith("-") else ""
    whole, _, fraction = wire["amount"].removeprefix("-").partition(".")
    cents = f".{fraction}" if fraction.strip("0") else ""
    return f"{wire['currency']} {sign}{int(whole):,}{cents}"


def day(when: str | date) -> str:
    """7 Nov 2026; of a moment, its day in UTC."""
    if isinstance(when, datetime):
        when = when.astimezone(UTC).date()
    elif isinstance(when, str):
        when = date.fromisoformat(when[:10])
    return f"{when.day} {when:%b %Y}"


def moment(when: str | datetime) -> str:
    """7 Nov 2026, 17:00 UTC."""
    at = datetime.fromisoformat(when) if isinstance(when, str) else when
    return f"{day(at)}, {at.astimezone(UTC):%H:%M} UTC"


def moment_with_weekday(when: str | datetime) -> str:
    """Saturday, 7 Nov 2026, 17:00 UTC: for a deadline."""
    at = datetime.fromisoformat(when) if isinstance(when, str) else when
    return f"{at.astimezone(UTC):%A}, {moment(at)}"


def one_line(text: str, longest: int = 200) -> str:
    """What somebody typed, made unable to begin a line of its own, be it a header or a forged link."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    line = re.sub(" {2,}", " ", printable).strip()
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def unlinked(text: str) -> str:
    """What a stranger typed, for a mail: mail programs make links of whatever looks like an address, and this does not.

    A zero width space around each sign of one cannot be seen, and where an address is pasted into a browser it counts
    for nothing. Other signs that look alike or the space itself would spoil what is read; a word joiner is a box in
    older mail programs.
    """
    return _LINK_SIGNS.sub(lambda sign: f"{_BREAK}{sign[0]}{_BREAK}", text)
