"""The slow model: amounts, moments, and the facts of billing systems as a set (§1 of the money contract)."""

from __future__ import annotations

import calendar
import math
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JSON: TypeAlias = dict[str, Any]
Shares: TypeAlias = tuple[tuple[str, Fraction], ...]
"""Partners and percents, in the split's order."""

_WITHOUT_MINOR_UNIT = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split()
_IN_THOUSANDTHS = "BHD IQD JOD KWD LYD OMR TND".split()


def digits(currency: str) -> int:
    return 0 if currency in _WITHOUT_MINOR_UNIT else 3 if currency in _IN_THOUSANDTHS else 2


def units_in(currency: str) -> int:
    """Minor units in one of the currency."""
    return int(10 ** digits(currency))


def half_up(exact: Fraction, currency: str) -> Fraction:
    unit = units_in(currency)
    return Fraction(math.floor(exact * unit + Fraction(1, 2)), unit)


def written(amount: Fraction, currency: str) -> str:
    units = amount * units_in(currency)
    assert units.denominator == 1, f"{amount} is not an amount of {currency}"
    sign, figures = "-" if units < 0 else "", str(abs(int(units))).rjust(digits(currency) + 1, "0")
    return sign + (f"{figures[: -digits(currency)]}.{figures[-digits(currency) :]}" if digits(currency) else figures)


def money(amount: Fraction, currency: str) -> JSON:
    return {"amount": written(amount, currency), "currency": currency}


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last [2]."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def whole_months(start: date, day: date) -> int:
    count = 0
    while months_later(start, count + 1) <= day:
        count += 1
    return count


def apportion(amount: Fraction, shares: Shares, currency: str) -> list[tuple[str, Fraction]]:
    """By largest remainder: floor each, what is left over to the largest remainders, equal ones to the earlier."""
    unit = units_in(currency)
    exact = [amount * unit * percent / 100 for _, percent in shares]
    units = [math.floor(one) for one in exact]
    left_over = int(amount * unit) - sum(units)
    by_remainder = sorted(range(len(shares)), key=lambda place: (units[place] - exact[place], place))
    for place in by_remainder[:left_over]:
        units[place] += 1
    return [(partner, Fraction(own, unit)) for (partner, _), own in zip(shares, units, strict=True)]


OBJECT = {
    "payment.succeeded": "payment_id",
    "payment.refunded": "refund_id",
    "payment.chargeback": "chargeback_id",
}
_RANK = {"failed": 2, "won": 2, "lost": 2, "succeeded": 1, "pending": 0, "open": 0}


def age(word: JSON) -> tuple[datetime, int]:
    """Of two words on one object the later counts; at the same time, the one that settles more."""
    return instant(word["timestamp"]), _RANK.get(word["data"].get("status", ""), 0)


def latest(words: Iterable[JSON], fact: str) -> dict[str, JSON]:
    """The word that counts on each object of one type. Reading: of two words of one age, the first that came."""
    kept: dict[str, JSON] = {}
    for word in words:
        if word["type"] == fact:
            own = word["data"][OBJECT[fact]]
            if own not in kept or age(word) > age(kept[own]):
                kept[own] = word
    return kept


def sale_of_payment(payment: JSON) -> str:
    data = payment["data"]
    return data["sale"]["id"] if "sale" in data else data["sale_id"]


def sales_by_payment(payments: dict[str, JSON]) -> dict[str, str]:
    """The sale of a payment under each id by which refunds and chargebacks may name it."""
    return {
        name: sale_of_payment(payment)
        for own, payment in payments.items()
        for name in (own, *payment["data"].get("also", ()))
    }


def sale_named_by(word: JSON, by_payment: dict[str, str]) -> str | None:
    """The sale that a payment, refund or chargeback is about. None: the payment is unknown."""
    data = word["data"]
    if word["type"] == "payment.succeeded":
        return sale_of_payment(word)
    return data["sale_id"] if "sale_id" in data else by_payment.get(data["payment_id"])


@dataclass(frozen=True)
class Sale:
    id: str
    deal_id: str | None
    kind: str
    currency: str
    total: Fraction
    lines: tuple[JSON, ...]
    net: Fraction
    first_paid: datetime


def sales_in(words: Sequence[JSON]) -> dict[str, Sale]:
    """All sales that a payment has described. Reading: the newest word that describes a sale does."""
    payments = latest(words, "payment.succeeded")
    back = taken_back(words, sales_by_payment(payments))
    together: dict[str, list[JSON]] = {}
    for payment in payments.values():
        together.setdefault(sale_of_payment(payment), []).append(payment)
    found: dict[str, Sale] = {}
    for sale_id, own in together.items():
        describing = [payment for payment in own if "total" in payment["data"].get("sale", {})]
        if describing:
            newest = max(describing, key=lambda word: (age(word), word["data"]["payment_id"]))["data"]
            total = Fraction(newest["sale"]["total"])
            found[sale_id] = Sale(
                id=sale_id,
                deal_id=newest["sale"].get("deal_id"),
                kind=newest["sale"]["kind"],
                currency=newest["amount"]["currency"],
                total=total,
                lines=tuple(newest["sale"]["lines"]),
                net=min(max(paid(own) - back.get(sale_id, 0), Fraction(0)), total),
                first_paid=min(instant(payment["data"]["paid_at"]) for payment in own),
            )
    return found


def paid(payments: list[JSON]) -> Fraction:
    """The larger of the single payments' sum and the largest cumulative one."""
    single, cumulative = Fraction(0), Fraction(0)
    for payment in payments:
        amount = Fraction(payment["data"]["amount"]["amount"])
        if payment["data"].get("cumulative"):
            cumulative = max(cumulative, amount)
        else:
            single += amount
    return max(single, cumulative)


def taken_back(words: Sequence[JSON], by_payment: dict[str, str]) -> dict[str, Fraction]:
    """By sale: refunds that did not fail, and lost chargebacks."""
    counted = [word for word in latest(words, "payment.refunded").values() if word["data"]["status"] != "failed"]
    counted += [word for word in latest(words, "payment.chargeback").values() if word["data"]["status"] == "lost"]
    sums: dict[str, Fraction] = {}
    for word in counted:
        sale_id = sale_named_by(word, by_payment)
        if sale_id is not None:
            sums[sale_id] = sums.get(sale_id, Fraction(0)) + Fraction(word["data"]["amount"]["amount"])
    return sums
