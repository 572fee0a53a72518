"""Random histories of money, in the form that `simulate` takes.

The pools are small and lie near the edges: instants around local midnights and months' ends, amounts a minor unit off
the steps, floors and ceilings of the plans, few deals and partners. So windows move, steps are passed and ceilings
reached, which `test_slow_model.py` holds them to.

What the contract leaves open is not drawn: two words of one age on one object, equal shares twice in a row, a sale that
moves to another deal.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.unit.commissions.slow_facts import JSON, instant, money, stamp, units_in, written

if TYPE_CHECKING:
    from collections.abc import Sequence

ZONES = ["Europe/Berlin", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]
INSTANTS = [
    "2026-01-31T10:00:00Z",
    "2026-01-31T22:59:59Z",
    "2026-01-31T23:00:00Z",
    "2026-02-15T10:00:00Z",
    "2026-02-28T10:00:00Z",
    "2026-02-28T23:00:00Z",
    "2026-03-15T10:00:00Z",
    "2026-03-29T00:30:00Z",
    "2026-03-31T10:00:00Z",
    "2026-03-31T21:59:59Z",
    "2026-03-31T22:00:00Z",
    "2026-04-15T10:00:00Z",
    "2026-04-30T10:00:00Z",
]
LATER = ["2026-04-30T22:00:00Z", "2026-05-15T10:00:00Z", "2026-05-31T10:00:00Z", "2026-06-30T10:00:00Z"]
END = "2027-01-01T00:00:00Z"
"""After every hold."""
DAYS = ["2026-01-31", "2026-02-01", "2026-02-15", "2026-02-28", "2026-03-01", "2026-04-01"]
RATE_DAYS = (
    "2026-01-24 2026-01-31 2026-02-08 2026-02-21 2026-02-28 2026-03-08 2026-03-24 2026-03-31 2026-04-15 2026-04-23"
).split()
RATES = ["1", "0.5", "1.5", "0.9123456789", "0.0061", "161.5"]
CURRENCIES = [["EUR"], ["EUR"], ["EUR"], ["EUR", "USD"], ["JPY", "EUR"], ["EUR", "EUR", "USD", "JPY", "KWD", "ISK"]]
"""Of the sales of one history."""
PRODUCTS = [("analytics", "data"), ("reports", "data"), ("storage", "cloud"), (None, None)]
KINDS = ["new", "renewal", "change", "one_off"]
SPLITS = [
    [("p1", "100")],
    [("p2", "100")],
    [("p1", "50"), ("p2", "50")],
    [("p2", "50"), ("p1", "50")],
    [("p1", "33.33"), ("p2", "33.33"), ("p3", "33.34")],
    [("p1", "99.99"), ("p3", "0.01")],
    [("p3", "12.5"), ("p1", "87.5")],
]


def seldom(one_in: int) -> st.SearchStrategy[bool]:
    return st.sampled_from([False] * (one_in - 1) + [True])


def minor_units(currency: str) -> st.SearchStrategy[int]:
    """Near 50, 100 and 200, where the plans have their edges, or next to nothing."""
    one = units_in(currency)
    near = [edge * one + off for edge in (50, 100, 200) for off in (-1, 0, 1)]
    return st.sampled_from([*near, 1, 3, one // 3 + 1, 10 * one + 5 * one // 10, 33 * one + one // 3, 120 * one])


def amount_of(units: int, currency: str) -> str:
    return written(Fraction(units, units_in(currency)), currency)


# ----------------------------------------------------------------------------------------------------------- plans


@st.composite
def windows(draw: st.DrawFn, edges: Sequence[int] | Sequence[str]) -> JSON:
    """From, before or both, not empty."""
    start = draw(st.sampled_from([None, *edges[:-1]]))
    ends = edges[1:] if start is None else edges[list(edges).index(start) + 1 :]
    end = draw(st.sampled_from(ends if start is None else [None, *ends]))
    return {name: edge for name, edge in (("from", start), ("before", end)) if edge is not None}


WORDS = {
    "tier": ["gold", "silver"],
    "type": ["resale", "referral"],
    "product": ["analytics", "reports", "storage"],
    "family": ["data", "cloud"],
    "kind": KINDS,
}
some_conditions = st.lists(st.sampled_from([*WORDS, "months", "first_sales", "paid"]), max_size=2, unique=True)


@st.composite
def conditions(draw: st.DrawFn) -> JSON:
    found: JSON = {}
    for name in draw(st.one_of(st.sampled_from([["months"], ["first_sales"]]), some_conditions)):
        if name == "months":
            found[name] = draw(windows([0, 1, 2, 3]))
        elif name == "paid":
            found[name] = draw(windows(DAYS))
        elif name == "first_sales":
            found[name] = draw(st.integers(1, 2))
        else:
            found[name] = draw(st.lists(st.sampled_from(WORDS[name]), min_size=1, max_size=2, unique=True))
    return found


PERCENTS = st.sampled_from(["5", "10", "12.5", "17.5", "33.3333"] * 3 + ["100", "0", "0.0001"])


@st.composite
def rates(draw: st.DrawFn, currency: str) -> JSON:
    shape = draw(st.sampled_from(["percent", "flat", "marginal", "whole", "marginal flat", "whole flat"]))
    flats = st.sampled_from(["5", "20", "50"])
    if shape == "percent":
        return {"percent": draw(PERCENTS)}
    if shape == "flat":
        return {"flat": amount_of(int(draw(flats)) * units_in(currency), currency)}
    name, counts = shape.split()[0], shape.endswith("flat")
    if counts:
        froms = ["0", *(str(count) for count in sorted(draw(st.sets(st.integers(1, 3), max_size=2))))]
        return {name: [{"from": start, "flat": draw(flats)} for start in froms]}
    edges = sorted(draw(st.sets(st.sampled_from([50, 100, 200]), max_size=2)))
    froms = ["0", *(amount_of(edge * units_in(currency), currency) for edge in edges)]
    return {name: [{"from": start, "percent": draw(PERCENTS)} for start in froms]}


@st.composite
def rules(draw: st.DrawFn, name: str, currency: str | None, *, for_all: bool) -> JSON:
    rule: JSON = {"id": name, "rate": draw(rates(currency)) if currency else {"percent": draw(PERCENTS)}}
    rule |= draw(st.sampled_from([{}, {"per": "sale"}, *({"per": per} for per in "deal month quarter year".split())]))
    when: JSON = {} if for_all else draw(conditions())
    rule |= {"when": when} if when else {}
    rule |= {"adds": True} if draw(seldom(4)) else {}
    if currency and draw(seldom(2)):
        bounds = sorted(draw(st.sets(st.sampled_from([1, 5, 10, 15, 20]), min_size=2, max_size=2)))
        limits = {
            limit: amount_of(bound * units_in(currency), currency)
            for limit, bound in zip(("floor", "ceiling"), bounds, strict=True)
        }
        rule |= draw(st.sampled_from([limits, {"ceiling": limits["ceiling"]}, {"floor": limits["floor"]}]))
    return rule


@st.composite
def versions(draw: st.DrawFn, number: int, currency: str | None) -> JSON:
    count = draw(st.sampled_from([1, 2, 2, 3]))
    open_end = draw(st.booleans())
    return {
        "version": number,
        "effective_from": draw(st.sampled_from(["2026-01-01"] * 4 + ["2026-02-01"] if number == 1 else DAYS)),
        "applies_to": draw(st.sampled_from(["new_deals", "new_payments"])),
        "currency": currency,
        "hold_days": draw(st.sampled_from([0, 0, 7, 30])),
        "rules": [
            draw(rules(f"r{place}", currency, for_all=open_end and place == count)) for place in range(1, count + 1)
        ],
    }


@st.composite
def plans(draw: st.DrawFn, name: str) -> JSON:
    currencies = st.sampled_from(["EUR", "EUR", "EUR", None, "JPY", "KWD"])
    count = 1 + draw(seldom(3))
    return {"id": name, "versions": [draw(versions(number + 1, draw(currencies))) for number in range(count)]}


@st.composite
def splits(draw: st.DrawFn) -> list[JSON]:
    """In the order of their beginning, none with the shares of the one before."""
    own: list[list[tuple[str, str]]] = []
    for shares in draw(st.lists(st.sampled_from(SPLITS), max_size=3)):
        if shares != (own[-1] if own else None):
            own.append(shares)
    starts: list[str | None] = [*sorted(draw(st.sets(st.sampled_from(INSTANTS), min_size=len(own), max_size=len(own))))]
    if own and (own[0] == SPLITS[0] or own[0] == SPLITS[1] or not draw(seldom(3))):
        starts[0] = None  # without one the registering partner has all until then, which may be these very shares
    return [
        {"from": start, "shares": [{"partner_id": partner, "percent": percent} for partner, percent in shares]}
        for start, shares in zip(starts, own, strict=True)
    ]


@st.composite
def deals(draw: st.DrawFn, name: str) -> JSON:
    deal: JSON = {
        "id": name,
        "partner_id": draw(st.sampled_from(["p1", "p1", "p2"])),
        "tier": draw(st.sampled_from(["gold", "gold", "silver"])),
        "registered_at": draw(st.sampled_from(["2026-01-10T10:00:00Z", *INSTANTS[:4]])),
    }
    kind = draw(st.sampled_from(["resale", "referral", None]))
    return deal | ({"type": kind} if kind else {}) | draw(st.sampled_from([{}, {"splits": draw(splits())}]))


@st.composite
def exchange_rates(draw: st.DrawFn, sources: set[str], targets: set[str]) -> list[JSON]:
    """Often for all days, sometimes with gaps of more than a week."""
    found: list[JSON] = []
    for source, target in sorted((source, target) for source in sources for target in targets if source != target):
        days = draw(st.lists(st.sampled_from(RATE_DAYS), unique=True)) if draw(seldom(3)) else RATE_DAYS
        first = draw(st.integers(0, len(RATES) - 1))
        for place, day in enumerate(days):
            rate = RATES[(first + place) % len(RATES)]
            found.append({"date": day, "from": source, "to": target, "rate": rate})
    return found


# ----------------------------------------------------------------------------------------------------------- facts


@dataclass
class Said:
    """Facts so far, each with an event id and a moment of its own."""

    events: list[JSON] = field(default_factory=list[JSON])
    sales: list[JSON] = field(default_factory=list[JSON])
    payments: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    """Names of the payments of each sale."""

    def say(self, fact: str, moment: str, data: JSON, *, at_once: str | None = None) -> str:
        """`at_once`: the very time of an earlier word. Returns the time of this one."""
        number = len(self.events) + 1
        timestamp = at_once or stamp(instant(moment) + timedelta(minutes=number))
        self.events.append({"id": f"msg_{number:04}", "type": fact, "timestamp": timestamp, "data": data})
        return timestamp


@st.composite
def sold(draw: st.DrawFn, name: str, deal_id: str, currency: str) -> JSON:
    """A sale's description, with an amount above 0 in all."""
    lines: list[JSON] = []
    units = 0
    for _ in range(draw(st.sampled_from([1, 1, 2, 3]))):
        own = draw(minor_units(currency)) * draw(st.sampled_from([1, 1, 1, -1] if lines else [1]))
        own = own if units + own > 0 else -own
        units += own
        product, family = draw(st.sampled_from(PRODUCTS))
        named = {key: word for key, word in (("product", product), ("family", family)) if word is not None}
        lines.append(named | {"amount": amount_of(own, currency)})
    tax = draw(st.sampled_from([0, 0, units * 19 // 100, 1]))
    return {
        "id": name,
        "deal_id": deal_id,
        "kind": draw(st.sampled_from(KINDS[:2] * 3 + KINDS)),
        "total": amount_of(units + tax, currency),
        "tax": amount_of(tax, currency),
        "lines": lines,
    }


def _pay(said: Said, name: str, units: int, paid_at: str, currency: str, sale: JSON, **rest: bool) -> None:
    amount = money(Fraction(units, units_in(currency)), currency)
    own: JSON = {"payment_id": name, "also": [f"pi_{name}"], "amount": amount, "paid_at": paid_at, "sale": sale}
    moment = max([paid_at, *(event["timestamp"] for event in said.events if event["data"].get("payment_id") == name)])
    said.say("payment.succeeded", moment, own | rest)


@st.composite
def sales(draw: st.DrawFn, said: Said, number: int, currencies: list[str]) -> None:
    """A sale and its payments: at once, in parts, told as what was paid so far, too much, too little, or changed."""
    currency, deal_id = draw(st.sampled_from(currencies)), draw(st.sampled_from(["d1", "d1", "d1", "d2"]))
    sale = draw(sold(f"in_{number}", deal_id, currency))
    total = int(Fraction(sale["total"]) * units_in(currency))
    pay, first, second = f"pay_{number}", draw(st.sampled_from(INSTANTS)), draw(st.sampled_from(INSTANTS))
    way = draw(st.sampled_from(["full"] * 4 + ["parts", "parts", "so far", "both", "over", "under", "changed"]))
    part = draw(st.sampled_from([total, max(total // 2, 1), 1, max(total - 1, 1)]))
    if way in ("full", "changed"):
        _pay(said, pay, total, first, currency, sale)
    if way == "parts":
        _pay(said, pay, part, first, currency, sale)
        _pay(said, f"{pay}b", max(total - part, 1), second, currency, sale)
    if way in ("so far", "both"):
        _pay(said, sale["id"], part, first, currency, sale, cumulative=True)
        _pay(said, sale["id"], total, second, currency, sale, cumulative=True)
    if way in ("over", "both", "under"):
        _pay(said, pay, 2 * total if way == "over" else part, first, currency, sale)
    if way == "changed":
        other = draw(st.sampled_from([sale, draw(sold(sale["id"], deal_id, currency))]))
        _pay(said, pay, part, draw(st.sampled_from([first, second])), currency, other)
    said.sales.append({"id": sale["id"], "total": total, "currency": currency})
    own = [event["data"] for event in said.events if event["type"] == "payment.succeeded"]
    said.payments[sale["id"]] = [name for data in own if data["sale"]["id"] == sale["id"] for name in names_of(data)]


def names_of(payment: JSON) -> list[str]:
    return [payment["payment_id"], *payment["also"]]


@st.composite
def takings_back(draw: st.DrawFn, said: Said) -> tuple[JSON, str]:
    """The part that refunds and chargebacks share, and a moment, which may be before the payment."""
    sale = draw(st.sampled_from(said.sales))
    named = draw(st.sampled_from(["payment", "payment", "sale", "nobody"]))
    data: JSON = {"sale_id": sale["id"]} if named == "sale" else {"payment_id": "pay_nowhere"}
    if named == "payment":
        data = {"payment_id": draw(st.sampled_from(said.payments[sale["id"]]))}
    total, currency = sale["total"], sale["currency"]
    units = draw(st.sampled_from([total, total, total // 2 or 1, total // 3 or 1, 1, max(total - 1, 1), 2 * total]))
    return data | {"amount": money(Fraction(units, units_in(currency)), currency)}, draw(st.sampled_from(INSTANTS))


REFUND_STORIES = ["succeeded"] * 2 + ["pending", "pending succeeded", "pending failed", "succeeded failed", "failed"]
CHARGEBACK_STORIES = ["open", "open won", "open lost", "lost", "lost won", "won", "open lost won"]


@st.composite
def refunds(draw: st.DrawFn, said: Said, number: int) -> None:
    data, moment = draw(takings_back(said))
    data = {"refund_id": f"re_{number}", "refunded_at": moment, **data}
    at_once = None
    for status in draw(st.sampled_from(REFUND_STORIES)).split():
        timestamp = said.say("payment.refunded", moment, data | {"status": status}, at_once=at_once)
        at_once = timestamp if draw(seldom(5)) else None
        moment = max(timestamp, draw(st.sampled_from(INSTANTS)))


@st.composite
def chargebacks(draw: st.DrawFn, said: Said, number: int) -> None:
    data, moment = draw(takings_back(said))
    data = {"chargeback_id": f"dp_{number}", "opened_at": moment, "closed_at": None, **data}
    for status in draw(st.sampled_from(CHARGEBACK_STORIES)).split():
        if status != "open":
            data = data | {"closed_at": stamp(instant(moment))}
        timestamp = said.say("payment.chargeback", moment, data | {"status": status})
        moment = max(timestamp, draw(st.sampled_from(INSTANTS)))


@st.composite
def facts(draw: st.DrawFn) -> list[JSON]:
    """Now and then in the order of their time."""
    said, currencies = Said(), draw(st.sampled_from(CURRENCIES))
    for number in range(1, draw(st.sampled_from([1, 2, 3, 3, 4, 5])) + 1):
        draw(sales(said, number, currencies))
    for number in range(1, draw(st.integers(0, 3)) + 1):
        draw(refunds(said, number))
    for number in range(1, draw(st.integers(0, 2)) + 1):
        draw(chargebacks(said, number))
    if draw(seldom(3)):
        return sorted(said.events, key=lambda event: event["timestamp"])
    return draw(st.permutations(said.events))


# ------------------------------------------------------------------------------------------------------- histories


@st.composite
def with_repetitions(draw: st.DrawFn, events: list[JSON]) -> list[JSON]:
    """Some facts again later, under the same event id or another."""
    events = list(events)
    for number in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(events) - 1))
        if "id" in events[place]:
            again = {"id": draw(st.sampled_from([events[place]["id"], f"{events[place]['id']}_again_{number}"]))}
            events.insert(draw(st.integers(place + 1, len(events))), events[place] | again)
    return events


@st.composite
def rearranged(draw: st.DrawFn, history: JSON) -> JSON:
    """The same facts in any order and some repeatedly; nothing of what admins do."""
    known = [event for event in history["events"] if "id" in event]
    return history | {"events": draw(with_repetitions(draw(st.permutations(known))))}


@st.composite
def admin_events(draw: st.DrawFn) -> list[JSON]:
    """In the order in which they are to come: months are closed from the first on."""
    found: list[JSON] = []
    closed = ["2026-01", "2026-02", "2026-03", "2026-04"]
    for kind in draw(st.lists(st.sampled_from(["payout_run", "payout_run", "adjust", "close_period"]), max_size=4)):
        event: JSON = {"type": f"admin.{kind}"}
        if kind == "close_period":
            found.append(event | {"period": closed.pop(0)})
            continue
        at = draw(st.sampled_from(INSTANTS[4:] + LATER))
        if kind == "payout_run":
            paid_at = draw(st.sampled_from([None, "2026-06-30T22:00:00Z", "2026-07-01T10:00:00Z"]))
            found.append(event | {"at": at} | ({"paid_at": paid_at} if paid_at else {}))
        else:
            amount = {"amount": draw(st.sampled_from(["-100.00", "-0.01", "25.00"])), "currency": "EUR"}
            partner, reason = draw(st.sampled_from(["p1", "p2"])), draw(st.sampled_from(["goodwill", "correction"]))
            found.append(event | {"at": at, "partner_id": partner, "amount": amount, "reason_code": reason})
    return found


@st.composite
def histories(draw: st.DrawFn, *, admin: bool = True) -> JSON:
    """`admin`: with payout runs, lines by hand and closed months, which go by the order of events."""
    events = draw(facts())
    at = 0
    for event in draw(admin_events()) if admin else []:
        at = draw(st.integers(at, len(events)))
        events.insert(at, event)
        at += 1
    two_plans = draw(seldom(4))
    own_plans = [draw(plans("standard")), *([draw(plans("other"))] if two_plans else [])]
    sources: set[str] = {event["data"]["amount"]["currency"] for event in events if "id" in event}
    targets = {version["currency"] for plan in own_plans for version in plan["versions"]} - {None}
    partners: list[JSON] = [{"id": "p1"}, {"id": "p2"} | ({"plan": "other"} if two_plans else {}), {"id": "p3"}]
    if admin and draw(seldom(5)):
        partners[draw(st.integers(0, 2))]["payout_block"] = "review"
    return {
        "program": {
            "time_zone": draw(st.sampled_from(ZONES)),
            "minimum_payout": draw(st.sampled_from([{}, {"EUR": "10.00"}, {"EUR": "50.00", "JPY": "10"}])),
        },
        "plans": own_plans,
        "partners": partners,
        "deals": [draw(deals("d1")), draw(deals("d2"))],
        "exchange_rates": draw(exchange_rates(sources, targets)),
        "events": draw(with_repetitions(events)) if admin else events,
        "balances_at": [*sorted(draw(st.sets(st.sampled_from(INSTANTS + LATER), max_size=2))), END],
    }
