"""Months of the ledger: what is carried from a closed one into the next, and a statement before it is shown. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any

from dealreg.commissions.days import local_day, month_of
from dealreg.commissions.ledger import Status, following
from dealreg.platform.ids import deal_locator
from dealreg.statements.model import State

Item = Mapping[str, Any]
"""A line as it is kept."""


@dataclass(frozen=True, slots=True)
class Purse:
    """Amounts are minor units of one currency."""

    balance: int = 0
    held: Mapping[str, int] = field(default_factory=dict[str, int])
    """Of the balance, by the moment at which the hold ends."""

    def with_lines(self, items: Sequence[Item], at: datetime) -> "Purse":
        """`at`: what is free by then is not held."""
        held = dict(self.held)
        for item in items:
            held[item["available_at"]] = held.get(item["available_at"], 0) + item["minor"]
        still = {end: minor for end, minor in sorted(held.items()) if minor and datetime.fromisoformat(end) > at}
        return Purse(self.balance + sum(item["minor"] for item in items), still)


@dataclass(frozen=True, slots=True)
class Carried:
    """Where a partner's open months begin."""

    period: str = ""
    """The last month that was closed with lines."""
    first: int = 1
    """The smallest number that a line of a later month may have."""
    purses: Mapping[str, Purse] = field(default_factory=dict[str, Purse])


@dataclass(frozen=True, slots=True)
class ShownLine:
    item: Item
    status: Status
    payout_id: str | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A partner's month in one currency."""

    partner_id: str
    partner: str
    vendor: str
    period: str
    currency: str
    state: State
    opening: int
    lines: Sequence[ShownLine]
    held: Mapping[str, int]

    @property
    def number(self) -> str:
        return number_of(self.partner_id, self.period, self.currency)

    @property
    def closing(self) -> int:
        return self.opening + sum(line.item["minor"] for line in self.lines)


def number_of(partner_id: str, period: str, currency: str) -> str:
    locator = deal_locator(partner_id)
    return f"S-{period}-{currency}-{locator[:4]}-{locator[4:]}"


def month_at(moment: datetime, zone: tzinfo) -> str:
    return month_of(local_day(moment, zone))


def is_over_for(period: str, days: int, now: datetime, zone: tzinfo) -> bool:
    """Whether so many whole days have gone by since the month's end."""
    first_day = datetime.fromisoformat(f"{following(period)}-01").date()
    return local_day(now, zone) >= first_day + timedelta(days=days)
