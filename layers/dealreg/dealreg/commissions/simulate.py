"""A whole history priced by the product's own engine, without posting anything: pure, from arguments to an answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dealreg.commissions import history, payouts, views
from dealreg.commissions.book import Book
from dealreg.commissions.ledger import Line, Payout, status
from dealreg.commissions.payouts import Due, Purse, Statement
from dealreg.commissions.reading import History, Unreadable, claim_of, payment_of, read, read_json
from dealreg.platform.errors import TooLarge
from dealreg.platform.money import Money, parse_money

UNREADABLE = "unreadable"
MAX_LINES = 10_000
MAX_ANSWER = 5_000_000
"""In bytes: Lambda lets 6 MB through, with what is escaped in them."""
Total = tuple[str, str, str, int, str, str]
"""Partner, currency, plan, version, rule, bucket."""


@dataclass(frozen=True, slots=True)
class Run:
    at: datetime
    dues: Sequence[Due]


@dataclass(frozen=True, slots=True)
class Result:
    lines: Sequence[Line]
    totals: Mapping[Total, int]
    balances: Sequence[tuple[Purse, datetime, Mapping[Any, int]]]
    runs: Sequence[Run]
    statements: Sequence[Statement]
    unpriced: Sequence[tuple[str, str, str]]
    """What object waits or cannot be read, its id, and why."""

    def to_wire(self) -> views.SimulationView:
        return {
            "lines": [views.line(line) for line in self.lines],
            "totals": [views.total(*key, Money(amount, key[1])) for key, amount in self.totals.items()],
            "balances": [views.balance(purse, at, sums) for purse, at, sums in self.balances],
            "payout_runs": [views.payout_run(run.at, run.dues) for run in self.runs],
            "statements": [views.statement(statement) for statement in self.statements],
            "unpriced": [{name: one, "reason_code": reason} for name, one, reason in self.unpriced],
        }


def simulate(scenario: Mapping[str, Any]) -> Result:
    """Of a history as it is sent. Raises InvalidInput or TooLarge."""
    return run(read(dict(scenario)))


def answer(body: bytes) -> str:
    """In JSON. Raises InvalidInput, Malformed, or TooLarge, which the answer may be, too."""
    told = json.dumps(run(read_json(body)).to_wire(), ensure_ascii=False, separators=(",", ":"))
    if len(told.encode()) > MAX_ANSWER:
        raise TooLarge("The answer would be too long: ask for fewer balances, or try a shorter history.")
    return told


def run(told: History) -> Result:
    """Raises TooLarge for more lines than can be answered."""
    simulation = _Simulation(told)
    for event in told.events:
        simulation.take(event)
    return simulation.result()


class _Simulation:
    def __init__(self, told: History) -> None:
        program = told.said.program
        self.told = told
        self.book = Book(told.terms)
        self.runs: list[Run] = []
        self.unreadable: dict[str, None] = {}
        self.paid: dict[tuple[str, int], Payout] = {}
        """By partner and line's number."""
        self.minimum = {code: parse_money(text, code).minor for code, text in program.minimum_payout.items()}
        self.blocked = {partner.id for partner in told.said.partners if partner.payout_block}

    def take(self, event: history.Event) -> None:
        try:
            self._take(event)
        except Unreadable:
            self.unreadable[event.id or ""] = None
        if len(self.book.lines) > MAX_LINES:
            raise TooLarge(f"This would post more than {MAX_LINES} lines: try a shorter history, or fewer rules.")

    def _take(self, event: history.Event) -> None:
        match event:
            case history.PaymentEvent():
                self.book.add_payment(payment_of(event))
            case history.RefundEvent() | history.ChargebackEvent():
                self.book.add_claim(claim_of(event))
            case history.SubscriptionEvent():
                self._teach(event.data)
            case history.PayoutRun():
                self._run(event)
            case history.Adjustment():
                self._adjust(event)
            case history.PeriodClosing():
                self.book.close(event.period)

    def _teach(self, said: history.SubscriptionData) -> None:
        if said.deal_id:
            self.book.teach(said.deal_id, said.subscription_id, said.customer.billing_id if said.customer else None)

    def _adjust(self, event: history.Adjustment) -> None:
        amount = parse_money(event.amount.amount, event.amount.currency, signed=True)
        self.book.add_by_hand(Line(event.partner_id, "adjustment", event.reason_code, amount, event.at, event.at))

    def _run(self, event: history.PayoutRun) -> None:
        disputes = self.book.disputes()
        dues: list[Due] = []
        for purse, lines in payouts.by_purse(self.book.lines).items():
            # what an earlier run has taken is taken, also for a run of a day before it
            free = [line for line in lines if self._payout(line) is None]
            payable = [line for line in free if status(line, event.at, None, disputes) == "payable"]
            dues.append(payouts.due(purse, payable, self.minimum, self.blocked.__contains__))
        self.runs.append(Run(event.at, dues))
        payout = Payout(event.at, event.paid_at)
        for due in dues:
            if due.reason_code is None:
                self._pay(due, payout)

    def _pay(self, due: Due, payout: Payout) -> None:
        self.paid |= {(line.partner_id, line.number): payout for line in due.lines}
        if payout.paid_at:
            amount = Money(-due.amount.minor, due.amount.currency)
            self.book.add_by_hand(Line(due.partner_id, "payout", "payout", amount, payout.paid_at, payout.paid_at))

    def _payout(self, line: Line) -> Payout | None:
        return self.paid.get((line.partner_id, line.number))

    # ---- the answer -------------------------------------------------------------------------------------------------

    def result(self) -> Result:
        by_purse = payouts.by_purse(self.book.lines)
        unreadable = [("event_id", event, UNREADABLE) for event in self.unreadable]
        return Result(
            lines=self.book.lines,
            totals=_totals(self.book.lines),
            balances=self._balances(by_purse),
            runs=self.runs,
            statements=[one for purse, lines in by_purse.items() for one in payouts.statements(purse, lines)],
            unpriced=[*self.book.waiting(), *unreadable],
        )

    def _balances(self, by_purse: Mapping[Purse, Sequence[Line]]) -> list[tuple[Purse, datetime, Mapping[Any, int]]]:
        disputes = self.book.disputes()
        moments = sorted(self.told.said.balances_at)
        return [
            (purse, at, payouts.balance(lines, at, self._payout, disputes))
            for purse, lines in by_purse.items()
            for at in moments
            if any(line.occurred_at <= at for line in lines)
        ]


def _totals(lines: Sequence[Line]) -> dict[Total, int]:
    """The sums of the buckets that are not zero, in order."""
    sums: dict[Total, int] = {}
    for line in lines:
        if line.because:
            key = line.because.key
            of = (line.partner_id, key.currency, key.plan, key.version, key.rule, key.name)
            sums[of] = sums.get(of, 0) + line.amount.minor
    return {key: amount for key, amount in sorted(sums.items()) if amount}
