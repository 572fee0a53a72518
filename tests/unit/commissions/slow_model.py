"""Commissions as the money contract words them, slowly: after each event everything again from the set of all facts.

Written from the contract alone, to be held against the engine: `slow_facts` is its §1, `slow_arithmetic` §2,
`slow_ledger` §3, and this is §4 with the payout runs of §8. Numbers are exact fractions, nothing is kept between two
events but the lines that were posted, and a line is what is owed now less what those lines sum to. Where the contract
is silent, the reading taken is said with "Reading:".
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, cast

from tests.unit.commissions.slow_arithmetic import Bucket, Program, reckon
from tests.unit.commissions.slow_facts import (
    JSON,
    OBJECT,
    instant,
    latest,
    money,
    sale_named_by,
    sale_of_payment,
    sales_by_payment,
    stamp,
    written,
)
from tests.unit.commissions.slow_ledger import Book, Line, Run, hear

if TYPE_CHECKING:
    from collections.abc import Iterable


def adjust(book: Book, event: JSON) -> None:
    amount, at = event["amount"], instant(event["at"])
    book.post(
        event["partner_id"],
        "adjustment",
        Fraction(amount["amount"]),
        amount["currency"],
        reason_code=event["reason_code"],
        occurred_at=at,
        available_at=at,
    )


def pay_out(book: Book, event: JSON) -> None:
    """A run that is approved and exported as soon as it is made, and paid if it says when."""
    at, paid_at = instant(event["at"]), instant(event["paid_at"]) if event.get("paid_at") else None
    run = Run(at, paid_at, {"at": stamp(at), "payouts": [], "excluded": []})
    for partner_id, currency in sorted({(line.partner_id, line.currency) for line in book.lines}):
        if partner_id not in event.get("partner_ids", [partner_id]):
            continue
        own = [line for line in book.lines if (line.partner_id, line.currency) == (partner_id, currency)]
        payable = [line for line in own if book.status(line, at) == "payable" and not claimed(book, line)]
        amount = sum((line.amount for line in payable), Fraction(0))
        shown: JSON = {"partner_id": partner_id, "amount": money(amount, currency)}
        reason = why_excluded(book.program, partner_id, amount, currency)
        if reason is not None:
            run.shown["excluded"].append(shown | {"reason_code": reason})
            continue
        run.shown["payouts"].append(shown | {"lines": len(payable)})
        book.claims |= {(line.partner_id, line.number): run for line in payable}
        if paid_at is not None:
            rest: JSON = {"reason_code": "payout", "occurred_at": paid_at, "available_at": paid_at}
            book.post(partner_id, "payout", -amount, currency, **rest)
    book.runs.append(run)


def claimed(book: Book, line: Line) -> bool:
    """By a run of whatever time: a line is paid once."""
    return (line.partner_id, line.number) in book.claims


def why_excluded(program: Program, partner_id: str, amount: Fraction, currency: str) -> str | None:
    minimum = program.history["program"].get("minimum_payout", {}).get(currency, "0")
    if program.partners[partner_id].get("payout_block"):
        return "blocked"
    if amount == 0:
        return "nothing_payable"
    if amount < 0:
        return "negative_balance"
    return "below_minimum" if amount < Fraction(minimum) else None


def booked(history: JSON) -> Book:
    book, heard = Book(Program(history)), set[str]()
    for event in history["events"]:
        if event["type"] == "admin.payout_run":
            pay_out(book, event)
        elif event["type"] == "admin.adjust":
            adjust(book, event)
        elif event["type"] == "admin.close_period":
            book.closed = max(book.closed, event["period"])
        elif event["id"] not in heard and event["type"] in OBJECT:  # the other facts move no money
            heard.add(event["id"])
            hear(book, event)
    return book


def simulate(history: JSON) -> JSON:
    """Body and answer of POST /v1/admin/commissions/simulate [4]."""
    book = booked(history)
    return {
        "lines": [line.shown() for line in book.lines],
        "totals": totals(book.posted()),
        "balances": balances(book, history.get("balances_at") or ()),
        "payout_runs": [run.shown for run in book.runs],
        "statements": statements(book),
        "unpriced": unpriced(book),
    }


def unpriced(book: Book) -> list[JSON]:
    """Reading: what waits at the end: sales, then chargebacks and refunds whose payment is not known."""
    sales = sorted(reckon(book.program, book.words).unpriced.items())
    found: list[JSON] = [{"sale_id": sale_id, "reason_code": reason} for sale_id, reason in sales]
    payments = latest(book.words, "payment.succeeded")
    by_payment, known = sales_by_payment(payments), {sale_of_payment(payment) for payment in payments.values()}
    for fact in ("payment.chargeback", "payment.refunded"):
        for own, word in sorted(latest(book.words, fact).items()):
            if sale_named_by(word, by_payment) not in known:
                found.append({OBJECT[fact]: own, "reason_code": "payment_unknown"})
    return found


def owed(history: JSON) -> list[JSON]:
    """The totals as the facts alone make them, in any order and without a line. Takes a year of payments at once."""
    facts = [event for event in history["events"] if event["type"] in OBJECT]
    due = reckon(Program(history), facts).owed()
    return totals({(bucket, partner): amount for bucket, own in due.items() for partner, amount in own})


def totals(by_bucket: dict[tuple[Bucket, str], Fraction]) -> list[JSON]:
    """Reading: by the bucket's name, so that those of a deal whose shares have changed are one."""
    sums: dict[tuple[str, str, str, int, str, str], Fraction] = {}
    for (bucket, partner), amount in by_bucket.items():
        key = (partner, bucket.currency, bucket.plan, bucket.version, bucket.rule, bucket.name)
        sums[key] = sums.get(key, Fraction(0)) + amount
    return [
        {
            "partner_id": partner,
            "plan": plan,
            "version": version,
            "rule": rule,
            "bucket": name,
            "amount": money(amount, currency),
        }
        for (partner, currency, plan, version, rule, name), amount in sorted(sums.items())
        if amount != 0
    ]


