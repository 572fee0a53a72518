"""Rules of a plan as sentences."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.commissions import sentences

SAID: list[tuple[dict[str, Any], str]] = [
    ({"rate": {"percent": "20"}}, "20 % of each sale."),
    (
        {"rate": {"flat": "200.00"}, "per": "quarter", "ceiling": "2000.00", "adds": True},
        "EUR 200 for each sale, counted by quarter. At most EUR 2,000. On top of what other rules pay.",
    ),
    (
        {
            "rate": {"percent": "20"},
            "when": {"tier": ["gold"], "family": ["analytics", "data"], "months": {"from": 0, "before": 12}},
        },
        "20 % of each sale, for tier gold; family analytics or data; the first 12 months from the deal’s first sale.",
    ),
    (
        {
            "rate": {"marginal": [{"from": "0", "percent": "10"}, {"from": "50000.00", "percent": "12.5"}]},
            "per": "quarter",
            "when": {"kind": ["new", "renewal"]},
            "floor": "100.00",
        },
        "10 %, 12.5 % from EUR 50,000 on of all that a partner sells in a quarter; each step counts for its own part, "
        "for first sales and renewals. At least EUR 100.",
    ),
    (
        {"rate": {"whole": [{"from": "0", "flat": "5.00"}, {"from": "10", "flat": "8.00"}]}, "per": "year"},
        "EUR 5, EUR 8 from 10 sales on for each sale, counted by year; the highest step reached counts for all.",
    ),
    (
        {"rate": {"percent": "1"}, "when": {"paid": {"from": "2026-04-01", "before": "2026-07-01"}, "first_sales": 1}},
        "1 % of each sale, for the first sale of a deal; what is paid from 1 Apr 2026 on and before 1 Jul 2026.",
    ),
    (
        {"rate": {"percent": "5"}, "when": {"months": {"from": 12}, "first_sales": 3}},
        "5 % of each sale, for what is sold 12 months or more after the deal’s first sale; "
        "the first 3 sales of a deal.",
    ),
]


@pytest.mark.parametrize(("rule", "sentence"), SAID)
def test_a_rule_is_said_in_one_paragraph(rule: dict[str, Any], sentence: str) -> None:
    assert sentences.of_rule(rule, "EUR") == sentence


def test_a_version_says_for_whom_and_how_long_commission_is_held() -> None:
    version = {"applies_to": "new_deals", "effective_from": "2026-01-01", "currency": None, "hold_days": 30}
    assert sentences.of_version(version) == (
        "For deals registered from 1 Jan 2026 on, in the currency of each sale; "
        "commission is held for 30 days after the payment."
    )


@given(st.sampled_from(["sale", "deal", "month", "quarter", "year"]), st.sampled_from([None, "EUR"]))
def test_every_rule_ends_as_a_sentence(per: str, currency: str | None) -> None:
    assert sentences.of_rule({"rate": {"percent": "7.5"}, "per": per}, currency).endswith(".")
