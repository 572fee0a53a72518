"""What the program's settings are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dealreg.platform.money import Money, parse_money

Extensions = Literal["off", "once", "unlimited"]


@dataclass(frozen=True, slots=True)
class Product:
    id: str
    name: str
    family: str
    """Products of one family are claimed together: one protected registration per account and family."""


@dataclass(frozen=True, slots=True)
class Tier:
    id: str
    name: str
    rank: int
    """1 is the lowest."""
    auto_approve_limit: Money | None = None
    """Up to and with this amount, in this currency, a clear registration needs no approver; None: always asks one."""
    protection_days: int = 90
    open_limit: int | None = None
    """How many of its deals a partner may have open at once; None: as many as it likes."""
    extensions: Extensions | None = None
    """None: the program's word, as for the days."""
    extension_days: int | None = None


@dataclass(frozen=True, slots=True)
class Approvers:
    """E-mail addresses; None only while the program is not set: then the admin API alone decides."""

    first: str | None = None
    escalation: str | None = None
    """Asked when the first does not answer."""


@dataclass(frozen=True, slots=True)
class MoneySettings:
    """Of paying commissions out."""

    minimum_payout: Mapping[str, str] = field(default_factory=dict[str, str])
    """By currency; a smaller sum waits for the next run."""
    close_after_days: int | None = None
    """After the end of a month; None: months are closed by hand."""
    payout_approver: str | None = None
    """The address that is asked to approve a run."""
    four_eyes: bool = False
    """Who made a run may not approve it."""

    def minimum(self, currency: str) -> int:
        """In minor units."""
        return parse_money(self.minimum_payout.get(currency, "0"), currency).minor
