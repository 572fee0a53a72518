"""The first rule that matches is the deal's; amounts in other currencies are compared exactly or not at all."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.routing import differences
from dealreg.matching.rules import Verdict
from dealreg.partners.routing import AmountRange, Rate, Rejection, Routing, Rule, Step, When
from dealreg.partners.rules import Facts, rates_on, route
from dealreg.platform.money import Money
from tests.template import ROOT

CASES = ROOT.parent / "shared/data/routing_cases.json"
DAY = date(2026, 11, 27)
REST = Rule("rest", steps=((Step("channel", ("bo@vendor.example",)),),))
RATES = (
    Rate("USD", date(2026, 11, 1), Decimal("0.92")),
    Rate("USD", date(2026, 12, 1), Decimal("0.93")),
    Rate("GBP", date(2026, 1, 1), Decimal("1.15")),
)


def facts(minor: int = 100_000, currency: str = "EUR", **changes: object) -> Facts:
    plain = Facts(Money(minor, currency), DAY, "gold", "part_1", Verdict.CLEAR, frozenset(["data"]), "DE")
    return replace(plain, **changes)


def routing(*rules: Rule) -> Routing:
    return Routing((*rules, REST), "ada@vendor.example", 2, "EUR", RATES)


def taken(said: Facts, *rules: Rule) -> str:
    return route(said, routing(*rules)).rule.id


def big(over: str, currency: str = "EUR") -> Rule:
    return Rule("big", When(amount=AmountRange(currency, over=Decimal(over))), steps=REST.steps)


def small(up_to: str, currency: str = "EUR") -> Rule:
    return Rule("small", When(amount=AmountRange(currency, up_to=Decimal(up_to))), approve=True)


@pytest.mark.skipif(not CASES.exists(), reason="the routing cases are not on this machine")
def test_the_cases_of_the_contract() -> None:
    told = json.loads(CASES.read_text())
    assert {case["id"]: differences(case, told["programs"]) for case in told["cases"]} == {
        case["id"]: [] for case in told["cases"]
    }


def test_neighbours_share_a_number_without_gap_or_overlap() -> None:
    rules = small("1000.00"), big("1000.00")
    assert [taken(facts(minor), *rules) for minor in (99_999, 100_000, 100_001)] == ["small", "small", "big"]


@pytest.mark.parametrize(
    ("condition", "wanted", "is_taken"),
    [
        ("tier", ("gold", "silver"), True),
        ("tier", ("silver",), False),
        ("verdict", ("existing_customer",), False),
        ("family", ("payments", "data"), True),
        ("country", ("DE",), True),
        ("type", ("renewal",), False),  # the deal says none
        ("partner", ("part_2",), False),
    ],
)
def test_a_list_holds_if_the_deal_has_one_of_it(condition: str, wanted: tuple[str, ...], is_taken: bool) -> None:
    rule = Rule("mine", replace(When(), **{condition: wanted}), steps=REST.steps)
    found = route(facts(), routing(rule))
    assert found.rule.id == ("mine" if is_taken else "rest")
    assert is_taken or found.passed_over[0][1].startswith(f"{condition}: ")


def test_a_deal_that_says_nothing_meets_no_condition_on_it() -> None:
    assert taken(facts(country=""), Rule("here", When(country=("DE",)), steps=REST.steps)) == "rest"


def test_another_currency_is_converted_by_the_rate_of_the_day_of_registration() -> None:
    rule = big("920.00")
    assert taken(facts(100_000, "USD"), rule) == "rest"
    assert taken(facts(100_001, "USD"), rule) == "big"
    assert taken(facts(100_000, "USD", registered_on=date(2026, 12, 1)), rule) == "big"
    found = route(facts(100_000, "USD"), routing(rule)).converted
    assert found
    assert (str(found.for_the_eye()), found.since) == ("920.00 EUR", date(2026, 11, 1))


def test_without_a_rate_no_condition_on_the_amount_holds_and_the_reviewer_is_told() -> None:
    rules = small("1000000.00"), big("0.00")
    found = route(facts(48_000_000, "CZK"), routing(*rules))
    assert found.rule.id == "rest"
    assert found.converted is None
    assert found.warnings == (
        "there is no rate for CZK on the day of registration, so no condition on the amount holds",
    )
    assert taken(facts(100, "USD", registered_on=date(2026, 10, 31)), *rules) == "rest"


@given(
    st.integers(1, 10**12),
    st.integers(1, 10**12),
    st.sampled_from(["EUR", "USD", "GBP"]),
    st.sampled_from(["EUR", "USD", "GBP"]),
)
def test_amounts_are_compared_exactly(minor: int, limit: int, deals: str, limits: str) -> None:
    worth = {"EUR": Fraction(1), "USD": Fraction(92, 100), "GBP": Fraction(115, 100)}
    is_more = minor * worth[deals] > limit * worth[limits]
    rules = small(str(Decimal(limit) / 100), limits), big(str(Decimal(limit) / 100), limits)
    assert taken(facts(minor, deals), *rules) == ("big" if is_more else "small")


def test_nobody_approves_what_is_not_clear_or_nearly_like_somebody() -> None:
    rule = Rule("all", approve=True)
    assert taken(facts(), rule) == "all"
    assert taken(facts(verdict=Verdict.POSSIBLE_DUPLICATE), rule) == "rest"
    assert taken(facts(is_for_a_person=True), rule) == "rest"
    refused = Rule("ours", When(verdict=("existing_customer",)), reject=Rejection("existing_customer", "Ours."))
    assert taken(facts(verdict=Verdict.EXISTING_CUSTOMER), refused, rule) == "ours"


@given(st.lists(st.sampled_from(RATES), unique=True), st.dates(date(2025, 1, 1), date(2027, 12, 31)))
def test_the_newest_rate_that_is_not_later_counts(rates: list[Rate], day: date) -> None:
    found = rates_on(rates, day)
    for currency, rate in found.items():
        others = [one for one in rates if one.currency == currency and one.since <= day]
        assert rate.since == max(one.since for one in others)
    assert set(found) == {rate.currency for rate in rates if rate.since <= day}
