"""A year of many partners through the engine, fact by fact, and through the slow model of the tests at once.

In memory, without rows. The slow model is written from the contract by another hand, and knows of no ledger: it says
what all facts together come to.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from random import Random
from time import process_time
from typing import Any

from dealreg.commissions.book import Book, Terms
from dealreg.commissions.facts import Claim, Payment
from dealreg.commissions.history import MAX_EVENTS, ChargebackEvent, PaymentEvent, RefundEvent
from dealreg.commissions.reading import claim_of, payment_of, read
from dealreg.platform.money import Money
from tests.unit.commissions.slow_model import owed

PARTNERS, PAYMENTS = 200, 50_000
_PAYMENTS_OF_DEAL = 12
_REFUNDED, _CHARGED_BACK, _REPEATED, _OUT_OF_ORDER = 0.05, 0.01, 0.02, 0.1
_OFF = 500
"""Events, by which one that is out of order comes sooner or later."""
_START, _DAYS = datetime(2026, 1, 1, tzinfo=UTC), 365
Json = dict[str, Any]
Totals = dict[tuple[str, ...], Fraction]


def measured(partners: int = PARTNERS, payments: int = PAYMENTS) -> Json:
    """The difference is of all buckets, each by its amount."""
    told = _history(partners, payments)
    began = process_time()
    lines, by_engine = _by_engine(told)
    engine_s = process_time() - began
    began = process_time()
    by_slow_model = _totals(owed(told))
    slow_s = process_time() - began
    buckets, nothing = by_engine.keys() | by_slow_model.keys(), Fraction(0)
    off = sum((abs(by_engine.get(one, nothing) - by_slow_model.get(one, nothing)) for one in buckets), nothing)
    return {
        "partners": partners,
        "payments": payments,
        "events": len(told["events"]),
        "lines": lines,
        "buckets": len(buckets),
        "difference": f"{float(off):.2f}",
        "engine_s": round(engine_s, 1),
        "slow_model_s": round(slow_s, 1),
    }


# ---- through both ---------------------------------------------------------------------------------------------------


def _by_engine(told: Json) -> tuple[int, Totals]:
    book = Book(_terms(told))
    for fact in _facts(told):
        if isinstance(fact, Payment):
            book.add_payment(fact)
        else:
            book.add_claim(fact)
    sums: Totals = {}
    for line in book.lines:
        if line.because:
            key = line.because.key
            of = (line.partner_id, key.plan, str(key.version), key.rule, key.name, key.currency)
            sums[of] = sums.get(of, Fraction(0)) + Fraction(line.amount.amount)
    return len(book.lines), {of: amount for of, amount in sums.items() if amount}


def _totals(answered: Sequence[Json]) -> Totals:
    names = ("partner_id", "plan", "version", "rule", "bucket")
    return {
        (*(str(total[name]) for name in names), total["amount"]["currency"]): Fraction(total["amount"]["amount"])
        for total in answered
    }


def _terms(told: Json) -> Terms:
    """As much at once as a history may have."""
    parts = [read(told | {"deals": part, "events": []}).terms for part in _parts(told["deals"])]
    return replace(parts[0], deals={deal_id: deal for part in parts for deal_id, deal in part.deals.items()})


def _facts(told: Json) -> Iterator[Payment | Claim]:
    for part in _parts(told["events"]):
        for event in read({"events": part}).events:
            match event:
                case PaymentEvent():
                    yield payment_of(event)
                case RefundEvent() | ChargebackEvent():
                    yield claim_of(event)
                case _:
                    raise AssertionError(event)


def _parts(items: Sequence[Json]) -> Iterator[list[Json]]:
    for start in range(0, len(items), MAX_EVENTS):
        yield [*items[start : start + MAX_EVENTS]]


# ---- the year -------------------------------------------------------------------------------------------------------


def _history(partners: int, payments: int) -> Json:
    chance = Random(11)  # noqa: S311  # the same year each time
    deals = [_deal(chance, number, partners) for number in range(max(1, payments // _PAYMENTS_OF_DEAL))]
    days = [_START.date() + timedelta(days=day) for day in range(_DAYS)]
    return {
        "program": {"time_zone": "Europe/Berlin"},
        "plans": [{"id": "standard", "versions": [_version(1, 12, 10), _version(2, 6, 8)]}],
        "partners": [{"id": f"p{number}"} for number in range(partners)],
        "deals": deals,
        "exchange_rates": [_rate(chance, day) for day in days],
        "events": _events(chance, deals, payments),
    }


def _version(number: int, months: int, percent: int) -> Json:
    """The second is of payments from the middle of the year on."""
    steps = [{"from": "0", "percent": str(percent)}, {"from": "20000", "percent": "12.5"}]
    first = {"id": "first", "adds": True, "per": "deal", "when": {"first_sales": 3}, "ceiling": "120"}
    return {
        "version": number,
        "effective_from": date(2026, 1 if number == 1 else 7, 1).isoformat(),
        "applies_to": "new_payments",
        "currency": "EUR",
        "hold_days": 30,
        "rules": [
            {"id": "data", "when": {"family": ["data"], "months": {"before": months}}, "rate": {"percent": "20"}},
            {"id": "volume", "per": "quarter", "rate": {"marginal": steps}},
            first | {"rate": {"flat": "50"}},
        ],
    }


def _deal(chance: Random, number: int, partners: int) -> Json:
    first, second = chance.sample(range(partners), 2) if partners > 1 else (0, 0)
    deal: Json = {"id": f"d{number}", "partner_id": f"p{first}", "tier": "gold"}
    deal["registered_at"] = "2025-12-20T09:00:00Z"
    if number % 10 == 0 and first != second:
        shares = [{"partner_id": f"p{first}", "percent": "66.67"}, {"partner_id": f"p{second}", "percent": "33.33"}]
        at = None if number % 20 else "2026-05-01T00:00:00Z"
        deal["splits"] = [{"from": at, "shares": shares}]
    return deal


def _rate(chance: Random, day: date) -> Json:
    return {"date": day.isoformat(), "from": "USD", "to": "EUR", "rate": f"0.{chance.randrange(8500, 9600)}"}


def _events(chance: Random, deals: Sequence[Json], payments: int) -> list[Json]:
    timed: list[tuple[datetime, Json]] = []
    for number in range(payments):
        paid_at = _START + timedelta(seconds=chance.randrange(_DAYS * 86_400))
        payment = _payment(chance, number, chance.choice(deals)["id"], paid_at)
        timed.append((paid_at, payment))
        timed += _back(chance, number, payment, paid_at)
    events = [event for _, event in sorted(timed, key=lambda one: one[0])]
    places = {id(event): float(place) for place, event in enumerate(events)}
    for event in chance.sample(events, int(len(events) * _OUT_OF_ORDER)):
        places[id(event)] += chance.uniform(-_OFF, _OFF)
    in_order = sorted(events, key=lambda event: places[id(event)])
    for event in chance.sample(events, int(len(events) * _REPEATED)):
        in_order.insert(chance.randrange(len(in_order)), event)
    return in_order


def _payment(chance: Random, number: int, deal: str, paid_at: datetime) -> Json:
    data, other = chance.randrange(1_000, 200_000), chance.randrange(0, 50_000)
    tax = (data + other) * 19 // 100
    currency = "USD" if number % 10 == 0 else "EUR"
    lines = [_line("analytics", "data", data), _line("payments", "payments", other)]
    kind = chance.choice(["new", "renewal", "change"])
    sale: Json = {"id": f"in_{number}", "deal_id": deal, "kind": kind, "total": _text(data + other + tax)}
    sale |= {"tax": _text(tax), "lines": lines}
    paid: Json = {"payment_id": f"pay_{number}", "also": [f"pi_{number}"], "paid_at": _at(paid_at)}
    paid["amount"] = _money(data + other + tax, currency)
    return _event("payment.succeeded", f"evt_{number}", paid_at, paid | {"sale": sale})


def _back(chance: Random, number: int, payment: Json, paid_at: datetime) -> Iterator[tuple[datetime, Json]]:
    paid = payment["data"]["amount"]
    at = paid_at + timedelta(days=chance.randrange(60), minutes=5)
    if chance.random() < _REFUNDED:
        whole = Fraction(paid["amount"]) * 100
        back = int(whole) if chance.random() < 0.5 else chance.randrange(1, int(whole))
        refund = {"refund_id": f"re_{number}", "payment_id": f"pi_{number}", "amount": _money(back, paid["currency"])}
        yield (
            at,
            _event(
                "payment.refunded", f"evt_re_{number}", at, refund | {"refunded_at": _at(at), "status": "succeeded"}
            ),
        )
    if chance.random() < _CHARGED_BACK:
        charge: Json = {"chargeback_id": f"du_{number}", "payment_id": f"pay_{number}", "amount": paid}
        charge |= {"opened_at": _at(at)}
        end = at + timedelta(days=20)
        opened = charge | {"closed_at": None, "status": "open"}
        ended = charge | {"closed_at": _at(end), "status": chance.choice(["won", "lost"])}
        yield at, _event("payment.chargeback", f"evt_du_{number}", at, opened)
        yield end, _event("payment.chargeback", f"evt_du_{number}_end", end, ended)


def _event(kind: str, event_id: str, at: datetime, data: Mapping[str, Any]) -> Json:
    return {"id": event_id, "type": kind, "timestamp": _at(at), "data": {**data}}


def _line(product: str, family: str, minor: int) -> Json:
    return {"product": product, "family": family, "amount": _text(minor)}


def _money(minor: int, currency: str) -> Json:
    return {"amount": _text(minor), "currency": currency}


def _text(minor: int) -> str:
    return Money(minor, "EUR").amount


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
