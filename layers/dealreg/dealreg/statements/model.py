"""A partner's statement of one month in one currency, as its files are made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dealreg.platform.money import Money

State = Literal["open", "closed"]


@dataclass(frozen=True, slots=True)
class StatementLine:
    """Days are the program's local ones, amounts minor units of the statement's currency."""

    number: int
    occurred_on: date
    kind: str
    reason_code: str
    amount: int
    available_on: date
    status: str
    deal_number: str = ""
    customer_name: str = ""
    sale_id: str = ""
    base: str = ""
    """As the ledger writes it: an amount, or a number of sales."""
    rule: str = ""
    version: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class StatementPayout:
    number: str
    state: str
    amount: int
    paid_on: date | None = None
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Held:
    until: date
    amount: int


@dataclass(frozen=True, slots=True)
class Statement:
    number: str
    vendor: str
    partner: str
    period: str
    currency: str
    state: State
    opening: int
    lines: tuple[StatementLine, ...]
    payouts: tuple[StatementPayout, ...] = ()
    held: tuple[Held, ...] = ()
    """Of the closing balance, by day of its release."""

    @property
    def closing(self) -> int:
        return self.opening + sum(line.amount for line in self.lines)

    @property
    def by_kind(self) -> Mapping[str, int]:
        """Sums of the lines, in the order in which kinds first come."""
        sums: dict[str, int] = {}
        for line in self.lines:
            sums[line.kind] = sums.get(line.kind, 0) + line.amount
        return sums

    def amount(self, minor: int) -> str:
        return Money(minor, self.currency).amount
