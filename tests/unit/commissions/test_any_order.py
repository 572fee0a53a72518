"""Whatever happens, in whatever order and however often it is told: the same sums, and what always holds of them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dealreg.commissions.simulate import simulate
from tests.unit.commissions.samples import Json, history, payment, plan, refund, rule

DAYS = ["2026-01-31", "2026-02-02", "2026-02-27", "2026-02-28", "2026-03-31", "2026-04-01", "2027-02-01"]
PERCENTS = st.sampled_from(["0", "3.3333", "10", "17.5", "100"])
STEPS = st.sampled_from(
    [
        {"marginal": [{"from": "0", "percent": "5"}, {"from": "50.00", "percent": "8.25"}]},
        {"whole": [{"from": "0", "percent": "12"}, {"from": "100.00", "percent": "4"}]},
        {"whole": [{"from": "0", "flat": "1.00"}, {"from": "2", "flat": "2.50"}]},
        {"flat": "7.00"},
    ]
)
WHENS = st.sampled_from(
    [
        {},
        {"months": {"from": 0, "before": 1}},
        {"months": {"from": 1, "before": 13}},
        {"first_sales": 1},
        {"first_sales": 2},
        {"family": ["data"]},
        {"kind": ["new"]},
        {"paid": {"from": "2026-02-02", "before": "2026-04-01"}},
    ]
)
SPLITS: list[list[Json]] = [
    [],
    [{"from": None, "shares": [{"partner_id": "p2", "percent": "33.33"}, {"partner_id": "p1", "percent": "66.67"}]}],
    [{"from": "2026-02-28T00:00:00Z", "shares": [{"partner_id": "p2", "percent": "100"}]}],
]


@st.composite
def rules(draw: st.DrawFn, number: int) -> Json:
    caps = draw(st.sampled_from([{}, {"ceiling": "9.99"}, {"floor": "2.00"}, {"floor": "1.00", "ceiling": "20.00"}]))
    return rule(
        id=f"r{number}",
        rate=draw(PERCENTS.map(lambda percent: {"percent": percent}) | STEPS),
        when=draw(WHENS),
        per=draw(st.sampled_from(["sale", "deal", "month", "quarter", "year"])),
        adds=draw(st.booleans()),
        **caps,
    )


@st.composite
def events_of_sale(draw: st.DrawFn, number: int) -> list[Json]:
    sale, cents = f"in_{number}", draw(st.integers(1, 20_000))
    split = draw(st.integers(-cents, cents))
    kind, deal = draw(st.sampled_from(["new", "renewal"])), draw(st.sampled_from(["d1", "d2"]))
    lines = [{"family": "data", "amount": _amount(split)}, {"product": "p", "amount": _amount(cents - split)}]
    days = draw(st.lists(st.sampled_from(DAYS), min_size=1, max_size=3))
    found: list[Json] = []
    for place, day in enumerate(days):
        paid = draw(st.integers(1, cents))
        told = payment(sale, _amount(cents), day, lines=lines, kind=kind, deal_id=deal, paid=_amount(paid))
        told["data"] |= {"payment_id": f"pay_{number}_{place // 2}", "cumulative": draw(st.booleans())}
        found.append(told | {"id": f"m_{number}_{place}"})
    for place in range(draw(st.integers(0, 2))):
        amount, status = _amount(draw(st.integers(1, cents))), draw(st.sampled_from(["succeeded", "failed", "pending"]))
        by = draw(st.sampled_from([{}, {"sale_id": None, "payment_id": f"pay_{number}_0"}]))
        back = refund(sale, amount, draw(st.sampled_from(DAYS)), number=place // 2, status=status, **by)
        found.append(back | {"id": f"m_re_{number}_{place}"})
    return found


@st.composite
def histories(draw: st.DrawFn) -> Json:
    events = [event for number in range(draw(st.integers(1, 4))) for event in draw(events_of_sale(number))]
    chosen = [draw(rules(number)) for number in range(draw(st.integers(1, 3)))]
    second = plan(*chosen[:1], version=2, effective_from="2026-03-31", applies_to="new_payments")["versions"]
    plans = plan(*chosen)
    plans["versions"] += second if draw(st.booleans()) else []
    told = history(*events, plans=[plans], balances_at=["2190-01-01T00:00:00Z"])
    first = told["deals"][0] | {"splits": draw(st.sampled_from(SPLITS))}
    return told | {"deals": [first, first | {"id": "d2", "partner_id": "p2", "tier": "silver"}]}


def _amount(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02}"


@st.composite
def told_in_two_orders(draw: st.DrawFn) -> tuple[Json, Sequence[Json]]:
    told = draw(histories())
    again = draw(st.lists(st.sampled_from(told["events"]), max_size=3))
    return told, draw(st.permutations([*told["events"], *again]))


@given(told_in_two_orders())
def test_any_order_comes_to_the_same_sums(both: tuple[Json, Sequence[Json]]) -> None:
    told, events = both
    one, other = simulate(told).to_wire(), simulate(told | {"events": [*events]}).to_wire()
    assert one["totals"] == other["totals"]
    assert earned(one) == earned(other)


def earned(answer: Any) -> dict[tuple[str, str], str]:
    """A purse without any line is as good as an empty one."""
    sums = {(one["partner_id"], one["currency"]): one["earned"] for one in answer["balances"]}
    return {purse: amount for purse, amount in sums.items() if amount != "0.00"}


@given(histories())
def test_what_always_holds(told: Json) -> None:
    result = simulate(told)
    sums: dict[Any, int] = {}
    numbers: dict[str, list[int]] = {}
    for line in result.lines:
        numbers.setdefault(line.partner_id, []).append(line.number)
        assert line.available_at >= line.occurred_at
        if line.because:
            key = (line.because.key, line.partner_id)
            sums[key] = sums.get(key, 0) + line.amount.minor
            assert sums[key] >= 0, "a bucket is never negative"
            assert sums[key] == line.because.owed, "its sum is what is owed"
        else:
            assert line.amount.minor == 0
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values()), "numbers have no gap"


@given(histories(), st.sampled_from(["p1", "p2"]))
def test_shares_of_a_deals_bucket_come_to_its_commission(told: Json, _: str) -> None:
    whole = told | {"deals": [deal | {"splits": []} for deal in told["deals"]]}
    shared = {"splits": SPLITS[1]}
    divided = told | {"deals": [deal | shared for deal in told["deals"]]}
    assert by_bucket(whole) == by_bucket(divided)


def by_bucket(told: Json) -> dict[Any, Fraction]:
    sums: dict[Any, Fraction] = {}
    for total in simulate(told).to_wire()["totals"]:
        if total["bucket"].startswith(("sale:", "deal:")):
            key = (total["version"], total["rule"], total["bucket"])
            sums[key] = sums.get(key, Fraction(0)) + Fraction(total["amount"]["amount"])
    return sums


class TestCurrencies:
    @given(st.permutations(range(4)))
    def test_a_sale_is_in_the_currency_of_its_earliest_payment(self, order: Sequence[int]) -> None:
        first, last = payment("in_1", "100.00"), payment("in_1", "100.00", "2026-02-03", currency="USD")
        last["data"]["payment_id"] = "pay_2"
        dollars = refund("in_1", "9.00")
        dollars["data"]["amount"]["currency"] = "USD"
        events = [first, last, dollars, refund("in_1", "40.00", number=2)]
        told = simulate(history(*(events[place] for place in order), plans=[plan(rule(), currency=None)])).to_wire()
        assert [one["amount"] for one in told["totals"]] == [{"amount": "6.00", "currency": "EUR"}]
        assert [tuple(one.values()) for one in told["unpriced"]] == [
            ("pay_2", "other_currency"),
            ("re_in_1_1", "other_currency"),
        ]
