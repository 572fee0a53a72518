"""A line's words: whoever has them, the plan and the payment can do the sum again."""

from typing import Any

from dealreg.commissions import words
from dealreg.commissions.simulate import simulate
from tests.unit.commissions.samples import Json, history, payment, plan, refund, rule

STEPS = {"marginal": [{"from": "0", "percent": "5"}, {"from": "100.00", "percent": "12.5"}]}


def told(*events: Json, **changes: Any) -> list[list[str]]:
    return [words.steps(line) for line in simulate(history(*events, **changes)).lines]


def test_a_refund_in_a_bucket_of_steps_names_all_its_numbers() -> None:
    taxed = payment("in_1", "238.00", lines=[{"amount": "200.00"}], tax="38.00")
    paid, back = told(taxed, refund("in_1", "119.00"), plans=[plan(rule(per="month", rate=STEPS, ceiling="15.00"))])
    assert paid == [
        "Sale in_1: 238.00 EUR paid − 0.00 EUR taken back, within 0 and 238.00 EUR = 238.00 EUR net.",
        "Rule base pays for lines of 200.00 EUR.",
        "Base: 238.00 EUR × 200.00 ÷ 238.00 = 200.00 EUR.",
        "Bucket month:2026-02: 0.00 EUR before, 200.00 EUR now.",
        "5 % of 100.00 EUR + 12.5 % of 100.00 EUR = 17.50 EUR.",
        "At most 15.00 EUR, the ceiling.",
        "15.00 EUR owed − 0.00 EUR posted before = 15.00 EUR.",
    ]
    assert back[0].endswith("238.00 EUR paid − 119.00 EUR taken back, within 0 and 238.00 EUR = 119.00 EUR net.")
    assert back[-2:] == ["5 % of 100.00 EUR = 5.00 EUR.", "5.00 EUR owed − 15.00 EUR posted before = -10.00 EUR."]


def test_conversion_and_the_own_share_are_named_and_nobody_elses() -> None:
    shares = [{"partner_id": "p1", "percent": "62.5"}, {"partner_id": "p2", "percent": "37.5"}]
    rates = [{"date": "2026-02-01", "from": "USD", "to": "EUR", "rate": "0.90"}]
    (first, second) = told(
        payment("in_1", "100.00", currency="USD"), deal={"splits": [{"shares": shares}]}, exchange_rates=rates
    )
    assert "Rate of 2026-02-02: 100.00 USD × 0.9 = 90.00 EUR." in first
    assert "Share: 62.5 % of 9.00 EUR, by largest remainder = 5.63 EUR." in first
    assert "Share: 37.5 % of 9.00 EUR, by largest remainder = 3.37 EUR." in second
    assert not any("62.5" in step for step in second)


def test_in_a_period_the_share_is_of_the_base() -> None:
    shares = [{"partner_id": "p1", "percent": "25"}, {"partner_id": "p2", "percent": "75"}]
    steps, _ = told(payment("in_1", "0.50"), deal={"splits": [{"shares": shares}]}, plans=[plan(rule(per="year"))])
    assert "Own share: 25 % of 0.50 EUR = 0.13 EUR." in steps


def test_flat_amounts_count_sales_and_the_floor_is_named() -> None:
    (line,) = simulate(history(payment("in_1", "9.00"), plans=[plan(rule(rate={"flat": "5.00"}, floor="8.00"))])).lines
    assert words.text(line) == "5.00 EUR of 1 sales (9.00 EUR sold, 0.00 EUR of it tax, 9.00 EUR kept)."
    assert words.steps(line)[3:6] == [
        "Bucket sale:in_1: 0 sales before, 1 sales now.",
        "5.00 EUR × 1 sales = 5.00 EUR.",
        "At least 8.00 EUR, the floor.",
    ]


def test_a_line_of_nothing_says_why() -> None:
    assert told(payment("in_1", "0.01")) == [["The commission rounds to zero."]]


def test_who_comes_to_share_in_a_sale_can_do_the_sum_too() -> None:
    sold = payment("in_1", "100.00")
    moved = sold | {"id": "m_2", "timestamp": "2026-02-03T10:00:00Z"}
    moved["data"] = sold["data"] | {"sale": sold["data"]["sale"] | {"deal_id": "d2"}}
    told_of = history(sold, moved)
    told_of["deals"].append(told_of["deals"][0] | {"id": "d2", "partner_id": "p2"})
    (gained,) = [words.steps(line) for line in simulate(told_of).lines if line.partner_id == "p2"]
    assert gained[2:] == [
        "Base: 100.00 EUR × 100.00 ÷ 100.00 = 100.00 EUR.",
        "Bucket sale:in_1: 100.00 EUR, as before; the shares in it are others now.",
        "10 % of 100.00 EUR = 10.00 EUR.",
        "10.00 EUR owed − 0.00 EUR posted before = 10.00 EUR.",
    ]
