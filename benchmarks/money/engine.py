"""The engine alone: each scenario of a file through it, and how many facts a second it takes on one processor.

Times are of the processor, so that neighbours count less.
"""

import itertools
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from time import process_time
from typing import Any, cast
from zoneinfo import ZoneInfo

from dealreg.commissions.book import Book, Terms
from dealreg.commissions.facts import Claim, Payment, SaleContent, SaleLine
from dealreg.commissions.plans import Months, Plan, Rate, Rule, Step, Version, When
from dealreg.commissions.pricing import DayRate
from dealreg.commissions.simulate import simulate
from dealreg.commissions.splits import Deal, Share, Split

POSTED = (1_000, 10_000, 50_000)
TIMED = 1_000
"""Facts, after each of those numbers of payments."""
_PARTNERS, _DEALS = 200, 4_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_MAX_TOLD = 5


# ---- scenarios ------------------------------------------------------------------------------------------------------


def scenarios(file: Path) -> list[dict[str, Any]]:
    return json.loads(file.read_text("utf-8"))["scenarios"] if file.exists() else []


def differences(scenario: Mapping[str, Any]) -> list[str]:
    """Where the engine answers otherwise than the scenario expects."""
    try:
        answered = cast("dict[str, Any]", simulate(scenario).to_wire())
    except Exception as fault:  # a scenario must not keep the others from being told
        return [f"{type(fault).__name__}: {fault}"]
    found = (f"{name}{one}" for name, said in scenario["expected"].items() for one in _differing(answered[name], said))
    return list(itertools.islice(found, _MAX_TOLD))


def _differing(answered: list[Any], expected: list[Any]) -> Iterator[str]:
    for place, (one, other) in enumerate(itertools.zip_longest(answered, expected)):
        if one != other:
            yield f".{place}: {json.dumps(one)} is not {json.dumps(other)}"


# ---- speed ----------------------------------------------------------------------------------------------------------


def facts_per_second(posted: int) -> float:
    """Of payments in order of time, one in twenty refunded, by three rules; a tenth of the deals have two partners."""
    book, facts = Book(_terms()), _facts()
    while len(book.facts.payments) < posted:
        _add(book, next(facts))
    timed = list(itertools.islice(facts, TIMED))
    began = process_time()
    for fact in timed:
        _add(book, fact)
    return TIMED / (process_time() - began)


def _add(book: Book, fact: Payment | Claim) -> None:
    if isinstance(fact, Payment):
        book.add_payment(fact)
    else:
        book.add_claim(fact)


def _facts() -> Iterator[Payment | Claim]:
    lines = (SaleLine(10_000, "analytics", "data"), SaleLine(5_000, "payments", "payments"))
    for number in itertools.count():
        at, currency = _START + timedelta(minutes=10 * number), "USD" if number % 10 == 0 else "EUR"
        kind = "new" if number < _DEALS else "renewal"
        sold = SaleContent(f"in_{number}", kind, currency, 17_850, 2_850, lines, f"d{number % _DEALS}")
        yield Payment(f"pay_{number}", sold.id, sold.total, currency, at, at, f"evt_{number}", content=sold)
        if number % 20 == 0:
            amount, back = sold.total // (1 + number % 40 // 20), f"re_{number}"
            yield Claim("refund", back, "succeeded", amount, currency, at, at, f"evt_{back}", sale_id=sold.id)


def _terms() -> Terms:
    rules = (
        Rule("analytics", 0, _percent(20), When(family=frozenset(["data"]), months=Months(0, 12))),
        Rule("volume", 1, Rate((Step(0, Fraction(1, 10)), Step(5_000_000, Fraction(1, 8)))), per="quarter"),
        Rule("first", 2, Rate((Step(0, Fraction(500)),), True), When(first_sales=3), "deal", ceiling=1200, adds=True),
    )
    version = Version("standard", 1, date(2026, 1, 1), "new_deals", "EUR", 30, rules)
    days = [DayRate(_START.date() + timedelta(days=number), Fraction(9, 10)) for number in range(400)]
    deals = {deal.id: deal for deal in map(_deal, range(_DEALS))}
    return Terms(ZoneInfo("Europe/Berlin"), {"standard": Plan("standard", (version,))}, deals, {("USD", "EUR"): days})


def _percent(value: int) -> Rate:
    return Rate((Step(0, Fraction(value, 100)),))


def _deal(number: int) -> Deal:
    partner, other = f"p{number % _PARTNERS}", f"p{(number + 1) % _PARTNERS}"
    both = Split(None, (Share(partner, Fraction(70)), Share(other, Fraction(30))))
    splits = (both,) if number % 10 == 0 else ()
    return Deal(f"d{number}", partner, "standard", "gold", None, _START, splits)
