"""Payout runs and statements over lines. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from dealreg.commissions.arithmetic import half_up
from dealreg.commissions.ledger import EARNED, Dispute, Line, Payout, Status, status
from dealreg.platform.money import Money

Purse = tuple[str, str]
"""Partner and currency."""


@dataclass(frozen=True, slots=True)
class Due:
    """What a run pays to one partner in one currency, or why it does not."""

    partner_id: str
    amount: Money
    lines: Sequence[Line]
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    partner_id: str
    currency: str
    period: str
    opening: int
    change: int
    lines: int

    @property
    def closing(self) -> int:
        return self.opening + self.change


def by_purse(lines: Iterable[Line]) -> dict[Purse, list[Line]]:
    """In the order of partners and currencies."""
    found: dict[Purse, list[Line]] = {}
    for line in lines:
        found.setdefault((line.partner_id, line.amount.currency), []).append(line)
    return dict(sorted(found.items()))


def due(purse: Purse, payable: Sequence[Line], minimum: Mapping[str, int], is_blocked: Callable[[str], bool]) -> Due:
    """`minimum` in minor units by currency."""
    partner_id, currency = purse
    total = sum(line.amount.minor for line in payable)
    reason = reason_against(total, minimum.get(currency, 0), is_blocked=is_blocked(partner_id))
    return Due(partner_id, Money(total, currency), payable, reason)


def reason_against(
    total: int, minimum: int, *, is_blocked: bool, is_suspended: bool = False, has_reference: bool = True
) -> str | None:
    """Why so much is not paid out; the minimum itself is enough. `has_reference`: in the ERP."""
    reasons = {
        "blocked": is_blocked,
        "suspended": is_suspended,
        "nothing_payable": not total,
        "negative_balance": total < 0,
        "below_minimum": total < minimum,
        "no_erp_reference": not has_reference,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


def tax_on(net: int, percent: Fraction) -> int:
    return half_up(net * percent / 100)


def balance(
    lines: Iterable[Line],
    at: datetime,
    payout_of: Callable[[Line], Payout | None],
    disputes: Mapping[str, tuple[Dispute, ...]],
) -> dict[Status, int]:
    """Of one purse: by the status of its lines then. What came back is not paid, and is earned no second time."""
    sums: dict[Status, int] = dict.fromkeys(EARNED, 0)
    for line in lines:
        if line.occurred_at <= at:
            state = status(line, at, payout_of(line), disputes)
            if state != "none":
                sums[state] += line.amount.minor
            if line.kind == "payout_return":
                sums["paid"] -= line.amount.minor
    return sums


def statements(purse: Purse, lines: Iterable[Line]) -> Iterable[Statement]:
    """One for each period that has lines."""
    periods: dict[str, list[Line]] = {}
    for line in lines:
        periods.setdefault(line.period, []).append(line)
    opening = 0
    for period, held in sorted(periods.items()):
        change = sum(line.amount.minor for line in held)
        yield Statement(*purse, period, opening, change, len(held))
        opening += change
