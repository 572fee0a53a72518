"""A payment that moves no line of a partner says why, and nothing else does."""

from typing import Any

import pytest

from tests.unit.commissions.samples import Json, answer, payment, plan, posted, refund, rule


def shared(first: str, second: str) -> Json:
    shares = [{"partner_id": "p1", "percent": first}, {"partner_id": "p2", "percent": second}]
    return {"splits": [{"from": None, "shares": shares}]}


def lines_of(*amounts: str) -> list[Json]:
    return [{"product": f"product-{place}", "amount": amount} for place, amount in enumerate(amounts)]


class TestCeilings:
    def test_one_that_was_not_reached_is_no_reason(self) -> None:
        assert posted(payment("in_1", "0.04"), plans=[plan(rule(ceiling="5.00"))]) == ["p1 0.00 rounds_to_zero"]

    def test_reached_is_reached_to_the_cent(self) -> None:
        capped = plan(rule(per="deal", ceiling="10.00"))
        found = posted(payment("in_1", "100.00"), payment("in_2", "0.04", "2026-02-03"), plans=[capped])
        assert found == ["p1 10.00 payment", "p1 0.00 ceiling_reached"]

    def test_what_this_payment_brings_counts(self) -> None:
        """Of the two cents that end it the first partner has had theirs."""
        capped = plan(rule(per="deal", ceiling="0.02"))
        events = [payment("in_1", "0.10"), payment("in_2", "0.10", "2026-02-03")]
        assert posted(*events, plans=[capped], deal=shared("50", "50")) == [
            "p1 0.01 payment",
            "p2 0.00 rounds_to_zero",
            "p2 0.01 payment",
            "p1 0.00 ceiling_reached",
        ]

    def test_another_partners_own_is_no_reason(self) -> None:
        capped = plan(rule(per="month", ceiling="0.50"))
        found = posted(payment("in_1", "10.00"), plans=[capped], deal=shared("99.9", "0.1"))
        assert found == ["p1 0.50 payment", "p2 0.00 rounds_to_zero"]

    def test_of_several_rules_one_is_enough(self) -> None:
        capped = plan(rule(per="deal", ceiling="10.00"), rule(id="more", adds=True, rate={"percent": "0"}))
        found = posted(payment("in_1", "100.00"), payment("in_2", "50.00", "2026-02-03"), plans=[capped])
        assert found == ["p1 10.00 payment", "p1 0.00 ceiling_reached"]


class TestNothingLeft:
    def test_where_credits_use_up_all_but_the_tax(self) -> None:
        sold = payment("in_1", "10.00", tax="10.00", lines=lines_of("100.00", "-100.00"))
        assert posted(sold) == ["p1 0.00 nothing_left"]

    def test_of_one_rule_is_not_nothing_of_all(self) -> None:
        own = rule(id="own", when={"product": ["product-0"]})
        sold = payment("in_1", "0.04", lines=lines_of("0.00", "0.04"))
        assert posted(sold, plans=[plan(own, rule())]) == ["p1 0.00 rounds_to_zero"]


@pytest.mark.parametrize(
    ("changes", "day", "reason"),
    [
        ({"hold_days": 30}, "2026-03-03T23:00:00Z", "rounds_to_zero"),
        ({"hold_days": 30, "effective_from": "2026-06-01"}, "2026-02-02T10:00:00Z", "no_plan"),
    ],
)
def test_its_day_is_that_of_any_line(changes: dict[str, Any], day: str, reason: str) -> None:
    (line,) = answer(payment("in_1", "0.04"), plans=[plan(rule(), **changes)])["lines"]
    assert (line["available_at"], line["reason_code"]) == (day, reason)


def test_a_refund_that_moves_nothing_is_no_line_nor_is_its_failing() -> None:
    events = [
        payment("in_1", "0.04"),
        refund("in_1", "0.04", status="pending"),
        refund("in_1", "0.04", status="failed"),
    ]
    events[2]["timestamp"] = "2026-03-05T10:00:00Z"
    assert posted(*events) == ["p1 0.00 rounds_to_zero"]