STATUSES = ("held", "disputed", "payable", "in_payout", "paid")


def balances(book: Book, moments: Iterable[str]) -> list[JSON]:
    """Of the lines until then, with their status then, by all that is known at the end."""
    found: list[JSON] = []
    for moment in moments:
        at = instant(moment)
        until = [line for line in book.lines if line.occurred_at <= at]
        for partner, currency in {(line.partner_id, line.currency) for line in until}:
            own = [line for line in until if (line.partner_id, line.currency) == (partner, currency)]
            sums = {
                status: sum((line.amount for line in own if book.status(line, at) == status), Fraction(0))
                for status in STATUSES
            }
            sums["earned"] = sum(sums.values(), Fraction(0))
            shown = {status: written(amount, currency) for status, amount in sums.items()}
            found.append({"at": moment, "partner_id": partner, "currency": currency} | shown)
    return sorted(found, key=lambda one: (one["partner_id"], one["currency"], instant(one["at"])))


def statements(book: Book) -> list[JSON]:
    """Reading: of the months that have a line."""
    found: list[JSON] = []
    for partner, currency in sorted({(line.partner_id, line.currency) for line in book.lines}):
        own = [line for line in book.lines if (line.partner_id, line.currency) == (partner, currency)]
        for period in sorted({line.period for line in own}):
            opening = sum((line.amount for line in own if line.period < period), Fraction(0))
            change = sum((line.amount for line in own if line.period == period), Fraction(0))
            found.append(
                {
                    "partner_id": partner,
                    "currency": currency,
                    "period": period,
                    "opening": written(opening, currency),
                    "change": written(change, currency),
                    "closing": written(opening + change, currency),
                    "lines": sum(1 for line in own if line.period == period),
                }
            )
    return found


# ------------------------------------------------------------------------------------------------------ comparing

_KEYS = {
    "lines": ("partner_id", "number"),
    "totals": ("partner_id", "plan", "version", "rule", "bucket", "currency"),
    "balances": ("partner_id", "currency", "at"),
    "payouts": ("partner_id", "currency"),
    "excluded": ("partner_id", "currency"),
    "statements": ("partner_id", "currency", "period"),
    "unpriced": ("sale_id", "refund_id", "chargeback_id", "event_id"),
}


def differences(mine: JSON, theirs: JSON) -> list[str]:
    """Of two answers of `simulate`, each named with its place: none if theirs says all that mine does, and no more.

    A field that only theirs has is no difference, nor a balance or statement of nothing that only one has.
    """
    found: list[str] = []
    for part in ("lines", "totals", "balances", "statements", "unpriced"):
        found += _list_differences(part, part, mine[part], theirs.get(part, []))
    runs: list[JSON] = theirs.get("payout_runs", [])
    for place, run in enumerate(mine["payout_runs"]):
        other: JSON = runs[place] if place < len(runs) else {}
        name = f"run {place + 1}"
        found += [f"{name} at: {run['at']}, theirs {other.get('at')}"] if run["at"] != other.get("at") else []
        for part in ("payouts", "excluded"):
            found += _list_differences(f"{name} {part}", part, run[part], other.get(part, []))
    more = len(runs) - len(mine["payout_runs"])
    return found + ([f"runs: theirs has {more} more"] if more > 0 else [])


def _list_differences(name: str, part: str, mine: list[JSON], theirs: list[JSON]) -> list[str]:
    ours, others = _by_key(part, mine), _by_key(part, theirs)
    found: list[str] = []
    for key in ours | others:
        own, other = ours.get(key), others.get(key)
        if own is None or other is None:
            entry = own or other or {}
            if not _is_of_nothing(part, entry):
                found.append(
                    f"{name} {key}: {'missing from' if other is None else 'only in'} theirs: {_in_short(entry)}"
                )
            continue
        for member, value in own.items():
            if other.get(member) != value:
                found.append(f"{name} {key} {member}: {_in_short(value)}, theirs {_in_short(other.get(member))}")
    if not found and [key for key in ours if key in others] != [key for key in others if key in ours]:
        found.append(f"{name}: {', '.join(ours)}; theirs in the order {', '.join(others)}")
    return found


def _by_key(part: str, entries: list[JSON]) -> dict[str, JSON]:
    """Of two under one key, the second is named so."""
    found: dict[str, JSON] = {}
    for entry in entries:
        flat: JSON = {"currency": entry["amount"]["currency"]} if "amount" in entry else {}
        key = " ".join(str((flat | entry).get(member)) for member in _KEYS[part])
        while key in found:
            key += " (again)"
        found[key] = entry
    return found


def _is_of_nothing(part: str, entry: JSON) -> bool:
    if part == "balances":
        return all(Fraction(entry[status]) == 0 for status in STATUSES)
    return part == "statements" and entry["lines"] == 0


def _in_short(value: object) -> str:
    """An amount as people write it, a thing as its members."""
    if not isinstance(value, dict):
        return str(value)
    members = cast("JSON", value)
    if members.keys() == {"amount", "currency"}:
        return f"{members['amount']} {members['currency']}"
    return ", ".join(f"{member} {_in_short(one)}" for member, one in members.items() if one is not None)
