"""The shapes in which commissions are shown."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, TypedDict

from dealreg.commissions.ledger import EARNED, Line
from dealreg.commissions.payouts import Due, Statement
from dealreg.platform.money import Money
from dealreg.platform.replies import Moment, MoneyView


class SimulatedLineView(TypedDict):
    number: Annotated[int, "Gapless for each partner"]
    partner_id: str
    kind: str
    amount: MoneyView
    reason_code: str
    occurred_at: Moment
    available_at: Annotated[Moment, "When the hold is over"]
    period: Annotated[str, "The month in whose statement it is"]
    deal_id: str | None
    sale_id: str | None
    plan: str | None
    version: int | None
    rule: str | None
    bucket: Annotated[str | None, "What the rule collects in: a sale, a deal, a month, quarter or year"]
    tier: str | None
    base_before: Annotated[str | None, "Of the bucket: money, or a number of sales where the rate is flat"]
    base_after: str | None


class TotalView(TypedDict):
    partner_id: str
    plan: str
    version: int
    rule: str
    bucket: str
    amount: MoneyView


class BalanceView(TypedDict):
    at: Moment
    partner_id: str
    currency: str
    held: str
    disputed: str
    payable: str
    in_payout: str
    paid: str
    earned: Annotated[str, "The sum of the others"]


class PayoutView(TypedDict):
    partner_id: str
    amount: MoneyView
    lines: int


class ExcludedView(TypedDict):
    partner_id: str
    amount: MoneyView
    reason_code: str


class PayoutRunView(TypedDict):
    at: Moment
    payouts: list[PayoutView]
    excluded: list[ExcludedView]


class StatementView(TypedDict):
    partner_id: str
    currency: str
    period: str
    opening: str
    change: str
    closing: str
    lines: int


class SimulationView(TypedDict):
    lines: list[SimulatedLineView]
    totals: Annotated[list[TotalView], "Of buckets, those that are not zero"]
    balances: list[BalanceView]
    payout_runs: list[PayoutRunView]
    statements: list[StatementView]
    unpriced: Annotated[list[dict[str, str]], "What waits or cannot be read: its id and a reason_code"]


def line(of: Line) -> SimulatedLineView:
    return {
        "number": of.number,
        "partner_id": of.partner_id,
        "kind": of.kind,
        "amount": of.amount.to_wire(),
        "reason_code": of.reason_code,
        "occurred_at": moment(of.occurred_at),
        "available_at": moment(of.available_at),
        "period": of.period,
        "deal_id": of.deal_id,
        "sale_id": of.sale_id,
        "plan": of.plan,
        "version": of.version,
        "rule": of.rule,
        "bucket": of.bucket,
        "tier": of.tier,
        "base_before": of.base_before,
        "base_after": of.base_after,
    }


def total(partner_id: str, _: str, plan: str, version: int, rule: str, bucket: str, amount: Money) -> TotalView:
    return {
        "partner_id": partner_id,
        "plan": plan,
        "version": version,
        "rule": rule,
        "bucket": bucket,
        "amount": amount.to_wire(),
    }


def balance(purse: tuple[str, str], at: datetime, sums: Mapping[Any, int]) -> BalanceView:
    partner_id, currency = purse
    held, disputed, payable, in_payout, paid = (Money(sums[state], currency).amount for state in EARNED)
    return {
        "at": moment(at),
        "partner_id": partner_id,
        "currency": currency,
        "held": held,
        "disputed": disputed,
        "payable": payable,
        "in_payout": in_payout,
        "paid": paid,
        "earned": Money(sum(sums.values()), currency).amount,
    }


def payout_run(at: datetime, dues: Sequence[Due]) -> PayoutRunView:
    return {
        "at": moment(at),
        "payouts": [
            {"partner_id": due.partner_id, "amount": due.amount.to_wire(), "lines": len(due.lines)}
            for due in dues
            if due.reason_code is None
        ],
        "excluded": [
            {"partner_id": due.partner_id, "amount": due.amount.to_wire(), "reason_code": due.reason_code}
            for due in dues
            if due.reason_code is not None
        ],
    }


def statement(of: Statement) -> StatementView:
    opening, change, closing = (Money(minor, of.currency).amount for minor in (of.opening, of.change, of.closing))
    return {
        "partner_id": of.partner_id,
        "currency": of.currency,
        "period": of.period,
        "opening": opening,
        "change": change,
        "closing": closing,
        "lines": of.lines,
    }


def moment(at: datetime) -> str:
    """With no more digits than it has."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds" if at.microsecond else "seconds")[:-6] + "Z"
