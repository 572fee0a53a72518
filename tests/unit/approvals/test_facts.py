"""What rules ask of a deal, and what of it somebody has seen."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals.plan import Outcome, outcome
from dealreg.deals import facts
from dealreg.deals.model import Deal
from dealreg.matching.rules import Verdict
from dealreg.partners.program import Program, Tier
from dealreg.partners.routing import READABLE
from dealreg.partners.rules import route, routing_of
from dealreg.platform.money import Money
from tests.unit.approvals.samples import DEAL, PROGRAM

amounts = st.integers(min_value=1, max_value=10**12)
currencies = st.sampled_from(["EUR", "USD", "JPY"])
monies = st.builds(Money, amounts, currencies)


@st.composite
def deals(draw: st.DrawFn) -> Deal:
    return replace(
        DEAL,
        amount=draw(monies),
        verdict=draw(st.sampled_from(Verdict)),
        notes=draw(st.text(max_size=5)),
        products=draw(st.lists(st.sampled_from("abc"), unique=True)),
        partner_id=draw(st.sampled_from(["part_1", "part_2"])),
    )


def by_limit(deal: Deal, limit: Money | None, program: Program = PROGRAM) -> Outcome:
    """What becomes of a deal of a tier that has this limit."""
    routing = routing_of(replace(program, tiers=(Tier("gold", "Gold", 1, limit), Tier("silver", "Silver", 0))))
    return outcome(route(facts.facts_of(deal, routing), routing).rule)


class TestWhoIsAsked:
    @given(st.sampled_from(Verdict), monies, st.none() | monies, st.sampled_from(["gold", "silver"]))
    def test_nobody_only_when_the_deal_is_clear_and_within_its_tiers_limit_in_its_currency(
        self, verdict: Verdict, amount: Money, limit: Money | None, tier: str
    ) -> None:
        expected = (
            verdict == "clear"
            and tier == "gold"
            and limit is not None
            and limit.currency == amount.currency
            and amount.minor <= limit.minor
        )
        found = by_limit(replace(DEAL, verdict=verdict, amount=amount, tier=tier), limit)
        assert found == ("approve" if expected else "ask")

    @pytest.mark.parametrize(
        ("certainty", "likelihood", "expected"),
        [("none", 89, "approve"), ("none", 90, "ask"), ("none", 97, "ask"), ("exact", 100, "approve")],
    )
    def test_a_person_looks_at_who_is_nearly_alike(self, certainty: str, likelihood: int, expected: str) -> None:
        near = {"id": "deal_1", "certainty": certainty, "likelihood": likelihood}
        assert by_limit(replace(DEAL, tier="gold", matches=[near]), DEAL.amount) == expected

    @pytest.mark.parametrize(("certainty", "expected"), [("none", "approve"), ("possible", "ask"), ("exact", "ask")])
    def test_a_person_looks_at_who_registered_the_customer_a_moment_later(self, certainty: str, expected: str) -> None:
        """Though the verdict does not count it: that one may have been approved without having seen this one."""
        later = {"id": "deal_1", "certainty": certainty, "likelihood": 50, "later": True}
        assert by_limit(replace(DEAL, tier="gold", matches=[later]), DEAL.amount) == expected

    @given(st.integers(min_value=1, max_value=10**9))
    def test_a_smaller_deal_never_needs_more_people(self, minor: int) -> None:
        def found(amount: int) -> Outcome:
            return by_limit(replace(DEAL, tier="gold", amount=Money(amount, "EUR")), Money(5_000_00, "EUR"))

        assert (found(minor + 1), found(minor)) != ("approve", "ask")


CHANGED: list[tuple[dict[str, Any], list[str]]] = [
    ({"amount": Money(100_01, "EUR")}, ["amount"]),
    ({"amount": Money(100_00, "USD")}, ["amount"]),
    ({"products": ["analytics"]}, ["products"]),
    ({"customer": {"name": "Acme AG"}}, ["customer"]),
    ({"verdict": Verdict.EXISTING_CUSTOMER}, ["customer"]),
    ({"expected_close_date": "2027-02-28"}, ["expected_close_date"]),
    ({"notes": "Met at the fair"}, ["notes"]),
    ({"partner_id": "part_2"}, ["partner"]),
    ({"notes": "n", "amount": Money(1, "EUR")}, ["amount", "notes"]),
    ({"customer": {"name": "Acme", "contact": {"name": "Max"}}}, []),
    ({"version": 7, "stage": "proposal", "partner_reference": "CRM-1", "tier": "gold"}, []),
]


class TestWhatWasSeen:
    @pytest.mark.parametrize(("change", "parts"), CHANGED)
    def test_what_changed_since_is_known_by_its_part(self, change: dict[str, Any], parts: list[str]) -> None:
        assert facts.changed(facts.seen(DEAL), facts.seen(replace(DEAL, **change))) == parts

    @given(deals(), deals())
    def test_what_is_the_same_has_not_changed(self, one: Deal, other: Deal) -> None:
        parts = facts.changed(facts.seen(one), facts.seen(other))
        assert parts == facts.changed(facts.seen(other), facts.seen(one))
        assert ("notes" in parts) == (one.notes != other.notes)
        assert ("amount" in parts) == (one.amount != other.amount)
        assert ("products" in parts) == (set(one.products) != set(other.products))
        assert facts.same(facts.seen(one), facts.seen(other)) == (parts == [])

    @given(deals(), deals(), st.sets(st.sampled_from(READABLE)))
    def test_for_who_reads_less_less_changes_but_never_whose_deal_it_is(
        self, one: Deal, other: Deal, reads: set[str]
    ) -> None:
        is_same = facts.same(facts.seen(one), facts.seen(other), reads)
        parts = set(facts.changed(facts.seen(one), facts.seen(other)))
        assert is_same == (parts.isdisjoint(reads) and one.partner_id == other.partner_id)

    @given(st.text(max_size=200))
    def test_what_no_page_said_has_seen_nothing(self, typed: str) -> None:
        assert facts.changed(typed, facts.seen(DEAL))

    def test_each_part_has_words(self) -> None:
        assert set(facts.WORDS) == {*READABLE, facts.PARTNER}

    def test_it_tells_nothing_of_what_it_is_about(self) -> None:
        assert "Acme" not in facts.seen(DEAL) and re.fullmatch(r"[\w-]+", facts.seen(DEAL))
