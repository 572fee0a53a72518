"""What rows of the conflict index say, whatever they are."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dealreg.matching import doubts, evidence
from dealreg.matching.identities import identify
from dealreg.matching.index import Prospect
from dealreg.matching.rules import Certainty
from dealreg.platform import dynamo
from tests.unit.matching.names import FORMS, NAMES

NOW, BEFORE, LATER = "2026-11-20T10:00:00.000Z", "2026-11-19T10:00:00.000Z", "2026-11-21T10:00:00.000Z"
VALID = {
    "DE": ["DE136695976", "DE811569869"],
    "FR": ["FR40303265045", "FR83404833048"],
    "US": ["US123456780", "US981654321"],
}
LEI = "529900T8BM49AURSDO55"


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATCHING_TABLE", "Matching")


def prospect(deal_id: str, name: str, domain: str = "", **numbers: str) -> Prospect:
    known = identify([domain], numbers)
    return Prospect(
        deal_id=deal_id,
        partner_id="part_1",
        name=name,
        country=None,
        identities=known.claims,
        families=("data",),
        hints=known.hints,
        numbers=known.numbers,
    )


def claimed_by(holder: Prospect) -> dict[dynamo.Key, dynamo.Item]:
    """Its claims, as they are stored."""
    row = {"deal_id": holder.deal_id, "partner_id": holder.partner_id, "name": holder.name, "numbers": holder.numbers}
    return {key: {"pk": key.pk, "sk": key.sk} | row for key in holder.claim_keys}


@given(st.sampled_from(sorted(VALID)), st.permutations([0, 1]), NAMES, NAMES)
def test_different_valid_tax_ids_of_one_country_are_never_exact(
    country: str, order: list[int], one: str, other: str
) -> None:
    mine, theirs = (VALID[country][place] for place in order)
    holder = prospect("deal_1", one, "same.example", tax_id=mine, lei=LEI, country=country)
    newcomer = prospect("deal_2", other, "same.example", tax_id=theirs, lei=LEI, country=country)
    found = claimed_by(holder)
    sure = evidence.demote_doubtful(newcomer, found, NOW)
    matches = evidence.matches(sure, found, NOW)
    assert matches
    assert all(match.certainty is not Certainty.EXACT for match in matches)
    assert evidence.held(sure, found, NOW) == []


@given(NAMES, NAMES)
def test_an_equal_number_is_exact_whatever_the_names(one: str, other: str) -> None:
    found = claimed_by(prospect("deal_1", one, "one.example", lei=LEI))
    newcomer = evidence.demote_doubtful(prospect("deal_2", other, "other.example", lei=LEI), found, NOW)
    (match,) = evidence.matches(newcomer, found, NOW)
    assert match.certainty is Certainty.EXACT
    assert evidence.held(newcomer, found, NOW)


@given(NAMES, NAMES)
def test_names_contradict_each_other_or_not_whoever_comes_first(one: str, other: str) -> None:
    assert doubts.names_contradict([one], [other]) == doubts.names_contradict([other], [one])


@given(NAMES, FORMS)
@example("__D__", "GmbH")
@example("ᚑᚌᚐᚋᚑᚌᚐᚋ", "GmbH")
@example("(Otter)", "GmbH")
@example("0A+", "S.p.A.")
def test_no_name_contradicts_itself_in_other_letters_or_with_a_legal_form(name: str, form: str) -> None:
    assert not doubts.names_contradict([name], [name.upper()])
    assert not doubts.names_contradict([name], [f"{name} {form}"])


def test_one_alias_in_common_is_enough() -> None:
    assert doubts.names_contradict(["Zwack Brewery"], ["Institut Kepler"])
    assert not doubts.names_contradict(["Zwack Brewery"], ["Institut Kepler", "Zwack"])


@pytest.mark.parametrize(
    ("more", "held"),
    [
        ({}, True),
        ({"expires_at": LATER}, True),
        ({"expires_at": BEFORE}, False),
        ({"expires_at": BEFORE, "waiting": 1}, True),
        ({"freed": True}, False),
        ({"freed": True, "waiting": 1}, True),
    ],
)
def test_what_ended_is_held_only_for_those_who_wait(more: dynamo.Item, held: bool) -> None:
    (key, row), *_ = claimed_by(prospect("deal_1", "Zwack", "zwack.example")).items()
    newcomer = prospect("deal_2", "Zwack", "zwack.example")
    assert evidence.held(newcomer, {key: row | more}, NOW) == ([key] if held else [])


def test_a_registration_does_not_conflict_with_itself() -> None:
    mine = prospect("deal_1", "Zwack", "zwack.example", tax_id="DE123456789")
    listed = {key: {"pk": key.pk, "sk": key.sk, mine.deal_id: entry} for key, entry in mine.entries.items()}
    assert evidence.matches(mine, claimed_by(mine) | listed, NOW) == []


def test_the_surest_match_of_one_that_has_several_identities_counts() -> None:
    holder = prospect("deal_1", "Zwack Brewery", "campus.example", lei=LEI)
    newcomer = replace(holder, deal_id="deal_2", name="Institut Kepler")
    found = claimed_by(holder)
    sure = evidence.demote_doubtful(newcomer, found, NOW)
    (match,) = evidence.matches(sure, found, NOW)
    assert (match.certainty, match.identity) == (Certainty.EXACT, f"lei#{LEI}")
