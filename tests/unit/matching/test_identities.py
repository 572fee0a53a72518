"""What makes two customers one, and which verdict follows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.matching import rules
from dealreg.matching.identities import identify, of_customer, without_domains
from dealreg.matching.rules import Certainty, Match, Verdict

ME, OTHER = "part_1", "part_2"


def certainty_of(identity: str) -> tuple[Certainty, int]:
    return (Certainty.POSSIBLE, 80) if identity == "name" else (Certainty.EXACT, 100)


def of_partner(partner_id: str, identity: str) -> Match:
    return Match("deal", "deal_1", partner_id, "Müller", "", identity, *certainty_of(identity))


def of_vendor(ownership: str, identity: str) -> Match:
    return Match("account", "acc_1", "", "Müller", ownership, identity, *certainty_of(identity))


matches = st.lists(
    st.builds(of_partner, st.sampled_from([ME, OTHER]), st.sampled_from(["domain#a.de", "tax#DE1", "name"]))
    | st.builds(
        of_vendor,
        st.sampled_from(list(rules.Ownership)),
        st.sampled_from(["domain#a.de", "tax#DE1", "name"]),
    ),
    max_size=5,
)


@pytest.mark.parametrize(
    ("match", "verdict", "reason"),
    [
        (of_partner(OTHER, "domain#a.de"), Verdict.CLAIMED_BY_PARTNER, "domain_match"),
        (of_partner(ME, "domain#a.de"), Verdict.SAME_PARTNER_REPEAT, "domain_match"),
        (of_partner(OTHER, "tax#DE1"), Verdict.CLAIMED_BY_PARTNER, "tax_id_match"),
        (of_partner(OTHER, "name"), Verdict.POSSIBLE_DUPLICATE, "name_match"),
        (of_vendor("customer", "domain#a.de"), Verdict.EXISTING_CUSTOMER, "domain_match"),
        (of_vendor("open_opportunity", "tax#DE1"), Verdict.DIRECT_PIPELINE, "tax_id_match"),
    ],
)
def test_a_match_leads_to_its_verdict(match: Match, verdict: Verdict, reason: str) -> None:
    assert rules.judge(ME, [match]) == rules.Judgement(verdict, reason)


def test_a_name_that_is_not_alike_enough_counts_for_nothing() -> None:
    near = Match("deal", "deal_1", OTHER, "Müller", "", "name", Certainty.NONE, 30)
    assert rules.judge(ME, [near]) == rules.Judgement(Verdict.CLEAR, None)


def test_without_a_match_it_is_clear() -> None:
    assert rules.judge(ME, []) == rules.Judgement(Verdict.CLEAR, None)


@given(matches)
def test_the_order_of_the_matches_does_not_matter(found: list[Match]) -> None:
    verdict = rules.judge(ME, found).verdict
    assert rules.judge(ME, list(reversed(found))).verdict == verdict


@given(matches, matches)
def test_more_evidence_never_makes_a_verdict_weaker(some: list[Match], more: list[Match]) -> None:
    strength = list(Verdict)
    assert strength.index(rules.judge(ME, some + more).verdict) >= strength.index(rules.judge(ME, some).verdict)


@given(st.text(max_size=30), st.none() | st.sampled_from(["DE", "FR"]))
def test_a_tax_id_is_known_by_only_if_it_says_something(tax_id: str, country: str | None) -> None:
    known = identify([], {"tax_id": tax_id, "country": country})
    assert known.claims + known.hints == () or any(sign.isalnum() for sign in tax_id)


@pytest.mark.parametrize("typed", ["DE 136 695 976", "de136695976", "DE-136.695.976", "136695976"])
def test_a_tax_id_is_the_same_however_it_is_typed(typed: str) -> None:
    assert identify([], {"tax_id": typed, "country": "DE"}).claims == ("tax#DE136695976",)


@pytest.mark.parametrize(
    ("customer", "claims"),
    [
        ({"domain": "https://www.acme.com/de", "contact": {"email": "jane@other.com"}}, ("domain#acme.com",)),
        ({"contact": {"email": "jane@sales.acme.com"}}, ("domain#acme.com",)),
        ({"domain": "facebook.com/acme", "contact": {"email": "jane@acme.com"}}, ("domain#acme.com",)),
        ({"contact": {"email": "jane@gmail.com"}}, ()),
        ({"domain": "acme.com", "contact": None}, ("domain#acme.com",)),
        ({"domain": "acme.onmicrosoft.com", "contact": {"email": "jane@acme.com"}}, ("domain#acme.com",)),
        ({"domain": "g.page/acme", "contact": {"email": "acme@gmail.com"}}, ("domain#g.page/acme",)),
    ],
)
def test_a_customer_is_known_by_its_site_or_else_its_address(customer: dict[str, Any], claims: tuple[str, ...]) -> None:
    assert of_customer(customer).claims == claims


def test_the_partners_own_domain_identifies_nobody() -> None:
    known = of_customer({"domain": "acme.com", "duns": "15-048-3782"})
    assert without_domains(known.claims, ["acme.com"]) == ("duns#150483782",)
