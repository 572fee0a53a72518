"""Statements and the closing of months as they are shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict

from dealreg.ledger import terms
from dealreg.ledger.lines import words_of
from dealreg.ledger.views import LedgerLineView, line_view
from dealreg.periods.model import Sheet, ShownLine, number_of
from dealreg.platform import times
from dealreg.platform.ids import deal_locator
from dealreg.platform.money import Money
from dealreg.platform.replies import Day, Moment
from dealreg.platform.times import from_text
from dealreg.statements.model import Held, State, Statement, StatementLine, StatementPayout

Month = Annotated[str, {"pattern": "^[0-9]{4}-[0-9]{2}$"}]


class StatementPartnerView(TypedDict):
    id: str
    name: str


class HeldView(TypedDict):
    date: Day
    amount: str


class StatementPayoutView(TypedDict):
    number: str
    state: Literal["paid", "returned"]
    amount: str
    date: Annotated[Day, "When it left, or came back"]


class MonthStatementView(TypedDict):
    partner: StatementPartnerView
    period: Month
    currency: Annotated[str, "Of all amounts here"]
    state: Annotated[State, "Of a closed one nothing changes any more"]
    number: str
    opening: str
    closing: Annotated[str, "Opening and lines together"]
    by_kind: Annotated[dict[str, str], "Sums of the lines"]
    held_until: Annotated[list[HeldView], "Of the closing balance, by day of its release"]
    lines: list[LedgerLineView]
    payouts: list[StatementPayoutView]


class StatementSummaryView(TypedDict):
    id: Annotated[str, "Its number"]
    period: Month
    currency: str
    state: State
    number: str
    opening: str
    closing: str
    lines: int


class ClosedPeriodView(TypedDict):
    period: Month
    state: Annotated[Literal["closing", "closed"], "closing: statements are being made"]
    closed_at: Moment
    partners: Annotated[int, "Seen so far"]
    statements: Annotated[int, "Made so far"]


def statement_view(sheet: Sheet) -> MonthStatementView:
    files = statement_of(sheet)
    return {
        "partner": {"id": sheet.partner_id, "name": sheet.partner},
        "period": sheet.period,
        "currency": sheet.currency,
        "state": sheet.state,
        "number": sheet.number,
        "opening": files.amount(sheet.opening),
        "closing": files.amount(sheet.closing),
        "by_kind": {kind: files.amount(minor) for kind, minor in files.by_kind.items()},
        "held_until": [{"date": one.until.isoformat(), "amount": files.amount(one.amount)} for one in files.held],
        "lines": [_line_view(line) for line in sheet.lines],
        "payouts": [_payout_view(line, sheet.currency) for line in sheet.lines if _is_payout(line)],
    }


def _line_view(line: ShownLine) -> LedgerLineView:
    return line_view({**line.item, "payout_id": line.payout_id}, line.status)


def _is_payout(line: ShownLine) -> bool:
    return line.item["kind"] in ("payout", "payout_return")


def _payout_view(line: ShownLine, currency: str) -> StatementPayoutView:
    return {
        "number": _payout_number(line),
        "state": "paid" if line.item["kind"] == "payout" else "returned",
        "amount": Money(line.item["minor"], currency).amount,
        "date": _day(line.item["occurred_at"]),
    }


def _payout_number(line: ShownLine) -> str:
    locator = deal_locator(line.payout_id or "")
    return f"P-{locator[:4]}-{locator[4:]}" if locator else ""


def _day(text: str) -> str:
    return from_text(text).astimezone(terms.zone()).date().isoformat()


def statement_of(sheet: Sheet) -> Statement:
    """As its files are made from it."""
    held: dict[str, int] = {}
    for end, minor in sheet.held.items():
        held[_day(end)] = held.get(_day(end), 0) + minor
    return Statement(
        number=sheet.number,
        vendor=sheet.vendor,
        partner=sheet.partner,
        period=sheet.period,
        currency=sheet.currency,
        state=sheet.state,
        opening=sheet.opening,
        lines=tuple(map(_file_line, sheet.lines)),
        payouts=tuple(_file_payout(line) for line in sheet.lines if _is_payout(line)),
        held=tuple(Held(datetime.fromisoformat(day).date(), minor) for day, minor in sorted(held.items()) if minor),
    )


def _file_line(line: ShownLine) -> StatementLine:
    item, zone = line.item, terms.zone()
    return StatementLine(
        number=item["number"],
        occurred_on=from_text(item["occurred_at"]).astimezone(zone).date(),
        kind=item["kind"],
        reason_code=item["reason_code"],
        amount=item["minor"],
        available_on=from_text(item["available_at"]).astimezone(zone).date(),
        status=line.status,
        deal_number=item.get("deal_number", ""),
        customer_name=item.get("customer_name", ""),
        sale_id=item.get("sale_id", ""),
        base=item.get("base_after", ""),
        rule=item.get("rule", ""),
        version=item.get("version"),
        text=words_of(item)[0],
    )


def _file_payout(line: ShownLine) -> StatementPayout:
    item, is_paid = line.item, line.item["kind"] == "payout"
    paid_on = from_text(item["occurred_at"]).astimezone(terms.zone()).date()
    return StatementPayout(_payout_number(line), "paid" if is_paid else "returned", item["minor"], paid_on)


def summary_view(
    partner_id: str, period: str, currency: str, state: State, opening: int, closing: int, lines: int
) -> StatementSummaryView:
    number = number_of(partner_id, period, currency)
    return {
        "id": number,
        "period": period,
        "currency": currency,
        "state": state,
        "number": number,
        "opening": Money(opening, currency).amount,
        "closing": Money(closing, currency).amount,
        "lines": lines,
    }


def closed_period_view(item: Mapping[str, Any]) -> ClosedPeriodView:
    return {
        "period": item["period"],
        "state": item["state"],
        "closed_at": times.to_text(from_text(item["closed_at"])),
        "partners": item["partners"],
        "statements": item["statements"],
    }
