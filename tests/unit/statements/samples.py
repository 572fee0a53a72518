"""Statements as their files are made from them."""

from datetime import date
from typing import Any

from dealreg.statements.model import Held, Statement, StatementLine, StatementPayout

LINE: dict[str, Any] = {
    "number": 17,
    "occurred_on": date(2026, 3, 1),
    "kind": "accrual",
    "reason_code": "payment",
    "amount": 2_000,
    "available_on": date(2026, 3, 31),
    "status": "held",
    "deal_number": "D-7K3M-9Q2F",
    "customer_name": "Quarz GmbH",
    "sale_id": "in_1",
    "base": "100.00",
    "rule": "gold-analytics",
    "version": 1,
    "text": "20 % of 100.00 EUR (119.00 EUR paid, without 19.00 EUR tax).",
}
PAYOUT = StatementPayout("P-7K3M-9Q2F", "paid", 5_000, date(2026, 3, 20), "SEPA 4711")


def line(**changes: Any) -> StatementLine:
    return StatementLine(**(LINE | changes))


def statement(*lines: StatementLine, **changes: Any) -> Statement:
    said: dict[str, Any] = {"number": "S-2026-03-7K3M", "vendor": "Acme Analytics Ltd", "partner": "Nordlicht GmbH"}
    said |= {"period": "2026-03", "currency": "EUR", "state": "closed", "opening": 500}
    said |= {"lines": lines, "payouts": (PAYOUT,), "held": (Held(date(2026, 3, 31), 2_000),)}
    return Statement(**(said | changes))
