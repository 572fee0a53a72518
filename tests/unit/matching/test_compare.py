"""Two companies side by side."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dealreg.matching.compare import Line, LineView, Party, compare, party_of_customer, view

TEXTS = st.text(st.characters(categories=("L", "N"), max_codepoint=0x2FF), min_size=1, max_size=8)
PARTIES = st.builds(
    Party,
    names=st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
    domains=st.lists(st.sampled_from(["a.example", "shop.a.example", "b.example"]), max_size=2, unique=True).map(tuple),
    country=st.sampled_from(["", "DE", "FR"]),
    tax_id=st.sampled_from(["", "DE 123", "DE123", "DE999"]),
)


def party(**changes: Any) -> Party:
    return replace(Party(names=("Kranz AG",), domains=(), country="", tax_id=""), **changes)


def of(field: str, lines: list[Line]) -> LineView:
    return next(view(line) for line in lines if line.field == field)


def test_a_customer_without_a_website_is_seen_by_its_mail() -> None:
    assert party_of_customer({"name": "A", "contact": {"email": "x@kranz.example"}}).domains == ("kranz.example",)
    assert party_of_customer({"name": "A"}).domains == ()


def test_only_what_one_side_says_is_a_line() -> None:
    assert [line.field for line in compare(party(), party(country="DE"))] == ["name", "country"]


def test_hosts_of_one_domain_agree() -> None:
    assert of("domain", compare(party(domains=("shop.a.co.uk",)), party(domains=("www.a.co.uk",))))["agrees"] is True
    assert of("domain", compare(party(domains=("a.co.uk",)), party(domains=("b.co.uk",))))["agrees"] is False


def test_pages_at_one_site_builder_differ() -> None:
    one, other = (party(domains=(f"sites.google.com/view/{name}",)) for name in ("kornblume", "quandt"))
    assert of("domain", compare(one, other))["agrees"] is False


def test_a_tax_id_is_read_with_its_partys_country() -> None:
    lines = compare(party(tax_id="094014201", country="GR"), party(tax_id="EL 094 014 201"))
    assert of("tax_id", lines)["agrees"] is True
    assert of("tax_id", compare(party(tax_id="094014201"), party(tax_id="EL094014201")))["agrees"] is False


def test_any_of_the_names_may_agree() -> None:
    lines = compare(party(names=("Blue Ltd",)), party(names=("Red Ltd", "Blue Limited")))
    assert of("name", lines)["agrees"] is True
    assert of("name", lines)["candidate"] == "Red Ltd · Blue Limited"
    assert "Red" in of("name", lines)["only_candidate"]
    assert "Blue" not in of("name", lines)["only_candidate"]


@given(PARTIES)
def test_nobody_differs_from_itself(one: Party) -> None:
    for line in compare(one, one):
        assert line.agrees is True
        assert not any(differs for _, differs in (*line.prospect, *line.candidate))


@given(PARTIES, PARTIES)
def test_both_sides_are_seen_alike(one: Party, other: Party) -> None:
    turned = [Line(line.field, line.candidate, line.prospect, line.agrees) for line in compare(other, one)]
    assert compare(one, other) == turned
